"""SQL of watch progress, and the conditions that content slices compose with it."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol
from uuid import UUID

from msgspec import structs
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core.access import EVERYTHING, Scope
from app.core.cache import Cache, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.items.domain import ItemId, ItemNotFound, ItemState
from app.items.repository import offered_to, visible_items, visible_to
from app.watch.domain import BEGUN, Progress
from app.watch.models import watch_progress as progress

OF_USER = select(progress).where(
    progress.c.user_id == bindparam("user", type_=Uuid),
    progress.c.item_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
)

CARRY = text("""
insert into watch_progress as mine
       (user_id, item_id, position, duration, completed, plays, last_watched_at, completed_at)
select distinct on (p.user_id, n.new) p.user_id, n.new, p.position, p.duration, p.completed,
       p.plays, p.last_watched_at, p.completed_at
  from unnest(cast(:old as uuid[]), cast(:new as uuid[])) as n(old, new)
  join items was on was.id = n.old
  join items now on now.id = n.new and now.kind = was.kind
  join watch_progress p on p.item_id = n.old
 order by p.user_id, n.new, p.last_watched_at desc
    on conflict (user_id, item_id) do update
   set position = excluded.position, duration = coalesce(excluded.duration, mine.duration),
       completed = excluded.completed, plays = greatest(mine.plays, excluded.plays),
       last_watched_at = excluded.last_watched_at,
       completed_at = coalesce(mine.completed_at, excluded.completed_at)
 where mine.last_watched_at < excluded.last_watched_at
returning user_id
""")


def watched_by(user_id: UUID, item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item this user has watched to the end."""
    return exists().where(
        progress.c.user_id == user_id, progress.c.item_id == item_column, progress.c.completed
    )


class OfOneId(Protocol):
    """What knows which items share an external id, for lists to join with."""

    def __call__(self, item_column: ColumnElement[Any]) -> FromClause:
        """The other items (id) that share one with this row's, of whatever kind."""
        ...


