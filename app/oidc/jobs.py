"""What sign-ins elsewhere leave to be done."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("oidc.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanOidcStates(Job, frozen=True):
    """Forget who never came back."""
