"""Lists of episodes: of shows and seasons, by their day, and what stands before and after one."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    select,
    true,
    tuple_,
)

from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import Cache, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.items.domain import ItemKind
from app.items.repository import counted, offered_to, visible_to
from app.shows.domain import SPECIALS, Airing, EpisodeId, EpisodeQuery
from app.shows.models import episodes

IDS = bindparam("ids", type_=ARRAY(Uuid))
LAST = 32767  # no season has a higher number
RANK = case((episodes.c.season == SPECIALS, LAST), else_=episodes.c.season)
Parent = Literal["show_id", "season_id"]


class EpisodeListing:
    """The lists of `EpisodeRepository`. Specials, season 0, come after all others."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached_list("episodes", ttl=minutes(1), tags=("items",))
    async def page(self, scope: Scope, query: EpisodeQuery, page: Keyset) -> Page[UUID]:
        """One page of episodes in the order of their show."""
        return await self.db.page(asked(_listed, scope, query), "episodes", page)

    @cached_list("episodes.count", ttl=minutes(1), tags=("items",))
    async def count(self, scope: Scope, query: EpisodeQuery) -> int:
        """How many episodes there are in all."""
        if query == EpisodeQuery():  # every episode is an item
            return int(await self.db.scalar(asked(_counted_all, scope)))
        return int(await self.db.scalar(asked(_counted, scope, query)))

    @cached_list("episodes.airing", ttl=minutes(1), tags=("items",))
    async def airing(self, scope: Scope, airing: Airing, page: Keyset) -> Page[UUID]:
        """One page of episodes by their day."""
        sort = f"episodes.airing.{airing.descending}"
        return await self.db.page(asked(_aired, scope, airing), sort, page)

    @cached_list("episodes.airing.count", ttl=minutes(1), tags=("items",))
    async def airing_count(self, scope: Scope, airing: Airing) -> int:
        """How many of them there are."""
        return int(await self.db.scalar(asked(_aired_count, scope, airing)))

    async def within(
        self, scope: Scope, parent: Parent, ids: Collection[UUID], first: int
    ) -> Mapping[UUID, tuple[EpisodeId, ...]]:
        """The first episodes of each of these shows or seasons that the viewer may see."""
        return await self._within(scope, parent, tuple(sorted(ids)), first)

    @cached_list("episodes.within", ttl=minutes(2), tags=("items",))
    async def _within(
        self, scope: Scope, parent: Parent, ids: tuple[UUID, ...], first: int
    ) -> dict[UUID, tuple[EpisodeId, ...]]:
        wanted = select(func.unnest(IDS).label("id")).subquery("wanted")
        inner = (
            select(episodes.c.id, RANK.label("rank"), episodes.c.position)
            .where(episodes.c[parent] == wanted.c.id, visible_to(scope, episodes.c.id))
            .order_by(RANK, episodes.c.position, episodes.c.id)
            .limit(first)
            .lateral("inner")
        )
        statement = (
            select(wanted.c.id.label("parent"), inner.c.id)
            .select_from(wanted.join(inner, true()))
            .order_by(wanted.c.id, inner.c.rank, inner.c.position, inner.c.id)
        )
        found: dict[UUID, list[EpisodeId]] = defaultdict(list)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["parent"]].append(row["id"])
        return {parent_id: tuple(of_parent) for parent_id, of_parent in found.items()}

    async def counts(
        self, scope: Scope, parent: Parent, ids: Collection[UUID]
    ) -> Mapping[UUID, int]:
        """How many episodes, specials of a show apart, these have that the viewer may see."""
        found = await self._counts(scope, parent, tuple(sorted(ids)))
        return {i: found.get(i, 0) for i in ids}

    @cached_list("episodes.counts", ttl=minutes(2), tags=("items",))
    async def _counts(self, scope: Scope, parent: Parent, ids: tuple[UUID, ...]) -> dict[UUID, int]:
        column = episodes.c[parent]
        conditions = [column == any_(IDS), visible_to(scope, episodes.c.id)]
        if parent == "show_id":
            conditions.append(episodes.c.season > SPECIALS)
        statement = select(column, func.count()).where(*conditions).group_by(column)
        return {row[0]: row[1] for row in await self.db.records(statement, {"ids": list(ids)})}

    async def beside(
        self, scope: Scope, ids: Collection[EpisodeId], *, after: bool
    ) -> Mapping[EpisodeId, EpisodeId]:
        """What comes next in the show, or before, that the viewer may see: a special among
        specials, others among others.
        """
        return await self._beside(scope, tuple(sorted(ids)), after=after)

    @cached_list("episodes.beside", ttl=minutes(2), tags=("items",))
    async def _beside(
        self, scope: Scope, ids: tuple[EpisodeId, ...], *, after: bool
    ) -> dict[EpisodeId, EpisodeId]:
        mine = episodes.alias("mine")
        special = mine.c.season == SPECIALS
        place, here = _place(episodes), _place(mine)
        other = (
            select(episodes.c.id)
            .where(
                episodes.c.show_id == mine.c.show_id,
                episodes.c.season >= case((special, SPECIALS), else_=SPECIALS + 1),
                episodes.c.season <= case((special, SPECIALS), else_=LAST),
                tuple_(*place) > tuple_(*here) if after else tuple_(*place) < tuple_(*here),
                visible_to(scope, episodes.c.id),
            )
            .order_by(*(c.asc() if after else c.desc() for c in place))
            .limit(1)
            .correlate(mine)
        )
        statement = select(mine.c.id, other.scalar_subquery()).where(mine.c.id == any_(IDS))
        rows = await self.db.records(statement, {"ids": list(ids)})
        return {row[0]: row[1] for row in rows if row[1] is not None}


def _listed(scope: Scope, query: EpisodeQuery) -> Sorted:
    columns = (episodes.c.show_id, RANK, episodes.c.position, episodes.c.id)
    return Sorted(_matching(scope, query, episodes.c.id), [Order(column) for column in columns])


def _counted(scope: Scope, query: EpisodeQuery) -> Select[Any]:
    return _matching(scope, query, func.count())


def _counted_all(scope: Scope) -> Select[Any]:
    return counted(scope, kinds=(ItemKind.EPISODE,))


def _aired(scope: Scope, airing: Airing) -> Sorted:
    down = airing.descending
    orders = (Order(episodes.c.release_date, down), Order(episodes.c.id, down))
    return Sorted(_airing(scope, airing, episodes.c.id), orders)


def _aired_count(scope: Scope, airing: Airing) -> Select[Any]:
    return _airing(scope, airing, func.count())


def _place(row: FromClause) -> tuple[ColumnElement[Any], ...]:
    return row.c.season, row.c.position, row.c.id


def _matching(scope: Scope, query: EpisodeQuery, what: ColumnElement[Any]) -> Select[Any]:
    statement = select(what).select_from(episodes).where(visible_to(scope, episodes.c.id))
    if query.show is not None:
        statement = statement.where(episodes.c.show_id == query.show)
    if query.season is not None:
        statement = statement.where(episodes.c.season_id == query.season)
    return statement


def _airing(scope: Scope, airing: Airing, what: ColumnElement[Any]) -> Select[Any]:
    seen = offered_to if airing.playable else visible_to
    statement = (
        select(what)
        .select_from(episodes)
        .where(episodes.c.release_date <= airing.until, seen(scope, episodes.c.id))
    )
    if airing.since is not None:
        statement = statement.where(episodes.c.release_date >= airing.since)
    return statement
