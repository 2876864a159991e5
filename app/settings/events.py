"""What happens to settings. Values of secret ones are in none of these."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event


@event("settings.update", audit=Audit("setting"))
class SettingsUpdated(Event, frozen=True, kw_only=True):
    """A setting of the server has another value; `changes` is {key: {old, new}}."""

    changes: dict[str, Any]


@event("settings.user_update", audit=Audit("user", "user_id"))
class UserSettingsUpdated(Event, frozen=True, kw_only=True):
    """A user has set some of their own settings; `changes` says which, not to what."""

    user_id: UUID
    changes: dict[str, Any]
