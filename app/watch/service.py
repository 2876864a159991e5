"""Watching: progress goes to every twin of an item that the viewer may see."""

import math
from typing import Final

from app.core.access import Viewer
from app.core.clock import Clock
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
        repository: WatchRepository,
        items: ItemRepository,
        twins: Twins,
        durations: Durations,
        clock: Clock,
    ) -> None:
        self._db, self._repository, self._items = repository.db, repository, items
        self._twins, self._durations, self._clock = twins, durations, clock

    async def update(
        self, viewer: Viewer, item_id: ItemId, position: float, duration: float | None
    ) -> Progress:
        """Keep where the viewer is, in seconds. Raises ItemNotFound or Invalid."""
        if not (math.isfinite(position) and 0 <= position <= LONGEST):
            raise Invalid("A position is a number of seconds from 0.", field="position")
        if duration is not None and not (math.isfinite(duration) and 0 < duration <= LONGEST):
            raise Invalid("A duration is a number of seconds above 0.", field="duration")
        await self._require(viewer, item_id)
        length = duration or await self._length(item_id)
        completed = length is not None and position >= WATCHED * length
        return await self._write(viewer, item_id, position, length, completed=completed)

    async def mark(self, viewer: Viewer, item_id: ItemId) -> Progress:
        """Mark an item watched. Raises ItemNotFound."""
        await self._require(viewer, item_id)
        length = await self._length(item_id)
        return await self._write(viewer, item_id, length or 0, length, completed=True)

    async def remove(self, viewer: Viewer, item_id: ItemId) -> None:
        """Forget progress with an item and its twins. Raises ItemNotFound."""
        await self._require(viewer, item_id)
        everywhere = await self._everywhere(viewer, item_id)
        async with self._db.write(viewer) as tx:
            await self._repository.remove(tx, viewer.account, everywhere)
            tx.emit(
                WatchChanged(user_id=viewer.account, item_ids=tuple(everywhere), completed=False)
            )

    async def _write(
        self,
        viewer: Viewer,
        item_id: ItemId,
        position: float,
        duration: float | None,
        *,
        completed: bool,
    ) -> Progress:
        now = self._clock.now()
        everywhere = await self._everywhere(viewer, item_id)
        rows = [
            Progress(
                user_id=viewer.account,
                item_id=each,
                position=position,
                duration=duration,
                completed=completed,
                plays=int(completed),
                last_watched_at=now,
                completed_at=now if completed else None,
            )
            for each in everywhere
        ]
        async with self._db.write(viewer) as tx:
            await self._repository.write(tx, rows)
            tx.emit(
                WatchChanged(
                    user_id=viewer.account, item_ids=tuple(everywhere), completed=completed
                )
            )
        found = await self._repository.by_items(viewer.account, [item_id])
        if item_id not in found:  # deleted in this very moment
            raise ItemNotFound
        return found[item_id]

    async def _require(self, viewer: Viewer, item_id: ItemId) -> None:
        if item_id not in await self._items.by_ids(viewer.scope, [item_id]):
            raise ItemNotFound

    async def _length(self, item_id: ItemId) -> float | None:
        return (await self._durations.durations([item_id])).get(item_id)

    async def _everywhere(self, viewer: Viewer, item_id: ItemId) -> list[ItemId]:
        twins = await self._twins.twins(viewer.scope, [item_id])
        # One order, so that two writers cannot deadlock.
        return sorted({item_id, *twins.get(item_id, ())})
