"""SQL of watch progress, and the conditions that content slices compose with it."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core.access import Scope
from app.core.cache import Cache, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.items.domain import ItemId, ItemNotFound
from app.items.repository import offered_to, visible_to
from app.watch.domain import BEGUN, Progress
from app.watch.models import watch_progress as progress

OF_USER = select(progress).where(
    progress.c.user_id == bindparam("user", type_=Uuid),
    progress.c.item_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
)


def watched_by(user_id: UUID, item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item this user has watched to the end."""
    return exists().where(
        progress.c.user_id == user_id, progress.c.item_id == item_column, progress.c.completed
    )


class WatchRepository:
    """Progress per viewer and item."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    async def by_items(self, user_id: UUID, ids: Collection[ItemId]) -> Mapping[ItemId, Progress]:
        """The user's own progress with these items."""
        rows = await self.db.fetch(OF_USER, {"user": user_id, "ids": list(ids)}, into=Progress)
        return {row.item_id: row for row in rows}

    @cached_list("watch.continue", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def continuing(self, user_id: UUID, scope: Scope, page: Keyset) -> Page[UUID]:
        """Items that were begun and not finished and can be played, the last watched first."""
        statement = select(progress.c.item_id).where(
            progress.c.user_id == user_id,
            *_BEGUN,
            offered_to(scope, progress.c.item_id),
        )
        return await self.db.page(statement, "continue", _NEWEST, page)

    @cached_list("watch.history", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def history(self, user_id: UUID, scope: Scope, page: Keyset) -> Page[UUID]:
        """Everything the user has watched, the last watched first."""
        statement = select(progress.c.item_id).where(
            progress.c.user_id == user_id, visible_to(scope, progress.c.item_id)
        )
        return await self.db.page(statement, "history", _NEWEST, page)

    @cached_list("watch.count", ttl=minutes(1), tags=("watch:{user_id}", "items"))
    async def count(self, user_id: UUID, scope: Scope, *, unfinished: bool) -> int:
        """How many items `history` or, with `unfinished`, `continuing` lists."""
        item = progress.c.item_id
        listed = (*_BEGUN, offered_to(scope, item)) if unfinished else (visible_to(scope, item),)
        statement = select(func.count()).where(progress.c.user_id == user_id, *listed)
        return int(await self.db.scalar(statement))

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


_BEGUN = (
    progress.c.completed.is_(False),
    progress.c.position > 0,
    or_(progress.c.duration.is_(None), progress.c.position >= BEGUN * progress.c.duration),
)
_NEWEST = (
    Order(progress.c.last_watched_at, descending=True),
    Order(progress.c.item_id, descending=True),
)
