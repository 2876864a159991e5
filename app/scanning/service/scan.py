"""One scan, from the walk to the last import. Every step can be done again: a scan that dies is
carried on by the next attempt, which finds less to do.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.core.errors import AppError
from app.core.jobs import Cancel
from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.items.domain import ItemId
from app.libraries.domain import (
    FileId,
    FileKind,
    Folder,
    Library,
    LibraryId,
    Scan,
    ScanErrorCode,
    ScanKind,
)
from app.libraries.repository import FileRepository, KnownFile, NewFile
from app.libraries.repository.files import Changed
from app.scanning.domain import Batch, Imported, ScannedFile, Standing
from app.scanning.jobs import ProbeLibrary
from app.scanning.service.changes import Changes, Comparison, place_order
from app.scanning.service.facts import Facts, import_lock
from app.scanning.service.moves import find_moves
from app.scanning.service.news import tell
from app.scanning.service.progress import Progress, Stopped
from app.scanning.service.records import Scanning
from app.scanning.service.rehoming import Rehoming
from app.scanning.service.rounds import Rounds
from app.scanning.service.targets import below, targets_of
from app.scanning.service.walk import Walk

FILES_AT_ONCE: Final = 500
BATCH_FILES: Final = 2000  # in one commit; each makes the lists of who browses meanwhile stale
WALKING: Final = 0.3  # of the progress bar; importing is the rest
EMPTIED: Final = (
    "No video is left here; is its disk mounted? If all of it is deleted, a full scan notes that."
)
GONE: Final = "The folder went away while it was scanned; is its disk mounted?"
NO_TIME: Final = -(1 << 63)  # no file was changed then
MANY_FILES: Final = 1000  # from so many on the planner's statistics are brought up to date
UNREACHABLE: Final = "The folder cannot be reached; is its disk mounted?"
log = get_logger(__name__)


class Scanner:
    """Carries out scans, in the bulk process."""

    def __init__(
        self,
        records: Scanning,
        files: FileRepository,
        rehoming: Rehoming,
        facts: Facts,
        metrics: Metrics,
    ) -> None:
        self.records, self.scans, self.clock = records, records.scans, records.clock
        self._files, self._items, self._metrics = files, rehoming.items, metrics
        self._rehoming = rehoming
        self._importers, self._facts = facts.importers, facts

    async def scan(self, library: Library, scan: Scan, run: Run) -> Scan:
        """Carry out a scan whose record is open. Raises Cancel when somebody ended it."""
        progress = Progress(self.records, scan, run, self._metrics)
        try:
            await progress.begin()
            changes = await self._look(library, progress)
            await self._import(library, changes, progress)
            ended = await progress.end()
        except Stopped:
            log.info("scan.stopped", library=str(library.id))
            raise Cancel("The scan was cancelled.") from None
        label = str(library.id)
        self._metrics.files_scanned.labels(label).inc(ended.found)
        self._metrics.scan_duration.labels(label).observe(ended.duration or 0)
        return ended

    async def _look(self, library: Library, progress: Progress) -> Changes:
        changes = Changes()
        partial = progress.scan.partial
        known = 1 if partial else max(1, await self._files.count(library.id))
        bounds = await self.records.bounds(library)
        for folder in library.folders:
            await self._folder(folder, Walk(folder.path, bounds), changes, progress, known)
        sizes = {new.size for new in changes.new.values()}
        sizes |= {place.size for _, place in changes.replaced.values()}
        earlier = await self._files.known.missing_of_sizes(library.id, sizes) if sizes else []
        if partial:
            earlier += await self._rehoming.left_behind(library, changes)
        await find_moves(changes, earlier)
        await self._rehoming.find(library, changes)
        for place, rows in changes.doubtful.items():
            if any(row.kind is FileKind.VIDEO for row in rows):
                progress.fault(place, EMPTIED, ScanErrorCode.AWAY)
            else:  # they have moved away, and what lay beside them is gone indeed
                changes.gone += rows
        return changes

    async def _folder(
        self, folder: Folder, walk: Walk, changes: Changes, progress: Progress, known: int
    ) -> None:
        """Walk and compare one folder of the library, or what is asked for of it."""
        paths = None if progress.scan.paths is None else below(folder, progress.scan.paths)
        if paths == []:
            return
        try:
            targets = await asyncio.to_thread(targets_of, folder.path, paths) if paths else None
            if targets is not None:
                targets.left_out = frozenset(
                    below(folder, progress.scan.paths or (), left_out=True)
                )
            comparison = Comparison(self._files.known, folder, changes, progress.scan, targets)
            rounds = Rounds(self._files.known, folder.id, walk, targets)
            async for chunk in rounds.chunks():
                await comparison.compare(chunk)
                part = changes.found / (changes.found + known)
                found = max(changes.found, progress.scan.found)
                await progress.step(WALKING * part, f"{found} files found", found=found)
        except OSError:
            progress.fault(folder.path, UNREACHABLE, ScanErrorCode.AWAY)
            return
        finally:
            walk.stopped = True
        comparison.complete()
        if rounds.strange:
            await self._look_everywhere(folder.library_id, progress)
        for problem in (*walk.problems, *(targets.problems if targets else ())):
            progress.fault(f"{folder.path}/{problem.path}", problem.reason, problem.code)
        if await asyncio.to_thread(walk.intact):
            await comparison.finish(walk)
        else:
            progress.fault(folder.path, GONE, ScanErrorCode.AWAY)

    async def _look_everywhere(self, library_id: LibraryId, progress: Progress) -> None:
        """Have the whole library scanned after this one."""
        async with progress.run.tx() as tx:
            await self.records.request(tx, library_id, None)

    async def _import(self, library: Library, changes: Changes, progress: Progress) -> None:
        progress.walked(changes.found, changes.unchanged)
        await self._relocate(library, changes, progress)
        total = sum(len(files) for files in changes.dirs.values()) or 1
        done, measure_at = 0, MANY_FILES
        for files in _batches(changes):
            batch = Batch(library=library, files=tuple(files))
            await self._apply(batch, changes, progress)
            done += len(files)
            note = f"{done} of {total} files imported"
            await progress.step(WALKING + (1 - WALKING) * done / total, note)
            if done >= measure_at:
                measure_at = 4 * done
                await self._measure()
        await self._remove(library, changes.gone, progress)
        if done + len(changes.gone) >= MANY_FILES:
            await self._measure()
        if await self._files.unprobed(library.id, 1):
            async with progress.run.tx() as tx:
                tx.enqueue(ProbeLibrary(library.id))

    async def _measure(self) -> None:
        """Let PostgreSQL see how much there is now: who browses meanwhile feels a wrong plan."""
        try:
            await self._files.db.analyze()
        except AppError as error:  # it costs speed alone, and only for a minute
            log.warning("scan.not_analyzed", error=str(error))

    async def _relocate(self, library: Library, changes: Changes, progress: Progress) -> None:
        """Moved files first: their old places must be free before anything takes them.

        Those that take each other's places move in one commit.
        """
        if changes.entangled:
            await self._move(library, changes.entangled, progress, entangled=True)
        for start in range(0, len(changes.moved), FILES_AT_ONCE):
            await self._move(library, changes.moved[start : start + FILES_AT_ONCE], progress)

    async def _move(
        self,
        library: Library,
        moved: Sequence[tuple[FileId, NewFile]],
        progress: Progress,
        *,
        entangled: bool = False,
    ) -> None:
        async with progress.run.tx() as tx:
            await self._files.move(tx, moved, entangled=entangled)
            ids = [file_id for file_id, _ in moved]
            of_file, _ = await self._settle(tx, ids)
            tell(tx, library.id, updated=sorted(_all_of(of_file)))
            progress.count(updated=progress.scan.updated + len(moved))
            await progress.record(tx)

    async def _apply(self, batch: Batch, changes: Changes, progress: Progress) -> None:
        importer = self._importers.get(batch.library.kind)
        read = await importer.read(batch) if importer else None
        imported = Imported()
        async with progress.run.tx() as tx:
            added, renewed = await self._write(tx, batch, changes)
            if importer:
                await tx.lock(import_lock(batch.library.id))
            before = await self._rehoming.bring(tx, batch, changes, importer)
            if importer:
                imported = await importer.apply(tx, batch, read)
                await self._facts.retell(tx, batch.library, imported.placed)
            await self._rehoming.carry(tx, batch.library, before, changes)
            for problem in imported.problems:
                progress.fault(problem.path, problem.reason, problem.code)
            await self._read_again(tx, batch, imported)
            back: list[ItemId] = []
            if imported.updated or renewed:  # a missing film may have a file again
                fresh = [f.id for f in batch.files if f.standing is not Standing.SAME]
                of_file, back = await self._settle(tx, fresh)
                back += [i for file_id in renewed for i in of_file.get(file_id, ())]
            updated = dict.fromkeys([*imported.updated, *back])
            tell(tx, batch.library.id, added=imported.added, updated=list(updated))
            progress.count(
                added=progress.scan.added + added, updated=progress.scan.updated + len(renewed)
            )
            if progress.scan.kind is ScanKind.FULL:
                here_now = (batch.files[-1].root, batch.files[-1].dir)
                done_to = progress.scan.done_to or here_now
                progress.count(done_to=max(here_now, done_to, key=place_order))
            await progress.record(tx)

    async def _read_again(self, tx: Tx, batch: Batch, imported: Imported) -> None:
        """What could not be read looks changed to the next scan: its disk may have been away."""
        unread = {p.path for p in imported.problems if p.code is ScanErrorCode.UNREADABLE}
        files = [file for file in batch.files if unread and file.path in unread]
        doubted = [Changed(id=f.id, size=f.size, mtime_ns=NO_TIME, inode=0) for f in files]
        await self._files.change(tx, doubted, probe=False)

    async def _write(self, tx: Tx, batch: Batch, changes: Changes) -> tuple[int, list[FileId]]:
        """The files of a batch; answers how many are new, and which are others or back."""
        here = {file.id for file in batch.files}
        new = [changes.new[file.id] for file in batch.files if file.id in changes.new]
        changed = [c for c in changes.changed if c.id in here]
        returned = [c for c in changes.returned if c.id in here]
        await self._files.add(tx, new)
        await self._files.change(tx, changed, probe=True)
        await self._files.change(tx, returned, probe=False)
        await self._files.look_again(tx, [i for i in changes.revisited if i in here])
        moved = [file.id for file in batch.files if file.id in changes.rehomed]
        return len(new), [*(c.id for c in (*changed, *returned)), *moved]

    async def _settle(
        self, tx: Tx, ids: Sequence[FileId]
    ) -> tuple[Mapping[FileId, tuple[ItemId, ...]], list[ItemId]]:
        """Items of these files are available or missing by what is there.

        Answers the items of the files, and those of them whose state changed.
        """
        of_file = await self._items.items_of_files(tx, ids)
        items = _all_of(of_file)
        if not items:
            return of_file, []
        theirs = await self._items.files_of(tx, items)
        present = await self._files.present(tx, theirs)
        return of_file, await self._items.settle_states(tx, items, present)

    async def _remove(
        self, library: Library, gone: Sequence[KnownFile], progress: Progress
    ) -> None:
        for start in range(0, len(gone), FILES_AT_ONCE):
            ids = [row.id for row in gone[start : start + FILES_AT_ONCE]]
            async with progress.run.tx() as tx:
                ids = await self._files.mark_missing(tx, library.id, ids, self.clock.now())
                of_file, removed = await self._settle(tx, ids)
                # The others have lost a version.
                updated = sorted(_all_of(of_file) - set(removed))
                tell(tx, library.id, updated=updated, removed=removed)
                progress.count(removed=progress.scan.removed + len(ids))
                await progress.record(tx)


def _all_of(of_file: Mapping[FileId, tuple[ItemId, ...]]) -> set[ItemId]:
    return {item_id for some in of_file.values() for item_id in some}


def _batches(changes: Changes) -> Iterator[list[ScannedFile]]:
    """Whole directories with their discs, neighbours together, about 2,000 files at a time."""
    batch: list[ScannedFile] = []
    film: tuple[str, str] | None = None
    for key in sorted(changes.dirs, key=place_order):
        before, film = film, place_order(key)[:2]
        if len(batch) >= BATCH_FILES and film != before:
            yield batch
            batch = []
        batch += changes.dirs[key]
    if batch:
        yield batch
