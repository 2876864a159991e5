"""One scan, from the walk to the last import. Every step can be done again: a scan that dies is
carried on by the next attempt, which finds less to do.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import (
    FileId,
    Folder,
    Library,
    LibraryId,
    LibraryKind,
    Scan,
    ScanError,
    ScanKind,
    ScanState,
)
from app.libraries.events import LibraryChanged
from app.libraries.repository import FileRepository, KnownFile
from app.scanning.domain import Batch, ContentImporter, Imported, ScannedFile, Standing
from app.scanning.jobs import ProbeLibrary
from app.scanning.service.changes import Changes, Comparison, find_moves, in_chunks
from app.scanning.service.records import Scanning
from app.scanning.service.walk import Walk, Walked

FILES_AT_ONCE: Final = 500
KEPT_ERRORS: Final = 500
TELL_EVERY: Final = 0.25
WALKING: Final = 0.3  # of the progress bar; importing is the rest
log = get_logger(__name__)


class Stopped(Exception):
    """The scan's record was ended by somebody else."""


class Scanner:
    """Carries out scans, in the bulk process."""

    def __init__(
        self, records: Scanning, files: FileRepository, items: ItemRepository, metrics: Metrics
    ) -> None:
        self.records, self.scans, self.clock = records, records.scans, records.clock
        self._files, self._items, self._metrics = files, items, metrics
        self.importers: Mapping[LibraryKind, ContentImporter] = {}

    async def scan(self, library: Library, scan: Scan, run: Run) -> Scan:
        """Carry out a scan whose record is open; answers how it ended."""
        progress = _Progress(self, library, scan, run)
        try:
            await progress.begin()
            changes = await self._look(library, progress)
            await self._import(library, changes, progress)
            ended = await progress.end()
        except Stopped:
            log.info("scan.stopped", library=str(library.id))
            return progress.scan
        label = str(library.id)
        self._metrics.files_scanned.labels(label).inc(ended.found)
        self._metrics.scan_duration.labels(label).observe(ended.duration or 0)
        for error in ended.errors:
            self._metrics.scan_errors.labels(label, _error_type(error)).inc()
        return ended

    async def _look(self, library: Library, progress: "_Progress") -> Changes:
        changes = Changes()
        everything = progress.scan.kind is ScanKind.FULL
        known = max(1, await self._files.count(library.id))
        for folder in library.folders:
            walk = Walk(folder.path)
            comparison = Comparison(self._files, folder, changes, everything=everything)
            try:
                async for chunk in _threaded(walk):
                    await comparison.compare(chunk)
                    part = changes.found / (changes.found + known)
                    await progress.step(WALKING * part, found=changes.found)
            except OSError:
                progress.fault(folder.path, "The folder cannot be reached; is its disk mounted?")
                continue
            finally:
                walk.stopped = True
            for problem in walk.problems:
                progress.fault(f"{folder.path}/{problem.path}", problem.reason)
            if (lost := await self._lost(folder, walk, comparison)) is not None:
                progress.fault(folder.path, lost)
                continue
            await comparison.finish(walk)
        sizes = {new.size for new in changes.new.values()}
        earlier = await self._files.missing_of_sizes(library.id, sizes) if sizes else []
        await find_moves(changes, earlier)
        return changes

    async def _lost(self, folder: Folder, walk: Walk, comparison: Comparison) -> str | None:
        """Why nothing that this folder lacks may be taken for deleted, or None."""
        if not await asyncio.to_thread(walk.intact):
            return "The folder went away while it was scanned; is its disk mounted?"
        if comparison.found or walk.problems:
            return None
        # Nothing where files were: more likely a mount point without its disk than a tidy-up.
        emptied = not await asyncio.to_thread(_has_entries, folder.path)
        if emptied and await self._files.present_dirs(folder.id):
            return "The folder is empty; is its disk mounted?"
        return None

    async def _import(self, library: Library, changes: Changes, progress: "_Progress") -> None:
        progress.count(found=changes.found, unchanged=changes.unchanged)
        await self._relocate(library, changes, progress)
        total = sum(len(files) for files in changes.dirs.values()) or 1
        done = 0
        for files in _batches(changes):
            batch = Batch(library=library, files=tuple(files))
            await self._apply(batch, changes, progress)
            done += len(files)
            await progress.step(WALKING + (1 - WALKING) * done / total)
        await self._remove(library, changes.gone, progress)
        if await self._files.unprobed(library.id, 1):
            async with progress.run.tx() as tx:
                tx.enqueue(ProbeLibrary(library.id))

    async def _relocate(self, library: Library, changes: Changes, progress: "_Progress") -> None:
        """Moved files first: their old places must be free before anything takes them."""
        for start in range(0, len(changes.moved), FILES_AT_ONCE):
            moved = changes.moved[start : start + FILES_AT_ONCE]
            async with progress.run.tx() as tx:
                await self._files.move(tx, moved)
                ids = [file_id for file_id, _ in moved]
                await self._settle(tx, ids)
                updated = set((await self._items.items_of_files(tx, ids)).values())
                _tell(tx, library.id, updated=sorted(updated))
                progress.count(updated=progress.scan.updated + len(moved))
                await progress.record(tx)

    async def _apply(self, batch: Batch, changes: Changes, progress: "_Progress") -> None:
        importer = self.importers.get(batch.library.kind)
        read = await importer.read(batch) if importer else None
        new = [changes.new[file.id] for file in batch.files if file.id in changes.new]
        here = {file.id for file in batch.files}
        changed = [c for c in changes.changed if c.id in here]
        returned = [c for c in changes.returned if c.id in here]
        revisited = [file_id for file_id in changes.revisited if file_id in here]
        imported = Imported()
        async with progress.run.tx() as tx:
            await self._files.add(tx, new)
            await self._files.change(tx, changed, probe=True)
            await self._files.change(tx, returned, probe=False)
            await self._files.look_again(tx, revisited)
            if importer:
                imported = await importer.apply(tx, batch, read)
            for problem in imported.problems:
                progress.fault(problem.path, problem.reason)
            back: list[ItemId] = []
            if imported.updated or changed or returned:  # a missing film may have a file again
                fresh = [f.id for f in batch.files if f.standing is not Standing.SAME]
                back = await self._settle(tx, fresh)
            updated = dict.fromkeys([*imported.updated, *back])
            _tell(tx, batch.library.id, added=imported.added, updated=list(updated))
            progress.count(
                added=progress.scan.added + len(new),
                updated=progress.scan.updated + len(changed) + len(returned),
            )
            await progress.record(tx)

    async def _settle(self, tx: Tx, ids: Sequence[FileId]) -> list[ItemId]:
        """Items of these files are available or missing by what is there; answers changes."""
        items = set((await self._items.items_of_files(tx, ids)).values())
        if not items:
            return []
        theirs = await self._items.files_of(tx, items)
        present = await self._files.present(tx, theirs)
        return await self._items.settle_states(tx, items, present)

    async def _remove(
        self, library: Library, gone: Sequence[KnownFile], progress: "_Progress"
    ) -> None:
        for start in range(0, len(gone), FILES_AT_ONCE):
            ids = [row.id for row in gone[start : start + FILES_AT_ONCE]]
            async with progress.run.tx() as tx:
                await self._files.mark_missing(tx, ids, self.clock.now())
                items = set((await self._items.items_of_files(tx, ids)).values())
                removed = await self._settle(tx, ids)
                updated = sorted(items - set(removed))  # they have lost a version
                _tell(tx, library.id, updated=updated, removed=removed)
                progress.count(removed=progress.scan.removed + len(ids))
                await progress.record(tx)


