"""The ledger, read and mended by its administrators. It is never cached."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from app.core.db import Database
from app.core.jobs.table import jobs
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.server.domain import EqualJobUnderWay, JobFilter, JobRecord, JobState

SHOWN: Final = tuple(jobs.c[name] for name in JobRecord.__struct_fields__)
BY_IDS: Final = select(*SHOWN).where(jobs.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
NEWEST: Final = (Order(jobs.c.id, descending=True),)

# Not beside an equal one that waits or runs: the unique index refuses it.
RETRY: Final = text("""
update jobs set state = 'available', run_at = clock_timestamp(), failures = 0, rescues = 0,
       finished_at = null, lease_until = null, worker = null, cancel_requested = false,
       rerun = false, progress = null
 where id = :id and state in ('completed', 'cancelled', 'discarded')
returning queue
""")
STATE: Final = text("select state from jobs where id = :id")
FORGET_JOBS: Final = text("""
delete from jobs where id = any(array(
  select id from jobs where state = :state
     and finished_at < clock_timestamp() - make_interval(secs => :age)
   limit :most for update skip locked))
""")
FORGET_SENT: Final = text("""
delete from outbox where id = any(array(
  select id from outbox where sent_at < clock_timestamp() - make_interval(secs => :age)
   limit :most for update skip locked))
""")

OUTBOX_LAG = text(
    "select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)"
    " from outbox where sent_at is null"
)


class QueueDepth(Struct, frozen=True, kw_only=True):
    """Jobs of one queue in one state; `oldest` is how long ago the first was due, in seconds, and
    negative for one that is due later.
    """

    queue: str
    state: str
    jobs: int
    oldest: float | None


DEPTHS: Final = text("""
select queue, state, count(*) as jobs,
       extract(epoch from clock_timestamp() - min(run_at))::float8 as oldest
  from jobs where state in ('available', 'retryable', 'running') group by queue, state
""")


class JobRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, JobRecord]:
        """Jobs by their ids, as they stand now."""
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=JobRecord)
        return {job.id: job for job in rows}

    async def page(self, wanted: JobFilter, page: Keyset) -> Page[UUID]:
        """Jobs of this kind, the newest first."""
        statement = select(jobs.c.id).where(*_conditions(wanted))
        return await self.db.page(Sorted(statement, NEWEST), "jobs.newest", page)

    async def count(self, wanted: JobFilter) -> int:
        """How many there are."""
        statement = select(func.count()).select_from(jobs).where(*_conditions(wanted))
        return int(await self.db.scalar(statement))

    async def retry(self, tx: Tx, job_id: UUID) -> str | None:
        """Put a job that is over back on its queue, and answer which; None when it cannot be.

        Raises EqualJobUnderWay.
        """
        try:
            queue: str | None = (await tx.execute(RETRY, {"id": job_id})).scalar()
        except IntegrityError:
            raise EqualJobUnderWay from None
        return queue

    async def state(self, tx: Tx, job_id: UUID) -> JobState | None:
        """Where a job stands; None when there is none."""
        state = (await tx.execute(STATE, {"id": job_id})).scalar()
        return None if state is None else JobState(state)

    async def forget_jobs(self, tx: Tx, state: JobState, age: float, most: int) -> int:
        """Delete jobs that reached this state more than `age` seconds ago; says how many."""
        values = {"state": state.value, "age": age, "most": most}
        return (await tx.execute(FORGET_JOBS, values)).rowcount

    async def forget_sent(self, tx: Tx, age: float, most: int) -> int:
        """Delete outbox rows delivered more than `age` seconds ago; says how many."""
        return (await tx.execute(FORGET_SENT, {"age": age, "most": most})).rowcount

    async def depths(self) -> list[QueueDepth]:
        """How full the queues are."""
        return await self.db.fetch(DEPTHS, into=QueueDepth)

    async def outbox_lag(self) -> float:
        """Age in seconds of the oldest message that nobody delivered."""
        return float(await self.db.scalar(OUTBOX_LAG))


def _conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.state is not None:
        conditions.append(jobs.c.state == wanted.state.value)
    if wanted.queue is not None:
        conditions.append(jobs.c.queue == wanted.queue.value)
    if wanted.kind is not None:
        conditions.append(jobs.c.kind == wanted.kind)
    return conditions
