"""Changes of what somebody may do."""

from uuid import UUID

from app.core.events import Event, event


@event("grant.changed")
class GrantChanged(Event, frozen=True, kw_only=True):
    """A user's access to a library was given, changed or taken away."""

    user_id: UUID
    library_id: UUID


@event("roles.changed")
class RolesChanged(Event, frozen=True, kw_only=True):
    """A user has other roles than before."""

    user_id: UUID
