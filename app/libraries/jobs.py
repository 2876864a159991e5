"""What is done to libraries later."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, exponential, job
from app.libraries.domain import LibraryId


@job(
    "libraries.delete",
    queue=Queue.DEFAULT,
    attempts=20,
    timeout=hours(1),
    backoff=exponential(10, most=600),
    unique_by=("library_id",),
)
class DeleteLibrary(Job, frozen=True):
    """Remove everything in a library, then the library, a batch at a time."""

    library_id: LibraryId


@job("libraries.cleanup", queue=Queue.LOW, attempts=3, timeout=minutes(2), every=hours(24))
class CleanScans(Job, frozen=True):
    """Delete records of scans that ended more than 30 days ago; carry on lost deletions."""


@job("libraries.purge", queue=Queue.LOW, attempts=3, timeout=hours(1), every=hours(24))
class PurgeFiles(Job, frozen=True):
    """Forget files that have been missing for long, and what has no other."""
