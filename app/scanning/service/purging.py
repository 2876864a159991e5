"""Empties the trash: what vanished long ago is forgotten, batch by batch."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct, field

from app.core.clock import Clock
from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.core.tx import Tx
from app.items.domain import Item
from app.items.repository import ItemRepository
from app.libraries.domain import Folder, Library, LibraryId
from app.libraries.events import DeletedItem, LibraryChanged, LibraryPurged
from app.libraries.repository import FileRepository, LibraryRepository
from app.libraries.service import Disk
from app.scanning.service.life import is_alive, shown_in
from app.scanning.service.news import IDS_AT_ONCE

BATCHES: Final = 10  # of files, in one commit with its entry in the log
SHOWN: Final = 20
log = get_logger(__name__)


class _Purged(Struct):
    files: int = 0
    first: list[str] = field(default_factory=list)
    items: list[DeletedItem] = field(default_factory=list)


class Purging:
    """Deletes files that have been missing for long, items that have no other, and items whose
    files became those of others long ago.
    """

    def __init__(
        self,
        libraries: LibraryRepository,
        files: FileRepository,
        items: ItemRepository,
        days: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._libraries, self._files, self._items = libraries, files, items
        self._days, self._clock, self._disk = days, clock, Disk()

    async def purge(self, run: Run) -> None:
        """All libraries. Every step can be done again."""
        before = self._clock.now() - timedelta(days=self._days())
        for library in await self._libraries.with_trash(before):
            folders = [f for f in library.folders if await self._is_there(f)]
            while await self._some(library, folders, before, run):
                pass
        while await self._emptied(before, run):
            pass
        async with run.tx() as tx:
            await run.finish(tx)

    async def _is_there(self, folder: Folder) -> bool:
        """A root that is empty, or does not answer, keeps everything: its disk may be away."""
        try:
            seen = await self._disk.answer(lambda: shown_in(folder.path))
        except TimeoutError:
            seen = [], []
        alive = await is_alive(self._files.known, folder.id, seen)
        if not alive:
            log.warning("purge.folder_away", path=folder.path)
        return alive

    async def _some(
        self, library: Library, folders: list[Folder], before: datetime, run: Run
    ) -> bool:
        """One commit; False when nothing is left, or a scan is under way that may bring it back."""
        if not folders:
            return False
        purged = _Purged()
        async with run.tx() as tx:
            if not await self._libraries.hold(tx, library.id):
                return False
            for _ in range(BATCHES):
                if not await self._batch(tx, folders, before, purged):
                    break
            if not purged.files:
                return False
            _tell(tx, library.id, purged)
        log.info("library.purged", library=str(library.id), files=purged.files)
        return True

    async def _emptied(self, before: datetime, run: Run) -> bool:
        """A commit for each library; False when nothing was deleted."""
        deleted = False
        emptied = await self._items.emptied(before, IDS_AT_ONCE)
        for library_id in await self._libraries.at_rest(emptied):
            ids = emptied[library_id]
            async with run.tx() as tx:
                if await self._libraries.hold(tx, library_id):
                    purged = _Purged(items=_deleted(await self._items.prune(tx, ids)))
                    if purged.items:
                        deleted = True
                        _tell(tx, library_id, purged)
        return deleted

    async def _batch(
        self, tx: Tx, folders: list[Folder], before: datetime, purged: _Purged
    ) -> bool:
        expired = await self._files.expired(tx, [f.id for f in folders], before, IDS_AT_ONCE)
        if not expired:
            return False
        affected = await self._items.detach(tx, list(expired))
        await self._files.delete(tx, list(expired))
        deleted = await self._items.prune(tx, affected)
        purged.files += len(expired)
        purged.first += list(expired.values())[:SHOWN]
        purged.items += _deleted(deleted)
        return True


def _deleted(items: Sequence[Item]) -> list[DeletedItem]:
    return [DeletedItem(id=i.id, kind=i.kind.value, age=i.age) for i in items]


def _tell(tx: Tx, library_id: LibraryId, purged: _Purged) -> None:
    for start in range(0, len(purged.items), IDS_AT_ONCE):
        some = tuple(purged.items[start : start + IDS_AT_ONCE])
        tx.emit(LibraryChanged(library_id=library_id, deleted=some))
    told = {"files": purged.files, "items": len(purged.items), "first": purged.first[:SHOWN]}
    tx.emit(LibraryPurged(library_id=library_id, changes=told))
