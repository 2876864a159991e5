"""Takes a library apart: a batch per transaction, telling everybody."""

from typing import Final

from app.core.jobs.run import Run
from app.items.repository import ItemRepository
from app.libraries.domain import LibraryId
from app.libraries.events import LibraryChanged, LibraryDeleted
from app.libraries.repository import FileRepository, LibraryRepository, ScanRepository
from app.scanning.service.records import Scanning

AT_ONCE: Final = 500


class Deletion:
    """Deletes libraries with their content; every step can be done again."""

    def __init__(
        self,
        records: Scanning,
        libraries: LibraryRepository,
        files: FileRepository,
        items: ItemRepository,
    ) -> None:
        self._records, self._libraries = records, libraries
        self._scans: ScanRepository = records.scans
        self._files, self._items = files, items

    async def delete(self, library_id: LibraryId, run: Run) -> None:
        """Items, then files, then the library; open scans are cancelled first."""
        open_scan = await self._scans.open_of(library_id)
        if open_scan is not None:
            await self._records.stop(open_scan, "The library is deleted.")
        while items := await self._items.take_some(library_id, AT_ONCE):
            async with run.tx() as tx:
                await self._items.delete(tx, items)
                tx.emit(LibraryChanged(library_id=library_id, removed=tuple(items)))
        while files := await self._files.take_some(library_id, AT_ONCE):
            async with run.tx() as tx:
                await self._files.delete(tx, files)
        folders = [f.id for f in await self._libraries.folders() if f.library_id == library_id]
        async with run.tx() as tx:
            await self._libraries.drop_folders(tx, folders)
            await self._libraries.delete(tx, library_id)
            tx.emit(LibraryDeleted(library_id=library_id))
            await run.finish(tx)
