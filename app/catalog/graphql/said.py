"""What is said of items, as the API shows it: by whom, how they are rated, what is like them."""

from collections.abc import Callable, Mapping
from collections.abc import Collection as Ids
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.catalog.domain import CollectionId, in_language
from app.catalog.domain.said import (
    Certification,
    Guess,
    ItemMetadata,
    Keyword,
    MetadataField,
    MetadataState,
    Provenance,
    RelatedKind,
    Shown,
    Studio,
    Tags,
)
from app.core.access import Viewer
from app.gql.edge import Batch, edge
from app.gql.enums import expose
from app.gql.scalars import BigInt
from app.gql.view import field, view
from app.images.graphql import ARGUMENTS as ARTWORK_ARGUMENTS
from app.images.graphql import ArtworkView, ShownArtwork, artwork_shown
from app.items.domain import ItemId
from app.metadata.domain import Rating, Video

if TYPE_CHECKING:
    from app.container import Container

expose(
    MetadataField,
    "What of an item one source is believed in, and can be locked.",
    {
        name: f"The field, or fields, called {name.value.replace('_', ' ')}."
        for name in MetadataField
    },
)
expose(
    MetadataState,
    "How far an item is with metadata providers.",
    {
        MetadataState.WAITING: "Nobody was asked yet.",
        MetadataState.MATCHED: "It was found, and everybody answered.",
        MetadataState.PARTIAL: "It was found; who did not answer is asked again.",
        MetadataState.UNMATCHED: "Nobody surely has it: see its guesses.",
        MetadataState.FAILING: "Nobody answered; they are asked again.",
        MetadataState.GONE: "Those who had it have it no more.",
    },
)


def items_by_id(of: Callable[["Container"], Batch]) -> Batch:
    """The batch of items by their ids, in the language of the viewer or in one that is asked for;
    `of` is the repository's `by_ids(scope, ids, language)`.
    """

    async def by_id(
        app: "Container", viewer: Viewer, ids: Ids[ItemId], language: str | None = None
    ) -> Mapping[ItemId, Any]:
        if language is None:
            return await of(app)(viewer.scope, ids, viewer.language)
        found = await of(app)(viewer.scope, ids)
        told = await app.catalog_repository.tellings_of(viewer.scope, ids)
        return {
            i: in_language(item, told[i], language) if i in told else item
            for i, item in found.items()
        }

    return by_id


def metadata_by_item(read: Callable[[ItemMetadata], Any]) -> Batch:
    """The batch of a part of what is said of items."""

    async def by_item(app: "Container", viewer: Viewer, ids: Ids[ItemId]) -> Mapping[ItemId, Any]:
        found = await app.catalog_repository.metadata_of(viewer.scope, ids)
        return {item_id: read(said) for item_id, said in found.items()}

    return by_item


def tags_by_item(read: Callable[[Tags], Any]) -> Batch:
    """The batch of keywords or studios."""

    async def by_item(app: "Container", viewer: Viewer, ids: Ids[ItemId]) -> Mapping[ItemId, Any]:
        found = await app.catalog_repository.tags_of(viewer.scope, ids)
        return {item_id: read(tags) for item_id, tags in found.items()}

    return by_item


def related_by_item(kind: RelatedKind) -> Batch:
    """The batch of what a provider names beside items."""

    async def by_item(
        app: "Container", viewer: Viewer, ids: Ids[ItemId], first: int
    ) -> Mapping[ItemId, tuple[Shown, ...]]:
        return await app.catalog_repository.related_of(viewer.scope, ids, kind, first)

    return by_item


async def parts_by_collection(
    app: "Container", viewer: Viewer, ids: Ids[CollectionId]
) -> Mapping[CollectionId, tuple[Shown, ...]]:
    return await app.catalog_repository.parts_of(viewer.scope, ids)


async def artwork_by_studio(
    app: "Container", viewer: Viewer, ids: Ids[UUID], **given: Any
) -> Mapping[UUID, list[ShownArtwork]]:
    seen = await app.catalog_repository.studios_by_ids(viewer.scope, ids)
    return artwork_shown(app, await app.artwork_repository.of_studios(list(seen)), given)


@view(Provenance)
class ProvenanceView:
    """Who said a field of an item."""

    source: str = field("A provider's name; nfo for files beside the media, hand for people.")
    at: datetime | None = field("When that was news.")
    locked: bool = field("Whether refreshes leave it as it is.")
    field: MetadataField = field("Which field.")  # the last: it takes the name


@view(Rating)
class ItemRatingView:
    """What the people of one source give it on average."""

    source: str = field("Who asked them: imdb, tmdb, rottentomatoes and so on.")
    value: float = field("From 0 to 10.")
    votes: int | None = field("How many voted.")


@view(Certification)
class CertificationView:
    """An age certification of one country."""

    country: str = field("The country, such as DE.")
    certification: str = field("The certification, such as PG-13.")
    age: int | None = field("The years that it stands for, if that is known.")


@view(Video)
class TrailerView:
    """A trailer or the like, elsewhere."""

    url: str = field("Its address.")
    title: str | None = field("Its title.")
    language: str | None = field("Its language, as a BCP 47 tag.")
    kind: str = field("What it is: trailer, teaser, clip and so on.")


@view(Keyword)
class KeywordView:
    """What an item is about."""

    name: str = field("Name.")
    slug: str = field("Name in lower case with dashes.")


@view(Studio)
class StudioView:
    """A production company."""

    name: str = field("Name.")
    slug: str = field("Name in lower case with dashes.")
    logo_url: str | None = field(
        "Address of its logo elsewhere.", deprecated="`artwork` has it in the size that you want."
    )
    country: str | None = field("Its country, such as US.")
    artwork: list[ArtworkView] = edge(artwork_by_studio, "Logos.", **ARTWORK_ARGUMENTS)


@view(Guess)
class MetadataGuessView:
    """What an item may be at a provider; `identifyItem` takes it."""

    record: str = field(
        "As `identifyItem` takes it: tmdb:603.", of=lambda g: f"{g.provider}:{g.id}"
    )
    title: str = field("Title there.")
    year: int | None = field("Year there.")
    confidence: float = field("How sure it is, from 0 to 1.")
    picture_url: str | None = field("Address of a picture there.")


@view(ItemMetadata)
class ItemMetadataView:
    """How far an item is with metadata providers."""

    state: MetadataState = field("How the last refresh ended.")
    problem: str | None = field("Who did not answer, and why.")
    refreshed_at: datetime | None = field("When providers were asked last.")
    due_at: datetime | None = field("When they are asked again.")
    guesses: list[MetadataGuessView] = field("What it may be, the surest first.")
    alternative_titles: list[str] = field("Other titles.")
    countries: list[str] = field("Countries that made it, such as US.")
    homepage: str | None = field("Address of its own page.")
    budget: BigInt | None = field("Budget in US dollars.")
    revenue: BigInt | None = field("Revenue in US dollars.")
