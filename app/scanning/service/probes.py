"""The look inside files after a scan: in parallel, in children, as many as there are CPUs."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final

from app.core.errors import Unavailable
from app.core.jobs import Snooze
from app.core.jobs.run import Run
from app.core.metrics import Metrics
from app.core.tasks import end
from app.libraries.domain import FileId, Library
from app.libraries.repository import FileRepository, Unprobed
from app.media.domain import FailureReason, MediaInfo, Probe, Probed
from app.media.service.prober import Prober
from app.scanning.service.facts import Facts
from app.scanning.service.news import tell
from app.scanning.service.progress import TELL_EVERY

FILES_AT_ONCE: Final = 40  # kept in one commit
KEEP_EVERY: Final = 2.0
# These tell of the disk or of us, not of the file: they are no answer to keep.
ABSENT: Final = frozenset(
    {FailureReason.MISSING, FailureReason.VANISHED, FailureReason.UNAVAILABLE}
)
LONGEST: Final = 600.0
Answer = tuple[Unprobed, Probe]


class Probing:
    """Looks inside the files of a library that wait for it."""

    def __init__(
        self,
        files: FileRepository,
        facts: Facts,
        prober: Prober,
        metrics: Metrics,
    ) -> None:
        self._files, self._facts, self._prober = files, facts, prober
        self._metrics = metrics
        self._slots = asyncio.Semaphore(prober.limit)

    async def probe(self, library: Library, run: Run) -> None:
        """Until nothing waits any more, or for ten minutes and then again, so others get a turn."""
        ends, told_at, done = time.monotonic() + LONGEST, 0.0, 0
        total = await self._files.count_unprobed(library.id)
        async with aclosing(self._answers(library, ends)) as answers:
            async for some in answers:
                if all(_reason(probe) is FailureReason.UNAVAILABLE for _, probe in some):
                    raise Unavailable("No probing process could be started.")
                told = [(file, probe) for file, probe in some if _is_answer(file, probe)]
                await self._keep(library, told, run)
                done += len(some)
                total = max(done, total)
                if time.monotonic() - told_at >= TELL_EVERY:
                    told_at = time.monotonic()
                    await run.progress(done / total, f"{done} of {total} files looked into")
        if time.monotonic() > ends:
            raise Snooze(timedelta(0), "other jobs wait")

    async def _answers(self, library: Library, ends: float) -> AsyncGenerator[list[Answer], None]:
        """What is in the files, a batch at a time as it comes: a slow one holds up no other.

        Twice as many as can be looked into are asked for, so that no child rests meanwhile.
        """
        files, feeding = self._waiting(library, ends), True
        looking: set[asyncio.Task[Answer]] = set()
        ready, kept_at = list[Answer](), time.monotonic()
        try:
            while feeding or looking:
                while feeding and len(looking) < 2 * self._prober.limit:
                    if (file := await anext(files, None)) is None:
                        feeding = False
                    else:
                        looking.add(asyncio.create_task(self._look(file), name="probe"))
                if looking:
                    first = asyncio.FIRST_COMPLETED
                    done, looking = await asyncio.wait(looking, timeout=1, return_when=first)
                    ready += [task.result() for task in done]
                late = time.monotonic() - kept_at >= KEEP_EVERY or not (feeding or looking)
                if ready and (late or len(ready) >= FILES_AT_ONCE):
                    yield ready
                    ready, kept_at = [], time.monotonic()
        finally:
            await end(looking)
            await files.aclose()

    async def _waiting(self, library: Library, ends: float) -> AsyncGenerator[Unprobed, None]:
        """The files that wait, until then; each once: what was not reached still waits."""
        last = None
        while some := await self._files.unprobed(library.id, FILES_AT_ONCE, last):
            for file in some:
                if time.monotonic() > ends:
                    return
                yield file
            last = some[-1].id

    async def _look(self, file: Unprobed) -> Answer:
        async with self._slots:
            started = time.monotonic()
            result = await self._prober.probe(file.path)
            self._metrics.probe_duration.observe(time.monotonic() - started)
        outcome = "ok" if isinstance(result, Probed) else result.reason.value
        self._metrics.probes.labels(outcome).inc()
        return file, result

    async def _keep(self, library: Library, results: Sequence[Answer], run: Run) -> None:
        """The statements of this do not grow with the number of files."""
        async with run.tx() as tx:
            kept = await self._files.probed(tx, results)
            infos: dict[FileId, MediaInfo | None] = {}
            for file, result in results:
                if file.id not in kept:  # it changed: the next scan asks again
                    continue
                if isinstance(result, Probed):
                    infos[file.id] = result.info
                elif file.read_before:
                    infos[file.id] = None
            concerned = await self._facts.tell(tx, library, infos)
            tell(tx, library.id, added=concerned.added, updated=concerned.updated)


def _reason(probe: Probe) -> FailureReason | None:
    return None if isinstance(probe, Probed) else probe.reason


def _is_answer(file: Unprobed, probe: Probe) -> bool:
    """Whether it says something of this file as the last scan saw it.

    One that was written to since waits for the next scan, which sees it changed.
    """
    if isinstance(probe, Probed):
        return (probe.size, probe.mtime_ns) == (file.size, file.mtime_ns)
    return probe.reason not in ABSENT
