"""The server's own upkeep."""

from app.core.clock import minutes
from app.core.jobs import Job, Queue, job


@job("jobs.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=minutes(10))
class CleanJobs(Job, frozen=True):
    """Forget jobs that are long over, and deliveries that have been made."""
