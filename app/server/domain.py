"""The ledger and the server as their administrators see them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from app.core.errors import Conflict, NotFound
from app.core.ids import encode_id
from app.core.jobs import Queue
from app.core.ratelimit import Tier


class JobState(StrEnum):
    """Where a job stands."""

    AVAILABLE = "available"
    RUNNING = "running"
    RETRYABLE = "retryable"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


OVER = (JobState.COMPLETED, JobState.CANCELLED, JobState.DISCARDED)


class JobProgress(Struct, frozen=True, kw_only=True):
    """How far a run is, from 0 to 1."""

    fraction: float
    note: str = ""


class JobFailure(Struct, frozen=True, kw_only=True):
    """What went wrong in one attempt."""

    attempt: int
    error: str
    at: datetime


class JobRecord(Struct, frozen=True, kw_only=True):
    """A row of the ledger without its arguments."""

    id: UUID
    kind: str
    queue: Queue
    state: JobState
    attempt: int
    max_attempts: int
    failures: int
    progress: JobProgress | None
    errors: tuple[JobFailure, ...]
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested: bool


class JobFilter(Struct, frozen=True, kw_only=True):
    """Which jobs to list; None for any."""

    state: JobState | None = None
    kind: str | None = None
    queue: Queue | None = None


class ServerInfo(Struct, frozen=True, kw_only=True):
    """What runs here; `redis_version` is None while Redis is away."""

    name: str
    version: str
    started_at: datetime
    database_version: str
    redis_version: str | None
    features: tuple[str, ...]


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether requests can be answered: `ok`, `degraded` or `down`, and why."""

    status: str
    checks: dict[str, str]


class JobNotFound(NotFound):
    """There is no such job, or no longer: those that are over are deleted after a while."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"There is no job {encode_id('job', job_id)}.", field="id")


class JobNotOver(Conflict):
    """Only a job that is over can be tried again."""

    def __init__(self) -> None:
        super().__init__("This job is not over; it cannot be tried again.")


class JobOver(Conflict):
    """Only a job that is waiting or running can be cancelled."""

    def __init__(self) -> None:
        super().__init__("This job is over; it cannot be cancelled any more.")


class EqualJobUnderWay(Conflict):
    """An equal job waits or runs, and two would do the same work."""

    def __init__(self) -> None:
        super().__init__("An equal job is waiting or running already.")


class RateLimit(Struct, frozen=True, kw_only=True):
    """What is left of the limit of who asks, and what the asking cost."""

    tier: Tier
    limit: int
    remaining: int
    reset_at: datetime
    cost: int
