"""What happens to second factors; all of it is logged as activity."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event


@event("mfa.totp_enabled", audit=Audit("user", "user_id"))
class TotpEnabled(Event, frozen=True, kw_only=True):
    """A user has an authenticator app."""

    user_id: UUID


@event("mfa.totp_disabled", audit=Audit("user", "user_id"))
class TotpDisabled(Event, frozen=True, kw_only=True):
    """A user has no authenticator app any more."""

    user_id: UUID


@event("mfa.passkey_added", audit=Audit("passkey", "passkey_id"))
class PasskeyAdded(Event, frozen=True, kw_only=True):
    """A user has a new passkey."""

    user_id: UUID
    passkey_id: UUID
    changes: dict[str, Any]


@event("mfa.passkey_renamed", audit=Audit("passkey", "passkey_id"))
class PasskeyRenamed(Event, frozen=True, kw_only=True):
    """A passkey has another name."""

    user_id: UUID
    passkey_id: UUID
    changes: dict[str, Any]


@event("mfa.passkey_removed", audit=Audit("passkey", "passkey_id"))
class PasskeyRemoved(Event, frozen=True, kw_only=True):
    """A passkey is no longer good."""

    user_id: UUID
    passkey_id: UUID


@event("mfa.clone_detected", audit=Audit("passkey", "passkey_id"))
class CloneDetected(Event, frozen=True, kw_only=True):
    """The counter of a passkey went backwards, so there is a copy of it."""

    user_id: UUID
    passkey_id: UUID
    success: bool = False
    problem: str = "The passkey's counter did not rise."


@event("mfa.backup_codes_generated", audit=Audit("user", "user_id"))
class BackupCodesGenerated(Event, frozen=True, kw_only=True):
    """A user has new backup codes; the old ones are no longer good."""

    user_id: UUID


@event("mfa.backup_codes_used", audit=Audit("user", "user_id"))
class BackupCodeUsed(Event, frozen=True, kw_only=True):
    """A backup code was used."""

    user_id: UUID


@event("mfa.device_trusted", audit=Audit("device", "device_id"))
class DeviceTrusted(Event, frozen=True, kw_only=True):
    """A device is not asked for the second factor for a while."""

    user_id: UUID
    device_id: UUID


@event("mfa.device_revoked", audit=Audit("user", "user_id"))
class DevicesRevoked(Event, frozen=True, kw_only=True):
    """Devices are no longer trusted: one, or all."""

    user_id: UUID
    device_id: UUID | None = None


@event("mfa.reset", audit=Audit("user", "user_id"))
class FactorsReset(Event, frozen=True, kw_only=True):
    """An administrator took all second factors from a user."""

    user_id: UUID
