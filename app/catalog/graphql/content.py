"""What every kind of content has, as the API shows it."""

from collections.abc import Collection as Ids
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.domain import (
    Collection,
    CollectionId,
    ExternalId,
    Genre,
    GenreId,
    Label,
    Network,
    NetworkId,
    Translation,
)
from app.catalog.domain.said import Shown
from app.catalog.graphql.said import (
    CertificationView,
    ItemMetadataView,
    ItemRatingView,
    KeywordView,
    ProvenanceView,
    StudioView,
    TrailerView,
    metadata_by_item,
    parts_by_collection,
    tags_by_item,
)
from app.core.access import Permission, Viewer
from app.core.errors import Invalid
from app.core.ids import decode_id
from app.core.page import Keyset, Listing
from app.gql.access import query
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.edge import ANY_NODE, edge
from app.gql.info import Info
from app.gql.spoken import spoken
from app.gql.view import Node, field, interface, view
from app.images.graphql import ARGUMENTS as ARTWORK_ARGUMENTS
from app.images.graphql import ArtworkView, ShownArtwork, artwork_by_item, artwork_shown
from app.items.domain import ItemId, ItemKind
from app.libraries.graphql import LibraryView, library_by_id
from app.watch.graphql import ProgressView, progress_by_item

if TYPE_CHECKING:
    from app.container import Container

MOST_FILTERED = 100
CollectionRef = Annotated[UUID, Ref("collection"), Doc("Id of a collection.")]
Descending = Annotated[
    bool | None, Doc("Direction; by default titles ascend and all other orders descend.")
]
Seed = Annotated[str, Length(0, 64), Doc("Seed of the RANDOM order.")]


async def genre_by_id(
    app: "Container",
    viewer: Viewer,
    ids: Ids[GenreId],
) -> Mapping[GenreId, Genre]:
    return await app.catalog_repository.genres_by_ids(viewer.scope, ids, viewer.language)


async def genres_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Ids[ItemId],
) -> Mapping[ItemId, tuple[Genre, ...]]:
    return await app.catalog_repository.genres_of(viewer.scope, ids, viewer.language)


async def network_by_id(
    app: "Container", viewer: Viewer, ids: Ids[NetworkId]
) -> Mapping[NetworkId, Network]:
    return await app.catalog_repository.networks_by_ids(viewer.scope, ids)


async def networks_by_item(
    app: "Container", viewer: Viewer, ids: Ids[ItemId]
) -> Mapping[ItemId, tuple[Network, ...]]:
    return await app.catalog_repository.networks_of(viewer.scope, ids)


async def texts_by_item(
    app: "Container", viewer: Viewer, ids: Ids[ItemId]
) -> Mapping[ItemId, tuple[Translation, ...]]:
    return await app.catalog_repository.texts_of(viewer.scope, ids)


async def external_ids_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Ids[ItemId],
) -> Mapping[ItemId, tuple[ExternalId, ...]]:
    return await app.catalog_repository.external_ids_of(viewer.scope, ids)


async def collection_by_id(
    app: "Container", viewer: Viewer, ids: Ids[CollectionId]
) -> Mapping[CollectionId, Collection]:
    return await app.catalog_repository.collections_by_ids(viewer.scope, ids, viewer.language)


async def collection_by_item(
    app: "Container", viewer: Viewer, ids: Ids[ItemId]
) -> Mapping[ItemId, Collection]:
    return await app.catalog_repository.collection_of(viewer.scope, ids, viewer.language)


async def artwork_by_collection(
    app: "Container", viewer: Viewer, ids: Ids[CollectionId], **given: Any
) -> Mapping[CollectionId, list[ShownArtwork]]:
    seen = await app.catalog_repository.collections_by_ids(viewer.scope, ids)
    found = await app.artwork_repository.of_collections(list(seen))
    return artwork_shown(app, found, given)


async def artwork_by_network(
    app: "Container", viewer: Viewer, ids: Ids[NetworkId], **given: Any
) -> Mapping[UUID, list[ShownArtwork]]:
    seen = await app.catalog_repository.networks_by_ids(viewer.scope, ids)
    return artwork_shown(app, await app.artwork_repository.of_networks(list(seen)), given)


@view(Genre, node="genre", load=genre_by_id, access=Permission.MOVIES_LIST)
class GenreView(Node):
    """A genre."""

    name: str = field("Name.")
    slug: str = field("Name in lower case with dashes, for addresses.")


