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

MovieRef = Annotated[UUID, Ref("movie"), Doc("The movie's id.")]
expose(
    MovieSort,
    "What a list of movies is ordered by.",
    {
        MovieSort.TITLE: "By title, articles at the front left out.",
        MovieSort.YEAR: "By the year they came out.",
        MovieSort.ADDED: "By when they came into the library.",
        MovieSort.RATING: "By how good they are said to be.",
        MovieSort.POPULARITY: "By how much they are talked of: rating and votes together.",
        MovieSort.RANDOM: "Shuffled; the same `seed` gives the same order on every page.",
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


@view(Movie, node="movie", load=movie_by_id)
class MovieView(MediaItemView):
    """A film in one library."""

    original_title: str | None = field("Its title in its own language.")
    sort_title: str = field("Under which title it is sorted.")
    release_date: date | None = field("When it came out.")
    overview: str | None = field("What it is about.")
    tagline: str | None = field("Its slogan.")
    runtime: int | None = field("How long it is, in seconds.")
    rating: float | None = field("How good it is said to be, from 0 to 10.")
    votes: int | None = field("How many say so.")
    popularity: float | None = field(
        "How much it is talked of: its rating, weighed by how many have voted; comparable within"
        " one server only."
    )
    certification: str | None = field("For whom it is, as its country says, such as PG-13.")
    trailer_url: str | None = field("The address of a trailer.")
    available: bool = field("Whether it can be played.", of=lambda m: m.state == "available")
    versions: list[VersionView] = edge(
        versions_by_item, "What you can choose to play, the default first.", max=50, usual=2
    )
    genres: list[GenreView] = edge(genres_by_item, "Its genres.", max=20, usual=3)
    cast: list[CreditView] = edge(
        cast_by_item, "Who plays in it, in billing order.", first=arg(int, 20, le=100)
    )
    crew: list[CreditView] = edge(crew_by_item, "Who made it.", first=arg(int, 20, le=100))
    collection: CollectionView | None = edge(
        collection_by_item, "The collection it belongs to, if you may see more of it."
    )
    external_ids: list[ExternalIdView] = edge(
        external_ids_by_item, "Under which ids it is known elsewhere.", max=20, usual=3
    )
    similar: list["MovieView"] = edge(
        similar_by_movie,
        "Films like it: of the same collection, people and genres.",
        first=arg(int, 10, le=50),
    )


@strawberry.input(description="Which movies; all conditions hold together.")
class MovieFilter:
    """Filter of `movies`."""

    library_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="In one of these libraries."
    )
    genre_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="With one of these genres."
    )
    collection_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of this collection."
    )
    year_from: int | None = strawberry.field(default=None, description="From this year on.")
    year_to: int | None = strawberry.field(default=None, description="Up to this year.")
    min_rating: float | None = strawberry.field(
        default=None, description="Rated at least so, from 0 to 10."
    )
    min_votes: int | None = strawberry.field(
        default=None, description="With at least so many votes."
    )
    max_age: int | None = strawberry.field(
        default=None, description="Rated for viewers of this age and younger."
    )
    resolutions: list[str] | None = strawberry.field(
        default=None,
        description="With a version of one of these sizes, such as 1080p, that is there.",
    )
    hdr: bool | None = strawberry.field(
        default=None, description="With, or without, a version in high dynamic range that is there."
    )
    watched: bool | None = strawberry.field(
        default=None, description="That you have, or have not, watched to the end."
    )
    added_since: datetime | None = strawberry.field(
        default=None, description="That came since then."
    )
    missing: bool = strawberry.field(
        default=False, description="Those whose files have vanished, instead of those there are."
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
        filter: Annotated[MovieFilter | None, Doc("Which ones.")] = None,  # noqa: A002
        sort: Annotated[MovieSort, Doc("In which order.")] = MovieSort.TITLE,
        descending: Annotated[
            bool | None, Doc("The other way round; by default titles rise and the rest falls.")
        ] = None,
        seed: Annotated[str, Length(0, 64), Doc("Which shuffle, for RANDOM.")] = "",
        first: First = 20,
        after: After = None,
    ) -> Any:
        """The movies that you may see and play; with the filter `missing` those that vanished."""
        viewer, repository = info.viewer, info.app.movie_repository
        asked = movie_query(viewer, filter or MovieFilter(), sort, seed, descending=descending)
        page = await repository.page(viewer.scope, asked, Keyset(first, after))
        return Listing(page, lambda: repository.count(viewer.scope, asked))

    @query(MovieView | None, access=Permission.MOVIES_LIST)
    async def movie(self, info: Info, id: MovieRef) -> Any:  # noqa: A002, ARG002
        """A movie by its id; null where there is none that you may see."""
        return id


@strawberry.type
class MovieMutations:
    """Watching movies."""

    @mutation(ProgressView, access=Permission.WATCH_WRITE)
    async def update_progress(
        self,
        info: Info,
        id: MovieRef,  # noqa: A002
        position: Annotated[float, Doc("Where you are, in seconds.")],
        duration: Annotated[
            float | None, Doc("How long it is, in seconds; by default what the server knows.")
        ] = None,
    ) -> Any:
        """Keep where you are in a movie. At 90 % it counts as watched."""
        return await info.app.watch.update(info.viewer, ItemId(id), position, duration)

    @mutation(MovieView, access=Permission.WATCH_WRITE)
    async def remove_progress(self, info: Info, id: MovieRef) -> Any:  # noqa: A002
        """Delete your progress with a movie: it leaves Continue Watching and your history."""
        await info.app.watch.remove(info.viewer, ItemId(id))
        return id

    @mutation(MovieView, access=Permission.WATCH_WRITE)
    async def mark_watched(self, info: Info, id: MovieRef) -> Any:  # noqa: A002
        """Mark a movie as watched."""
        await info.app.watch.mark(info.viewer, ItemId(id))
        return id

    @mutation(MovieView, access=Permission.WATCH_WRITE)
    async def mark_unwatched(self, info: Info, id: MovieRef) -> Any:  # noqa: A002
        """Mark a movie as not watched, and forget your progress with it."""
        await info.app.watch.remove(info.viewer, ItemId(id))
        return id