class WatchRepository:
    """Progress per viewer and item. Of twins that were watched, lists show one."""

    def __init__(self, db: Database, cache: Cache, of_one_id: OfOneId) -> None:
        self.db, self.cache, self._of_one_id = db, cache, of_one_id

    async def by_items(self, user_id: UUID, ids: Collection[ItemId]) -> Mapping[ItemId, Progress]:
        """The user's own progress with these items."""
        rows = await self.db.fetch(OF_USER, {"user": user_id, "ids": list(ids)}, into=Progress)
        return {row.item_id: row for row in rows}

    @cached_list("watch.continue", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def continuing(self, user_id: UUID, scope: Scope, page: Keyset) -> Page[UUID]:
        """Items that were begun and not finished and can be played, the last watched first."""
        statement = self._listed(user_id, scope, progress.c.item_id, unfinished=True)
        return await self.db.page(statement, "continue", _NEWEST, page)

    @cached_list("watch.history", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def history(self, user_id: UUID, scope: Scope, page: Keyset) -> Page[UUID]:
        """Everything the user has watched, the last watched first."""
        statement = self._listed(user_id, scope, progress.c.item_id, unfinished=False)
        return await self.db.page(statement, "history", _NEWEST, page)

    @cached_list("watch.count", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def count(self, user_id: UUID, scope: Scope, *, unfinished: bool) -> int:
        """How many items `history` or, with `unfinished`, `continuing` lists."""
        statement = self._listed(user_id, scope, func.count(), unfinished=unfinished)
        return int(await self.db.scalar(statement))

    def _listed(
        self, user_id: UUID, scope: Scope, what: ColumnElement[Any], *, unfinished: bool
    ) -> Select[Any]:
        """Of several twins the one that can be played, or else could, and was watched last."""
        other, twin = progress.alias("of_twin"), self._of_one_id(progress.c.item_id)
        item = visible_items(EVERYTHING)
        twins_item = _looked_up(visible_items(scope), twin.c.id)
        ahead = (
            select(true())
            .select_from(twin)
            .join(other, (other.c.item_id == twin.c.id) & (other.c.user_id == user_id))
            .join(twins_item, true())
            .join(item, item.c.id == progress.c.item_id)
            .where(
                # Films and shows are numbered apart: the same number is not the same thing.
                twins_item.c.kind == item.c.kind,
                _rank(other, twins_item) > _rank(progress, item),
                *((*_begun(other), _available(twins_item)) if unfinished else ()),
            )
            .limit(1)
            .correlate(progress)
        )
        seen = offered_to if unfinished else visible_to
        return (
            select(what)
            .select_from(progress)
            .where(
                progress.c.user_id == user_id,
                *(_begun(progress) if unfinished else ()),
                seen(scope, progress.c.item_id),
                # A value, not `exists`: of that the planner makes a join of all twins there are.
                not_(func.coalesce(ahead.scalar_subquery(), false())),
            )
        )

    async def write(self, tx: Tx, rows: Collection[Progress]) -> None:
        """Keep progress. A finish counts as a play; who starts again is under way again.

        Raises ItemNotFound when an item was deleted a moment ago.
        """
        if not rows:
            return
        statement = insert(progress)
        new = statement.excluded
        finished = case((new.completed, 1), else_=0)
        # The same finish told twice is one play: only the step from unfinished to finished counts.
        plays = progress.c.plays + case((progress.c.completed, 0), else_=finished)
        kept = statement.on_conflict_do_update(
            index_elements=["user_id", "item_id"],
            set_={
                "position": new.position,
                "duration": func.coalesce(new.duration, progress.c.duration),
                "completed": new.completed,
                "plays": plays,
                "last_watched_at": new.last_watched_at,
                "completed_at": func.coalesce(progress.c.completed_at, new.completed_at),
            },
        )
        try:
            await tx.execute(kept, [structs.asdict(row) for row in rows])
        except IntegrityError:
            raise ItemNotFound from None
        tx.touch(*{f"watch:{row.user_id}" for row in rows})

    async def carry(self, tx: Tx, moved: Mapping[ItemId, ItemId]) -> set[UUID]:
        """Give progress with items to others of the same kind, which keep what is more recent.

        Answers whose it was.
        """
        if not moved:
            return set()
        arrays = {"old": list(moved), "new": list(moved.values())}
        users = set((await tx.execute(CARRY, arrays)).scalars())
        tx.touch(*(f"watch:{user_id}" for user_id in users))
        return users

    async def forget(self, tx: Tx, users: Collection[UUID], ids: Collection[ItemId]) -> None:
        """These users have not watched these items any more."""
        if not users:
            return
        await tx.execute(
            delete(progress).where(
                progress.c.user_id == any_(bindparam("users", type_=ARRAY(Uuid))),
                progress.c.item_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            ),
            {"users": list(users), "ids": list(ids)},
        )
        tx.touch(*(f"watch:{user_id}" for user_id in users))

    async def remove(self, tx: Tx, user_id: UUID, ids: Collection[ItemId]) -> int:
        """Forget progress; says with how many items."""
        result = await tx.execute(
            delete(progress).where(
                progress.c.user_id == user_id,
                progress.c.item_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            ),
            {"ids": list(ids)},
        )
        tx.touch(f"watch:{user_id}")
        return result.rowcount


def _begun(row: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Rows of progress that was begun and not finished."""
    far = or_(row.c.duration.is_(None), row.c.position >= BEGUN * row.c.duration)
    return row.c.completed.is_(False), row.c.position > 0, far


def _available(item: FromClause) -> ColumnElement[bool]:
    return item.c.state == ItemState.AVAILABLE.value


def _looked_up(items: FromClause, id_column: ColumnElement[Any]) -> FromClause:
    """The item of each row, by its key: for planners without statistics, who would read all."""
    found = select(items.c.kind, items.c.state).where(items.c.id == id_column).limit(1)
    return found.correlate_except(items).lateral()


def _rank(row: FromClause, item: FromClause) -> Any:
    return tuple_(_available(item), row.c.last_watched_at, row.c.item_id)


_NEWEST = (
    Order(progress.c.last_watched_at, descending=True),
    Order(progress.c.item_id, descending=True),
)
