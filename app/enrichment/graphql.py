"""Refreshing, identifying, editing and locking, through the API."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.catalog.domain.said import MetadataField
from app.catalog.graphql import MediaItemView
from app.core.access import Permission
from app.core.errors import Invalid
from app.core.ids import encode_id
from app.core.page import Keyset, Listing
from app.enrichment.domain import Edit, Refreshable, Requested
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Length, NodeRef, Ref
from app.gql.connection import Connection
from app.gql.info import Info
from app.gql.view import field, view
from app.items.domain import ItemId
from app.items.graphql import by_kind
from app.libraries.domain import LibraryId
from app.libraries.graphql import LibraryRef
from app.media.domain import clean_text
from app.movies.graphql import MovieView
from app.shows.graphql import EpisodeView, SeasonView, ShowView

MOST_LINE: Final = 500
MOST_TEXT: Final = 20_000
MOST_GENRES: Final = 20
YEARS: Final = range(1870, 2101)
ItemRef = Annotated[
    NodeRef, Ref("movie", "show", "season", "episode"), Doc("Id of a movie, show, season, episode.")
]
TitleRef = Annotated[NodeRef, Ref("movie", "show"), Doc("Id of a movie or show.")]
AnyRef = Annotated[
    NodeRef,
    Ref(*(kind.value for kind in Refreshable), "library"),
    Doc("Id of a movie, show, season, episode, person, collection or library."),
]
Fields = Annotated[list[MetadataField], Length(1, len(MetadataField)), Doc("Which fields.")]
Record = Annotated[str, Length(3, 120), Doc("A provider and its id of the record: tmdb:603.")]
# What an input calls it, and the columns and fields of metadata that it is.
NAMES: Final[Mapping[str, tuple[str, MetadataField]]] = {
    "title": ("title", MetadataField.TITLE),
    "sort_title": ("sort_title", MetadataField.TITLE),
    "original_title": ("original_title", MetadataField.ORIGINAL_TITLE),
    "overview": ("overview", MetadataField.OVERVIEW),
    "tagline": ("tagline", MetadataField.TAGLINE),
    "release_date": ("release_date", MetadataField.RELEASE_DATE),
    "runtime": ("runtime", MetadataField.RUNTIME),
    "trailer_url": ("trailer_url", MetadataField.TRAILERS),
}


def _optional(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


@strawberry.input(description="What to say of a season; what is left out stays as it is.")
class SeasonEdit:
    """The fields of a season; null takes one away."""

    title: str | None = _optional("Title.")
    overview: str | None = _optional("Plot summary.")
    release_date: date | None = _optional("Date of the first broadcast.")


@strawberry.input(description="What to say of an episode; what is left out stays as it is.")
class EpisodeEdit(SeasonEdit):
    """The fields of an episode."""

    runtime: int | None = _optional("Runtime in seconds.")


@strawberry.input(description="What to say of a movie; what is left out stays as it is.")
class MovieEdit(EpisodeEdit):
    """The fields of a movie."""

    sort_title: str | None = _optional("Title by which it is sorted; goes with `title`.")
    original_title: str | None = _optional("Title in the original language.")
    tagline: str | None = _optional("Tagline.")
    trailer_url: str | None = _optional("Address of a trailer.")
    certification: str | None = _optional("Age certification, such as PG-13.")
    genres: list[str] | None = _optional("Genres by name, the most telling first; at most 20.")


@strawberry.input(description="What to say of a show; what is left out stays as it is.")
class ShowEdit(MovieEdit):
    """The fields of a show."""


@view(Requested)
class RefreshRequestView:
    """What was asked to be refreshed."""

    id: strawberry.ID = field("Its id.", of=lambda asked: encode_id(asked.kind, asked.id))
    accepted: bool = field(
        "Whether it will be; false where that was asked for less than 30 minutes ago."
    )


def edit_of(given: SeasonEdit) -> Edit:
    """An input as the service takes it. Raises Invalid, naming the field."""
    said = {name: v for name, v in vars(given).items() if v is not strawberry.UNSET}
    genres, certification = said.pop("genres", None), said.pop("certification", "")
    fields = {NAMES[name][1] for name in said}
    values: dict[str, object] = {NAMES[name][0]: _checked(name, v) for name, v in said.items()}
    if "sort_title" in values and "title" not in values:
        raise Invalid("sortTitle goes with title.", field="sortTitle")
    if isinstance(day := values.get("release_date"), date) and hasattr(given, "tagline"):
        values["year"] = day.year
    more: dict[str, Any] = {}
    if genres is not None:
        more["genres"] = _genres(genres)
        fields.add(MetadataField.GENRES)
    if getattr(given, "certification", strawberry.UNSET) is not strawberry.UNSET:
        more["certification"] = clean_text(certification, 20) or ""
        fields.add(MetadataField.CERTIFICATION)
    return Edit(fields=tuple(sorted(fields)), values=values, **more)


def _checked(name: str, value: Any) -> object:
    if value is None:
        if name == "title":
            raise Invalid("A title has 1 to 500 characters.", field="title")
        return None
    if isinstance(value, str):
        most = MOST_TEXT if name == "overview" else MOST_LINE
        text = value.strip() if name == "overview" else clean_text(value, most)
        if not text or len(value) > most or "\0" in text:
            raise Invalid(f"{name} has 1 to {most} characters.", field=name)
        if name == "trailer_url" and not text.startswith(("https://", "http://")):
            raise Invalid("trailerUrl is an address of the web.", field="trailerUrl")
        return text.encode("utf-8", "replace").decode()
    if isinstance(value, date):
        if value.year not in YEARS:
            raise Invalid(f"A year lies between {YEARS[0]} and {YEARS[-1]}.", field="releaseDate")
        return value
    if not 0 < value <= 1_000_000:
        raise Invalid("A runtime has 1 to 1,000,000 seconds.", field="runtime")
    return int(value)


def _genres(names: list[str]) -> tuple[str, ...]:
    if len(names) > MOST_GENRES:
        raise Invalid(f"At most {MOST_GENRES} genres.", field="genres")
    found = [clean_text(name, 100) for name in names]
    return tuple(dict.fromkeys(name for name in found if name))


@strawberry.type
class EnrichmentRoots:
    """What waits for somebody to say what it is."""

    @query(Connection[MediaItemView], access=Permission.METADATA_UPDATE)
    async def unidentified(
        self, info: Info, library_id: LibraryRef, first: First = 20, after: After = None
    ) -> Any:
        """Movies and shows of a library that no provider surely has; see their
        `metadata { guesses }`, and say what they are with `identifyItem`.
        """
        found = await info.app.editing.unidentified(
            info.viewer, LibraryId(library_id), Keyset(first, after)
        )
        return Listing(await by_kind(info, found.page), found.count)


@strawberry.type
class EnrichmentMutations:
    """What people do to metadata."""

    @mutation(RefreshRequestView, access=Permission.METADATA_REFRESH)
    async def refresh_metadata(
        self,
        info: Info,
        *,
        id: AnyRef,  # noqa: A002
        force: Annotated[bool, Doc("Ask anew, whatever was answered lately.")] = False,
    ) -> Any:
        """Ask the metadata providers again. Of a library, about what was not wholly found, or
        about all of it with `force`; changes reach `libraryChanged`.
        """
        return await info.app.editing.refresh(info.viewer, id.kind, id.id, force=force)

    @mutation(MediaItemView, access=Permission.METADATA_UPDATE)
    async def identify_item(self, info: Info, id: TitleRef, record: Record) -> Any:  # noqa: A002
        """Say which record of a provider a movie or show is; it is refreshed then."""
        await info.app.editing.identify(info.viewer, ItemId(id.id), record)
        return id

    @mutation(MediaItemView, access=Permission.METADATA_UPDATE)
    async def lock_fields(self, info: Info, id: ItemRef, fields: Fields) -> Any:  # noqa: A002
        """Keep refreshes from changing these fields."""
        await info.app.editing.lock(info.viewer, ItemId(id.id), fields, locked=True)
        return id

    @mutation(MediaItemView, access=Permission.METADATA_UPDATE)
    async def unlock_fields(self, info: Info, id: ItemRef, fields: Fields) -> Any:  # noqa: A002
        """Let refreshes change these fields again."""
        await info.app.editing.lock(info.viewer, ItemId(id.id), fields, locked=False)
        return id

    @mutation(MovieView, access=Permission.MOVIES_UPDATE)
    async def edit_movie(
        self,
        info: Info,
        id: Annotated[UUID, Ref("movie"), Doc("Id of a movie.")],  # noqa: A002
        input: Annotated[MovieEdit, Doc("What to say of it.")],  # noqa: A002
    ) -> Any:
        """Say fields of a movie; they are locked from now on."""
        await info.app.editing.edit(info.viewer, ItemId(id), edit_of(input))
        return id

    @mutation(ShowView, access=Permission.SHOWS_UPDATE)
    async def edit_show(
        self,
        info: Info,
        id: Annotated[UUID, Ref("show"), Doc("Id of a show.")],  # noqa: A002
        input: Annotated[ShowEdit, Doc("What to say of it.")],  # noqa: A002
    ) -> Any:
        """Say fields of a show; they are locked from now on."""
        await info.app.editing.edit(info.viewer, ItemId(id), edit_of(input))
        return id

    @mutation(SeasonView, access=Permission.SHOWS_UPDATE)
    async def edit_season(
        self,
        info: Info,
        id: Annotated[UUID, Ref("season"), Doc("Id of a season.")],  # noqa: A002
        input: Annotated[SeasonEdit, Doc("What to say of it.")],  # noqa: A002
    ) -> Any:
        """Say fields of a season; they are locked from now on."""
        await info.app.editing.edit(info.viewer, ItemId(id), edit_of(input))
        return id

    @mutation(EpisodeView, access=Permission.SHOWS_UPDATE)
    async def edit_episode(
        self,
        info: Info,
        id: Annotated[UUID, Ref("episode"), Doc("Id of an episode.")],  # noqa: A002
        input: Annotated[EpisodeEdit, Doc("What to say of it.")],  # noqa: A002
    ) -> Any:
        """Say fields of an episode; they are locked from now on."""
        await info.app.editing.edit(info.viewer, ItemId(id), edit_of(input))
        return id
