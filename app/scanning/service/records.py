"""The life of scan records: asked for, scheduled, cancelled, cleaned up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import msgspec

from app.core.access import SYSTEM, Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.core.live import Live
from app.core.logging import get_logger
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
from app.libraries.repository import LibraryRepository, ScanRepository
from app.libraries.service import next_time
from app.scanning.jobs import ScanLibrary

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

    async def start(self, viewer: Viewer, library_id: LibraryId, kind: ScanKind) -> Scan:
        """Ask for a scan. Raises LibraryNotFound, Conflict or ScanUnderWay."""
        library = (await self._libraries.by_ids(viewer.scope, [library_id])).get(library_id)
        if library is None:
            raise LibraryNotFound
        if not library.enabled:
            raise Conflict("This library is switched off; enable it first.")
        scan = Scan(
            id=ScanId(new_id()),
            library_id=library_id,
            kind=kind,
            state=ScanState.PENDING,
            created_at=self.clock.now(),
        )
        async with self._db.write(viewer) as tx:
            await self.scans.create(tx, scan)
            tx.enqueue(ScanLibrary(library_id, scan.id))
        await self.tell(scan)
        return scan

    async def cancel(self, viewer: Viewer, scan_id: ScanId) -> Scan:
        """Stop a scan; what it has imported stays. Raises NotFound or Conflict."""
        scan = (await self.scans.by_ids(viewer.scope, [scan_id])).get(scan_id)
        if scan is None:
            raise NotFound("There is no such scan.", field="id")
        if not await self.end(scan_id, ScanState.CANCELLED):
            raise Conflict("This scan has ended already.")
        ended = (await self.scans.by_ids(viewer.scope, [scan_id]))[scan_id]
        await self.tell(ended)
        return ended

    async def end(self, scan_id: ScanId, state: ScanState, problem: str | None = None) -> bool:
        """Write the end of a scan; False when it has one already."""
        values = {"state": state.value, "finished_at": self.clock.now(), "problem": problem}
        async with self._db.write(SYSTEM) as tx:
            return await self.scans.record(tx, scan_id, values)

    async def tell(self, scan: Scan) -> None:
        """Publish where a scan stands."""
        shown: dict[str, Any] = msgspec.to_builtins(scan)
        shown.pop("errors", None)
        await self._live.publish(topic(scan.library_id), "scan.progress", shown)

    async def run_due(self) -> int:
        """Start the scans whose time has come; says how many."""
        now = self.clock.now()
        async with self._db.write(SYSTEM) as tx:
            due = await self._libraries.take_due(tx, now)
            for library_id, schedule in due:
                following = {"next_scan_at": next_time(schedule, now)}
                await self._libraries.update(tx, library_id, following)
        return await self._start_quietly([library_id for library_id, _ in due])

    async def run_on_start(self) -> int:
        """Start the scans of libraries that want one when the server starts."""
        return await self._start_quietly(await self._libraries.on_start())

    async def _start_quietly(self, ids: list[LibraryId]) -> int:
        started = 0
        for library_id in ids:
            with suppress(ScanUnderWay, Conflict, LibraryNotFound):
                await self.start(SYSTEM, library_id, ScanKind.INCREMENTAL)
                started += 1
        return started

    async def end_orphans(self) -> int:
        """End records whose job is gone; says how many."""
        orphans = await self.scans.orphaned(ScanLibrary.policy.name)
        for scan_id in orphans:
            await self.end(scan_id, ScanState.FAILED, "The scan was interrupted and given up.")
        return len(orphans)

    async def clean(self) -> int:
        """Forget scans that ended more than 30 days ago; says how many."""
        removed = 0
        while True:
            async with self._db.write(SYSTEM) as tx:
                some = await self.scans.forget(tx, self.clock.now() - KEPT)
            removed += some
            if not some:
                return removed

    async def follow(self, library: Library) -> AsyncIterator[Scan]:
        """The newest scan of a library as it is, then every step of it and of later ones.

        Losable messages make it quick; a look at the record every few seconds makes it right.
        """
        async with self._live.subscribe(topic(library.id)) as messages:
            last: Scan | None = (await self.scans.latest([library.id])).get(library.id)
            if last is not None:
                yield last
            iterator = aiter(messages)
            async for scan in _steps(iterator, lambda: self.scans.latest([library.id])):
                if _is_news(last, scan):
                    last = scan
                    yield scan


def _is_news(last: Scan | None, scan: Scan) -> bool:
    if last is None or last.id != scan.id:
        return last is None or scan.created_at >= last.created_at
    if last.state.over:
        return False
    return scan.state != last.state or scan.fraction > last.fraction or scan.found > last.found


async def _steps(messages: Any, look: Any) -> AsyncIterator[Scan]:
    while True:
        try:
            message = await asyncio.wait_for(anext(messages), LOOK_EVERY)
            yield msgspec.convert(message.payload, Scan)
        except TimeoutError:
            for scan in (await look()).values():
                yield scan