@view(Network, node="network", load=network_by_id, access=Permission.SHOWS_LIST)
class NetworkView(Node):
    """A television network or streaming service; list its shows with
    `shows(filter: {networkIds: …})`.
    """

    name: str = field("Name.")
    slug: str = field("Name in lower case with dashes, for addresses.")
    artwork: list[ArtworkView] = edge(artwork_by_network, "Logos.", **ARTWORK_ARGUMENTS)


@view(Translation)
class TranslationView:
    """What is said of an item in one language."""

    language: str = field("The language, as a BCP 47 tag such as pt-BR.")
    title: str | None = field("Title.")
    overview: str | None = field("Plot summary.")
    tagline: str | None = field("Tagline.")


@view(ExternalId)
class ExternalIdView:
    """An id in an external database."""

    source: str = field("The database: imdb, tmdb, tvdb and so on.")
    value: str = field("The id in that database.")


@view(Collection, node="collection", load=collection_by_id, access=Permission.MOVIES_LIST)
class CollectionView(Node):
    """A series of films; list them with `movies(filter: {collectionId: …})`."""

    name: str = field("Name.")
    overview: str | None = field("Plot summary.")
    parts: list["RelatedTitleView"] = edge(
        parts_by_collection,
        "All its films in the order of their release, also those that are in no library.",
        max=200,
        usual=5,
    )
    artwork: list[ArtworkView] = edge(
        artwork_by_collection, "Posters, backdrops and other pictures.", **ARTWORK_ARGUMENTS
    )


@interface
class MediaItemView(Node):
    """A movie, show, season or episode."""

    title: str = spoken("Title, in your language if there is one.")
    year: int | None = field("Year of release.")
    added_at: datetime = field("When it was added to the library.")
    library: LibraryView | None = edge(
        library_by_id, "The library it belongs to.", key="library_id"
    )
    artwork: list[ArtworkView] = edge(
        artwork_by_item,
        "Posters, backdrops and other pictures, the best of each kind first.",
        **ARTWORK_ARGUMENTS,
    )
    texts: list[TranslationView] = edge(
        texts_by_item, "What is said of it in other languages.", max=100, usual=2
    )
    metadata: ItemMetadataView | None = edge(
        metadata_by_item(lambda said: said),
        "How far it is with metadata providers; null before anybody was asked.",
        access=Permission.METADATA_READ,
    )
    provenance: list[ProvenanceView] = edge(
        metadata_by_item(lambda said: said.provenance),
        "Who said what of it, and what is locked.",
        max=50,
        usual=10,
    )
    ratings: list[ItemRatingView] = edge(
        metadata_by_item(lambda said: said.ratings),
        "How the people of each source rate it.",
        max=20,
        usual=3,
    )
    trailers: list[TrailerView] = edge(
        metadata_by_item(lambda said: said.trailers), "Trailers elsewhere.", max=50, usual=2
    )
    certifications: list[CertificationView] = edge(
        metadata_by_item(lambda said: said.certifications),
        "Age certifications by country.",
        max=300,
        usual=5,
    )
    keywords: list[KeywordView] = edge(
        tags_by_item(lambda tags: tags.keywords), "What it is about.", max=200, usual=10
    )
    studios: list[StudioView] = edge(
        tags_by_item(lambda tags: tags.studios), "Who produced it.", max=100, usual=2
    )
    progress: ProgressView | None = edge(
        progress_by_item,
        "Your progress with it; null if you never started it. Only what is played has progress:"
        " movies and episodes.",
    )


@view(Shown)
class RelatedTitleView:
    """A film or show, whether it is in your libraries or not."""

    title: str = field("Title.", of=lambda shown: shown.elsewhere.title)
    year: int | None = field("Year of release.", of=lambda shown: shown.elsewhere.year)
    release_date: date | None = field(
        "Date of release.", of=lambda shown: shown.elsewhere.release_date
    )
    record: str = field(
        "Its id at a provider: tmdb:603.",
        of=lambda shown: f"{shown.elsewhere.source}:{shown.elsewhere.value}",
    )
    picture_url: str | None = field(
        "Address of a picture elsewhere.", of=lambda shown: shown.elsewhere.picture_url
    )
    in_library: bool = field(
        "Whether it is in a library of yours.", of=lambda shown: shown.item is not None
    )
    item: MediaItemView | None = edge(ANY_NODE, "What it is in your libraries.", key="item")


