"""SQL of watch progress, and the conditions that content slices compose with it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
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
    union_all,
)
from sqlalchemy.dialects.postgresql import insert

from app.core.access import EVERYTHING, Scope
from app.core.asked import asked
from app.core.cache import Cache, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.items.domain import ItemId, ItemState
from app.items.repository import root_of, visible_items, visible_to
from app.watch.domain import BEGUN, Progress
from app.watch.models import watch_progress as progress

IDS = bindparam("ids", type_=ARRAY(Uuid))
OF_USER = select(progress).where(
    progress.c.user_id == bindparam("user", type_=Uuid), progress.c.item_id == any_(IDS)
)

CARRY = text("""
insert into watch_progress as mine
       (user_id, item_id, root_id, position, duration, completed, plays, last_watched_at,
        completed_at)
select distinct on (p.user_id, n.new) p.user_id, n.new,
       coalesce(above.parent_id, now.parent_id, now.id), p.position, p.duration, p.completed,
       p.plays, p.last_watched_at, p.completed_at
  from unnest(cast(:old as uuid[]), cast(:new as uuid[])) as n(old, new)
  join items was on was.id = n.old
  join items now on now.id = n.new and now.kind = was.kind
  left join items above on above.id = now.parent_id
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


def progress_within(user_id: UUID) -> FromClause:
    """A user's progress with episodes, to join with: item_id, root_id (the show), completed,
    begun, last_watched_at.
    """
    begun = and_(*_begun(progress)).label("begun")
    names = ("item_id", "root_id", "completed", "last_watched_at")
    return (
        select(*(progress.c[name] for name in names), begun)
        .where(progress.c.user_id == user_id, _within)
        .subquery("progress")
    )


def begun_roots(user_id: UUID) -> CTE:
    """The shows of which a user has watched something: root_id.

    Found one after the other in the index: a user has many episodes, and few shows.
    """
    first = (
        select(progress.c.root_id)
        .where(progress.c.user_id == user_id, _within)
        .order_by(progress.c.root_id)
        .limit(1)
    )
    found = first.subquery().select().cte("begun_roots", recursive=True)
    following = (
        select(progress.c.root_id)
        .where(progress.c.user_id == user_id, _within, progress.c.root_id > found.c.root_id)
        .order_by(progress.c.root_id)
        .limit(1)
        .correlate(found)
        .lateral("following")
    )
    return found.union_all(select(following.c.root_id).select_from(found.join(following, true())))


def under_way(user_id: UUID, scope: Scope) -> CTE:
    """What a user has begun, not finished and can play: item_id, root_id, kind, last_watched_at."""
    item = _looked_up(visible_items(scope), progress.c.item_id)
    return (
        select(
            progress.c.item_id,
            progress.c.root_id,
            item.c.kind,
            progress.c.last_watched_at,
        )
        .join(item, true())
        .where(progress.c.user_id == user_id, *_begun(progress), _available(item))
        .cte("under_way")
    )


