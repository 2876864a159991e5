"""SQL of movies."""

import operator
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    collate,
    func,
    not_,
    select,
    update,
)

from app.catalog.repository import in_collection, in_genres
from app.core.access import EVERYTHING, Scope
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.items.domain import ItemKind, ItemState
from app.items.repository import has_hdr, has_resolution, visible_items
from app.libraries.domain import LibraryId
from app.movies.domain import Movie, MovieId, MovieQuery, MovieSort
from app.movies.models import movies
from app.watch.repository import watched_by

IDS = bindparam("ids", type_=ARRAY(Uuid))
KINDS = (ItemKind.MOVIE,)
_item = visible_items(EVERYTHING, kinds=KINDS)
BY_IDS = (
    select(
        *(movies.c[name] for name in Movie.__struct_fields__ if name in movies.c),
        _item.c.library_id,
        _item.c.certification,
        _item.c.age,
        _item.c.state,
        _item.c.added_at,
    )
    .join(_item, _item.c.id == movies.c.id)
    .where(movies.c.id == any_(IDS))
)
NEW_COLUMNS = (
    "id", "title", "sort_title", "title_key", "original_title", "year", "release_date", "overview",
    "tagline", "runtime", "rating", "votes", "trailer_url",
)  # fmt: skip


class MovieRepository:
    """Movies."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("movie", ttl=minutes(5), tags=("item:{}",))
    async def _by_ids(self, ids: Collection[MovieId]) -> Mapping[MovieId, Movie]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Movie)
        return {movie.id: movie for movie in rows}

    async def by_ids(self, scope: Scope, ids: Collection[MovieId]) -> Mapping[MovieId, Movie]:
        """The movies among `ids` that the viewer may see."""
        found = await self._by_ids(ids)
        return {i: m for i, m in found.items() if scope.admits(m.library_id, m.age)}

    @cached_list("movies", ttl=minutes(1), tags=("items", "watch:{query.watcher}"))
    async def page(self, scope: Scope, query: MovieQuery, page: Keyset) -> Page[UUID]:
        """One page of movies."""
        statement, item = self._matching(scope, query, movies.c.id)
        return await self.db.page(statement, query.sort_key, _order(query, item), page)

    @cached_list("movies.count", ttl=minutes(1), tags=("items", "watch:{query.watcher}"))
    async def count(self, scope: Scope, query: MovieQuery) -> int:
        """How many movies there are in all."""
        statement, _ = self._matching(scope, query, func.count())
        return int(await self.db.scalar(statement))

    def _matching(
        self, scope: Scope, query: MovieQuery, what: ColumnElement[Any]
    ) -> tuple[Select[Any], Any]:
        item = visible_items(scope, kinds=KINDS, libraries=query.libraries)
        statement = (
            select(what)
            .select_from(movies)
            .join(item, item.c.id == movies.c.id)
            .where(*_conditions(query, item))
        )
        return statement, item

    async def find_by_titles(
        self, tx: Tx, library_id: LibraryId, keys: Collection[str]
    ) -> dict[tuple[str, int | None], list[MovieId]]:
        """Movies of a library by (title key, year), the oldest first."""
        item = visible_items(EVERYTHING, kinds=KINDS, libraries=[library_id])
        rows = await tx.execute(
            select(movies.c.title_key, movies.c.year, movies.c.id)
            .join(item, item.c.id == movies.c.id)
            .where(movies.c.title_key == any_(bindparam("keys", type_=ARRAY(Text))))
            .order_by(movies.c.id),
            {"keys": list(keys)},
        )
        found: dict[tuple[str, int | None], list[MovieId]] = defaultdict(list)
        for row in rows:
            found[row.title_key, row.year].append(row.id)
        return found

    async def in_library(self, tx: Tx, library_id: LibraryId, ids: Collection[UUID]) -> set[UUID]:
        """Those among `ids` that are movies of this library."""
        item = visible_items(EVERYTHING, kinds=KINDS, libraries=[library_id])
        rows = await tx.execute(select(item.c.id).where(item.c.id == any_(IDS)), {"ids": list(ids)})
        return set(rows.scalars())

    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many movies; their items are there."""
        await tx.copy(
            "movies", NEW_COLUMNS, [tuple(row.get(c) for c in NEW_COLUMNS) for row in new]
        )

    async def describe(self, tx: Tx, described: Mapping[MovieId, Mapping[str, Any]]) -> None:
        """Write what is known of movies; rows with the same columns go together."""
        shapes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for movie_id, values in described.items():
            if values:
                shapes[tuple(values)].append(
                    {"_id": movie_id, **{f"_{k}": v for k, v in values.items()}}
                )
        for names, rows in shapes.items():
            statement = update(movies).where(movies.c.id == bindparam("_id", type_=Uuid))
            bound = {n: bindparam(f"_{n}", type_=movies.c[n].type) for n in names}
            await tx.execute(statement.values(bound), rows)
        tx.touch("items", *(f"item:{movie_id}" for movie_id in described))

    async def fill(self, tx: Tx, filled: Mapping[MovieId, Mapping[str, Any]]) -> None:
        """Like `describe`, but only what is not known yet."""
        names = ("year", "runtime", "overview")
        rows = [
            {"_id": movie_id, **{f"_{n}": values.get(n) for n in names}}
            for movie_id, values in filled.items()
        ]
        if not rows:
            return
        bound = {
            n: func.coalesce(movies.c[n], bindparam(f"_{n}", type_=movies.c[n].type)) for n in names
        }
        statement = update(movies).where(movies.c.id == bindparam("_id", type_=Uuid))
        await tx.execute(statement.values(bound), rows)
        tx.touch("items", *(f"item:{movie_id}" for movie_id in filled))


def _conditions(query: MovieQuery, item: Any) -> list[ColumnElement[bool]]:
    state = ItemState.MISSING if query.missing else ItemState.AVAILABLE
    found: list[ColumnElement[bool]] = [item.c.state == state.value]
    bounds = (
        (query.year_from, movies.c.year, operator.ge),
        (query.year_to, movies.c.year, operator.le),
        (query.rating_from, movies.c.rating, operator.ge),
        (query.votes_from, movies.c.votes, operator.ge),
        (query.added_since, item.c.added_at, operator.ge),
        (query.max_age, item.c.age, operator.le),
    )
    found += [compare(column, value) for value, column, compare in bounds if value is not None]
    if query.genres:
        found.append(in_genres(query.genres, movies.c.id))
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


def _order(query: MovieQuery, item: Any) -> tuple[Order, ...]:
    down = query.descending
    if query.sort is MovieSort.RANDOM:
        shuffled = func.md5(func.concat(query.seed, cast(movies.c.id, Text)), type_=Text)
        first = Order(collate(shuffled, "C"))
    elif query.sort is MovieSort.ADDED:
        first = Order(item.c.added_at, down)
    elif query.sort is MovieSort.TITLE:
        first = Order(movies.c.sort_title, down)
    else:
        first = Order(movies.c[query.sort.value], down, nullable=True)
    return first, Order(movies.c.id, down)
