"""What is kept for how long, and the gauges of what waits."""

from typing import Final

from app.core.db import Database
from app.core.jobs import Queue
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.server.domain import JobState
from app.server.repository import JobRepository

BATCH: Final = 5000
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
KEPT_FOR: Final = {
    JobState.COMPLETED: DAY,
    JobState.CANCELLED: 7 * DAY,
    JobState.DISCARDED: 30 * DAY,
}
SENT_KEPT_FOR: Final = HOUR
WAITING: Final = (JobState.AVAILABLE, JobState.RETRYABLE, JobState.RUNNING)


class Upkeep:
    """Retention and measuring."""

    def __init__(self, db: Database, repository: JobRepository, metrics: Metrics) -> None:
        self._db, self._jobs, self._metrics = db, repository, metrics

    async def clean(self, tx: Tx) -> bool:
        """Delete a batch of what is long over; whether there may be more."""
        more = False
        for state, age in KEPT_FOR.items():
            more |= await self._jobs.forget_jobs(tx, state, age, BATCH) == BATCH
        more |= await self._jobs.forget_sent(tx, SENT_KEPT_FOR, BATCH) == BATCH
        return more

    async def measure(self) -> None:
        """Set the gauges of queues and outbox in this process."""
        depths = {(depth.queue, depth.state): depth for depth in await self._jobs.depths()}
        for queue in Queue:
            due = [0.0]
            for state in WAITING:
                depth = depths.get((queue.value, state.value))
                count = depth.jobs if depth is not None else 0
                self._metrics.jobs_queue_size.labels(queue.value, state.value).set(count)
                if depth is not None and depth.oldest and state is not JobState.RUNNING:
                    due.append(depth.oldest)
            self._metrics.jobs_oldest.labels(queue.value).set(max(due))
        self._metrics.outbox_lag.set(await self._jobs.outbox_lag())
