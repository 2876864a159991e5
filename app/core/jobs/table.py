"""The ledger's tables and the statements that put jobs on it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.core.ids import new_id
from app.core.jobs.declare import Job, Policy
from app.core.tables import metadata

OPEN = ["available", "retryable", "running"]
WAITING = "state in ('available', 'retryable')"
OPEN_KEY = "unique_key is not null and state in ('available', 'retryable', 'running')"

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("args", JSONB, nullable=False),
    Column("unique_key", LargeBinary),
    Column("state", Text, nullable=False, server_default="available"),
    Column("attempt", Integer, nullable=False, server_default="0"),  # the fence: only ever grows
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False),
    Column("rescues", Integer, nullable=False, server_default="0"),
    Column("rerun", Boolean, nullable=False, server_default=text("false")),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("run_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("lease_until", DateTime(timezone=True)),
    Column("worker", Uuid),
    Column("progress", JSONB),
    Column("errors", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("actor", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
Index(
    "uq_jobs_unique_key_open",
    jobs.c.unique_key,
    unique=True,
    postgresql_where=text(OPEN_KEY),
)
Index("ix_jobs_due", jobs.c.queue, jobs.c.run_at, jobs.c.id, postgresql_where=text(WAITING))
Index("ix_jobs_running", jobs.c.lease_until, postgresql_where=text("state = 'running'"))
Index("ix_jobs_unique_key", jobs.c.unique_key, postgresql_where=text("unique_key is not null"))
Index("ix_jobs_finished_at", jobs.c.finished_at, postgresql_where=text("finished_at is not null"))

periodic = Table(
    "periodic_jobs",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("last_at", DateTime(timezone=True), nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tags", JSONB, nullable=False),
    Column("events", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),
)
Index("ix_outbox_unsent", outbox.c.created_at, postgresql_where=text("sent_at is null"))
Index("ix_outbox_sent_at", outbox.c.sent_at, postgresql_where=text("sent_at is not null"))


class NewJob(Struct, frozen=True, kw_only=True):
    """A row to be put on the ledger; `delay` in seconds."""

    policy: Policy
    args: Mapping[str, Any]
    unique_key: bytes | None
    delay: float = 0

    @classmethod
    def of(cls, job: Job, delay: float = 0) -> "NewJob":
        return cls(policy=job.policy, args=job.args(), unique_key=job.unique_key(), delay=delay)


RECENT = text(
    "select id from jobs where unique_key = :key and state = 'completed'"
    " and finished_at > clock_timestamp() - make_interval(secs => :within) limit 1"
)
# An equal job that waits stands for this one, and one that is running is told to run again: a
# change during a run is not missed. One row per key, running or not, so that no way back to the
# queue can meet another row there; the conflict's lock waits for a claim or finish under way.
INSERT = text(
    "insert into jobs (id, kind, queue, args, unique_key, max_attempts, run_at, actor, created_at)"
    " values (:id, :kind, :queue, cast(:args as jsonb), :key, :max_attempts,"
    " clock_timestamp() + make_interval(secs => :delay), :actor, clock_timestamp())"
    " on conflict (unique_key)"
    " where unique_key is not null and state in ('available', 'retryable', 'running')"
    " do update set rerun = jobs.rerun or jobs.state = 'running', run_at = case"
    " when jobs.state = 'running' then jobs.run_at else least(jobs.run_at, excluded.run_at) end"
    " returning id, xmax = 0 as inserted"
)


def insert_values(job: NewJob, encoded: str, actor: UUID | None) -> dict[str, Any]:
    """Parameters of INSERT for one job."""
    return {
        "id": new_id(),
        "kind": job.policy.name,
        "queue": job.policy.queue.value,
        "args": encoded,
        "key": job.unique_key,
        "max_attempts": job.policy.attempts,
        "delay": job.delay,
        "actor": actor,
    }


def queues_of(jobs_: Sequence[NewJob]) -> frozenset[str]:
    """The queues to ring for these jobs."""
    return frozenset(job.policy.queue.value for job in jobs_ if job.delay == 0)
