"""How far viewers are with shows: what they watch next, and how much they have watched."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from app.catalog.repository import of_one_id
from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import Cache, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.items.domain import ItemId, ItemKind, ItemState
from app.items.repository import visible_items
from app.shows.domain import SPECIALS, EpisodeId, WatchStats
from app.shows.models import episodes, shows
from app.shows.repository.listing import Parent
from app.watch.repository import begun_roots, found_for, progress_within, under_way, watched_by

IDS = bindparam("ids", type_=ARRAY(Uuid))
KINDS = (ItemKind.EPISODE,)
PLACE = ("season", "position", "id")
START = (SPECIALS, 0, UUID(int=0))  # before the first regular episode


def _listed(user_id: UUID, scope: Scope, today: date) -> Sorted:
    last, following, statement = _next_up(user_id, scope, today)
    newest = (
        Order(last.c.last_watched_at, descending=True),
        Order(last.c.show_id, descending=True),
    )
    return Sorted(statement.with_only_columns(following.c.id), newest)


def _counted(user_id: UUID, scope: Scope, today: date) -> Select[Any]:
    return _next_up(user_id, scope, today)[2].with_only_columns(func.count())


class NextUpRepository:
    """Progress with shows: what is next in each, and counts of what was watched."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached_list("next_up", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def page(self, user_id: UUID, scope: Scope, today: date, page: Keyset) -> Page[UUID]:
        """The next episode of each show that the user watches, the show last watched first.

        A show of which an episode was begun since is not among them: that one is to be continued.
        """
        return await self.db.page(asked(_listed, user_id, scope, today), "next_up", page)

    @cached_list("next_up.count", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def count(self, user_id: UUID, scope: Scope, today: date) -> int:
        """How many there are."""
        return int(await self.db.scalar(asked(_counted, user_id, scope, today)))

    async def of_shows(
        self, user_id: UUID, scope: Scope, ids: Collection[UUID], today: date
    ) -> Mapping[UUID, EpisodeId]:
        """The next episode of each show by the same rule; the first where none was watched."""
        return await self._of_shows(user_id, scope, tuple(sorted(ids)), today)

    @cached_list("shows.next", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def _of_shows(
        self, user_id: UUID, scope: Scope, ids: tuple[UUID, ...], today: date
    ) -> dict[UUID, EpisodeId]:
        wanted = select(func.unnest(IDS).label("show_id")).subquery("wanted")
        last = _last_watched(user_id, wanted.c.show_id)
        following = _following(user_id, scope, today, wanted.c.show_id, last)
        statement = select(wanted.c.show_id, following.c.id).select_from(
            wanted.outerjoin(last, true()).join(following, true())
        )
        rows = await self.db.records(statement, {"ids": list(ids)})
        return {row["show_id"]: row["id"] for row in rows}

    async def stats(
        self, user_id: UUID, scope: Scope, parent: Parent, ids: Collection[UUID]
    ) -> Mapping[UUID, WatchStats]:
        """How far the user is with shows, specials apart, or with seasons, specials like others."""
        found = await self._stats(user_id, scope, parent, tuple(sorted(ids)))
        none = WatchStats(episodes=0, watched=0, started=0)
        return {i: found.get(i, none) for i in ids}

    @cached_list("shows.stats", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def _stats(
        self, user_id: UUID, scope: Scope, parent: Parent, ids: tuple[UUID, ...]
    ) -> dict[UUID, WatchStats]:
        column = episodes.c[parent]
        counted = episodes.c.season > SPECIALS if parent == "show_id" else true()
        item, mine = visible_items(scope, kinds=KINDS), progress_within(user_id)
        statement = (
            select(
                column.label("parent"),
                func.count().label("episodes"),
                func.count(case((mine.c.completed, 1))).label("watched"),
                func.count(case((mine.c.begun, 1))).label("started"),
                func.max(mine.c.last_watched_at).label("last_watched_at"),
            )
            .select_from(episodes)
            .join(item, item.c.id == episodes.c.id)
            .outerjoin(mine, mine.c.item_id == episodes.c.id)
            .where(column == any_(IDS), item.c.state == ItemState.AVAILABLE.value, counted)
            .group_by(column)
        )
        rows = [dict(row) for row in await self.db.records(statement, {"ids": list(ids)})]
        return {r.pop("parent"): WatchStats(**r) for r in rows}

    async def within(
        self, scope: Scope, ids: Collection[ItemId], aired_by: date | None = None
    ) -> Collection[ItemId]:
        """The episodes of these shows and seasons that the viewer may see, specials too; with
        `aired_by` only those that are there, or were aired by that day.
        """
        item = visible_items(scope, kinds=KINDS)
        statement = (
            select(episodes.c.id)
            .join(item, item.c.id == episodes.c.id)
            .where(or_(episodes.c.show_id == any_(IDS), episodes.c.season_id == any_(IDS)))
        )
        if aired_by is not None:
            there = item.c.state == ItemState.AVAILABLE.value
            statement = statement.where(or_(there, episodes.c.release_date <= aired_by))
        return await self.db.column(statement, {"ids": list(ids)})

    async def lengths(self, ids: Collection[ItemId]) -> Mapping[ItemId, int]:
        """What is said of the length of episodes, or of all of their show's, in seconds."""
        runtime = func.coalesce(episodes.c.runtime, shows.c.runtime)
        statement = (
            select(episodes.c.id, runtime.label("runtime"))
            .join(shows, shows.c.id == episodes.c.show_id)
            .where(episodes.c.id == any_(IDS), runtime > 0)
        )
        rows = await self.db.records(statement, {"ids": list(ids)})
        return {row["id"]: row["runtime"] for row in rows}


def _next_up(user_id: UUID, scope: Scope, today: date) -> tuple[CTE, FromClause, Select[Any]]:
    last = _last_of_each(user_id)
    other = last.alias("last_of_twin")
    following = _following(user_id, scope, today, last.c.show_id, last)
    begun, twin = _begun(user_id, scope), of_one_id(last.c.show_id)
    # The same show in two libraries is listed once: where it was watched last and goes on.
    others = _following(user_id, scope, today, other.c.show_id, other)
    later = tuple_(other.c.last_watched_at, other.c.show_id) > tuple_(
        last.c.last_watched_at, last.c.show_id
    )
    twin_goes_on = twin.join(other, other.c.show_id == twin.c.id).join(others, true())
    since = begun.c.last_watched_at > last.c.last_watched_at
    twin_begun = twin.join(begun, begun.c.root_id == twin.c.id)
    statement = (
        select(last)
        .select_from(last.join(following, true()))
        .where(
            not_(exists().where(begun.c.root_id == last.c.show_id, since)),
            not_(found_for(last, twin_begun, since)),
            not_(found_for(last, twin_goes_on, later)),
        )
    )
    return last, following, statement


def _begun(user_id: UUID, scope: Scope) -> CTE:
    """Episodes under way, specials apart: root_id, last_watched_at."""
    begun = under_way(user_id, scope)
    return (
        select(begun.c.root_id, begun.c.last_watched_at)
        .join(episodes, episodes.c.id == begun.c.item_id)
        .where(episodes.c.season > SPECIALS)
        .cte("begun_episodes")
    )


def _last_of_each(user_id: UUID) -> CTE:
    """What of each show was watched last."""
    root = begun_roots(user_id)
    last = _last_watched(user_id, root.c.root_id)
    return (
        select(root.c.root_id.label("show_id"), last)
        .select_from(root.join(last, true()))
        .cte("last")
    )


def _last_watched(user_id: UUID, show_column: ColumnElement[Any]) -> FromClause:
    """The episode of a show that was watched last; of many watched at one moment, as when a season
    is marked, the last in the show.
    """
    mine = progress_within(user_id)
    return (
        select(episodes.c.season, episodes.c.position, episodes.c.id, mine.c.last_watched_at)
        .join(mine, mine.c.item_id == episodes.c.id)
        .where(mine.c.root_id == show_column, mine.c.completed, episodes.c.season > SPECIALS)
        .order_by(mine.c.last_watched_at.desc(), *(episodes.c[name].desc() for name in PLACE))
        .limit(1)
        .correlate_except(episodes, mine)
        .lateral()
    )


def _following(
    user_id: UUID, scope: Scope, today: date, show_column: ColumnElement[Any], last: FromClause
) -> FromClause:
    """The first episode after the last one watched that was aired, is there and is unwatched."""
    episode, item = episodes.alias(), visible_items(scope, kinds=KINDS)
    place = [episode.c[name] for name in PLACE]
    after = [func.coalesce(last.c[name], start) for name, start in zip(PLACE, START, strict=True)]
    return (
        select(episode.c.id)
        .join(item, item.c.id == episode.c.id)
        .where(
            episode.c.show_id == show_column,
            episode.c.season > SPECIALS,
            tuple_(*place) > tuple_(*after),
            or_(episode.c.release_date.is_(None), episode.c.release_date <= today),
            item.c.state == ItemState.AVAILABLE.value,
            not_(watched_by(user_id, episode.c.id)),
        )
        .order_by(*place)
        .limit(1)
        .correlate_except(episode, item)
        .lateral()
    )
