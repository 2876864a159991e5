"""What sign-ins leave to be done."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("sessions.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanSessions(Job, frozen=True):
    """Forget sessions that are long over."""


@job("sign_ins.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanSignIns(Job, frozen=True):
    """Forget challenges that expired, and failed attempts that no longer count."""
