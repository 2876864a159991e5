"""Making and finding accounts."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from app.core.access import Viewer
from app.core.db import Database
from app.core.errors import Invalid
from app.core.tx import Tx
from app.mail.domain import parse_address
from app.users.domain import NewUser, User, UserId, UsernameTaken, UserNotFound
from app.users.events import UserCreated
from app.users.repository import UserRepository

USERNAME: Final = re.compile(r"[A-Za-z0-9_-]{3,30}")
MOST_NAME: Final = 100
MOST_AGE: Final = 21


class Users:
    """The rules of accounts."""

    def __init__(self, db: Database, repository: UserRepository) -> None:
        self._db, self._users = db, repository

    async def by_ids(self, viewer: Viewer, ids: Collection[UserId]) -> Mapping[UserId, User]:
        """Those of these users whom the viewer may know of."""
        return await self._users.by_ids(viewer, ids)

    async def get(self, viewer: Viewer, user_id: UserId) -> User:
        """One user. Raises UserNotFound, alike for one whom the viewer may not know of."""
        found = (await self._users.by_ids(viewer, [user_id])).get(user_id)
        if found is None:
            raise UserNotFound(user_id)
        return found

    async def create(self, tx: Tx, new: NewUser) -> User:
        """Add an account, without a password or a role.

        Raises Invalid, UsernameTaken or EmailTaken.
        """
        checked = _checked(new)
        user = await self._users.create(tx, checked)
        if user is None:
            raise UsernameTaken(checked.username)
        tx.emit(UserCreated(user_id=user.id))
        return user


def _checked(new: NewUser) -> NewUser:
    if USERNAME.fullmatch(new.username) is None:
        raise Invalid(
            "A user name has 3 to 30 characters: letters without accents, digits, _ and -.",
            field="username",
        )
    if new.max_age is not None and not 0 <= new.max_age <= MOST_AGE:
        raise Invalid(f"An age limit lies between 0 and {MOST_AGE} years.", field="maxAge")
    return msgspec.structs.replace(
        new,
        display_name=_display_name(new.display_name),
        email=None if new.email is None else parse_address(new.email),
    )


def _display_name(name: str | None) -> str | None:
    """The name as it is kept: trimmed, and None where nothing is left."""
    trimmed = (name or "").strip()
    if len(trimmed) > MOST_NAME:
        raise Invalid(f"A display name has at most {MOST_NAME} characters.", field="displayName")
    # Cc: control characters. Cs: halves of surrogate pairs. Zl, Zp: line breaks in disguise.
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in trimmed):
        raise Invalid(
            "A display name is one line, without control characters.", field="displayName"
        )
    return trimmed or None
