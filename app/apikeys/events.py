"""What happens to API keys."""

from typing import Any, Final
from uuid import UUID

from app.core.events import Audit, Event, event

API_KEY: Final = Audit("apikey", "api_key_id")


@event("apikey.create", audit=API_KEY)
class ApiKeyCreated(Event, frozen=True, kw_only=True):
    """There is a new key."""

    api_key_id: UUID
    user_id: UUID
    changes: dict[str, Any]


@event("apikey.update", audit=API_KEY)
class ApiKeyUpdated(Event, frozen=True, kw_only=True):
    """A key has another name or description: what was and what is."""

    api_key_id: UUID
    user_id: UUID
    changes: dict[str, Any]


@event("admin.apikey.revoke", audit=Audit("user", "user_id"))
class ApiKeyTaken(Event, frozen=True, kw_only=True):
    """An administrator has revoked a key of somebody, who finds it in the log of the account."""

    api_key_id: UUID
    user_id: UUID
    changes: dict[str, Any]


@event("apikey.revoke", audit=API_KEY)
class ApiKeyRevoked(Event, frozen=True, kw_only=True):
    """A key is not good any more."""

    api_key_id: UUID
    user_id: UUID
    changes: dict[str, Any]
