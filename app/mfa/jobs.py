"""What second factors leave to be done."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("mfa.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanFactors(Job, frozen=True):
    """Forget challenges, set-ups and devices whose time is over."""
