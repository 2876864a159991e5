"""How a job is cancelled, whoever asks: at once while it waits, by a request while it runs."""

from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from app.core.events import Event, event
from app.core.jobs.declare import TOPIC

if TYPE_CHECKING:
    from app.core.live import Live
    from app.core.tx import Tx

CONTROL: Final = "jobs.control"
"""The live topic on which workers hear which of their runs shall stop."""
CANCEL: Final = """
update jobs set cancel_requested = (state = 'running'), rerun = false,
       finished_at = case when state = 'running' then null else clock_timestamp() end,
       state = case when state = 'running' then 'running' else 'cancelled' end
 where {which} and state in ('available', 'retryable', 'running')
returning id, state
"""
BY_ID: Final = text(CANCEL.format(which="id = :which"))
BY_KEY: Final = text(CANCEL.format(which="unique_key = :which"))


@event("job.changed", live=TOPIC)
class JobChanged(Event, frozen=True, kw_only=True):
    """Jobs were put back to work, or cancelled."""

    job_ids: tuple[UUID, ...]


class Cancelled(Struct, frozen=True):
    """A job that was cancelled; one that is `running` ends as soon as it can stop."""

    id: UUID
    running: bool


async def cancel_job(tx: "Tx", which: UUID | bytes) -> Cancelled | None:
    """Cancel the job with this id or unique key and tell its followers; None when it is over.

    After the commit `hurry` makes a running one stop sooner.
    """
    statement = BY_KEY if isinstance(which, bytes) else BY_ID
    row = (await tx.execute(statement, {"which": which})).first()
    if row is None:
        return None
    tx.emit(JobChanged(job_ids=(row.id,)))
    return Cancelled(row.id, row.state == "running")


async def hurry(live: "Live", cancelled: Cancelled) -> None:
    """Tell the worker that runs it; its heartbeat would see the request too, but later."""
    if cancelled.running:
        await live.publish(CONTROL, "job.cancel", {"job_id": str(cancelled.id)})
