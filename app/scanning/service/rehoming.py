"""Files that have left another library, or another place that this scan does not look at: by size
and by what is in them. They keep their rows, their items and what was watched of them.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import structs

from app.core.tx import Tx
from app.items.domain import Item, ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, Library, LibraryId
from app.libraries.events import DeletedItem, LibraryChanged
from app.libraries.repository import FileRepository, KnownFile, LibraryRepository, Suspect
from app.libraries.repository.known import SIZES_AT_ONCE
from app.libraries.service import Disk
from app.scanning.domain import Batch, ContentImporter
from app.scanning.service.changes import Changes
from app.scanning.service.life import is_alive, shown_in
from app.scanning.service.moves import HASHES_AT_ONCE, Lost, hash_of, stand_for
from app.scanning.service.news import tell
from app.watch.repository import WatchRepository


class Rehoming:
    """Finds what has moved in from elsewhere, and brings it home."""

    def __init__(
        self,
        libraries: LibraryRepository,
        files: FileRepository,
        items: ItemRepository,
        watch: WatchRepository,
    ) -> None:
        self._libraries, self._files, self.items, self._watch = libraries, files, items, watch
        self._disk = Disk()

    async def left_behind(self, library: Library, changes: Changes) -> list[KnownFile]:
        """Videos of this library that may stand elsewhere in it now: as large as new ones, and not
        where they were, though nobody has looked for them.
        """
        known = await self._alike([library.id], changes)
        seen = {file.id for files in changes.dirs.values() for file in files}
        rows = [row for row in known if row.id not in seen and not row.missing]
        return list(await self._vanished(rows))

    async def find(self, library: Library, changes: Changes) -> None:
        """Sort out new videos that are known from other libraries, by size and content."""
        if not any(map(kind_is_video, changes.new.values())):
            return
        folders = await self._libraries.folders()
        others = sorted({f.library_id for f in folders} - {library.id})
        rows = await self._vanished(await self._alike(others, changes)) if others else []
        if rows:
            await _match(changes, Lost(rows))

    async def _alike(self, libraries: Sequence[LibraryId], changes: Changes) -> list[Suspect]:
        """Videos of these libraries that what is new may be, by the size of each."""
        new = [file for file in changes.new.values() if kind_is_video(file)]
        inodes: dict[int, set[int]] = defaultdict(set)
        for file in new:
            inodes[file.size].add(file.inode)
        sizes, found = sorted(inodes), dict[FileId, Suspect]()
        for start in range(0, len(sizes), SIZES_AT_ONCE):
            some = sizes[start : start + SIZES_AT_ONCE]
            theirs = set[int]().union(*(inodes[size] for size in some))
            rows = await self._files.known.like(libraries, some, theirs)
            found |= {row.id: row for row in rows}
        return list(found.values())

    async def _vanished(self, rows: Sequence[Suspect]) -> list[Suspect]:
        """Those that are not where they were. Of a folder that is away nothing has vanished."""
        alive: dict[str, bool] = {}
        for row in rows:
            if row.root not in alive and not row.missing:
                alive[row.root] = await self._is_there(row)
        asked = [row for row in rows if not row.missing and alive[row.root]]
        gone = await asyncio.to_thread(_lacking, asked)
        return [row for row in rows if row.missing or row.id in gone]

    async def _is_there(self, row: Suspect) -> bool:
        try:
            seen = await self._disk.answer(lambda: shown_in(row.root))
        except TimeoutError:
            return False
        return await is_alive(self._files.known, row.folder_id, seen)

    async def bring(
        self, tx: Tx, batch: Batch, changes: Changes, importer: ContentImporter | None
    ) -> Mapping[FileId, tuple[ItemId, ...]]:
        """Take the batch's files from other libraries over, with the items that come along; answers
        the items that others had: what was watched of those is `carried` over after the import.
        """
        mine = {f.id: changes.rehomed[f.id] for f in batch.files if f.id in changes.rehomed}
        if not mine:
            return {}
        moves = [(file_id, place) for file_id, (_, place) in mine.items()]
        await self._files.move(tx, moves, entangled=False)
        known = await self.items.items_of_files(tx, list(mine))
        theirs = await self.items.within(tx, {i for some in known.values() for i in some})
        home = {item.id for item in theirs.values() if item.library_id == batch.library.id}
        of_file = {f: some for f, some in known.items() if not home.issuperset(some)}
        everything = {item_id for some in of_file.values() for item_id in some}
        elsewhere = await self._elsewhere(tx, batch.library.id, everything, changes.rehomed)
        staying = {i for present, items in elsewhere.values() if present for i in items}
        free = {f: some for f, some in of_file.items() if staying.isdisjoint(some)}
        moved = set(await importer.rehome(tx, batch, free)) if importer and free else set()
        stay = {f: some for f, some in of_file.items() if not moved.issuperset(some)}
        await self.items.detach(tx, list(stay))
        origin = {item_id: mine[f][0] for f, some in of_file.items() for item_id in some}
        if moved:
            pruned = await self._leave(tx, batch.library.id, moved, changes.rehomed)
            here = list((await self.items.within(tx, moved)).values())
            _tell_moved(tx, batch.library.id, origin, (here, pruned))
        return stay

    async def _leave(
        self, tx: Tx, library_id: LibraryId, moved: Collection[ItemId], coming: Collection[FileId]
    ) -> list[Item]:
        """What items that have moved leave behind is missing: it is none of theirs any more.

        Answers the episodes of which nobody has a file then; they are deleted.
        """
        behind = await self._elsewhere(tx, library_id, moved, coming)
        return await self.items.prune(tx, await self.items.detach(tx, list(behind)))

    async def _elsewhere(
        self, tx: Tx, library_id: LibraryId, ids: Collection[ItemId], coming: Collection[FileId]
    ) -> dict[FileId, tuple[bool, tuple[ItemId, ...]]]:
        """Files of these items that stay in another library, whether they are there, and whose
        they are.
        """
        theirs = await self.items.files_of(tx, ids)
        abroad = await self._files.not_in(tx, [f for f in theirs if f not in coming], library_id)
        of_file = await self.items.items_of_files(tx, list(abroad)) if abroad else {}
        return {f: (present, of_file.get(f, ())) for f, present in abroad.items()}

    async def carry(
        self,
        tx: Tx,
        library: Library,
        before: Mapping[FileId, tuple[ItemId, ...]],
        changes: Changes,
    ) -> None:
        """Give what was watched of the items that these files had to those that they have now."""
        if not before:
            return
        after = await self.items.items_of_files(tx, list(before))
        pairs = {
            old: new
            for file_id, olds in before.items()
            if len(news := after.get(file_id, ())) == len(olds)
            for old, new in zip(olds, news, strict=True)
            if old != new
        }
        await self._watch.carry(tx, pairs)
        origin = {i: changes.rehomed[f][0] for f, some in before.items() for i in some}
        left = list(origin)
        pruned = await self.items.prune(tx, left)
        kept = [i for i in left if i not in {item.id for item in pruned}]
        theirs = await self.items.files_of(tx, kept)
        removed = await self.items.settle_states(tx, kept, await self._files.present(tx, theirs))
        for library_id, items in _by_library(origin, pruned).items():
            _tell_deleted(tx, library_id, items)
        for old, library_id in origin.items():
            if old in kept and library_id != library.id:
                tell(tx, library_id, updated=[old], removed=[old] if old in removed else [])


async def _match(changes: Changes, lost: Lost[Suspect]) -> None:
    hopefuls = [
        (key, file)
        for key, files in changes.dirs.items()
        for file in files
        if file.id in changes.new and lost.sizes.get(file.size) and kind_is_video(file)
    ]
    for start in range(0, len(hopefuls), HASHES_AT_ONCE):
        some = hopefuls[start : start + HASHES_AT_ONCE]
        digests = await asyncio.gather(
            *(hash_of(file.path if file.size in lost.hashed else None) for _, file in some)
        )
        for (key, file), digest in zip(some, digests, strict=True):
            row = lost.take(changes.new[file.id], digest)
            if row is None:
                continue
            place = structs.replace(changes.new.pop(file.id), id=row.id)
            changes.rehomed[row.id] = (row.library_id, place)
            changes.dirs[key] = stand_for(changes.dirs[key], file.id, row.id)


def kind_is_video(file: Any) -> bool:
    """Whether what is new here may be known from elsewhere; an empty file may be anything."""
    return bool(file.kind == "video" and file.size > 0)


def _lacking(rows: Sequence[Suspect]) -> set[FileId]:
    """Those of them that do not stand where they are known to. Blocks on the disk."""
    return {row.id for row in rows if not os.path.lexists(row.path)}


def _by_library(
    origin: Mapping[ItemId, LibraryId], items: Sequence[Item]
) -> dict[LibraryId, list[Item]]:
    found: dict[LibraryId, list[Item]] = defaultdict(list)
    for item in items:
        found[origin.get(item.id, item.library_id)].append(item)
    return found


def _tell_moved(
    tx: Tx,
    library_id: LibraryId,
    origin: Mapping[ItemId, LibraryId],
    moved: tuple[Sequence[Item], Sequence[Item]],
) -> None:
    """In their old library they are gone, in the new one the first of them are there; of a show
    one episode says where all of it comes from.
    """
    here, deleted = moved
    everything = {item.id: item for item in (*here, *deleted)}

    def top(item: Item) -> ItemId:
        while item.parent_id is not None and item.parent_id in everything:
            item = everything[item.parent_id]
        return item.id

    of_top = {top(everything[i]): old for i, old in origin.items() if i in everything}
    left = {item.id: of_top[top(item)] for item in everything.values() if top(item) in of_top}
    for old_library, some in _by_library(left, list(everything.values())).items():
        _tell_deleted(tx, old_library, some)
    tell(tx, library_id, added=sorted(item.id for item in here))


def _tell_deleted(tx: Tx, library_id: LibraryId, items: Sequence[Item]) -> None:
    told = tuple(DeletedItem(id=i.id, kind=i.kind.value, age=i.age) for i in items)
    tx.emit(LibraryChanged(library_id=library_id, deleted=told))
