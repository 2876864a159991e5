"""The upkeep of API keys."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("apikeys.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(1))
class CleanApiKeys(Job, frozen=True):
    """Forget keys that are long over."""
