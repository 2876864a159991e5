"""Takes a library apart: a batch per transaction, telling everybody."""

from typing import Final

from app.core.jobs.run import Run
from app.items.repository import ItemRepository
from app.libraries.domain import LibraryId
from app.libraries.events import DeletedItem, LibraryChanged, LibraryDeleted
from app.libraries.repository import FileRepository, LibraryRepository

AT_ONCE: Final = 500


class Deletion:
    """Deletes hidden libraries with their content; every step can be done again."""

    def __init__(
        self, libraries: LibraryRepository, files: FileRepository, items: ItemRepository
    ) -> None:
        self._libraries, self._files, self._items = libraries, files, items

    async def delete(self, library_id: LibraryId, run: Run) -> None:
        """Items, then files, then the library. Nothing is added meanwhile: no scan can begin."""
        while items := await self._items.take_some(library_id, AT_ONCE):
            async with run.tx() as tx:
                deleted = await self._items.delete(tx, items)
                told = tuple(DeletedItem(id=i.id, kind=i.kind.value, age=i.age) for i in deleted)
                tx.emit(LibraryChanged(library_id=library_id, deleted=told))
        while files := await self._files.take_some(library_id, AT_ONCE):
            async with run.tx() as tx:
                await self._files.delete(tx, files)
        async with run.tx() as tx:
            if await self._libraries.delete(tx, library_id):
                tx.emit(LibraryDeleted(library_id=library_id))
            await run.finish(tx)
