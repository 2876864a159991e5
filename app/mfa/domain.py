"""Second factors and what they show. Structs that hold a secret do not show it in their repr."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType
from uuid import UUID

from msgspec import Struct

from app.core.errors import (
    Conflict,
    Invalid,
    NotFound,
    Reauthenticate,
    Unauthenticated,
    Unavailable,
)
from app.core.ids import encode_id

DEVICE_PREFIX: Final = "rvd"
HIDDEN: Final = "•••"
PasskeyId = NewType("PasskeyId", UUID)
DeviceId = NewType("DeviceId", UUID)


class Purpose(StrEnum):
    """What an authenticator signs a challenge for."""

    REGISTER = "register"
    SECOND_FACTOR = "second_factor"
    SIGN_IN = "sign_in"
    REAUTHENTICATE = "reauthenticate"


class TotpEnrolment(Struct, frozen=True, kw_only=True):
    """The secret of an authenticator app, shown once; it counts only when a code confirms it."""

    secret: str
    uri: str
    qr: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"TotpEnrolment(secret={HIDDEN})"


class TotpSecret(Struct, frozen=True, kw_only=True):
    """A stored secret of an authenticator app, sealed."""

    user_id: UUID
    confirmed: bool
    secret_sealed: bytes
    secret_key_id: str
    last_step: int
    created_at: datetime

    def __repr__(self) -> str:
        return f"TotpSecret(user_id={self.user_id}, confirmed={self.confirmed})"


class Pepper(Struct, frozen=True, kw_only=True):
    """The key of a user's backup codes, sealed."""

    user_id: UUID
    pepper_sealed: bytes
    pepper_key_id: str

    def __repr__(self) -> str:
        return f"Pepper(user_id={self.user_id})"


class NewBackupCodes(Struct, frozen=True, kw_only=True):
    """Fresh backup codes, shown once."""

    codes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"NewBackupCodes({HIDDEN})"


class Passkey(Struct, frozen=True, kw_only=True):
    """A passkey as its user sees it. `synced`: its maker copies it to other devices."""

    id: PasskeyId
    user_id: UUID
    name: str
    rp_id: str
    aaguid: str
    transports: tuple[str, ...]
    synced: bool
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None
    cloned_at: datetime | None


class Credential(Struct, frozen=True, kw_only=True):
    """What a passkey is checked with."""

    id: PasskeyId
    user_id: UUID
    username: str
    rp_id: str
    credential_id: bytes
    public_key: bytes
    transports: tuple[str, ...]
    cloned_at: datetime | None


class NewPasskey(Struct, frozen=True, kw_only=True):
    """What an authenticator answered when it made a passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    transports: tuple[str, ...]
    synced: bool
    backed_up: bool


class Party(Struct, frozen=True, kw_only=True):
    """Whose passkeys they are, for authenticators: a host name, and origins of its pages."""

    id: str
    name: str
    origins: tuple[str, ...]


class Asked(Struct, frozen=True, kw_only=True):
    """A challenge that was given out and has just been used up."""

    purpose: Purpose
    user_id: UUID | None
    reference: UUID | None
    rp_id: str
    origins: tuple[str, ...]


class Assertion(Struct, frozen=True, kw_only=True):
    """What an authenticator has proved with a passkey."""

    passkey: Credential
    sign_count: int
    backed_up: bool


class TrustedDevice(Struct, frozen=True, kw_only=True):
    """A device that is not asked for the second factor for a while."""

    id: DeviceId
    user_id: UUID
    name: str
    address: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class Enrolled(Struct, frozen=True, kw_only=True):
    """Which factors a user has, in one look."""

    totp: bool
    passkeys: int
    backup_codes: int

    @property
    def any(self) -> bool:
        """Whether there is a factor to ask for; backup codes only stand in for one."""
        return self.totp or self.passkeys > 0


class SecondFactors(Struct, frozen=True, kw_only=True):
    """What a user is shown of their second factors."""

    required: bool
    totp: bool
    totp_since: datetime | None
    passkeys: tuple[Passkey, ...]
    backup_codes: int
    devices: tuple[TrustedDevice, ...]


Json = dict[str, Any]


class BadCode(Unauthenticated):
    """A code that is wrong, was used, or is of nobody: all alike."""

    def __init__(self) -> None:
        super().__init__("The code is wrong, or it was used already.", field="code")


class BadPasskey(Unauthenticated):
    """An answer of an authenticator that proves nothing; why is nobody's business."""

    def __init__(self) -> None:
        super().__init__(
            "The passkey was not accepted. Ask for new options and try again.", field="credential"
        )


class PasskeyRefused(Invalid):
    """A new passkey that cannot be kept."""

    def __init__(self) -> None:
        super().__init__(
            "The new passkey was not accepted. Ask for new options and try again.",
            field="credential",
        )


class PasskeyCloned(Unauthenticated):
    """Its counter went backwards: somebody has a copy, and nobody knows who."""

    def __init__(self) -> None:
        super().__init__(
            "This passkey seems to have been copied and is no longer accepted. Sign in another way "
            "and delete it.",
            field="credential",
        )


class PasskeyKnown(Conflict):
    """The authenticator's passkey is registered already."""

    def __init__(self) -> None:
        super().__init__("This passkey is registered already.", field="credential")


class FactorProofRequired(Reauthenticate):
    """Who has a second factor changes factors only after having shown one."""

    def __init__(self) -> None:
        super().__init__(
            "Show your second factor first: reauthenticateTotp or reauthenticatePasskey."
        )


class TooManyPasskeys(Conflict):
    """There is a bound to everything."""

    def __init__(self, most: int) -> None:
        super().__init__(f"An account has at most {most} passkeys; delete one first.")


class PasskeyNotFound(NotFound):
    """There is no such passkey, or it is somebody else's: alike."""

    def __init__(self, passkey_id: UUID) -> None:
        super().__init__(f"There is no passkey {encode_id('passkey', passkey_id)}.", field="id")


class DeviceNotFound(NotFound):
    """There is no such trusted device, or it is somebody else's: alike."""

    def __init__(self, device_id: UUID) -> None:
        name = encode_id("device", device_id)
        super().__init__(f"There is no trusted device {name}.", field="id")


class NothingToConfirm(Conflict):
    """No authenticator app is being set up, or it took too long."""

    def __init__(self) -> None:
        super().__init__("There is nothing to confirm: start again with setupTotp.")


class NoTotp(Conflict):
    """There is no authenticator app to remove."""

    def __init__(self) -> None:
        super().__init__("No authenticator app is set up.")


class FactorRequired(Conflict):
    """The account may not be without a second factor."""

    def __init__(self) -> None:
        super().__init__(
            "Your account requires a second factor: set up another one before you remove this one."
        )


class NoFactor(Conflict):
    """Backup codes stand in for a factor that has to exist first."""

    def __init__(self) -> None:
        super().__init__("Set up an authenticator app or a passkey first.")


class PasskeysUnavailable(Unavailable):
    """Nobody has said under which address browsers reach this server."""
