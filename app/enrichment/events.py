"""What people did to metadata by hand; each is logged."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event

ITEM = Audit("item", "item_id")


@event("metadata.edit", audit=ITEM)
class MetadataEdited(Event, frozen=True, kw_only=True):
    """Somebody said fields of an item, from what they were to what they are now."""

    item_id: UUID
    changes: dict[str, Any] | None = None


@event("metadata.lock", audit=ITEM)
class MetadataLocked(Event, frozen=True, kw_only=True):
    """Somebody locked or unlocked fields of an item."""

    item_id: UUID
    changes: dict[str, Any] | None = None


@event("metadata.identify", audit=ITEM)
class ItemIdentified(Event, frozen=True, kw_only=True):
    """Somebody said which record of a provider an item is."""

    item_id: UUID
    changes: dict[str, Any] | None = None
