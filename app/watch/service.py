"""Watching: progress goes to every twin of an item that the viewer may see."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from app.core.access import Viewer
from app.core.clock import Clock
from app.core.errors import Invalid
from app.core.tx import Tx
from app.items.domain import PLAYABLE, Item, ItemId, ItemKind, ItemNotFound
from app.items.repository import ItemRepository
from app.watch.domain import WATCHED, Contents, Durations, Progress
from app.watch.events import MOST_ITEMS, WatchChanged
from app.watch.repository import WatchRepository

LONGEST: Final = 7 * 86_400


class Watch:
    """Use cases of progress and history."""

    def __init__(
        self,
        repository: WatchRepository,
        items: ItemRepository,
        contents: Contents,
        durations: Durations,
        clock: Clock,
    ) -> None:
        self._db, self._repository, self._items = repository.db, repository, items
        self._contents, self._durations, self._clock = contents, durations, clock

    async def update(
        self, viewer: Viewer, item_id: ItemId, position: float, duration: float | None
    ) -> Progress:
        """Keep where the viewer is in a movie or episode, in seconds.

        Raises ItemNotFound or Invalid.
        """
        if not (math.isfinite(position) and 0 <= position <= LONGEST):
            raise Invalid("A position is a number of seconds from 0.", field="position")
        if duration is not None and not (math.isfinite(duration) and 0 < duration <= LONGEST):
            raise Invalid("A duration is a number of seconds above 0.", field="duration")
        item = await self._require(viewer, item_id)
        if item.kind not in PLAYABLE:
            raise Invalid("Only a movie or an episode has a position.", field="id")
        lengths = await self._durations.durations([item_id])
        length = duration or lengths.get(item_id)
        completed = length is not None and position >= WATCHED * length
        everywhere = await self._everywhere(viewer, [item_id])
        await self._write(viewer, dict.fromkeys(everywhere, (position, length)), completed)
        found = await self._repository.by_items(viewer.account, [item_id])
        if item_id not in found:  # deleted in this very moment
            raise ItemNotFound
        return found[item_id]

    async def mark(self, viewer: Viewer, item_id: ItemId) -> None:
        """Mark an item watched; of a show or season all episodes that are there or have aired.

        Raises ItemNotFound.
        """
        item = await self._require(viewer, item_id)
        marked = await self._mark(viewer, await self._playable(viewer, item, aired=True))
        if item.kind in PLAYABLE and item_id not in marked:  # deleted in this very moment
            raise ItemNotFound

    async def remove(self, viewer: Viewer, item_id: ItemId) -> None:
        """Forget progress with an item and its twins; of a show or season with all episodes.

        Raises ItemNotFound.
        """
        item = await self._require(viewer, item_id)
        await self._remove(viewer, await self._playable(viewer, item, aired=False))

    async def mark_many(
        self, viewer: Viewer, wanted: Collection[tuple[ItemKind, ItemId]], *, watched: bool
    ) -> set[ItemId]:
        """Mark movies and episodes, or forget progress with them, in one transaction.

        Says which; the others are not what was said, not there, or not to be seen.
        """
        found = await self._items.by_ids(viewer.scope, {i for _, i in wanted})
        known = {(item.kind, i) for i, item in found.items() if item.kind in PLAYABLE}
        done = {i for kind, i in known.intersection(wanted)}
        if watched:
            return done & await self._mark(viewer, done)
        await self._remove(viewer, done)
        return done

    async def _playable(self, viewer: Viewer, item: Item, *, aired: bool) -> Collection[ItemId]:
        if item.kind in PLAYABLE:
            return [item.id]
        today = self._clock.now().date() if aired else None
        return await self._contents.within(viewer.scope, [item.id], today)

    async def _mark(self, viewer: Viewer, ids: Collection[ItemId]) -> set[ItemId]:
        """Those that are watched then; what was watched before stays as it is."""
        everywhere = await self._everywhere(viewer, ids)
        kept = await self._repository.by_items(viewer.account, everywhere)
        seen = {i for i, progress in kept.items() if progress.completed}
        new = [i for i in everywhere if i not in seen]
        lengths = await self._durations.durations(new)
        rows = {i: (lengths.get(i, 0.0), lengths.get(i)) for i in new}
        return seen | await self._write(viewer, rows, completed=True)

    async def _remove(self, viewer: Viewer, ids: Collection[ItemId]) -> None:
        everywhere = await self._everywhere(viewer, ids)
        if not everywhere:
            return
        async with self._db.write(viewer) as tx:
            await self._repository.remove(tx, viewer.account, everywhere)
            _tell(tx, viewer, everywhere, completed=False)

    async def _write(
        self,
        viewer: Viewer,
        rows: Mapping[ItemId, tuple[float, float | None]],
        completed: bool,  # noqa: FBT001 - private
    ) -> set[ItemId]:
        """Keep position and duration by item; says which items were still there."""
        if not rows:
            return set()
        now = self._clock.now()
        told = [
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
            for item_id, (position, duration) in rows.items()
        ]
        async with self._db.write(viewer) as tx:
            written = await self._repository.write(tx, told)
            _tell(tx, viewer, sorted(written), completed=completed)
        return written

    async def _require(self, viewer: Viewer, item_id: ItemId) -> Item:
        found = await self._items.by_ids(viewer.scope, [item_id])
        if item_id not in found:
            raise ItemNotFound
        return found[item_id]

    async def _everywhere(self, viewer: Viewer, ids: Collection[ItemId]) -> list[ItemId]:
        if not ids:
            return []
        twins = await self._repository.twins(viewer.scope, ids)
        # One order, so that two writers cannot deadlock.
        return sorted({*ids, *(twin for of_item in twins.values() for twin in of_item)})


def _tell(tx: Tx, viewer: Viewer, ids: Sequence[ItemId], *, completed: bool) -> None:
    for first in range(0, len(ids), MOST_ITEMS):
        some = tuple(ids[first : first + MOST_ITEMS])
        tx.emit(WatchChanged(user_id=viewer.account, item_ids=some, completed=completed))
