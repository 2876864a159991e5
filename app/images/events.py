"""What happens to pictures."""

from typing import Any

from app.core.events import Audit, Event, event
from app.items.domain import ItemId


@event("artwork.choose", audit=Audit("item", "item_id"))
class ArtworkChosen(Event, frozen=True, kw_only=True):
    """Somebody chose the picture of an item that is shown first, or none any more."""

    item_id: ItemId
    changes: dict[str, Any] | None = None
