"""The record of a scan while it runs, over all attempts of its job."""

import time
from typing import Any, Final

import msgspec

from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.libraries.domain import FileKind, Scan, ScanError, ScanErrorCode, ScanState
from app.scanning.service.records import Scanning
from app.scanning.service.walk import kind_of

KEPT_ERRORS: Final = 500
TELL_EVERY: Final = 0.5
WRITTEN: Final = (
    *("state", "found", "added", "updated", "unchanged", "removed", "failed"),
    *("fraction", "done_to"),
)
log = get_logger(__name__)


class Stopped(Exception):
    """The scan's record was ended by somebody else."""


class Progress:
    """Counted in memory, written with what it counts, told twice a second.

    What earlier attempts have added, updated and removed stays counted: it was committed together
    with the numbers. Found and unchanged files are counted afresh, because every attempt walks
    again, and so are the walk's errors; an NFO is read once only, so what was wrong with it stays.
    """

    def __init__(self, records: Scanning, scan: Scan, run: Run, metrics: Metrics) -> None:
        self._records, self.run, self._metrics = records, run, metrics
        kept = tuple(error for error in scan.errors if kind_of(error.path) is FileKind.NFO)
        self.scan = msgspec.structs.replace(scan, unchanged=0, failed=len(kept), errors=kept)
        self._imported_before = scan.added + scan.updated
        self._known = set(kept)
        self._told_at = 0.0
        self._kept_errors = -1
        self._kept_paths = scan.paths

    async def begin(self) -> None:
        """Running from now on; a scan that is carried on keeps its beginning."""
        started = self.scan.started_at or self._records.clock.now()
        self.count(state=ScanState.RUNNING, started_at=started)
        async with self.run.tx() as tx:
            self.count(paths=await self._records.take(tx, self.scan))
            await self.record(tx)
        await self._tell("Looking for files")

    def count(self, **values: Any) -> None:
        """Set counters."""
        self.scan = msgspec.structs.replace(self.scan, **values)

    def walked(self, found: int, unchanged: int) -> None:
        """What the whole walk has found; what an earlier attempt imported looks unchanged now."""
        self.count(found=found, unchanged=max(0, unchanged - self._imported_before))

    def fault(self, path: str, reason: str, code: ScanErrorCode) -> None:
        """Note what could not be taken: all are counted, the first 500 kept, the others logged."""
        error = ScanError(path[:1000], reason, code)
        if error in self._known:
            return
        self._metrics.scan_errors.labels(str(self.scan.library_id), code.value).inc()
        errors = self.scan.errors
        if len(errors) < KEPT_ERRORS:
            self._known.add(error)
            errors = (*errors, error)
        else:
            log.warning("scan.fault", path=error.path, reason=reason)
        self.count(failed=self.scan.failed + 1, errors=errors)

    async def step(self, fraction: float, note: str, **values: Any) -> None:
        """Tell how far it is. Raises Stopped when the scan was cancelled."""
        self.count(fraction=max(self.scan.fraction, round(fraction, 4)), **values)
        now = time.monotonic()
        if now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        async with self.run.tx() as tx:
            await self.record(tx)
        await self._tell(note)

    async def _tell(self, note: str) -> None:
        await self.run.progress(self.scan.fraction, note)
        await self._records.tell(self.scan)

    async def record(self, tx: Tx) -> None:
        """Write the counters. Raises Stopped when the record has ended."""
        shown = msgspec.to_builtins(self.scan)
        values = {name: shown[name] for name in WRITTEN}
        values["started_at"] = self.scan.started_at
        if len(self.scan.errors) != self._kept_errors:  # they can be half a megabyte
            values["errors"] = shown["errors"]
            self._kept_errors = len(self.scan.errors)
        if self.scan.paths != self._kept_paths:
            values["paths"] = shown["paths"]
            self._kept_paths = self.scan.paths
        if self.scan.finished_at is not None:
            values["finished_at"] = self.scan.finished_at
        if not await self._records.scans.record(tx, self.scan.id, values):
            raise Stopped

    async def end(self) -> Scan:
        """Completed, with the job that did it, in one commit."""
        finished = self._records.clock.now()
        self.count(state=ScanState.COMPLETED, finished_at=finished, fraction=1.0, done_to=None)
        await self.run.progress(1.0, f"{self.scan.found} files")
        async with self.run.tx() as tx:
            following = await self._records.follow_up(tx, self.scan.library_id, self.record)
            await self.run.finish(tx)
        await self._records.tell(self.scan)
        if following is not None:
            await self._records.tell(following)
        return self.scan
