"""What is done about pictures in the background."""

from uuid import UUID

from app.core.clock import hours, minutes
from app.core.jobs import Job, Queue, job


@job("images.fetch", queue=Queue.LOW, attempts=3, timeout=hours(1), unique_by=("artwork_ids",))
class FetchArtwork(Job, frozen=True):
    """Fetch pictures before somebody asks for them; at most 500."""

    artwork_ids: tuple[UUID, ...]


@job("images.tidy", queue=Queue.LOW, attempts=3, timeout=minutes(10), every=minutes(10))
class TidyImages(Job, frozen=True):
    """Keep pictures within their limit, and forget those that nothing has any more."""
