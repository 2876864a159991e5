"""SQL of movies."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
    any_,
    bindparam,
    func,
    not_,
    select,
    true,
)

from app.catalog.domain import Likeness
from app.catalog.repository import (
    NamedWriting,
    counted_of,
    fetch_spoken,
    first_words,
    in_collection,
    likely,
    matching,
    order_of,
    searched_by_ids,
    spoken_by_ids,
)
from app.core.access import EVERYTHING, Scope, within
from app.core.asked import asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Page, Sorted
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import (
    content_by_ids,
    has_hdr,
    has_resolution,
    shown_versions,
    visible_items,
)
from app.libraries.domain import LibraryId
from app.libraries.repository import HIDDEN
from app.movies.domain import Movie, MovieId, MovieQuery, SearchedMovie
from app.movies.models import movies
from app.watch.repository import watched_by

IDS = bindparam("ids", type_=ARRAY(Uuid))
KINDS = (ItemKind.MOVIE,)
BY_IDS = content_by_ids(movies, ItemKind.MOVIE, Movie)
SPOKEN = spoken_by_ids(movies, ItemKind.MOVIE, Movie)

_shown = shown_versions(movies.c.id)
SEARCHED = (
    searched_by_ids(movies, ItemKind.MOVIE, SearchedMovie)
    .add_columns(_shown.c.resolutions, _shown.c.hdr)
    .join(_shown, true())
)


class MovieRepository(NamedWriting):
    """Movies."""

    def __init__(self, db: Database, cache: Cache) -> None:
        super().__init__(movies, ItemKind.MOVIE)
        self.db, self.cache = db, cache

    @cached("movie", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[MovieId]) -> Mapping[MovieId, Movie]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Movie)
        return {movie.id: movie for movie in rows}

    @cached("movie.spoken", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _spoken_by_ids(
        self, ids: Collection[MovieId], language: str
    ) -> Mapping[MovieId, Movie]:
        found = await fetch_spoken(self.db, SPOKEN, ids, Movie, language)
        return {movie.id: movie for movie in found}

    async def by_ids(
        self, scope: Scope, ids: Collection[MovieId], language: str = ""
    ) -> Mapping[MovieId, Movie]:
        """The movies among `ids` that the viewer may see, in a language or as they are."""
        spoken = self._spoken_by_ids
        found = await (spoken(ids, language) if language else self._by_ids(ids))
        if scope.unlimited:
            return found
        return {i: m for i, m in found.items() if scope.admits(m.library_id, m.age)}

    async def searched(self, ids: Collection[UUID]) -> list[SearchedMovie]:
        """Those among `ids` that are there, by what search finds them; past the cache."""
        return await self.db.fetch(SEARCHED, {"ids": list(ids)}, into=SearchedMovie)

    async def lengths(self, ids: Collection[ItemId]) -> Mapping[ItemId, int]:
        """What is said of the length of movies, in seconds."""
        found = await self.by_ids(EVERYTHING, [MovieId(i) for i in ids])
        return {ItemId(i): movie.runtime for i, movie in found.items() if movie.runtime}

    @cached_list("movies", ttl=minutes(1), tags=("items", "watch:{query.watcher}"))
    async def page(self, scope: Scope, query: MovieQuery, page: Keyset) -> Page[UUID]:
        """One page of movies."""
        listed = asked(_listed, within(scope, query.libraries), query)
        return await self.db.page(listed, query.sort_key, page)

    @cached_list("movies.count", ttl=minutes(1), tags=("items", "watch:{query.watcher}"))
    async def count(self, scope: Scope, query: MovieQuery) -> int:
        """How many movies there are in all."""
        seen = within(scope, query.libraries)
        if query.narrowed:
            return int(await self.db.scalar(asked(_counted, seen, query)))
        # Every item of this kind is a movie.
        return int(await self.db.scalar(asked(counted_of, seen, query, ItemKind.MOVIE)))

    async def runtimes(self, tx: Tx, ids: Collection[ItemId]) -> dict[ItemId, int]:
        """How long movies are said to be, in seconds, where anybody says it."""
        rows = await tx.execute(
            select(movies.c.id, movies.c.runtime).where(
                movies.c.id == any_(IDS), movies.c.runtime.is_not(None)
            ),
            {"ids": list(ids)},
        )
        return {row.id: row.runtime for row in rows}

    async def alike(self, library_id: LibraryId, keys: Collection[str]) -> list[Likeness]:
        """Movies of a library whose titles begin with the first words of these keys."""
        statement = likely(movies, ItemKind.MOVIE, library_id)
        return await self.db.fetch(statement, {"firsts": first_words(keys)}, into=Likeness)


def _listed(scope: Scope, query: MovieQuery) -> Sorted:
    statement, item = _matching(scope, query, movies.c.id)
    return Sorted(statement, order_of(query, query.sort.value, movies, item))


def _counted(scope: Scope, query: MovieQuery) -> Select[Any]:
    return _matching(scope, query, func.count())[0]


def _matching(
    scope: Scope, query: MovieQuery, what: ColumnElement[Any]
) -> tuple[Select[Any], FromClause]:
    item = visible_items(scope, kinds=KINDS)
    statement = (
        select(what)
        .select_from(movies)
        .join(item, item.c.id == movies.c.id)
        .where(*_conditions(query, item))
    )
    return statement, item


def _conditions(query: MovieQuery, item: Any) -> list[ColumnElement[bool]]:
    found = matching(query, movies, item)
    if query.collection is not None:
        found.append(in_collection(query.collection, movies.c.id))
    if query.resolutions:
        found.append(has_resolution(query.resolutions, movies.c.id))
    if query.hdr is not None:
        rich = has_hdr(movies.c.id)
        found.append(rich if query.hdr else not_(rich))
    if query.watched is not None and query.watcher is not None:
        seen = watched_by(query.watcher, movies.c.id)
        found.append(seen if query.watched else not_(seen))
    return found
