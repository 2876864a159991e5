"""The activity log's upkeep."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("activity.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(30), every=hours(24))
class CleanActivity(Job, frozen=True):
    """Forget what was done longer ago than the log is kept."""
