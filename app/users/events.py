"""What happens to accounts."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event


@event("user.create", audit=Audit("user", "user_id"))
class UserCreated(Event, frozen=True, kw_only=True):
    """There is a new account."""

    user_id: UUID


@event("user.update", audit=Audit("user", "user_id"))
class UserUpdated(Event, frozen=True, kw_only=True):
    """Something about an account is different; `changes` is {field: {old, new}}."""

    user_id: UUID
    changes: dict[str, Any]


@event("user.deactivate", audit=Audit("user", "user_id"))
class UserDeactivated(Event, frozen=True, kw_only=True):
    """A user has switched off their own account."""

    user_id: UUID


@event("admin.user.ban", audit=Audit("user", "user_id"))
class UserBanned(Event, frozen=True, kw_only=True):
    """An administrator has switched off an account."""

    user_id: UUID


@event("admin.user.unban", audit=Audit("user", "user_id"))
class UserUnbanned(Event, frozen=True, kw_only=True):
    """An administrator has switched on an account."""

    user_id: UUID


@event("user.delete", audit=Audit("user", "user_id"))
class UserDeleted(Event, frozen=True, kw_only=True):
    """An account was deleted; it can be restored until it is purged."""

    user_id: UUID


@event("user.restore", audit=Audit("user", "user_id"))
class UserRestored(Event, frozen=True, kw_only=True):
    """A deleted account is there again."""

    user_id: UUID


@event("user.purge", audit=Audit("user", "user_id"))
class UserPurged(Event, frozen=True, kw_only=True):
    """Nothing is left of a deleted account."""

    user_id: UUID
