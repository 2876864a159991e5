"""Movies as the API shows them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.domain import CollectionId, GenreId
from app.catalog.graphql import (
    CollectionView,
    CreditView,
    ExternalIdView,
    GenreView,
    MediaItemView,
    cast_by_item,
    collection_by_item,
    crew_by_item,
    external_ids_by_item,
    genres_by_item,
)
from app.core.access import Permission, Viewer
from app.core.errors import Invalid
from app.core.ids import decode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.edge import arg, edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, view
from app.items.domain import ItemId
from app.items.graphql import VersionView, versions_by_item
from app.libraries.domain import LibraryId
from app.movies.domain import Movie, MovieId, MovieQuery, MovieSort
from app.watch.graphql import ProgressView

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


async def movie_by_id(
    app: "Container", viewer: Viewer, ids: Collection[MovieId]
) -> Mapping[MovieId, Movie]:
    return await app.movie_repository.by_ids(viewer.scope, ids)


async def similar_by_movie(
    app: "Container", viewer: Viewer, ids: Collection[ItemId], first: int
) -> Mapping[ItemId, list[Movie]]:
    near = await app.catalog_repository.similar(viewer.scope, ids, first)
    everyone = [MovieId(i) for others in near.values() for i in others]
    found = await app.movie_repository.by_ids(viewer.scope, list(dict.fromkeys(everyone)))
    return {i: [found[MovieId(o)] for o in others if o in found] for i, others in near.items()}


@view(Movie, node="movie", load=movie_by_id, access=Permission.MOVIES_GET)
class MovieView(MediaItemView):
    """A film in a library."""

    original_title: str | None = field("Title in the original language.")
    sort_title: str = field("Title used for sorting.")
    release_date: date | None = field("Date of release.")
    overview: str | None = field("Plot summary.")
    tagline: str | None = field("Tagline.")
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


@strawberry.input(description="Filter for movies; all conditions must match.")
class MovieFilter:
    """Filter of `movies`."""

    library_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="In any of these libraries."
    )
    genre_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="With any of these genres."
    )
    collection_id: strawberry.ID | None = strawberry.field(
        default=None, description="In this collection."
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
    resolutions: list[str] | None = strawberry.field(
        default=None,
        description="With a playable version in any of these resolutions, such as 1080p.",
    )
    hdr: bool | None = strawberry.field(
        default=None, description="With (true) or without (false) a playable HDR version."
    )
    watched: bool | None = strawberry.field(
        default=None, description="Watched (true) or not watched (false) by you."
    )
    added_since: datetime | None = strawberry.field(
        default=None, description="Added at or after this time."
    )
    missing: bool = strawberry.field(
        default=False,
        description="List movies whose files are missing, instead of the playable ones.",
    )


MOST = 100


def _refs(kind: str, ids: list[strawberry.ID] | None, name: str) -> tuple[UUID, ...]:
    if ids is not None and len(ids) > MOST:
        raise Invalid(f"{name} takes at most {MOST} ids.", field=name)
    return tuple(sorted({decode_id(kind, text, name) for text in ids or ()}))


def movie_query(
    viewer: Viewer, given: MovieFilter, sort: MovieSort, seed: str, *, descending: bool | None
) -> MovieQuery:
    """The question behind the arguments. Raises Invalid, naming the one at fault."""
    natural = sort not in (MovieSort.TITLE, MovieSort.RANDOM)
    resolutions = given.resolutions or []
    if len(resolutions) > MOST or any(len(r) > 20 for r in resolutions):
        raise Invalid("resolutions takes names such as 1080p.", field="resolutions")
    years = {"yearFrom": given.year_from, "yearTo": given.year_to}
    for name, value in (years | {"maxAge": given.max_age}).items():
        if value is not None and not -32768 <= value <= 32767:
            raise Invalid(f"{name} is out of range.", field=name)
    wanted = given.collection_id
    collection = CollectionId(decode_id("collection", wanted, "collectionId")) if wanted else None
    libraries = _refs("library", given.library_ids, "libraryIds")
    return MovieQuery(
        libraries=None if given.library_ids is None else tuple(LibraryId(i) for i in libraries),
        genres=tuple(GenreId(i) for i in _refs("genre", given.genre_ids, "genreIds")),
        collection=collection,
        year_from=given.year_from,
        year_to=given.year_to,
        rating_from=given.min_rating,
        votes_from=given.min_votes,
        max_age=given.max_age,
        resolutions=tuple(sorted(set(resolutions))),
        hdr=given.hdr,
        watched=given.watched,
        watcher=viewer.user_id if given.watched is not None else None,
        added_since=given.added_since,
        missing=given.missing,
        sort=sort,
        descending=natural if descending is None else descending,
        seed=seed if sort is MovieSort.RANDOM else "",
    )


@strawberry.type
class MovieRoots:
    """Queries about movies."""

    @query(Connection[MovieView], access=Permission.MOVIES_LIST)
    async def movies(  # noqa: PLR0913, PLR0917 - arguments of the API
        self,
        info: Info,
        filter: Annotated[MovieFilter | None, Doc("Which movies to list; all by default.")] = None,  # noqa: A002
        sort: Annotated[MovieSort, Doc("Sort order.")] = MovieSort.TITLE,
        descending: Annotated[
            bool | None, Doc("Direction; by default titles ascend and all other orders descend.")
        ] = None,
        seed: Annotated[str, Length(0, 64), Doc("Seed of the RANDOM order.")] = "",
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Playable movies in your libraries; with `missing` those whose files are missing."""
        viewer, repository = info.viewer, info.app.movie_repository
        asked = movie_query(viewer, filter or MovieFilter(), sort, seed, descending=descending)
        page = await repository.page(viewer.scope, asked, Keyset(first, after))
        return Listing(page, lambda: repository.count(viewer.scope, asked))

    @query(MovieView | None, access=Permission.MOVIES_GET)
    async def movie(self, info: Info, id: MovieRef) -> Any:  # noqa: A002, ARG002
        """A movie by its id; null if it does not exist or you may not see it."""
        return id


@strawberry.type
class MovieMutations:
    """Watching movies."""

    @mutation(ProgressView, access=Permission.PLAYBACK_PROGRESS)
    async def update_progress(
        self,
        info: Info,
        id: MovieRef,  # noqa: A002
        position: Annotated[float, Doc("Playback position, in seconds.")],
        duration: Annotated[
            float | None, Doc("Duration in seconds; by default the one the server knows.")
        ] = None,
    ) -> Any:
        """Save your playback position in a movie. From 90 % on it counts as watched."""
        return await info.app.watch.update(info.viewer, ItemId(id), position, duration)

    @mutation(MovieView, access=Permission.PLAYBACK_PROGRESS)
    async def remove_progress(self, info: Info, id: MovieRef) -> Any:  # noqa: A002
        """Delete your progress with a movie; it leaves `continueWatching` and `watchHistory`."""
        await info.app.watch.remove(info.viewer, ItemId(id))
        return id

    @mutation(MovieView, access=Permission.PLAYBACK_PROGRESS)
    async def mark_watched(self, info: Info, id: MovieRef) -> Any:  # noqa: A002
        """Mark a movie as watched."""
        await info.app.watch.mark(info.viewer, ItemId(id))
        return id

    @mutation(MovieView, access=Permission.PLAYBACK_PROGRESS)
    async def mark_unwatched(self, info: Info, id: MovieRef) -> Any:  # noqa: A002
        """Mark a movie as not watched and delete your progress with it."""
        await info.app.watch.remove(info.viewer, ItemId(id))
        return id