class _Progress:
    """The scan's record while it runs: counted in memory, told four times a second."""

    def __init__(self, scanner: Scanner, library: Library, scan: Scan, run: Run) -> None:
        self._scanner, self._library, self.run = scanner, library, run
        self.scan = msgspec.structs.replace(
            scan, found=0, added=0, updated=0, unchanged=0, removed=0, failed=0, errors=()
        )
        self._told_at = 0.0
        self._kept_errors = -1

    async def begin(self) -> None:
        """Running from now on; a scan that is carried on keeps its beginning."""
        started = self.scan.started_at or self._scanner.clock.now()
        self.count(state=ScanState.RUNNING, started_at=started, fraction=0.0)
        async with self.run.tx() as tx:
            await self.record(tx)
        await self._scanner.records.tell(self.scan)

    def count(self, **values: Any) -> None:
        """Set counters."""
        self.scan = msgspec.structs.replace(self.scan, **values)

    def fault(self, path: str, reason: str) -> None:
        """Note what could not be taken; the first 500 are kept, all are counted."""
        errors = self.scan.errors
        if len(errors) < KEPT_ERRORS:
            errors = (*errors, ScanError(path[:1000], reason))
        self.count(failed=self.scan.failed + 1, errors=errors)

    async def step(self, fraction: float, **values: Any) -> None:
        """Tell how far it is. Raises Stopped when the scan was cancelled."""
        self.count(fraction=max(self.scan.fraction, round(fraction, 4)), **values)
        now = time.monotonic()
        if now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        async with self.run.tx() as tx:
            await self.record(tx)
        await self._scanner.records.tell(self.scan)

    async def record(self, tx: Any) -> None:
        """Write the counters. Raises Stopped when the record has ended."""
        shown = msgspec.to_builtins(self.scan)
        names = ("state", "found", "added", "updated", "unchanged", "removed", "failed", "fraction")
        values = {name: shown[name] for name in names}
        values["started_at"] = self.scan.started_at
        if len(self.scan.errors) != self._kept_errors:  # they can be half a megabyte
            values["errors"] = shown["errors"]
            self._kept_errors = len(self.scan.errors)
        if self.scan.finished_at is not None:
            values["finished_at"] = self.scan.finished_at
        if not await self._scanner.scans.record(tx, self.scan.id, values):
            raise Stopped

    async def end(self) -> Scan:
        """Completed, with the job that did it, in one commit."""
        finished = self._scanner.clock.now()
        self.count(state=ScanState.COMPLETED, finished_at=finished, fraction=1.0)
        async with self.run.tx() as tx:
            await self.record(tx)
            await self.run.finish(tx)
        await self._scanner.records.tell(self.scan)
        return self.scan