def found_for(
    row: FromClause, joined: FromClause, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether there is such a thing for this row.

    A value, not `exists`: of that the planner makes a join of all twins there are.
    """
    found = select(true()).select_from(joined).where(*conditions).limit(1).correlate(row)
    return func.coalesce(found.scalar_subquery(), false())


class OfOneId(Protocol):
    """What knows which items are the same film, show or episode, for lists to join with."""

    def __call__(self, item_column: ColumnElement[Any]) -> FromClause:
        """The other items (id) that are the same as this row's, of whatever kind."""
        ...


class WatchRepository:
    """Progress per viewer and item. Of twins that were watched, lists show one."""

    def __init__(self, db: Database, cache: Cache, of_one_id: Sequence[OfOneId]) -> None:
        self.db, self.cache, self._of_one_id = db, cache, of_one_id

    async def by_items(self, user_id: UUID, ids: Collection[ItemId]) -> Mapping[ItemId, Progress]:
        """The user's own progress with these items."""
        rows = await self.db.fetch(OF_USER, {"user": user_id, "ids": list(ids)}, into=Progress)
        return {row.item_id: row for row in rows}

    async def twins(
        self, scope: Scope, ids: Collection[ItemId]
    ) -> Mapping[ItemId, frozenset[ItemId]]:
        """The same films and episodes in other places that the viewer may see, where any."""
        wanted = select(func.unnest(IDS).label("id")).subquery("wanted")
        twin = self._twin(wanted.c.id)
        own = _looked_up(visible_items(EVERYTHING), wanted.c.id)
        theirs = _looked_up(visible_items(scope), twin.c.id)
        statement = (
            select(wanted.c.id, twin.c.id.label("twin"))
            .select_from(wanted.join(twin, true()).join(own, true()).join(theirs, true()))
            # Films and shows are numbered apart: the same number is not the same thing.
            .where(theirs.c.kind == own.c.kind)
        )
        found: dict[ItemId, set[ItemId]] = defaultdict(set)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["id"]].add(row["twin"])
        return {item_id: frozenset(others) for item_id, others in found.items()}

    @cached_list("watch.continue", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def continuing(self, user_id: UUID, scope: Scope, page: Keyset) -> Page[UUID]:
        """Items that were begun and not finished and can be played, the last watched first."""
        return await self.db.page(asked(self._unfinished, user_id, scope), "continue", page)

    @cached_list("watch.history", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def history(self, user_id: UUID, scope: Scope, page: Keyset) -> Page[UUID]:
        """Everything the user has watched, the last watched first."""
        return await self.db.page(asked(self._history, user_id, scope), "history", page)

    @cached_list("watch.count", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def count(self, user_id: UUID, scope: Scope, *, unfinished: bool) -> int:
        """How many items `history` or, with `unfinished`, `continuing` lists."""
        return int(await self.db.scalar(asked(self._counted, user_id, scope, unfinished)))

    def _unfinished(self, user_id: UUID, scope: Scope) -> Sorted:
        begun, statement = self._continuing(user_id, scope)
        newest = (
            Order(begun.c.last_watched_at, descending=True),
            Order(begun.c.item_id, descending=True),
        )
        return Sorted(statement.with_only_columns(begun.c.item_id), newest)

    def _history(self, user_id: UUID, scope: Scope) -> Sorted:
        return Sorted(self._watched(user_id, scope, progress.c.item_id), _NEWEST)

    def _counted(self, user_id: UUID, scope: Scope, unfinished: bool) -> Select[Any]:  # noqa: FBT001
        if unfinished:
            return self._continuing(user_id, scope)[1].with_only_columns(func.count())
        return self._watched(user_id, scope, func.count())

    def _continuing(self, user_id: UUID, scope: Scope) -> tuple[CTE, Select[Any]]:
        """Of one show, wherever it stands, and of one film the one that was watched last."""
        begun, other = under_way(user_id, scope), progress.alias("other_progress")
        twin, twin_root = self._twin(begun.c.item_id), self._twin(begun.c.root_id)
        item = _looked_up(visible_items(scope), other.c.item_id)
        # Each looked up by its key: a comparison of all with all takes seconds where many wait.
        in_show = other.c.root_id != other.c.item_id
        of_twin = twin.join(other, other.c.item_id == twin.c.id)
        of_twin_root = twin_root.join(other, and_(other.c.root_id == twin_root.c.id, in_show))
        later = (
            other.c.user_id == user_id,
            *_begun(other),
            _available(item),
            item.c.kind == begun.c.kind,
            tuple_(other.c.last_watched_at, other.c.item_id)
            > tuple_(begun.c.last_watched_at, begun.c.item_id),
        )
        own = (other.c.root_id == begun.c.root_id, in_show)
        statement = (
            select(begun)
            .select_from(begun)
            .where(
                not_(found_for(begun, other.join(item, true()), *own, *later)),
                not_(found_for(begun, of_twin.join(item, true()), *later)),
                not_(found_for(begun, of_twin_root.join(item, true()), *later)),
            )
        )
        return begun, statement

    def _watched(self, user_id: UUID, scope: Scope, what: ColumnElement[Any]) -> Select[Any]:
        """Of several twins the one that can be played, or else could, and was watched last."""
        other, twin = progress.alias("of_twin"), self._twin(progress.c.item_id)
        item = visible_items(EVERYTHING)
        twins_item = _looked_up(visible_items(scope), twin.c.id)
        theirs = (other.c.item_id == twin.c.id) & (other.c.user_id == user_id)
        ahead = found_for(
            progress,
            twin.join(other, theirs)
            .join(twins_item, true())
            .join(item, item.c.id == progress.c.item_id),
            twins_item.c.kind == item.c.kind,
            _rank(other, twins_item) > _rank(progress, item),
        )
        return (
            select(what)
            .select_from(progress)
            .where(
                progress.c.user_id == user_id,
                visible_to(scope, progress.c.item_id),
                not_(ahead),
            )
        )

    def _twin(self, item_column: ColumnElement[Any]) -> FromClause:
        found = [of_one_id(item_column) for of_one_id in self._of_one_id]
        return union_all(*(select(some.c.id) for some in found)).lateral("twin")

    async def write(self, tx: Tx, rows: Collection[Progress]) -> set[ItemId]:
        """Keep progress; says of which items: those that are not being deleted just now.

        A finish counts as a play; who starts again is under way again.
        """
        if not rows:
            return set()
        names = Progress.__struct_fields__
        told = (
            func.unnest(*(bindparam(name, type_=ARRAY(progress.c[name].type)) for name in names))
            .table_valued(*(column(name, progress.c[name].type) for name in names))
            .render_derived()
        )
        item = visible_items(EVERYTHING)
        new_rows = (
            select(*(told.c[name] for name in names), root_of(told.c.item_id))
            .join(item, item.c.id == told.c.item_id)
            .order_by(told.c.item_id)
            .with_for_update(read=True, key_share=True, of=item)
        )
        statement = insert(progress).from_select((*names, "root_id"), new_rows)
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
        ).returning(progress.c.item_id)
        values = {name: [getattr(row, name) for row in rows] for name in names}
        written = (await tx.execute(kept, values)).scalars()
        tx.touch(*{f"watch:{row.user_id}" for row in rows})
        return set(written)

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
                progress.c.item_id == any_(IDS),
            ),
            {"ids": list(ids)},
        )
        tx.touch(f"watch:{user_id}")
        return result.rowcount


def _begun(row: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Rows of progress that was begun and not finished."""
    far = or_(row.c.duration.is_(None), row.c.position >= BEGUN * row.c.duration)
    return row.c.completed.is_(False), row.c.position > 0, far


_within = progress.c.root_id != progress.c.item_id


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
