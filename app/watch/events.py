"""What happens to watch progress."""

from typing import Final
from uuid import UUID

from app.core.events import Event, event

MOST_ITEMS: Final = 500  # in one event


@event("watch.changed", live="watch:{user_id}")
class WatchChanged(Event, frozen=True, kw_only=True):
    """A viewer's progress with these items changed."""

    user_id: UUID
    item_ids: tuple[UUID, ...]
    completed: bool
