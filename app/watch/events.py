"""What happens to watch progress."""

from uuid import UUID

from app.core.events import Event, event


@event("watch.changed", live="watch:{user_id}")
class WatchChanged(Event, frozen=True, kw_only=True):
    """A viewer's progress with these items changed."""

    user_id: UUID
    item_ids: tuple[UUID, ...]
    completed: bool
