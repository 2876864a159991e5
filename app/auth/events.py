"""What happens to sign-ins."""

from uuid import UUID

from app.core.events import Event, event


@event("auth.password_changed")
class PasswordChanged(Event, frozen=True, kw_only=True):
    """A user has another password, of their own or a new one-time one."""

    user_id: UUID
