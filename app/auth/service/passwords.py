"""What a password has to be, one that the server makes, and the file it is left in."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import Final

from msgspec import Struct
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE, relevant_l33t_subtable

from app.auth.domain import OneTimePassword, PasswordFileUnwritable
from app.core.crypto import MOST_PASSWORD
from app.core.errors import Invalid
from app.settings.domain import PASSWORD_MIN_LENGTH
from app.settings.service import Settings

LEAST: Final = 8
LEAST_SCORE: Final = 2  # of 4: some ten million guesses; sign-ins are counted and slow
MOST_JUDGED: Final = 72  # characters: what follows makes it harder, and judging it slow
MOST_WORK: Final = 8 * MOST_JUDGED**2  # parts of a password times ways to read its signs
FILE: Final = "administrator.txt"
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily taken for another


class Passwords:
    """What a new password has to be: hard to guess, however it is composed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def judge(
        self, password: str, *, about: Collection[str | None] = (), field: str = "password"
    ) -> None:
        """Raise Invalid, which never quotes it, for a password that will not do.

        `about` are names and addresses of the account: a password made of them is easily guessed.
        """
        least = max(LEAST, self._settings.get(PASSWORD_MIN_LENGTH))
        size = len(password.encode("utf-8", "surrogatepass"))
        if not least <= size <= MOST_PASSWORD:
            raise Invalid(f"A password has {least} to {MOST_PASSWORD} bytes.", field=field)
        known = [word for text in about if text for word in (text, *text.split("@", 1))]
        if any(password.casefold() == word.casefold() for word in known):
            raise Invalid("A password is not the user name or the e-mail address.", field=field)
        found = await asyncio.to_thread(_strength, judged(password), known)
        if found.score < LEAST_SCORE:
            hint = f" {found.warning.rstrip('.')}." if found.warning else ""
            raise Invalid(f"This password is easily guessed.{hint}", field=field)


class Strength(Struct, frozen=True):
    """zxcvbn's judgement: a score from 0 to 4, and perhaps a sentence."""

    score: int
    warning: str


def judged(password: str) -> str:
    """As much of the beginning as zxcvbn judges in a moment.

    It looks for words in all parts, and that for every way to read signs as letters, which may be
    hundreds: without a bound one password keeps a processor busy for ten seconds.
    """
    size = min(len(password), MOST_JUDGED)
    while _ways(password[:size]) * size**2 > MOST_WORK:
        size -= 1
    return password[:size]


def _ways(password: str) -> int:
    """About how many ways there are to read its signs as the letters they may stand for."""
    return prod(len(signs) for signs in relevant_l33t_subtable(password, L33T_TABLE).values())


def _strength(password: str, known: list[str]) -> Strength:
    found = zxcvbn(password, user_inputs=known, max_length=MOST_JUDGED)
    return Strength(int(found["score"]), str(found["feedback"]["warning"] or ""))


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