@strawberry.input(description="What lists of any content are narrowed by.")
class ContentFilter:
    """What filters of movies and of shows have in common."""

    library_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="In any of these libraries."
    )
    genre_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="With any of these genres."
    )
    year_from: int | None = strawberry.field(
        default=None, description="Released in this year or later."
    )
    year_to: int | None = strawberry.field(
        default=None, description="Released in this year or earlier."
    )
    min_rating: float | None = strawberry.field(
        default=None, description="Minimum average rating, from 0 to 10."
    )
    min_votes: int | None = strawberry.field(default=None, description="Minimum number of votes.")
    max_age: int | None = strawberry.field(
        default=None, description="Certified for viewers of this age."
    )
    watched: bool | None = strawberry.field(
        default=None,
        description="Watched (true) or not watched (false) by you; of a show, all episodes that"
        " have aired and can be played, specials apart.",
    )
    added_since: datetime | None = strawberry.field(
        default=None, description="Added at or after this time."
    )
    missing: bool = strawberry.field(
        default=False,
        description="List what has no file that is there, instead of what can be played.",
    )


def refs(kind: str, ids: Ids[str] | None, name: str) -> tuple[UUID, ...]:
    """Ids of a filter. Raises Invalid, naming it."""
    if ids is not None and len(ids) > MOST_FILTERED:
        raise Invalid(f"{name} takes at most {MOST_FILTERED} ids.", field=name)
    return tuple(sorted({decode_id(kind, text, name) for text in ids or ()}))


def asked_of_all(
    viewer: Viewer, given: ContentFilter, seed: str, *, descending: bool
) -> dict[str, Any]:
    """What a filter asks of any content, as a ContentQuery has it. Raises Invalid."""
    years = {"yearFrom": given.year_from, "yearTo": given.year_to, "maxAge": given.max_age}
    for name, value in years.items():
        if value is not None and not -32768 <= value <= 32767:
            raise Invalid(f"{name} is out of range.", field=name)
    libraries = refs("library", given.library_ids, "libraryIds")
    return {
        "libraries": None if given.library_ids is None else libraries,
        "genres": refs("genre", given.genre_ids, "genreIds"),
        "year_from": given.year_from,
        "year_to": given.year_to,
        "rating_from": given.min_rating,
        "votes_from": given.min_votes,
        "max_age": given.max_age,
        "watched": given.watched,
        "watcher": viewer.user_id if given.watched is not None else None,
        "added_since": given.added_since,
        "missing": given.missing,
        "descending": descending,
        "seed": seed,
    }


@strawberry.type
class CatalogRoots:
    """Genres, networks and collections."""

    @query(Connection[GenreView], access=Permission.MOVIES_LIST, shared=True)
    async def genres(self, info: Info, first: First = 50, after: After = None) -> Any:
        """Genres with playable items in your libraries, by name."""
        return await _labels(info, Label.GENRE, None, Keyset(first, after))

    @query(Connection[GenreView], access=Permission.SHOWS_LIST, shared=True)
    async def show_genres(self, info: Info, first: First = 50, after: After = None) -> Any:
        """Genres with playable shows in your libraries, by name."""
        return await _labels(info, Label.GENRE, (ItemKind.SHOW,), Keyset(first, after))

    @query(Connection[NetworkView], access=Permission.SHOWS_LIST, shared=True)
    async def networks(self, info: Info, first: First = 50, after: After = None) -> Any:
        """Networks and streaming services with playable shows in your libraries, by name."""
        return await _labels(info, Label.NETWORK, (ItemKind.SHOW,), Keyset(first, after))

    @query(Connection[CollectionView], access=Permission.MOVIES_LIST, shared=True)
    async def collections(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Collections with playable films in your libraries, by name."""
        repository, scope = info.app.catalog_repository, info.viewer.scope
        page = await repository.collection_page(scope, Keyset(first, after))
        return Listing(page, lambda: repository.collection_count(scope))

    @query(CollectionView | None, access=Permission.MOVIES_LIST, shared=True)
    async def collection(self, info: Info, id: CollectionRef) -> Any:  # noqa: A002, ARG002
        """A collection by its id; null if it does not exist or you may not see it."""
        return id


async def _labels(
    info: Info, label: Label, kinds: tuple[ItemKind, ...] | None, page: Keyset
) -> Listing[UUID]:
    repository, scope = info.app.catalog_repository, info.viewer.scope
    found = await repository.label_page(label, scope, kinds, page)
    return Listing(found, lambda: repository.label_count(label, scope, kinds))
