"""Sign-ins and what they show. Structs that hold a secret do not show it in their repr."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.access import NOWHERE, Client
from app.core.errors import Conflict, Invalid, Reauthenticate, Unauthenticated, Unavailable
from app.rbac.domain import BuiltIn, StoredRights
from app.users.domain import User

TOKEN_PREFIX: Final = "rvs"  # noqa: S105 - what a session's access token begins with
REFRESH_PREFIX: Final = "rvr"
CHALLENGE_PREFIX: Final = "rvc"
HIDDEN: Final = "•••"


class Factor(StrEnum):
    """What somebody can show beside the first proof."""

    TOTP = "totp"
    WEBAUTHN = "webauthn"
    BACKUP_CODE = "backup_code"


class Entry(Struct, frozen=True, kw_only=True):
    """How somebody comes in: from where, on which device, and whether a browser keeps cookies.
    `session_id` is the id that the session shall have, for who has to know it before it is open.
    """

    client: Client = NOWHERE
    device_name: str | None = None
    trusted_device: str | None = None
    cookies: bool = False
    session_id: UUID | None = None

    def __repr__(self) -> str:
        return f"Entry(client={self.client!r}, trusted_device={HIDDEN})"


class Session(Struct, frozen=True, kw_only=True):
    """A sign-in, without its tokens. `expires_at` is when it ends unless it is refreshed;
    `factor` says whether a second factor was shown.
    """

    id: UUID
    user_id: UUID
    method: str
    device_name: str | None = None
    address: str | None = None
    agent: str | None = None
    factor: bool = False
    created_at: datetime
    authenticated_at: datetime
    last_active_at: datetime
    access_expires_at: datetime
    expires_at: datetime


class Tokens(Struct, frozen=True, kw_only=True):
    """Fresh tokens of a session; the only time that they are known."""

    access: str
    refresh: str
    session: Session

    def __repr__(self) -> str:
        return f"Tokens(session={self.session.id}, access={HIDDEN}, refresh={HIDDEN})"


class LoginSuccess(Struct, frozen=True, kw_only=True):
    """Somebody is in. `owes_factor`: the account requires a second factor and has none yet."""

    tokens: Tokens
    user: User
    must_change_password: bool = False
    owes_factor: bool = False
    cookies: bool = False
    device_token: str | None = None

    def __repr__(self) -> str:
        return f"LoginSuccess(user={self.user.username}, session={self.tokens.session.id})"


class MfaRequired(Struct, frozen=True, kw_only=True):
    """The first proof was good; one of these factors has to be shown for the challenge."""

    challenge: str
    factors: tuple[Factor, ...]
    expires_at: datetime

    def __repr__(self) -> str:
        return f"MfaRequired(challenge={HIDDEN}, factors={self.factors})"


class Challenge(Struct, frozen=True, kw_only=True):
    """A sign-in that waits for its second factor."""

    id: UUID
    user_id: UUID
    username: str
    method: str
    entry: Entry
    expires_at: datetime


class SecondFactors(Protocol):
    """What the gate asks about second factors; they are kept in a slice above."""

    async def factors(self, user_id: UUID) -> tuple[Factor, ...]:
        """What this user can show; empty for nothing."""
        ...

    async def trusts(self, user_id: UUID, token: str) -> bool:
        """Whether this token is of a device that the user trusts."""
        ...


class PrincipalRow(StoredRights, frozen=True, kw_only=True):
    """A good credential with all that its user's rights are made of.

    `scopes` narrows the permissions of an API key; None for a session, whose `factor` counts.
    `language` is the one that the user prefers, None where that was never said.
    """

    credential_id: UUID
    user_id: UUID
    username: str
    expires_at: datetime | None
    factor: bool = False
    must_change: bool = False
    language: str | None = None
    scopes: tuple[str, ...] | None = None


class Seen(Struct, frozen=True):
    """The last use of a credential."""

    at: datetime
    address: str


class CredentialSource(Protocol):
    """A kind of credential beside sessions; its slice is above this one."""

    def claims(self, token: str) -> bool:
        """Whether a token has the form of this kind."""
        ...

    async def principal(self, token_hash: bytes) -> PrincipalRow | None:
        """Whose token this is; None when it is not good now."""
        ...

    async def note_seen(self, seen: Mapping[UUID, Seen]) -> None:
        """Write down when credentials were last used."""
        ...


class Attempt(Struct, frozen=True):
    """A try to show a secret, counted as a failure until it is taken back."""

    id: UUID
    account: str
    address: str


class Me(Struct, frozen=True, kw_only=True):
    """What the signed-in viewer is told about oneself."""

    user: User
    permissions: tuple[str, ...]
    session: Session | None
    must_change_password: bool
    owes_factor: bool

    @property
    def user_id(self) -> UUID:
        """Whose roles are shown."""
        return self.user.id


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account with what it takes to sign in: a password, or an address to choose one by."""

    username: str
    password: str | None = None
    email: str | None = None
    display_name: str | None = None
    role_ids: tuple[UUID, ...] = (BuiltIn.USER.id,)
    max_age: int | None = None

    def __repr__(self) -> str:
        return f"NewAccount(username={self.username!r}, password={HIDDEN})"


