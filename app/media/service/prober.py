"""Probing of files through a pool of limited child processes."""

import asyncio
import contextlib
import os
from asyncio import TimerHandle

from msgspec import structs

from app.media.domain.probe import FailureReason, Probe, Probed, ProbeFailure, Still
from app.media.service.wire import MOST_REQUEST, AnyRequest, CoverRequest, FrameRequest, Request
from app.media.service.worker import Found, Reaper, Worker

GIB = 1024**3
_FILES_PER_CHILD = 200  # a leak in the media library stays small
_LEAVE = 5.0  # seconds for the calls under way to notice a close
_IDLE = 60.0  # seconds after which resting children are sent home
# After these the child may hold half a file or most of its memory.
_WORN_OUT = frozenset({FailureReason.TIMEOUT, FailureReason.MEMORY, FailureReason.UNREADABLE})

MADE_NO_SENSE = ProbeFailure(reason=FailureReason.CRASHED, detail="The answer made no sense.")


class Prober:
    """Finds out what is in media files, in at most `limit` children at a time.

    `timeout` is wall seconds per file, `memory` bytes of address space per child. Children start on
    demand and end after 200 files, a minute of rest, or any trouble. One event loop per prober.
    """

    def __init__(self, limit: int, timeout: float = 10, memory: int = GIB) -> None:
        self._timeout = timeout
        self._memory = memory
        self.limit = limit
        self._slots = asyncio.Semaphore(limit)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._reaper = Reaper()
        self._rest: TimerHandle | None = None
        self._closed = False

    async def probe(self, path: str) -> Probe:
        """What is in the file at this absolute path, or why that cannot be told.

        Nothing about the file raises: it may be missing, a pipe, endless or crash the child. Raises
        RuntimeError after `aclose`.
        """
        found = await self._ask(path, Request(path=b"", seconds=self._timeout))
        return MADE_NO_SENSE if isinstance(found, Still) else found

    async def frame(self, path: str) -> Still | ProbeFailure:
        """A frame of the film in this file that shows something, as JPEG; else as `probe`."""
        found = await self._ask(path, FrameRequest(path=b"", seconds=self._timeout))
        return MADE_NO_SENSE if isinstance(found, Probed) else found

    async def cover(self, path: str, name: str | None) -> Still | ProbeFailure:
        """The picture of this name that is attached to the file, or its first; as `probe`."""
        found = await self._ask(path, CoverRequest(path=b"", seconds=self._timeout, name=name))
        return MADE_NO_SENSE if isinstance(found, Probed) else found

    async def _ask(self, path: str, request: AnyRequest) -> Found:
        name = _name_of(path)
        if name is None:
            return ProbeFailure(reason=FailureReason.MISSING, detail="Not an absolute path.")
        async with self._slots:
            try:
                worker = await self._take()
            except OSError as error:
                words = os.strerror(error.errno) if error.errno else str(error)
                return ProbeFailure(reason=FailureReason.UNAVAILABLE, detail=words)
            try:
                found = await worker.ask(structs.replace(request, path=name))
                if isinstance(found, ProbeFailure) and found.reason in _WORN_OUT:
                    worker.end()
                return found
            finally:
                self._give_back(worker)

    async def aclose(self) -> None:
        """End all children, also those at work (their callers get a failure), and wait for them."""
        self._closed = True
        self._dismiss()
        for worker in self._busy:
            worker.end()
        # Whoever waits for a slot or for a child's start notices that it is closed, and leaves.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE):
                for _ in range(self.limit):
                    await self._slots.acquire()
        for _ in range(self.limit):
            self._slots.release()
        await self._reaper.close()

    def _ensure_open(self) -> None:
        if self._closed:
            raise RuntimeError("This prober is closed.")

    async def _take(self) -> Worker:
        self._ensure_open()
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                break
            worker.end()
        else:
            cpu_seconds = int(_FILES_PER_CHILD * (self._timeout + 1))
            worker = await Worker.start(self._reaper, self._memory, cpu_seconds)
            try:
                self._ensure_open()
            except RuntimeError:
                worker.end()
                raise
        self._busy.add(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        self._busy.discard(worker)
        if worker.alive and worker.files < _FILES_PER_CHILD and not self._closed:
            self._idle.append(worker)
            if self._rest is not None:
                self._rest.cancel()
            self._rest = asyncio.get_running_loop().call_later(_IDLE, self._dismiss)
        else:
            worker.end()

    def _dismiss(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        while self._idle:
            self._idle.pop().end()


def _name_of(path: str) -> bytes | None:
    """The name as the file system has it; None for what can be the path of no file."""
    if not path.startswith("/") or "\0" in path or len(path) > MOST_REQUEST // 8:
        return None
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return None
