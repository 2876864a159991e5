"""Metadata providers in the API: how they are set up, and looking things up at them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry
from msgspec import Struct

from app.core.access import Permission
from app.core.errors import Invalid
from app.core.languages import normal_language
from app.core.ratelimit import Tier
from app.gql.access import mutation, query
from app.gql.arguments import Bounds, Doc, Length
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, view
from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Capability,
    Credit,
    Failure,
    Found,
    Hit,
    Part,
    Picture,
    ProviderState,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    Sheet,
    Trial,
)

MOST_PROVIDERS = 20
MOST_SHOWN = 40
Provider = Annotated[str, Length(1, 50), Doc("Name of a provider, such as `tmdb`.")]
Language = Annotated[
    str | None, Length(2, 35), Doc("Language tag, such as `pt-BR`; by default your preference.")
]

expose(
    RecordKind,
    "What metadata is about.",
    {
        RecordKind.MOVIE: "A film.",
        RecordKind.SHOW: "A show.",
        RecordKind.SEASON: "A season of a show.",
        RecordKind.EPISODE: "An episode of a show.",
        RecordKind.PERSON: "A member of cast or crew.",
        RecordKind.COLLECTION: "Films that belong together.",
    },
    name="MetadataKind",
)
expose(
    Part,
    "The part that somebody took.",
    {
        Part.CAST: "In front of the camera.",
        Part.GUEST: "In single episodes.",
        Part.CREW: "Behind the camera.",
    },
    name="MetadataPart",
)
expose(
    Capability,
    "What a metadata provider can do.",
    {
        Capability.MOVIE_SEARCH: "Find films by title.",
        Capability.MOVIE_DETAILS: "Describe films.",
        Capability.SHOW_SEARCH: "Find shows by title.",
        Capability.SHOW_DETAILS: "Describe shows.",
        Capability.SEASON_DETAILS: "Describe seasons and their episodes.",
        Capability.EPISODE_DETAILS: "Describe single episodes.",
        Capability.PERSON_SEARCH: "Find people by name.",
        Capability.PERSON_DETAILS: "Describe people.",
        Capability.COLLECTION_DETAILS: "Tell which films belong together.",
        Capability.ARTWORK: "Show pictures.",
        Capability.RATINGS: "Tell ratings.",
        Capability.EXTERNAL_IDS: "Find what has an id elsewhere.",
        Capability.RECOMMENDATIONS: "Tell what is alike.",
    },
    name="MetadataCapability",
)


@view(ProviderState)
class MetadataProviderView:
    """A source of metadata. Its settings are `metadata.<name>.…`; see `settings`."""

    name: str = field("Name, as other fields and settings use it.")
    label: str = field("Name to be shown.")
    priority: int = field("The higher, the earlier it is asked and the more it is believed.")
    enabled: bool = field("Whether it is turned on.")
    ready: bool = field("Whether it can be asked: it is turned on and has its keys.")
    missing: list[str] = field("Keys of settings that it lacks.")
    can: list[Capability] = field("What it can do.")
    address: str = field("Address at which it is asked.")
    rate: float = field("Requests per second, of all processes together.")
    burst: float = field("Requests at once.")


class Entry(Struct, frozen=True):
    """An id by its source."""

    source: str
    value: str


@view(Entry)
class MetadataIdView:
    """The id of something at a source."""

    source: str = field("Source, such as `imdb`.")
    value: str = field("The id there.")


def _entries(ids: Mapping[str, str]) -> list[Entry]:
    return [Entry(source, value) for source, value in sorted(ids.items())]


@view(Hit)
class MetadataHitView:
    """Something that a provider knows, in short."""

    source: str = field("Name of the provider.")
    kind: RecordKind = field("What it is.")
    provider_id: str = field("Id at the provider.", of=lambda hit: hit.id)
    title: str = field("Title, or name of a person.")
    original_title: str | None = field("Title in its own language.")
    release_date: date | None = field("Day of the first release.")
    year: int | None = field("Year of the first release.")
    overview: str | None = field("What it is about.")
    picture: str | None = field("Address of a picture at the provider.")
    ids: list[MetadataIdView] = field("Its ids at all sources.", of=lambda hit: _entries(hit.ids))


@view(Failure)
class MetadataFailureView:
    """A provider that could not be asked."""

    provider: str = field("Name of the provider.")
    message: str = field("Why.")
    retry_after: float | None = field("Seconds after which it may work.")


@view(Found)
class MetadataSearchResultView:
    """What providers found."""

    hits: list[MetadataHitView] = field("What fits best first.")
    failures: list[MetadataFailureView] = field("Providers that could not be asked.")


@view(Rating)
class MetadataRatingView:
    """A rating as a provider tells it."""

    source: str = field("Who asked the voters, such as `imdb`.")
    value: float = field("Average, from 0 to 10.")
    votes: int | None = field("Number of votes.")


@view(Credit)
class MetadataCreditView:
    """Somebody's part as a provider tells it."""

    name: str = field("Name of the person.")
    part: Part = field("Which part.")
    character: str | None = field("Character, of cast and guests.")
    job: str | None = field("Job, of crew.")
    portrait: str | None = field("Address of a portrait at the provider.")


