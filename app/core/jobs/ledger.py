"""The statements that move a job through its life. Each is one round trip, each is fenced.

available → running → completed | retryable | cancelled | discarded. `attempt` counts claims and
only ever grows, so (id, attempt, worker) names one run and no other: that is the fence.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from msgspec import Struct

MOST_RESCUES: Final = 3
SILENT: Final = "Its worker fell silent."
KEPT_ERRORS: Final = 10

# An array is made once. A join of the same select may run it, and so count its limit, many times.
CLAIM: Final = """
update jobs set state = 'running', attempt = attempt + 1, worker = $2, rerun = false,
       lease_until = clock_timestamp() + make_interval(secs => $4),
       started_at = clock_timestamp(), finished_at = null, progress = null
 where id = any(array(select id from jobs
                       where queue = $1 and state in ('available', 'retryable')
                         and run_at <= clock_timestamp()
                       order by run_at, id limit $3 for update skip locked))
returning id, kind, args, attempt, failures, max_attempts, actor
"""

# Runs that are over for the ledger are dropped by the caller; the others tell whether to stop.
# What somebody holds just now is left until the next beat: a run that ends holds its own row while
# it notes what others have to do once more, so that whoever waits for several waits in a circle.
RENEW: Final = """
with mine as (
     select j.id, j.cancel_requested
       from jobs j join unnest($1::uuid[], $2::int[]) as m(id, attempt)
         on j.id = m.id and j.attempt = m.attempt
      where j.worker = $3 and j.state = 'running'),
free as (
     select id from jobs where id = any(array(select id from mine))
        and worker = $3 and state = 'running' for no key update skip locked),
renewed as (
     update jobs set lease_until = clock_timestamp() + make_interval(secs => $4)
      where id = any(array(select id from free)))
select id, cancel_requested from mine
"""

FENCE: Final = """
select 1 from jobs where id = :id and attempt = :attempt and worker = :worker
   and state = 'running' for no key update
"""

# A change that came during the run is not lost: the job goes back to the start of the queue.
FINISH: Final = """
update jobs set state = case when rerun then 'available' else 'completed' end,
       run_at = case when rerun then clock_timestamp() else run_at end,
       failures = 0, rescues = 0, rerun = false, lease_until = null, cancel_requested = false,
       finished_at = case when rerun then null else clock_timestamp() end
 where id = $1 and attempt = $2 and worker = $3 and state = 'running'
returning state
"""

# Others of the kind that wait, done by a run with its own work: they end as it commits.
ABSORB: Final = """
update jobs set state = 'completed', started_at = clock_timestamp(),
       finished_at = clock_timestamp(), failures = 0
 where id = any(array(select id from jobs
                       where queue = (select queue from jobs where id = :id)
                         and state in ('available', 'retryable') and kind = :kind
                         and run_at <= clock_timestamp()
                       order by run_at, id limit :most for update skip locked))
returning args
"""

# A request to cancel that came too late to interrupt still ends the job; a job that was enqueued
# again during the run starts afresh instead of ending (a cancellation takes `rerun` back, so one
# that stands beside it came later).
FAIL: Final = """
update jobs set lease_until = null, cancel_requested = cancel_requested and not rerun,
       state = case when not (cancel_requested or $4::text in ('cancelled', 'discarded'))
                    then $4::text
                    when rerun then 'available'
                    when $4::text = 'discarded' then $4::text else 'cancelled' end,
       failures = case when rerun and (cancel_requested or $4::text in ('cancelled', 'discarded'))
                       then 0 else failures + $5::int end,
       run_at = clock_timestamp() + make_interval(secs => $6), rerun = false,
       finished_at = case when (cancel_requested or $4::text in ('cancelled', 'discarded'))
                           and not rerun then clock_timestamp() end,
       errors = case when $7::jsonb is null then errors else
         (select jsonb_agg(e order by n) from (
            select e, n from jsonb_array_elements($7::jsonb || errors) with ordinality as t(e, n)
             order by n limit 10) newest) end
 where id = $1 and attempt = $2 and worker = $3 and state = 'running'
