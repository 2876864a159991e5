"""The life of scan records: asked for, scheduled, cancelled, cleaned up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import msgspec

from app.core.access import EVERYTHING, SYSTEM, Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.ids import new_id
from app.core.jobs.cancel import cancel_job, hurry
from app.core.jobs.run import Run
from app.core.live import Live
from app.core.logging import get_logger
from app.core.tx import Tx
from app.libraries.domain import (
    Library,
    LibraryId,
    LibraryNotFound,
    Scan,
    ScanId,
    ScanKind,
    ScanState,
    ScanUnderWay,
)
from app.libraries.events import ScanRequested
from app.libraries.repository import LibraryRepository, ScanRepository
from app.libraries.service import next_time
from app.scanning.jobs import ScanLibrary
from app.scanning.service.targets import LEAVE, MOST_PATHS, WHOLE, requested
from app.scanning.service.walk import Bounds

LOOK_EVERY: Final = 3.0
KEPT: Final = timedelta(days=30)
log = get_logger(__name__)


def topic(library_id: LibraryId) -> str:
    """Where the progress of a library's scans is told."""
    return f"scan:{library_id}"


class Scanning:
    """Use cases around scans; carrying one out is the Scanner's."""

    def __init__(
        self,
        db: Database,
        libraries: LibraryRepository,
        scans: ScanRepository,
        live: Live,
        clock: Clock,
    ) -> None:
        self._db, self._libraries, self.scans = db, libraries, scans
        self._live, self.clock = live, clock

    async def start(
        self,
        viewer: Viewer,
        library_id: LibraryId,
        kind: ScanKind,
        paths: Sequence[str] | None = None,
    ) -> Scan:
        """Ask for a scan, of the whole library or of `paths` in it; those may wait for the end of
        a scan that is under way, which is the answer then.

        Raises LibraryNotFound, Forbidden, Conflict, Invalid, or ScanUnderWay for a whole scan.
        """
        library = (await self._libraries.by_ids(viewer.scope, [library_id])).get(library_id)
        if library is None:
            raise LibraryNotFound("libraryId")
        _require_management(viewer, library_id)
        if not library.enabled:
            raise Conflict("This library is switched off; enable it first.")
        told: dict[str, Any] = {"kind": kind.value}
        if paths is not None:
            if not 1 <= len(paths) <= MOST_PATHS:
                raise Invalid(f"A scan takes 1 to {MOST_PATHS} paths.", field="paths")
            told["paths"] = len(requested(library.folders, paths))
        async with self._db.write(viewer) as tx:
            if not await self._libraries.hold(tx, library_id):
                raise LibraryNotFound("libraryId")
            if paths is None:
                scan: Scan | None = await self._open(tx, library_id, kind)
            else:
                scan = await self.request(tx, library_id, paths, kind)
            tx.emit(ScanRequested(library_id=library_id, changes=told))
        if scan is None:
            scan = (await self.scans.latest([library_id]))[library_id]
        await self.tell(scan)
        return scan

    async def request(
        self,
        tx: Tx,
        library_id: LibraryId,
        paths: Sequence[str] | None,
        kind: ScanKind = ScanKind.INCREMENTAL,
        leave: Sequence[str] = (),
    ) -> Scan | None:
        """Have these absolute paths looked at soon, or the whole library; answers the scan that
        this opened. Where one is under way they wait, and are gathered, for the one after it. The
        files to `leave` are passed by, until somebody asks for them.

        More than MOST_PATHS that wait become one incremental scan of everything. Does nothing for
        a library that is switched off or gone. Raises Invalid for a path that is not in it.
        """
        library = (await self._libraries.by_ids(EVERYTHING, [library_id])).get(library_id)
        if library is None or not library.enabled:
            return None
        wanted = [WHOLE] if paths is None else requested(library.folders, paths)
        wanted += [LEAVE + path for path in requested(library.folders, leave)]
        # A scan that ends waits for this, and sees what was asked for while it was under way.
        await tx.lock(_requests(library_id), shared=True)
        await self.scans.ask(tx, library_id, kind, wanted, MOST_PATHS)
        with suppress(ScanUnderWay):
            return await self._open(tx, library_id, kind, ())
        return None

    async def take(self, tx: Tx, scan: Scan) -> tuple[str, ...] | None:
        """The paths that a scan looks at, now with those that have waited; None for everything."""
        asked = await self.scans.take_asked(tx, scan.library_id, scan.kind)
        if scan.paths is None:
            if scan.kind is ScanKind.FULL:
                await self.scans.take_asked(tx, scan.library_id, ScanKind.INCREMENTAL)
            return None
        all_paths = dict.fromkeys((*scan.paths, *asked))
        paths = tuple(p for p in all_paths if not p.startswith(LEAVE) or p[1:] not in all_paths)
        many = len(paths) > MOST_PATHS and scan.kind is ScanKind.INCREMENTAL
        return None if many or WHOLE in asked else paths

    async def follow_up(
        self, tx: Tx, library_id: LibraryId, ended: Callable[[Tx], Awaitable[None]]
    ) -> Scan | None:
        """End a scan by `ended`, and open the one for which paths have waited meanwhile, if any."""
        await tx.lock(_requests(library_id))
        await ended(tx)
        kind = await self.scans.asked_of(tx, library_id)
        return await self._open(tx, library_id, kind, ()) if kind is not None else None

    async def _open(
        self,
        tx: Tx,
        library_id: LibraryId,
        kind: ScanKind,
        paths: tuple[str, ...] | None = None,
    ) -> Scan:
        """The record of a scan and its job. Raises ScanUnderWay; `tx` can go on then."""
        scan = Scan(
            id=ScanId(new_id()),
            library_id=library_id,
            kind=kind,
            state=ScanState.PENDING,
            paths=paths,
            created_at=self.clock.now(),
        )
        await self.scans.create(tx, scan)
        tx.enqueue(ScanLibrary(library_id, scan.id))
        return scan

    async def cancel(self, viewer: Viewer, scan_id: ScanId) -> Scan:
        """Stop a scan; what it has imported stays. Raises NotFound, Forbidden or Conflict."""
        scan = (await self.scans.by_ids(viewer.scope, [scan_id])).get(scan_id)
        if scan is None:
            raise NotFound("There is no such scan.", field="id")
        _require_management(viewer, scan.library_id)
        if not await self.stop(scan):
            raise Conflict("This scan has ended already.")
        return (await self.scans.by_ids(viewer.scope, [scan_id])).get(scan_id, scan)

    async def stop(self, scan: Scan, problem: str | None = None) -> bool:
        """Cancel a scan and its job in one commit; False when the scan has ended already."""
        ended = {
            "state": ScanState.CANCELLED.value,
            "finished_at": self.clock.now(),
            "problem": problem,
        }
        async with self._db.write(SYSTEM) as tx:
            if not await self.scans.record(tx, scan.id, ended):
                return False
            job = await cancel_job(tx, _key(scan))
        if job is not None:
            await hurry(self._live, job)
        await self._tell_rows([scan.id])
        return True

    async def fail(self, scan_id: ScanId, problem: str) -> None:
        """Write that a scan has failed, if it has no end yet."""
        values = {
            "state": ScanState.FAILED.value,
            "finished_at": self.clock.now(),
            "problem": problem,
        }
        async with self._db.write(SYSTEM) as tx:
            await self.scans.record(tx, scan_id, values)
        await self._tell_rows([scan_id])

    async def reopen(self, scan_id: ScanId, run: Run) -> Scan | None:
        """A scan that was over, for a job that was put back to work; None when it must not be.

        A job that was cancelled together with its scan may still be claimed just before that.
        """
        reopened = False
        with suppress(ScanUnderWay):
            async with run.tx() as tx:
                reopened = await self.scans.reopen(tx, scan_id, run.job.id)
        if not reopened:
            return None
        return (await self.scans.by_ids(EVERYTHING, [scan_id])).get(scan_id)

    async def bounds(self, library: Library) -> Bounds:
        """Where links of a library do not lead."""
        folders = await self._libraries.folders()
        return Bounds(
            own=tuple(f.path for f in folders if f.library_id == library.id),
            foreign=tuple(f.path for f in folders if f.library_id != library.id),
            out=library.follow_links,
        )

    async def follow_jobs(self) -> int:
        """Records follow their jobs: end those whose job has ended in whatever way, reopen those
        whose job was put back to work, and open those for which paths wait. Says how many changed.
        """
        unended = await self.scans.open_scans()
        again = await self.scans.put_back(ScanLibrary.policy.name)
        changed: list[ScanId] = []
        if unended:
            keys = {scan.id: _key(scan) for scan in unended}
            async with self._db.write(SYSTEM) as tx:
                changed += await self.scans.end_with_jobs(tx, keys, self.clock.now())
        for scan_id, job_id in again:
            with suppress(ScanUnderWay):
                async with self._db.write(SYSTEM) as tx:
                    reopened = await self.scans.reopen(tx, scan_id, job_id)
                changed += [scan_id] if reopened else []
        for library_id, kind in await self.scans.asked():  # a scan that ended badly left them
            with suppress(ScanUnderWay):
                async with self._db.write(SYSTEM) as tx:
                    if await self._libraries.hold(tx, library_id):
                        changed.append((await self._open(tx, library_id, kind, ())).id)
        await self._tell_rows(changed)
        return len(changed)

    async def tell(self, scan: Scan) -> None:
        """Publish where a scan stands; its errors are in its row."""
        shown: dict[str, Any] = msgspec.to_builtins(scan)
        for name in ("errors", "done_to", "paths"):
            shown.pop(name, None)
        await self._live.publish(topic(scan.library_id), "scan.progress", shown)

    async def _tell_rows(self, ids: list[ScanId]) -> None:
        if ids:
            for scan in (await self.scans.by_ids(EVERYTHING, ids)).values():
                await self.tell(scan)

    async def run_due(self, run: Run) -> int:
        """Start the scans whose time has come; says how many.

        A scan that is due and the time of the next one are one commit: none is lost.
        """
        now, opened = self.clock.now(), []
        async with run.tx() as tx:
            for library_id, schedule in await self._libraries.take_due(tx, now):
                following = {"next_scan_at": next_time(schedule, now)}
                await self._libraries.update(tx, library_id, following)
                with suppress(ScanUnderWay):
                    opened.append(await self._open(tx, library_id, ScanKind.INCREMENTAL))
            await run.finish(tx)
        for scan in opened:
            await self.tell(scan)
        return len(opened)

    async def run_on_start(self) -> int:
        """Start the scans of libraries that want one when the server starts."""
        started = 0
        for library_id in await self._libraries.on_start():
            with suppress(ScanUnderWay, Conflict, LibraryNotFound):
                await self.start(SYSTEM, library_id, ScanKind.INCREMENTAL)
                started += 1
        return started

    async def clean(self, run: Run) -> int:
        """Forget scans that ended more than 30 days ago; says how many."""
        removed = 0
        while True:
            async with run.tx() as tx:
                some = await self.scans.forget(tx, self.clock.now() - KEPT)
            removed += some
            if not some:
                return removed

    async def follow(self, library: Library) -> AsyncIterator[Scan]:
        """The newest scan of a library as it is, then every step of it and of later ones.

        Losable messages make it quick; a look at the record every few seconds makes it right. It
        ends when the library is deleted.
        """
        async with self._live.subscribe(topic(library.id)) as messages:
            last: Scan | None = (await self.scans.latest([library.id])).get(library.id)
            if last is not None:
                yield last
            iterator = aiter(messages)
            async for step in _steps(iterator, lambda: self.scans.latest([library.id])):
                if step is None:
                    if last is not None:
                        return  # its record went with its library
                elif _is_news(last, step):
                    scan = await self._whole(last, step)
                    if _is_news(last, scan):  # a late step of a scan that has ended is none
                        last = scan
                        yield scan

    async def _whole(self, last: Scan | None, step: Scan) -> Scan:
        """A step with its errors; the row is looked at when there are others, and at both ends."""
        goes_on = last is not None and last.id == step.id and not last.state.over
        if last is not None and goes_on and not step.state.over and step.failed == last.failed:
            return msgspec.structs.replace(step, errors=last.errors, paths=last.paths)
        return (await self.scans.by_ids(EVERYTHING, [step.id])).get(step.id, step)


def _requests(library_id: LibraryId) -> str:
    """The lock between those who ask for paths and the scan that ends."""
    return f"scan-requests:{library_id}"


def _key(scan: Scan) -> bytes:
    """Under which the ledger finds the job of a scan."""
    key = ScanLibrary(scan.library_id, scan.id).unique_key()
    assert key is not None, "the job is unique"  # noqa: S101
    return key


def _require_management(viewer: Viewer, library_id: LibraryId) -> None:
    if not viewer.scope.may_manage(library_id):
        raise Forbidden("You may see this library, but not scan it.")


def _is_news(last: Scan | None, scan: Scan) -> bool:
    if last is None or last.id != scan.id:
        return last is None or scan.created_at >= last.created_at
    if last.state.over:
        return not scan.state.over  # its job was put back to work
    return scan.state != last.state or scan.fraction > last.fraction or scan.found > last.found


async def _steps(messages: Any, look: Any) -> AsyncIterator[Scan | None]:
    while True:
        try:
            message = await asyncio.wait_for(anext(messages), LOOK_EVERY)
            yield msgspec.convert(message.payload, Scan)
        except TimeoutError:
            found = await look()
            for scan in found.values() or (None,):
                yield scan