@view(Picture)
class MetadataPictureView:
    """A picture at a provider."""

    kind: ArtworkKind = field("What it is used for.")
    url: str = field("Address at the provider.")
    language: str | None = field("Language of the lettering; null for none.")
    width: int | None = field("Width in pixels.")
    height: int | None = field("Height in pixels.")


@view(SeasonRecord)
class MetadataSeasonView:
    """A season as a provider tells it."""

    number: int = field("Number; 0 holds the specials.")
    title: str | None = field("Title.")
    release_date: date | None = field("Day on which it was first aired.")
    episode_count: int | None = field("Number of episodes.")


@view(Sheet)
class MetadataItemView:
    """What a provider knows of one thing. Nothing of it is stored."""

    source: str = field("Name of the provider.")
    kind: RecordKind = field("What it is.")
    provider_id: str = field("Id at the provider.", of=lambda sheet: sheet.id)
    title: str = field("Title, or name of a person.")
    original_title: str | None = field("Title in its own language.")
    original_language: str | None = field("Its own language.")
    release_date: date | None = field("Day of the first release.")
    year: int | None = field("Year of the first release.")
    overview: str | None = field("What it is about; biography of a person.")
    tagline: str | None = field("Tagline.")
    runtime: int | None = field("Length in seconds.")
    status: str | None = field("Status in the provider's words.")
    homepage: str | None = field("Address of its own page.")
    genres: list[str] = field("Genres in the provider's words.")
    ids: list[MetadataIdView] = field("Its ids at all sources.", of=lambda s: _entries(s.ids))
    ratings: list[MetadataRatingView] = field("Ratings.")
    credits: list[MetadataCreditView] = field(
        "Cast and crew, the first 40 of them.", of=lambda sheet: sheet.credits[:MOST_SHOWN]
    )
    pictures: list[MetadataPictureView] = field(
        "Pictures, the first 40 of them.", of=lambda sheet: sheet.pictures[:MOST_SHOWN]
    )
    seasons: list[MetadataSeasonView] = field("Seasons of a show, without episodes.")
    parts: list[MetadataHitView] = field(
        "Films of a collection; what a person is known for.",
        of=lambda sheet: sheet.parts[:MOST_SHOWN],
    )


@view(Trial)
class MetadataTrialView:
    """How a provider answered when it was tried."""

    ok: bool = field("Whether it works.")
    message: str = field("What it said, or what is wrong.")
    seconds: float = field("How long it took.")


async def _language(info: Info, wanted: str | None = None) -> str:
    if wanted is not None:
        found = normal_language(wanted)
        if found is None:
            raise Invalid("A language is a tag such as en, pt-BR or zh-Hant.", field="language")
        return found
    return (await info.app.user_settings.preferences(info.viewer)).metadata_language


@strawberry.type
class MetadataRoots:
    """Metadata providers."""

    @query(list[MetadataProviderView], access=Permission.METADATA_UPDATE, max=MOST_PROVIDERS)
    async def metadata_providers(self, info: Info) -> list[ProviderState]:
        """All metadata providers, the most believed first, and whether they can be asked."""
        return info.app.metadata_lookups.providers()

    @query(MetadataSearchResultView, access=Permission.METADATA_READ, tier=Tier.SEARCH)
    async def metadata_search(
        self,
        info: Info,
        kind: Annotated[RecordKind, Doc("What to find: MOVIE, SHOW or PERSON.")],
        query: Annotated[str, Length(1, 200), Doc("Title, or name of a person.")],
        year: Annotated[
            int | None, Bounds(1870, 2150), Doc("Year of release, to tell titles apart.")
        ] = None,
        providers: Annotated[
            list[str] | None,
            Length(1, MOST_PROVIDERS),
            Doc("Whom to ask; by default all that can."),
        ] = None,
    ) -> Any:
        """Find something at metadata providers by its title, told in your preferred language."""
        wanted = Query(title=query, year=year, language=await _language(info))
        return await info.app.metadata_lookups.search(kind, wanted, providers)

    @query(MetadataItemView | None, access=Permission.METADATA_READ, tier=Tier.SEARCH)
    async def metadata_item(
        self,
        info: Info,
        kind: Annotated[RecordKind, Doc("What it is: MOVIE, SHOW, PERSON or COLLECTION.")],
        provider: Provider,
        provider_id: Annotated[str, Length(1, 100), Doc("Id at the provider.")],
        language: Language = None,
    ) -> Any:
        """What a metadata provider knows of one thing; null if it is not there."""
        languages = [await _language(info, language)]
        lookups = info.app.metadata_lookups
        return await lookups.item(kind, provider, provider_id, languages)


@strawberry.type
class MetadataMutations:
    """Trying metadata providers."""

    @mutation(MetadataTrialView, access=Permission.METADATA_UPDATE)
    async def test_provider(self, info: Info, provider: Provider) -> Any:
        """Ask a metadata provider something now, to see whether its key and address are right."""
        return await info.app.metadata_lookups.test(provider)