class OneTimePassword(Struct, frozen=True, kw_only=True):
    """A password made by the server, to be shown once to its administrator."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"OneTimePassword(username={self.username!r}, password={HIDDEN})"


class ForcedReset(Struct, frozen=True, kw_only=True):
    """How somebody whose password is void gets another: by a mail, or by one that the server made,
    to be shown once to its administrator.
    """

    mail_sent: bool
    one_time_password: str | None = None

    def __repr__(self) -> str:
        return f"ForcedReset(mail_sent={self.mail_sent}, one_time_password={HIDDEN})"


class Standing(StoredRights, frozen=True, kw_only=True):
    """An account as the gate sees it; `one_time`: the password is one that the server made."""

    user_id: UUID
    username: str
    is_active: bool
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


class LetterKind(StrEnum):
    """What a mail to a user is about; also the name of its template."""

    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a name
    FORCE_RESET = "force_reset"
    INVITATION = "invitation"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name


class Letter(Struct, frozen=True, kw_only=True):
    """A mail to a user that is to be written, or was; `email` is where it goes."""

    id: UUID
    user_id: UUID
    kind: LetterKind
    email: str | None
    created_at: datetime
    used_at: datetime | None
    username: str
    current_email: str | None


class NewRegistration(Struct, frozen=True, kw_only=True):
    """An account that somebody makes for oneself."""

    username: str
    email: str
    password: str
    display_name: str | None = None
    locale: str = "en-US"

    def __repr__(self) -> str:
        return f"NewRegistration(username={self.username!r}, password={HIDDEN})"


class Registered(Struct, frozen=True, kw_only=True):
    """What somebody who registered is told; nothing of who else has the address."""

    username: str
    mail_sent: bool


class BadLink(Invalid):
    """The token of a link is unknown, used, of another kind, or too old: all alike."""

    def __init__(self) -> None:
        super().__init__("This link is no longer good: ask for a new one.", field="token")


class BadCredentials(Unauthenticated):
    """No such user, another password, or an account that is switched off: all alike."""

    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong.")


class BadChallenge(Unauthenticated):
    """The challenge is unknown, used, too old, or was tried too often: all alike."""

    def __init__(self) -> None:
        super().__init__("This sign-in is no longer waiting: sign in again.", field="challenge")


class BadRefreshToken(Unauthenticated):
    """The refresh token is unknown, used, or its session is over: all alike."""

    def __init__(self) -> None:
        super().__init__("The session is over: sign in again.")


class ReauthenticationRequired(Reauthenticate):
    """The session proved itself too long ago for this."""

    def __init__(self) -> None:
        super().__init__("Confirm that it is you first: your sign-in is not recent.")


class PasswordFileUnwritable(Unavailable):
    """The first administrator's password cannot be left where the administrator would find it."""


class UserSort(StrEnum):
    """Orders of accounts."""

    USERNAME = "username"
    NEWEST = "newest"
    LAST_LOGIN = "last_login"


class UserQuery(Struct, frozen=True, kw_only=True):
    """Which accounts are wanted. `addresses`: the text may also be that of an e-mail address."""

    text: str | None = None
    active: bool | None = None
    role_id: UUID | None = None
    sort: UserSort = UserSort.USERNAME
    addresses: bool = False


class LastWayIn(Conflict):
    """Without this nobody could sign in to the account any more."""

    def __init__(self) -> None:
        super().__init__(
            "This is the only way into your account: set a password, a passkey or "
            "a link with a provider first."
        )
