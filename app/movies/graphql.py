"""Movies as the API shows them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.domain import CollectionId
from app.catalog.domain.said import RelatedKind
from app.catalog.graphql import (
    MOST_FILTERED,
    CollectionView,
    ContentFilter,
    CreditView,
    Descending,
    ExternalIdView,
    GenreView,
    MediaItemView,
    RelatedTitleView,
    Seed,
    asked_of_all,
    cast_by_item,
    collection_by_item,
    crew_by_item,
    external_ids_by_item,
    genres_by_item,
    items_by_id,
    related_by_item,
)
from app.core.access import Permission, Viewer
from app.core.errors import Invalid
from app.core.ids import decode_id
from app.core.page import Keyset, Listing
from app.gql.access import query
from app.gql.arguments import After, Doc, First, Ref
from app.gql.connection import Connection
from app.gql.edge import arg, edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.spoken import spoken
from app.gql.view import field, view
from app.items.domain import ItemId, ItemKind
from app.items.graphql import VersionView, versions_by_item
from app.movies.domain import Movie, MovieId, MovieQuery, MovieSort

if TYPE_CHECKING:
    from app.container import Container

MovieRef = Annotated[UUID, Ref("movie"), Doc("Id of a movie.")]
expose(
    MovieSort,
    "Sort order of movies.",
    {
        MovieSort.TITLE: "By title, ignoring leading articles.",
        MovieSort.YEAR: "By year of release.",
        MovieSort.ADDED: "By date added.",
        MovieSort.RATING: "By average rating.",
        MovieSort.POPULARITY: "By popularity: rating and votes combined.",
        MovieSort.RANDOM: "Random; the same `seed` gives the same order on every page.",
    },
)


movie_by_id = items_by_id(lambda app: app.movie_repository.by_ids)


async def similar_by_movie(
    app: "Container", viewer: Viewer, ids: Collection[ItemId], first: int
) -> Mapping[ItemId, list[Movie]]:
    near = await app.catalog_repository.similar(viewer.scope, ItemKind.MOVIE, ids, first)
    everyone = [MovieId(i) for others in near.values() for i in others]
    wanted = list(dict.fromkeys(everyone))
    found = await app.movie_repository.by_ids(viewer.scope, wanted, viewer.language)
    return {i: [found[MovieId(o)] for o in others if o in found] for i, others in near.items()}


@view(Movie, node="movie", load=movie_by_id, access=Permission.MOVIES_GET)
class MovieView(MediaItemView):
    """A film in a library."""

    original_title: str | None = field("Title in the original language.")
    sort_title: str = field("Title used for sorting.")
    release_date: date | None = field("Date of release.")
    overview: str | None = spoken("Plot summary.")
    tagline: str | None = spoken("Tagline.")
    runtime: int | None = field("Runtime in seconds.")
    rating: float | None = field("Average rating, from 0 to 10.")
    votes: int | None = field("Number of votes behind the rating.")
    popularity: float | None = field(
        "Popularity: the rating weighted by the number of votes; comparable within one server only."
    )
    certification: str | None = field("Age certification, such as PG-13.")
    trailer_url: str | None = field("Address of a trailer.")
    available: bool = field(
        "Whether its files are there, so that it can be played.",
        of=lambda m: m.state == "available",
    )
    versions: list[VersionView] = edge(
        versions_by_item, "Playable versions, the default first.", max=50, usual=2
    )
    genres: list[GenreView] = edge(genres_by_item, "Genres.", max=20, usual=3)
    cast: list[CreditView] = edge(
        cast_by_item, "Cast, in billing order.", first=arg(int, 20, le=100)
    )
    crew: list[CreditView] = edge(
        crew_by_item, "Crew: directors, writers and others.", first=arg(int, 20, le=100)
    )
    collection: CollectionView | None = edge(collection_by_item, "The collection it belongs to.")
    external_ids: list[ExternalIdView] = edge(
        external_ids_by_item, "Ids in external databases.", max=20, usual=3
    )
    similar: list["MovieView"] = edge(
        similar_by_movie,
        "Similar films: same collection, people or genres.",
        first=arg(int, 10, le=50),
    )
    similar_titles: list[RelatedTitleView] = edge(
        related_by_item(RelatedKind.SIMILAR),
        "What a provider says is like it, also what is in no library.",
        first=arg(int, 10, le=20),
    )
    recommendations: list[RelatedTitleView] = edge(
        related_by_item(RelatedKind.RECOMMENDED),
        "What a provider recommends to those who liked it, also what is in no library.",
        first=arg(int, 10, le=20),
    )


@strawberry.input(description="Filter for movies; all conditions must match.")
class MovieFilter(ContentFilter):
    """Filter of `movies`."""

    collection_id: strawberry.ID | None = strawberry.field(
        default=None, description="In this collection."
    )
    resolutions: list[str] | None = strawberry.field(
        default=None,
        description="With a playable version in any of these resolutions, such as 1080p.",
    )
    hdr: bool | None = strawberry.field(
        default=None, description="With (true) or without (false) a playable HDR version."
    )


def movie_query(
    viewer: Viewer, given: MovieFilter, sort: MovieSort, seed: str, *, descending: bool | None
) -> MovieQuery:
    """The question behind the arguments. Raises Invalid, naming the one at fault."""
    natural = sort not in (MovieSort.TITLE, MovieSort.RANDOM)
    resolutions = given.resolutions or []
    if len(resolutions) > MOST_FILTERED or any(len(r) > 20 for r in resolutions):
        raise Invalid("resolutions takes names such as 1080p.", field="resolutions")
    wanted = given.collection_id
    collection = CollectionId(decode_id("collection", wanted, "collectionId")) if wanted else None
    down = natural if descending is None else descending
    seed = seed if sort is MovieSort.RANDOM else ""
    return MovieQuery(
        **asked_of_all(viewer, given, seed, descending=down),
        collection=collection,
        resolutions=tuple(sorted(set(resolutions))),
        hdr=given.hdr,
        sort=sort,
    )


@strawberry.type
class MovieRoots:
    """Queries about movies."""

    @query(Connection[MovieView], access=Permission.MOVIES_LIST, shared=True)
    async def movies(  # noqa: PLR0913, PLR0917 - arguments of the API
        self,
        info: Info,
        filter: Annotated[MovieFilter | None, Doc("Which movies to list; all by default.")] = None,  # noqa: A002
        sort: Annotated[MovieSort, Doc("Sort order.")] = MovieSort.TITLE,
        descending: Descending = None,
        seed: Seed = "",
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Playable movies in your libraries; with `missing` those whose files are missing."""
        viewer, repository = info.viewer, info.app.movie_repository
        asked = movie_query(viewer, filter or MovieFilter(), sort, seed, descending=descending)
        page = await repository.page(viewer.scope, asked, Keyset(first, after))
        return Listing(page, lambda: repository.count(viewer.scope, asked))

    @query(MovieView | None, access=Permission.MOVIES_GET, shared=True)
    async def movie(self, info: Info, id: MovieRef) -> Any:  # noqa: A002, ARG002
        """A movie by its id; null if it does not exist or you may not see it."""
        return id
