"""Scans and probes, to be done by the bulk process."""

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, constant, exponential, job
from app.libraries.domain import LibraryId, ScanId


@job(
    "scanning.scan",
    queue=Queue.BULK,
    attempts=3,
    timeout=hours(24),
    backoff=constant(15),
    # One open scan per library is the record's rule. By library, a scan asked for while a cancelled
    # one still stops would only make that one run again.
    unique_by=("scan_id",),
)
class ScanLibrary(Job, frozen=True):
    """Carry out a scan whose record waits."""

    library_id: LibraryId
    scan_id: ScanId


@job(
    "scanning.probe",
    queue=Queue.BULK,
    attempts=5,
    timeout=hours(1),
    backoff=exponential(5),
    unique_by=("library_id",),
)
class ProbeLibrary(Job, frozen=True):
    """Look inside the files of a library that wait for it."""

    library_id: LibraryId


@job("scanning.schedule", queue=Queue.DEFAULT, attempts=3, timeout=minutes(1), every=minutes(1))
class ScheduleScans(Job, frozen=True):
    """Start the scans that are due."""
