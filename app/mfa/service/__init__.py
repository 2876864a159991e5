"""Use cases of second factors."""

from app.mfa.service.backup_codes import BackupCodes
from app.mfa.service.devices import Devices
from app.mfa.service.factors import Factors
from app.mfa.service.passkeys import Passkeys
from app.mfa.service.totp import Totp
from app.mfa.service.verification import Verification

__all__ = ["BackupCodes", "Devices", "Factors", "Passkeys", "Totp", "Verification"]
