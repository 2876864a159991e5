"""Sign-ins and what they show. Structs that hold a secret do not show it in their repr."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from app.core.errors import Unauthenticated, Unavailable
from app.rbac.domain import BuiltIn, StoredRights
from app.users.domain import User

TOKEN_PREFIX = "rvs"  # noqa: S105 - what a session's token begins with
HIDDEN = "•••"


class Session(Struct, frozen=True, kw_only=True):
    """A sign-in, without its token."""

    id: UUID
    user_id: UUID
    created_at: datetime
    expires_at: datetime


class Login(Struct, frozen=True, kw_only=True):
    """A fresh sign-in; the only time its token is known."""

    token: str
    expires_at: datetime
    user: User

    def __repr__(self) -> str:
        return f"Login(token={HIDDEN}, user={self.user.username})"


class Me(Struct, frozen=True, kw_only=True):
    """What the signed-in viewer is told about oneself."""

    user: User
    roles: tuple[BuiltIn, ...]
    permissions: tuple[str, ...]
    session: Session | None
    must_change_password: bool


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account with what it takes to sign in."""

    username: str
    password: str
    display_name: str | None = None
    role: BuiltIn = BuiltIn.USER
    max_age: int | None = None

    def __repr__(self) -> str:
        return f"NewAccount(username={self.username!r}, password={HIDDEN}, role={self.role})"


class OneTimePassword(Struct, frozen=True, kw_only=True):
    """A password made by the server, to be shown once to its administrator."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"OneTimePassword(username={self.username!r}, password={HIDDEN})"


class SessionRow(StoredRights, frozen=True, kw_only=True):
    """A valid session with all that its user's rights are made of."""

    session_id: UUID
    user_id: UUID
    username: str
    expires_at: datetime


class Standing(StoredRights, frozen=True, kw_only=True):
    """A user's rights, and whether the password is one that the server made."""

    one_time: bool


class Secret(Struct, frozen=True, kw_only=True):
    """The stored hash of a user's password."""

    user_id: UUID
    username: str
    hash: str | None
    is_active: bool
    one_time: bool = False

    def __repr__(self) -> str:
        return f"Secret(user_id={self.user_id}, hash={HIDDEN})"


class BadCredentials(Unauthenticated):
    """No such user, another password, or an account that is switched off: all alike."""

    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong.")


class PasswordFileUnwritable(Unavailable):
    """The first administrator's password cannot be left where the administrator would find it."""
