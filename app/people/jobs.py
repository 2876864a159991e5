"""What is done about persons later."""

from uuid import UUID

from app.core.clock import minutes
from app.core.jobs import Job, Queue, job


@job("people.merge", queue=Queue.LOW, attempts=5, timeout=minutes(2), unique_by=("kept", "gone"))
class MergeTwins(Job, frozen=True):
    """Make one of two persons whom an id elsewhere says to be one, unless that cannot be."""

    kept: UUID
    gone: UUID