def _tell(tx: Tx, library_id: LibraryId, **ids: Sequence[ItemId]) -> None:
    """Tell of any number of added, updated and removed items, 500 of each at a time."""
    for start in range(0, max(len(some) for some in ids.values()), FILES_AT_ONCE):
        part = {name: tuple(some[start : start + FILES_AT_ONCE]) for name, some in ids.items()}
        tx.emit(LibraryChanged(library_id=library_id, **part))


def _has_entries(path: str) -> bool:
    return any(Path(path).iterdir())


def _batches(changes: Changes) -> Iterator[list[ScannedFile]]:
    """Whole directories, neighbours together, about 500 files at a time."""
    batch: list[ScannedFile] = []
    for key in sorted(changes.dirs):
        batch += changes.dirs[key]
        if len(batch) >= FILES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _threaded(walk: Walk) -> Any:
    """Chunks of a walk that goes on in a thread; at most two wait."""
    loop = asyncio.get_running_loop()
    chunks = iter(in_chunks(walk))
    following = loop.run_in_executor(None, next, chunks, None)
    while True:
        chunk: list[Walked] | None = await following
        if chunk is None:
            return
        following = loop.run_in_executor(None, next, chunks, None)
        yield chunk


def _error_type(error: ScanError) -> str:
    return "unreadable" if "not" in error.reason else "other"
