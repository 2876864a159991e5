"""What sign-ins leave to be done."""

from uuid import UUID

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job
from app.core.jobs.declare import exponential


@job("sessions.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanSessions(Job, frozen=True):
    """Forget sessions that are long over."""


@job("sign_ins.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanSignIns(Job, frozen=True):
    """Forget challenges that expired, and failed attempts that no longer count."""


@job(
    "mail.letter",
    queue=Queue.HIGH,
    attempts=12,
    timeout=minutes(4),
    backoff=exponential(20),
    unique_by=("letter_id",),
)
class SendLetter(Job, frozen=True):
    """Write to a user. The token of a link is made when it is written, and again at each try."""

    letter_id: UUID
