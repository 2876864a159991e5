"""Changes of what somebody may do. `changes` are {what: {old, new}}, for the activity log."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event


@event("admin.role.assign", audit=Audit("user", "user_id"))
class RoleAssigned(Event, frozen=True, kw_only=True):
    """A user has roles that they had not before."""

    user_id: UUID
    changes: dict[str, Any]


@event("admin.role.revoke", audit=Audit("user", "user_id"))
class RoleRevoked(Event, frozen=True, kw_only=True):
    """A user has lost roles."""

    user_id: UUID
    changes: dict[str, Any]


@event("user.require_factor", audit=Audit("user", "user_id"))
class FactorRequired(Event, frozen=True, kw_only=True):
    """A user has to show a second factor from now on, or no longer."""

    user_id: UUID
    changes: dict[str, Any]


@event("role.create", audit=Audit("role", "role_id"))
class RoleCreated(Event, frozen=True, kw_only=True):
    """There is a new role."""

    role_id: UUID
    changes: dict[str, Any]


@event("role.update", audit=Audit("role", "role_id"))
class RoleUpdated(Event, frozen=True, kw_only=True):
    """A role has another name, description or permissions, or requires a second factor."""

    role_id: UUID
    changes: dict[str, Any]


@event("role.delete", audit=Audit("role", "role_id"))
class RoleDeleted(Event, frozen=True, kw_only=True):
    """A role is no more; who had it has `reassigned_to` instead."""

    role_id: UUID
    reassigned_to: UUID | None
    changes: dict[str, Any]


@event("library.grant", audit=Audit("library", "library_id"))
class LibraryGranted(Event, frozen=True, kw_only=True):
    """A user or everybody of a role has access to a library, or another level of it."""

    library_id: UUID
    user_id: UUID | None
    role_id: UUID | None
    changes: dict[str, Any]


@event("library.revoke", audit=Audit("library", "library_id"))
class LibraryRevoked(Event, frozen=True, kw_only=True):
    """A grant was taken away."""

    library_id: UUID
    user_id: UUID | None
    role_id: UUID | None
    changes: dict[str, Any]


@event("library.hide", audit=Audit("library", "library_id"))
class LibraryHidden(Event, frozen=True, kw_only=True):
    """A library is denied to a user, whatever was granted."""

    library_id: UUID
    user_id: UUID
    changes: dict[str, Any]


@event("library.unhide", audit=Audit("library", "library_id"))
class LibraryUnhidden(Event, frozen=True, kw_only=True):
    """A library is no longer denied to a user."""

    library_id: UUID
    user_id: UUID
    changes: dict[str, Any]
