"""The activity log in PostgreSQL; the kernel writes it, and nothing of it is cached."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from app.activity.domain import USER, Activity, ActivityFilter
from app.core.access import Scope
from app.core.audit import activity_log as log
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx

ENTRY: Final = tuple(log.c[name] for name in Activity.__struct_fields__)
BY_IDS: Final = select(*ENTRY).where(log.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
NEWEST: Final = (Order(log.c.id, descending=True),)
LIBRARY: Final = "library"


class Tally(Struct, frozen=True, kw_only=True):
    """Entries of one action, of one day, or of neither: then of all."""

    action: str | None
    day: datetime | None
    total: int
    failures: int
    users: int


class ActivityRepository:
    """What takes `tx` writes; what takes a scope leaves out libraries that are not in it."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_ids(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Activity]:
        """Entries by their ids."""
        statement = BY_IDS.where(*_visible(scope))
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Activity)
        return {entry.id: entry for entry in rows}

    async def page(self, scope: Scope, wanted: ActivityFilter, page: Keyset) -> Page[UUID]:
        """Such entries, the newest first."""
        statement = select(log.c.id).where(*_conditions(wanted), *_visible(scope))
        return await self.db.page(Sorted(statement, NEWEST), "activity.newest", page)

    async def count(self, scope: Scope, wanted: ActivityFilter) -> int:
        """How many there are."""
        conditions = (*_conditions(wanted), *_visible(scope))
        return int(
            await self.db.scalar(select(func.count()).select_from(log).where(*conditions)) or 0
        )

    async def page_of(self, user_id: UUID, page: Keyset) -> Page[UUID]:
        """What a user did and what was done to the account, the newest first."""
        found = _of(user_id).subquery("entry")
        newest = (Order(found.c.id, descending=True),)
        return await self.db.page(Sorted(select(found.c.id), newest), "activity.own", page)

    async def count_of(self, user_id: UUID) -> int:
        """How much that is."""
        found = _of(user_id).subquery("entry")
        return int(await self.db.scalar(select(func.count()).select_from(found)) or 0)

    async def before(
        self, scope: Scope, wanted: ActivityFilter, last: UUID | None, most: int
    ) -> list[Activity]:
        """Whole entries from the newest on, or from the one before `last` on."""
        conditions = [*_conditions(wanted), *_visible(scope)]
        if last is not None:
            conditions.append(log.c.id < last)
        statement = select(*ENTRY).where(*conditions).order_by(log.c.id.desc()).limit(most)
        return await self.db.fetch(statement, into=Activity)

    async def tallies(self, scope: Scope, since: datetime, until: datetime) -> list[Tally]:
        """Totals, by action and by day, in one statement."""
        day = func.date_trunc("day", log.c.at)
        statement = (
            select(
                log.c.action,
                day.label("day"),
                func.count().label("total"),
                func.count().filter(~log.c.success).label("failures"),
                func.count(log.c.actor_id.distinct()).label("users"),
            )
            .where(log.c.at >= since, log.c.at < until, *_visible(scope))
            .group_by(func.grouping_sets(tuple_(), tuple_(log.c.action), tuple_(day)))
            .order_by(log.c.action, day)
        )
        return await self.db.fetch(statement, into=Tally)

    async def forget(self, tx: Tx, before: datetime, most: int) -> int:
        """Delete entries of before this moment; says how many, at most `most`."""
        old = (
            select(log.c.id)
            .where(log.c.at < before)
            .order_by(log.c.at)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("old")  # which is run once: a join may run a subselect often, and so its limit
        )
        gone = await tx.execute(delete(log).where(log.c.id.in_(select(old.c.id))))
        return gone.rowcount


def _of(user_id: UUID) -> Any:
    """Two ranges of indexes, merged: an `or` would walk through everybody's entries."""
    own = select(log.c.id).where(log.c.actor_id == user_id)
    about = select(log.c.id).where(
        log.c.resource_type == USER,
        log.c.resource_id == user_id,
        log.c.actor_id.is_distinct_from(user_id),
    )
    return union_all(own, about)


def _visible(scope: Scope) -> list[ColumnElement[bool]]:
    """Libraries that one may not see are not in one's log either."""
    if scope.libraries is None:
        return []
    shown = cast(literal(sorted(scope.libraries), ARRAY(Uuid)), ARRAY(Uuid))
    return [or_(log.c.resource_type.is_distinct_from(LIBRARY), log.c.resource_id == any_(shown))]


def _conditions(wanted: ActivityFilter) -> list[ColumnElement[bool]]:
    equal = {
        log.c.actor_id: wanted.user_id,
        log.c.resource_type: wanted.resource_type,
        log.c.resource_id: wanted.resource_id,
        log.c.address: wanted.address,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.actions is not None:
        names = cast(literal(list(wanted.actions), ARRAY(Text)), ARRAY(Text))
        conditions.append(log.c.action == any_(names))
    if wanted.success is not None:  # as the partial index of failures has it
        conditions.append(log.c.success if wanted.success else ~log.c.success)
    if wanted.since is not None:
        conditions.append(log.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(log.c.at < wanted.until)
    return conditions
