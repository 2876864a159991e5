"""Watching: progress goes to every twin of an item that the viewer may see."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Invalid
from app.items.domain import ItemId, ItemNotFound
from app.items.repository import ItemRepository
from app.watch.domain import WATCHED, Durations, Progress, Twins
from app.watch.events import WatchChanged
from app.watch.repository import WatchRepository

LONGEST: Final = 7 * 86_400


class Watch:
    """Use cases of progress and history."""

    def __init__(
        self,
        db: Database,
        repository: WatchRepository,
        items: ItemRepository,
        twins: Twins,
        clock: Clock,
    ) -> None:
        self._db, self._repository, self._items = db, repository, items
        self._twins, self._clock = twins, clock
        self.durations: Durations | None = None

    async def update(
        self, viewer: Viewer, item_id: ItemId, position: float, duration: float | None
    ) -> Progress:
        """Keep where the viewer is, in seconds. Raises ItemNotFound or Invalid."""
        if not (math.isfinite(position) and 0 <= position <= LONGEST):
            raise Invalid("A position is a number of seconds from 0.", field="position")
        if duration is not None and not (math.isfinite(duration) and 0 < duration <= LONGEST):
            raise Invalid("A duration is a number of seconds above 0.", field="duration")
        await self._require(viewer, [item_id])
        length = duration or (await self._lengths([item_id])).get(item_id)
        completed = length is not None and position >= WATCHED * length
        return (await self._write(viewer, [item_id], position, length, completed=completed))[0]

    async def mark(self, viewer: Viewer, ids: Sequence[ItemId], *, watched: bool) -> list[Progress]:
        """Mark items watched, or unwatched and forgotten. Raises ItemNotFound."""
        await self._require(viewer, ids)
        if not watched:
            await self.remove(viewer, ids)
            return []
        written = []
        lengths = await self._lengths(ids)
        for item_id in ids:
            length = lengths.get(item_id)
            written += await self._write(viewer, [item_id], length or 0, length, completed=True)
        return written

    async def remove(self, viewer: Viewer, ids: Sequence[ItemId]) -> None:
        """Forget progress with items and their twins. Raises ItemNotFound."""
        await self._require(viewer, ids)
        everywhere = await self._everywhere(viewer, ids)
        async with self._db.write(viewer) as tx:
            await self._repository.remove(tx, viewer.account, everywhere)
            tx.emit(
                WatchChanged(user_id=viewer.account, item_ids=tuple(everywhere), completed=False)
            )

    async def _write(
        self,
        viewer: Viewer,
        ids: Sequence[ItemId],
        position: float,
        duration: float | None,
        *,
        completed: bool,
    ) -> list[Progress]:
        now = self._clock.now()
        everywhere = await self._everywhere(viewer, ids)
        rows = [
            Progress(
                user_id=viewer.account,
                item_id=item_id,
                position=position,
                duration=duration,
                completed=completed,
                plays=int(completed),
                last_watched_at=now,
                completed_at=now if completed else None,
            )
            for item_id in everywhere
        ]
        async with self._db.write(viewer) as tx:
            await self._repository.write(tx, rows)
            tx.emit(
                WatchChanged(
                    user_id=viewer.account, item_ids=tuple(everywhere), completed=completed
                )
            )
        found = await self._repository.by_items(viewer.account, ids)
        return [found[item_id] for item_id in ids if item_id in found]

    async def _require(self, viewer: Viewer, ids: Sequence[ItemId]) -> None:
        found = await self._items.by_ids(viewer.scope, ids)
        if any(item_id not in found for item_id in ids):
            raise ItemNotFound

    async def _lengths(self, ids: Sequence[ItemId]) -> Mapping[ItemId, float]:
        return await self.durations.durations(ids) if self.durations else {}

    async def _everywhere(self, viewer: Viewer, ids: Sequence[ItemId]) -> list[ItemId]:
        twins = await self._twins.twins(viewer.scope, ids)
        found: dict[ItemId, None] = dict.fromkeys(ids)
        for others in twins.values():
            found.update(dict.fromkeys(others))
        return sorted(found)  # one order, so that two writers cannot deadlock
