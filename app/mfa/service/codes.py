"""Codes that people type: of authenticator apps (RFC 6238) and for a rainy day."""

import base64
import hmac
import os
import secrets
from datetime import datetime
from typing import Final

import pyotp
import segno

DIGITS: Final = 6
PERIOD: Final = 30
SECRET_BYTES: Final = 20
PEPPER_BYTES: Final = 32
BACKUP_CODES: Final = 10
GROUPS: Final = 4
GROUP: Final = 4
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily taken for another
MOST_CODE: Final = 64


def make_secret() -> bytes:
    """A new secret of an authenticator app, as long as SHA-1 takes."""
    return os.urandom(SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """The secret as apps take it: base32."""
    return base64.b32encode(secret).decode()


def otpauth_uri(secret: bytes, username: str, issuer: str) -> str:
    """What an authenticator app reads from the QR code."""
    totp = pyotp.TOTP(shown_secret(secret), digits=DIGITS, interval=PERIOD)
    return totp.provisioning_uri(name=username, issuer_name=issuer)


def qr_code(text: str) -> str:
    """A PNG of a QR code as a data URI. Takes a moment: not on the event loop."""
    return str(segno.make(text, error="m", micro=False).png_data_uri(scale=5))


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step."""
    totp = pyotp.TOTP(shown_secret(secret), digits=DIGITS, interval=PERIOD)
    return totp.generate_otp(step)


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step whose code this is: the present one or a neighbour, the latest; else None.

    Compares all three whatever the first says, in constant time.
    """
    typed = "".join(code[:MOST_CODE].split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    present = int(now.timestamp()) // PERIOD
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(code_at(secret, step), typed):
            found = step
    return found


def make_pepper() -> bytes:
    """The key under which one user's backup codes are kept."""
    return os.urandom(PEPPER_BYTES)


def make_backup_code() -> str:
    """About 79 random bits in four groups that are easy to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def backup_code_mac(pepper: bytes, code: str) -> bytes:
    """What is stored of a backup code, however it was typed."""
    typed = "".join(c for c in code[:MOST_CODE].casefold() if c.isalnum())
    return hmac.digest(pepper, typed.encode("utf-8", "surrogatepass"), "sha256")
