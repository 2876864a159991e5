"""What administrators do to jobs."""

from uuid import UUID

from app.core.events import Event, event


@event("job.changed", live="jobs")
class JobChanged(Event, frozen=True, kw_only=True):
    """Jobs were put back to work, or cancelled."""

    job_ids: tuple[UUID, ...]
