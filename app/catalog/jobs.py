"""What the catalogue does by itself."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("catalog.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=hours(6))
class CleanCatalog(Job, frozen=True):
    """Delete persons, genres and collections that no item has any more."""
