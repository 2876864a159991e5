"""What a password has to be, one that the server makes, and the file it is left in."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from app.auth.domain import OneTimePassword, PasswordFileUnwritable
from app.core.crypto import MOST_PASSWORD
from app.core.errors import Invalid

LEAST: Final = 8
FILE: Final = "administrator.txt"
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily taken for another


def check_new(username: str, password: str, *, field: str) -> None:
    """Raise Invalid, which never quotes it, for a password that will not do."""
    size = len(password.encode("utf-8", "surrogatepass"))
    if not LEAST <= size <= MOST_PASSWORD:
        raise Invalid(f"A password has {LEAST} to {MOST_PASSWORD} bytes.", field=field)
    if password.casefold() == username.casefold():
        raise Invalid("A password is not the user name.", field=field)


def make_password() -> str:
    """A random password for one use, about 99 bits in four groups that are easy to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))


def password_file(data: Path) -> Path:
    """Where in the data folder the first administrator's one-time password is left."""
    return data / FILE


def write_password_file(path: Path, made: OneTimePassword) -> None:
    """Leave name and password for the administrator, readable by the owner alone.

    The file is created with its permissions and then moved into place, so that nobody can open it
    in between and a stale one is replaced whole. Raises PasswordFileUnwritable.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    text = f"user name: {made.username}\none-time password: {made.password}\n"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            draft.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise PasswordFileUnwritable(
            f"The administrator's password cannot be written to {path}: {reason}."
        ) from error
