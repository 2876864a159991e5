"""What happens to accounts."""

from uuid import UUID

from app.core.events import Event, event


@event("user.created")
class UserCreated(Event, frozen=True, kw_only=True):
    """There is a new account."""

    user_id: UUID
