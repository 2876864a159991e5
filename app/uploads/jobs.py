"""What uploads leave to be done."""

from app.core.clock import minutes
from app.core.jobs import Job, Queue, job


@job("uploads.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=minutes(10))
class CleanUploads(Job, frozen=True):
    """Delete uploads that nobody used in time, and what broken ones left behind."""
