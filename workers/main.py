"""A worker process: runners per queue, the doorbell, the relay, the reaper and the clock."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from arq.worker import Worker, func

from app.container import Container
from app.core import pgfaults
from app.core.access import SYSTEM
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.jobs.cancel import CONTROL
from app.core.jobs.declare import TOPIC, Queue
from app.core.jobs.heartbeat import Heartbeat
from app.core.jobs.ledger import Ledger
from app.core.jobs.runner import QueueRunner, RunnerContext
from app.core.jobs.table import NewJob
from app.core.logging import get_logger
from app.core.redis import FAULTS
from app.core.tasks import end
from app.doorbell import RING, arq_settings
from workers.relay import relay

log = get_logger(__name__)
REAP_EVERY: Final = 5.0
TICK_EVERY: Final = 5.0
MEASURE_EVERY: Final = 15.0
STOP_PATIENCE: Final = 25.0
# arq also encodes the exception of a ring that has expired.
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
STEADY: Final = tuple(queue for queue in Queue if queue is not Queue.BULK)


class WorkerProcess:
    """Everything that one worker process does."""

    def __init__(self, app: Container, queues: Sequence[Queue], *, fenced: bool = True) -> None:
        self.id: UUID = new_id()
        self._app = app
        self._fenced = fenced
        self._queues = tuple(queues)
        self._runners: dict[str, QueueRunner] = {}
        self._background: list[asyncio.Task[None]] = []
        self._heartbeat: Heartbeat | None = None
        self.broken = asyncio.Event()

    async def start(self) -> None:
        """Begin to work; the container is open."""
        app, config = self._app, self._app.config.jobs
        self._heartbeat = Heartbeat(app.db.dsn, self.id, config.lease)
        self._heartbeat.start(self._verdict)
        context = RunnerContext(
            app=app,
            db=app.db,
            live=app.live,
            ledger=Ledger(app.db.pool, self.id),
            registry=app.registry,
            heartbeat=self._heartbeat,
            metrics=app.metrics,
            lease=config.lease,
            poll=config.poll,
            fenced=self._fenced,
        )
        for queue in self._queues:
            slots = int(getattr(config, queue.value))
            self._runners[queue.value] = QueueRunner(context, queue.value, slots)
        work: list[Any] = [runner.run() for runner in self._runners.values()]
        work += [self._doorbell(queue.value) for queue in self._queues]
        work += [self._tick_loop(), self._reap(context.ledger), self._clock(), self._control()]
        work += [self._measure(), self._scan_records(), relay(app)]
        work += [app.watching.run()] if Queue.BULK in self._queues else []
        self._background = [asyncio.create_task(self._guard(w), name=w.__name__) for w in work]
        if Queue.BULK in self._queues:
            await app.scanning.run_on_start()
        log.info("worker.started", worker=str(self.id), queues=[q.value for q in self._queues])

    async def stop(self) -> None:
        """Finish or release what runs, then end."""
        patience = min(STOP_PATIENCE, self._app.config.server.shutdown_timeout)
        await asyncio.gather(*(runner.stop(patience) for runner in self._runners.values()))
        await end(self._background)
        if self._heartbeat is not None:
            await asyncio.to_thread(self._heartbeat.stop)

    async def _guard(self, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException:
            log.critical("worker.part_died", part=work.__name__, exc_info=True)
            self.broken.set()  # half a worker is worse than one that is started again

    def _verdict(self, job: UUID, cancelled: bool) -> None:  # noqa: FBT001 - a Verdict
        for runner in self._runners.values():
            if runner.stop_run(job, cancelled):
                return

    async def _tick_loop(self) -> None:
        while True:
            if self._heartbeat is not None:
                self._heartbeat.tick()
            await asyncio.sleep(1)

    async def _control(self) -> None:
        """Cancellations arrive at once by pub/sub; without Redis the heartbeat brings them."""
        async with self._app.live.subscribe(CONTROL) as messages:
            async for message in messages:
                with contextlib.suppress(KeyError, ValueError):
                    self._verdict(UUID(message.payload["job_id"]), True)

    async def _doorbell(self, queue: str) -> None:
        """An arq worker that only rings our runner; it is made anew when Redis was away."""
        runner = self._runners[queue]

        async def ring(_: dict[str, Any]) -> None:
            runner.ring()

        while True:
            worker = Worker(
                functions=[func(cast("Any", ring), name=RING, keep_result=0, max_tries=1)],
                redis_settings=arq_settings(self._app.redis),
                queue_name=self._app.doorbell.queue_name(queue),
                handle_signals=False,
                poll_delay=0.1,
                max_jobs=20,
                keep_result=0,
                health_check_interval=60,
                job_serializer=_encode,
                job_deserializer=msgspec.json.decode,
            )
            try:
                await worker.async_run()
            except asyncio.CancelledError:
                await _close_quietly(worker)
                raise
            except FAULTS as error:
                log.debug("doorbell.away", queue=queue, error=repr(error))
            await _close_quietly(worker)
            runner.ring()
            await asyncio.sleep(1)

    async def _reap(self, ledger: Ledger) -> None:
        """Take jobs from workers that fell silent."""
        while True:
            await asyncio.sleep(min(REAP_EVERY, self._app.config.jobs.lease / 3))
            try:
                rescued = await ledger.reap()
            except pgfaults.FAULTS as error:
                log.warning("reaper.waits", error=repr(error))
                continue
            for row in rescued:
                log.warning("jobs.rescued", job=str(row["id"]), kind=row["kind"])
                self._app.metrics.jobs_completed.labels(row["kind"], "rescued").inc()
            if rescued:
                ids = [str(row["id"]) for row in rescued]
                await self._app.live.publish(TOPIC, "job.rescued", {"job_ids": ids})
                await self._app.doorbell.ring({row["queue"] for row in rescued})

    async def _measure(self) -> None:
        """Keep the gauges of what waits fresh: in every process, each serves its own metrics."""
        app = self._app
        measures = (
            app.upkeep.measure,
            app.sessions.measure,
            app.api_keys.measure,
            app.redis.measure,
        )
        while True:
            for measure in measures:
                try:
                    await measure()
                except (AppError, *FAULTS) as error:
                    log.warning("gauges.wait", error=repr(error))
            await asyncio.sleep(MEASURE_EVERY)

    async def _scan_records(self) -> None:
        """Records of scans follow their jobs, however those end or begin again."""
        while True:
            await asyncio.sleep(min(REAP_EVERY, self._app.config.jobs.lease / 3))
            try:
                await self._app.scanning.follow_jobs()
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                log.warning("scans.wait", error=repr(error))

    async def _clock(self) -> None:
        """Enqueue periodic jobs, once per cluster: the row of the kind is the lock."""
        policies = [p for p in self._app.registry.periodic() if p.queue in self._queues]
        while True:
            for policy in policies:
                try:
                    await self._tick(policy)
                except Exception as error:  # noqa: BLE001 - the clock must not stop for one tick
                    log.warning("clock.waits", kind=policy.name, error=repr(error))
            await asyncio.sleep(TICK_EVERY)

    async def _tick(self, policy: Any) -> None:
        job = self._app.registry.bound[policy.name].payload()
        async with self._app.db.write(SYSTEM) as tx:
            if await tx.claim_period(policy.name, policy.every.total_seconds()):
                tx.add(NewJob.of(job))  # type: ignore[arg-type]


async def _close_quietly(worker: Worker) -> None:
    """Let go of its connections; arq's own `close` stops at the first error, pools stay open."""
    rings = list(worker.tasks.values())  # they end through the connections that are closed here
    if rings:
        _, late = await asyncio.wait(rings, timeout=1)
        for ring in late:
            ring.cancel()
        await asyncio.gather(*rings, return_exceptions=True)
    pool = getattr(worker, "_pool", None)
    if pool is not None:
        with contextlib.suppress(*FAULTS):
            await pool.aclose(close_connection_pool=True)