returning state
"""

# As in FAIL: a change that came during the last run starts the job afresh instead of ending it.
REAP: Final = """
update jobs set lease_until = null, worker = null, rerun = false, run_at = clock_timestamp(),
       state = case when not (cancel_requested or rescues + 1 >= $1) then 'retryable'
                    when rerun then 'available'
                    when cancel_requested then 'cancelled' else 'discarded' end,
       rescues = case when rerun and (cancel_requested or rescues + 1 >= $1) then 0
                      else rescues + 1 end,
       failures = case when rerun and (cancel_requested or rescues + 1 >= $1) then 0
                       else failures end,
       cancel_requested = cancel_requested and not rerun,
       finished_at = case when (cancel_requested or rescues + 1 >= $1) and not rerun
                          then clock_timestamp() end,
       errors = (select jsonb_agg(e order by n) from (
            select e, n from jsonb_array_elements(jsonb_build_array(jsonb_build_object(
                'attempt', attempt, 'error', $2::text, 'at', clock_timestamp())) || errors)
              with ordinality as t(e, n) order by n limit 10) newest)
 where id = any(array(select id from jobs
                       where state = 'running' and lease_until < clock_timestamp()
                       limit 500 for update skip locked))
returning id, kind, queue, state
"""

TICK: Final = """
insert into periodic_jobs as p (kind, last_at) values (:kind, clock_timestamp())
on conflict (kind) do update set last_at = excluded.last_at
 where p.last_at <= excluded.last_at - make_interval(secs => :every)
returning kind
"""


class Claimed(Struct, frozen=True, kw_only=True):
    """A job that is ours until its lease ends."""

    id: UUID
    kind: str
    args: Any
    attempt: int
    failures: int
    max_attempts: int
    actor: UUID | None


class Ledger:
    """The job table as one worker process sees it, on an asyncpg pool or connection."""

    def __init__(self, connection: "asyncpg.Pool | asyncpg.Connection", worker: UUID) -> None:
        self._db = connection
        self.worker = worker

    async def claim(self, queue: str, limit: int, lease: float) -> list[Claimed]:
        """Take the next due jobs of a queue, at most `limit`; `lease` in seconds."""
        rows = await self._db.fetch(CLAIM, queue, self.worker, limit, lease)
        return [
            Claimed(
                id=row["id"],
                kind=row["kind"],
                args=orjson.loads(row["args"]) if isinstance(row["args"], str) else row["args"],
                attempt=row["attempt"],
                failures=row["failures"],
                max_attempts=row["max_attempts"],
                actor=row["actor"],
            )
            for row in rows
        ]

    async def renew(self, runs: Sequence[tuple[UUID, int]], lease: float) -> dict[UUID, bool]:
        """Extend leases. Answers the runs that are still ours, and whether each should stop."""
        ids, attempts = [run[0] for run in runs], [run[1] for run in runs]
        rows = await self._db.fetch(RENEW, ids, attempts, self.worker, lease)
        return {row["id"]: row["cancel_requested"] for row in rows}

    async def finish(self, job: Claimed) -> str | None:
        """Complete a run; None when it is no longer ours."""
        state: str | None = await self._db.fetchval(FINISH, job.id, job.attempt, self.worker)
        return state

    async def fail(
        self, job: Claimed, state: str, *, delay: float, error: str | None, counts: bool
    ) -> str | None:
        """End a run in another way; `counts` makes it a failure. None when no longer ours."""
        note = None
        if error is not None:
            note = orjson.dumps(
                [{"attempt": job.attempt, "error": error[:2000], "at": _now()}]
            ).decode()
        ended: str | None = await self._db.fetchval(
            FAIL, job.id, job.attempt, self.worker, state, int(counts), delay, note
        )
        return ended

    async def reap(self) -> list[asyncpg.Record]:
        """Take jobs from workers that fell silent; after three rescues a job is discarded."""
        return await self._db.fetch(REAP, MOST_RESCUES, SILENT)  # type: ignore[no-any-return]


def _now() -> str:
    return datetime.now(UTC).isoformat()
