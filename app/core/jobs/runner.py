"""Carries out the jobs of one queue: claims when rung, polls when not, and ends every run."""

import asyncio
import contextlib
import time
from typing import Any
from uuid import UUID

import msgspec
import structlog

from app.core.errors import AppError, Unavailable
from app.core.handlers import Bound, Registry
from app.core.jobs.declare import TOPIC, Cancel, Snooze
from app.core.jobs.heartbeat import Heartbeat
from app.core.jobs.ledger import Claimed, Ledger
from app.core.jobs.run import LostLease, Run
from app.core.live import Live
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.pgfaults import FAULTS

log = get_logger(__name__)
ENDING_TRIES = 30


def failure(error: Exception) -> str:
    """What the ledger keeps of a failure: those who list jobs may not see SQL, paths or secrets."""
    if isinstance(error, AppError):
        return error.message
    if isinstance(error, TimeoutError):
        return "It took longer than it may."
    return f"An unexpected error ({type(error).__name__}); the log says more beside this job's id."


class RunnerContext(msgspec.Struct, frozen=True, kw_only=True):
    """What runners of one worker process share."""

    app: Any
    db: Any
    live: Live
    ledger: Ledger
    registry: Registry
    heartbeat: Heartbeat
    metrics: Metrics
    lease: float
    poll: float
    fenced: bool = True


class QueueRunner:
    """At most `slots` jobs of one queue at a time."""

    def __init__(self, context: RunnerContext, queue: str, slots: int) -> None:
        self.queue = queue
        self._context, self._slots = context, slots
        self._rung = asyncio.Event()
        self._stopping = False
        self._idle = asyncio.Event()  # no claim is under way and none will be
        self._idle.set()
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._cancelled: set[UUID] = set()

    def ring(self) -> None:
        """There is work."""
        self._rung.set()

    def stop_run(self, job: UUID, cancelled: bool) -> bool:  # noqa: FBT001 - a Verdict
        """Stop a run, because it was cancelled or is no longer ours. Says if it was here."""
        task = self._tasks.get(job)
        if task is None:
            return False
        if cancelled:
            self._cancelled.add(job)
        # Not at once: a task that is cancelled before its first step never gets to end its job.
        asyncio.get_running_loop().call_soon(task.cancel)
        return True

    async def run(self) -> None:
        """Until stopped: claim, carry out, wait for a ring or the next poll."""
        self._idle.clear()
        try:
            while not self._stopping:
                self._rung.clear()
                free = self._slots - len(self._tasks)
                if free and await self._claim(free):
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), self._context.poll)
        finally:
            self._idle.set()

    async def _claim(self, free: int) -> bool:
        context = self._context
        try:
            claimed = await context.ledger.claim(self.queue, free, context.lease)
        except (Unavailable, *FAULTS) as error:
            log.warning("jobs.cannot_claim", queue=self.queue, error=repr(error))
            await asyncio.sleep(context.poll)
            return False
        for job in claimed:
            context.heartbeat.add(job.id, job.attempt)
            task = asyncio.create_task(self._carry_out(job), name=f"job:{job.kind}")
            self._tasks[job.id] = task
        return bool(claimed) and len(claimed) < free

    async def _carry_out(self, job: Claimed) -> None:
        started = time.monotonic()
        run = Run(
            self._context.db,
            self._context.live,
            job,
            self._context.ledger.worker,
            fenced=self._context.fenced,
        )
        try:
            with structlog.contextvars.bound_contextvars(job=str(job.id), kind=job.kind):
                outcome = await self._attempt(job, run)
        finally:
            self._context.heartbeat.remove(job.id)
            self._tasks.pop(job.id, None)
            self._cancelled.discard(job.id)
            self._rung.set()
        self._context.metrics.jobs_duration.labels(job.kind).observe(time.monotonic() - started)
        self._context.metrics.jobs_completed.labels(job.kind, outcome).inc()
        await self._tell("job.ended", job)

    async def _tell(self, name: str, job: Claimed) -> None:
        await self._context.live.publish(TOPIC, name, {"job_ids": [str(job.id)]})

    async def _attempt(self, job: Claimed, run: Run) -> str:
        try:
            bound, args = self._context.registry.decode(job.kind, job.args)
        except (KeyError, msgspec.ValidationError) as error:
            return await self._end(job, "discarded", error=f"cannot be read: {error!r}")
        try:
            async with asyncio.timeout(bound.policy.timeout.total_seconds()):
                await self._tell("job.started", job)
                await bound.handler(self._context.app, args, run)
        except LostLease:
            log.warning("jobs.lost_lease")
            return "lost"
        except asyncio.CancelledError:
            return await self._interrupted(job, run)
        except Exception as error:  # noqa: BLE001 - a handler's failure is data here
            return await self._failed(job, bound, error)
        return (run.outcome or "completed") if run.finished else await self._complete(job)

    async def _interrupted(self, job: Claimed, run: Run) -> str:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        task.uncancel()
        if run.finished:  # interrupted after its last commit
            return run.outcome or "completed"
        if job.id in self._cancelled:
            return await self._end(job, "cancelled", error="cancelled on request")
        if self._stopping:  # released: nobody's fault, and at once for the next worker
            return await self._end(job, "available")
        return "lost"

    async def _failed(self, job: Claimed, bound: Bound, error: Exception) -> str:
        if isinstance(error, Cancel):
            return await self._end(job, "cancelled", error=str(error))
        if isinstance(error, Snooze):
            return await self._end(job, "available", delay=error.delay.total_seconds())
        said = failure(error)
        log.warning(
            "jobs.failed", error=said, exc_info=None if isinstance(error, AppError) else error
        )
        last = job.failures + 1 >= job.max_attempts
        delay = bound.policy.backoff(job.failures + 1).total_seconds()
        state = "discarded" if last else "retryable"
        return await self._end(job, state, delay=0 if last else delay, error=said, counts=True)

    async def _complete(self, job: Claimed) -> str:
        return await self._insist(lambda: self._context.ledger.finish(job))

    async def _end(
        self,
        job: Claimed,
        state: str,
        *,
        delay: float = 0,
        error: str | None = None,
        counts: bool = False,
    ) -> str:
        return await self._insist(
            lambda: self._context.ledger.fail(job, state, delay=delay, error=error, counts=counts)
        )

    async def _insist(self, end: Any) -> str:
        for _ in range(ENDING_TRIES):  # PostgreSQL may be restarting; the lease is the back-stop
            try:
                return (await end()) or "lost"
            except (Unavailable, *FAULTS):
                await asyncio.sleep(1)
        return "lost"

    async def stop(self, patience: float) -> None:
        """Claim no more; give running jobs `patience` seconds, then release them."""
        self._stopping = True
        self._rung.set()
        with contextlib.suppress(TimeoutError):  # what is being claimed would be nobody's
            await asyncio.wait_for(self._idle.wait(), patience)
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=patience)
        running = list(self._tasks.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
