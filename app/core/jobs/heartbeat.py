"""Keeps the leases of running jobs, from a thread and connection of its own.

A busy event loop does not look dead, because the thread goes on; a blocked one does not look alive
for ever, because the thread stops renewing when the loop has not ticked for `patience` seconds.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from uuid import UUID

import asyncpg

from app.core.jobs.ledger import Ledger
from app.core.logging import get_logger
from app.core.pgfaults import FAULTS

log = get_logger(__name__)
Verdict = Callable[[UUID, bool], None]


class Heartbeat:
    """Renews every `every` seconds for `lease` seconds; calls back when a run must stop."""

    def __init__(self, dsn: str, worker: UUID, lease: float) -> None:
        self._dsn, self._worker, self._lease = dsn, worker, lease
        self._every = lease / 10
        self.patience = max(60.0, lease * 2)
        self._runs: dict[UUID, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ticked = time.monotonic()
        self._thread = threading.Thread(target=self._main, name="heartbeat", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._verdict: Verdict | None = None

    def start(self, verdict: Verdict) -> None:
        """Begin; `verdict(id, cancelled)` is called in the starter's loop for runs to stop."""
        self._verdict = verdict
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def tick(self) -> None:
        """The event loop is alive."""
        self._ticked = time.monotonic()

    def add(self, job: UUID, attempt: int) -> None:
        """Keep this run's lease from now on."""
        with self._lock:
            self._runs[job] = attempt

    def remove(self, job: UUID) -> None:
        """Forget a run that is over."""
        with self._lock:
            self._runs.pop(job, None)

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _main(self) -> None:
        asyncio.run(self._beat())

    async def _beat(self) -> None:
        while not self._stop.is_set():
            try:
                connection = await asyncpg.connect(dsn=self._dsn, timeout=5)
            except FAULTS:
                await self._pause(1)
                continue
            try:
                ledger = Ledger(connection, self._worker)
                while not self._stop.is_set():
                    await asyncio.wait_for(self._once(ledger), self._lease / 2)
                    await self._pause(self._every)
            except FAULTS as error:
                log.warning("heartbeat.lost_connection", error=repr(error))
            finally:
                connection.terminate()

    async def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stop.is_set() and time.monotonic() < end:  # noqa: ASYNC110 - set by a thread
            await asyncio.sleep(min(0.1, seconds))

    async def _once(self, ledger: Ledger) -> None:
        with self._lock:
            runs = list(self._runs.items())
        if not runs or time.monotonic() - self._ticked > self.patience:
            return
        kept = await ledger.renew(runs, self._lease)
        for job, attempt in runs:
            if not kept.get(job, True):
                continue
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._tell, job, attempt, job in kept)

    def _tell(self, job: UUID, attempt: int, cancelled: bool) -> None:  # noqa: FBT001
        # In the loop of the runs: this one may be over, and another of the same job have begun.
        if self._verdict is not None and self._runs.get(job) == attempt:
            self._verdict(job, cancelled)
