"""What is done with the activity log itself."""

from typing import Any

from app.core.events import Audit, Event, event


@event("activity.export", audit=Audit("activity"))
class ActivityExported(Event, frozen=True, kw_only=True):
    """Somebody took a copy of the log away; `changes` says of which part of it."""

    changes: dict[str, Any]
