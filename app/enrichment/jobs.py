"""Refreshing, as jobs."""

from uuid import UUID

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, exponential, job
from app.enrichment.domain import AGAIN, Refreshable
from app.libraries.domain import LibraryId


@job(
    "metadata.refresh",
    queue=Queue.DEFAULT,
    attempts=5,
    timeout=minutes(15),
    backoff=exponential(60),
    unique_by=("kind", "id", "force"),
    unique_for=AGAIN,
)
class RefreshMetadata(Job, frozen=True):
    """Ask providers about one thing again; `force` takes no answer that was kept."""

    kind: Refreshable
    id: UUID
    force: bool = False


@job(
    "metadata.refresh_library",
    queue=Queue.LOW,
    attempts=3,
    timeout=minutes(5),
    unique_by=("library_id", "force"),
    unique_for=AGAIN,
)
class RefreshLibrary(Job, frozen=True):
    """Make titles of a library due: what was not wholly found, or all with `force`."""

    library_id: LibraryId
    force: bool = False


@job("metadata.refresh_due", queue=Queue.BULK, attempts=3, timeout=hours(6), every=minutes(5))
class RefreshDue(Job, frozen=True):
    """Refresh what is due, until nothing is."""
