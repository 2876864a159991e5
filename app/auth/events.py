"""What happens to sign-ins."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event


@event("user.login", audit=Audit("user", "user_id"))
class SignedIn(Event, frozen=True, kw_only=True):
    """Somebody came in, or tried to: `success` tells; `user_id` is None for an unknown name."""

    user_id: UUID | None
    method: str
    success: bool = True
    problem: str | None = None


@event("user.logout", audit=Audit("session", "session_id"))
class SignedOut(Event, frozen=True, kw_only=True):
    """A user ended their session."""

    user_id: UUID
    session_id: UUID


@event("session.create", audit=Audit("session", "session_id"))
class SessionCreated(Event, frozen=True, kw_only=True):
    """There is a new session."""

    user_id: UUID
    session_id: UUID


@event("session.revoke", audit=Audit("user", "user_id"))
class SessionsRevoked(Event, frozen=True, kw_only=True):
    """Sessions of a user were ended before their time; `problem`: somebody did wrong."""

    user_id: UUID
    session_ids: tuple[UUID, ...]
    success: bool = True
    problem: str | None = None


@event("session.expired", audit=Audit("session"))
class SessionsExpired(Event, frozen=True, kw_only=True):
    """Sessions that nobody ended ran out a while ago, and are forgotten now."""

    session_ids: tuple[UUID, ...]
    changes: dict[str, Any] | None = None


@event("user.password_change", audit=Audit("user", "user_id"))
class PasswordChanged(Event, frozen=True, kw_only=True):
    """A user has another password, of their own or a new one-time one."""

    user_id: UUID


@event("user.password_reset", audit=Audit("user", "user_id"))
class PasswordReset(Event, frozen=True, kw_only=True):
    """A user chose a new password by a link, or has to: an administrator made the old one void."""

    user_id: UUID
    forced: bool = False


@event("user.email_verified", audit=Audit("user", "user_id"))
class EmailVerified(Event, frozen=True, kw_only=True):
    """A user has shown that an address is theirs; it is the account's now."""

    user_id: UUID
    changes: dict[str, Any] | None = None
