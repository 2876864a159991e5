"""What every kind of content has, as the API shows it."""

from collections.abc import Collection as Ids
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.domain import (
    Collection,
    CollectionId,
    Credit,
    CreditKind,
    ExternalId,
    Genre,
    GenreId,
)
from app.catalog.repository import cast_and_crew
from app.core.access import Permission, Viewer
from app.core.page import Keyset, Listing
from app.gql.access import query
from app.gql.arguments import After, Doc, First, Ref
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.info import Info
from app.gql.view import Node, field, interface, view
from app.images.graphql import ArtworkView, artwork_by_item
from app.items.domain import ItemId
from app.libraries.graphql import LibraryView, library_by_id
from app.people.graphql import PersonView, person_by_id
from app.watch.graphql import ProgressView, progress_by_item

if TYPE_CHECKING:
    from app.container import Container

GenreRef = Annotated[UUID, Ref("genre"), Doc("Id of a genre.")]
CollectionRef = Annotated[UUID, Ref("collection"), Doc("Id of a collection.")]


async def genre_by_id(
    app: "Container",
    viewer: Viewer,
    ids: Ids[GenreId],
) -> Mapping[GenreId, Genre]:
    return await app.catalog_repository.genres_by_ids(viewer.scope, ids)


async def genres_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Ids[ItemId],
) -> Mapping[ItemId, tuple[Genre, ...]]:
    return await app.catalog_repository.genres_of(viewer.scope, ids)


async def external_ids_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Ids[ItemId],
) -> Mapping[ItemId, tuple[ExternalId, ...]]:
    return await app.catalog_repository.external_ids_of(viewer.scope, ids)


async def cast_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Ids[ItemId],
    first: int,
) -> Mapping[ItemId, tuple[Credit, ...]]:
    found = await app.catalog_repository.credits_of(viewer.scope, ids)
    return {i: cast_and_crew(of_item, CreditKind.CAST, first) for i, of_item in found.items()}


async def crew_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Ids[ItemId],
    first: int,
) -> Mapping[ItemId, tuple[Credit, ...]]:
    found = await app.catalog_repository.credits_of(viewer.scope, ids)
    return {i: cast_and_crew(of_item, CreditKind.CREW, first) for i, of_item in found.items()}


async def collection_by_id(
    app: "Container", viewer: Viewer, ids: Ids[CollectionId]
) -> Mapping[CollectionId, Collection]:
    return await app.catalog_repository.collections_by_ids(viewer.scope, ids)


async def collection_by_item(
    app: "Container", viewer: Viewer, ids: Ids[ItemId]
) -> Mapping[ItemId, Collection]:
    of_items = await app.catalog_repository.collection_of(viewer.scope, ids)
    found = await collection_by_id(app, viewer, list(dict.fromkeys(of_items.values())))
    return {i: found[c] for i, c in of_items.items() if c in found}


@view(Genre, node="genre", load=genre_by_id, access=Permission.MOVIES_LIST)
class GenreView(Node):
    """A genre."""

    name: str = field("Name.")
    slug: str = field("Name in lower case with dashes, for addresses.")


@view(Credit)
class CreditView:
    """A cast or crew member of a film."""

    character: str | None = field("Character played; null for crew.")
    job: str | None = field("Job, such as Director; null for cast.")
    person: PersonView | None = edge(person_by_id, "The person.", key="person_id")


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


@interface
class MediaItemView(Node):
    """An item that can be watched, of any kind."""

    title: str = field("Title.")
    year: int | None = field("Year of release.")
    added_at: datetime = field("When it was added to the library.")
    library: LibraryView | None = edge(
        library_by_id, "The library it belongs to.", key="library_id"
    )
    artwork: list[ArtworkView] = edge(
        artwork_by_item, "Posters, backdrops and other pictures.", max=50, usual=5
    )
    progress: ProgressView | None = edge(
        progress_by_item, "Your progress with it; null if you never started it."
    )


@strawberry.type
class CatalogRoots:
    """Genres and collections."""

    @query(Connection[GenreView], access=Permission.MOVIES_LIST)
    async def genres(self, info: Info, first: First = 50, after: After = None) -> Any:
        """Genres with playable items in your libraries, by name."""
        repository, scope = info.app.catalog_repository, info.viewer.scope
        page = await repository.genre_page(scope, Keyset(first, after))
        return Listing(page, lambda: repository.genre_count(scope))

    @query(Connection[CollectionView], access=Permission.MOVIES_LIST)
    async def collections(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Collections with playable films in your libraries, by name."""
        repository, scope = info.app.catalog_repository, info.viewer.scope
        page = await repository.collection_page(scope, Keyset(first, after))
        return Listing(page, lambda: repository.collection_count(scope))

    @query(CollectionView | None, access=Permission.MOVIES_LIST)
    async def collection(self, info: Info, id: CollectionRef) -> Any:  # noqa: A002, ARG002
        """A collection by its id; null if it does not exist or you may not see it."""
        return id
