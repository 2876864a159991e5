"""Making and finding accounts."""

import re
import unicodedata
import zoneinfo
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec

from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Forbidden, Invalid
from app.core.jobs.run import Run
from app.core.tx import Tx
from app.mail.domain import parse_address
from app.settings.domain.forms import language
from app.users.domain import GRACE, NewUser, User, UserId, UsernameTaken, UserNotFound
from app.users.events import (
    UserBanned,
    UserCreated,
    UserDeactivated,
    UserDeleted,
    UserPurged,
    UserRestored,
    UserUnbanned,
    UserUpdated,
)
from app.users.jobs import DropAvatar
from app.users.repository import UserRepository

USERNAME: Final = re.compile(r"[A-Za-z0-9_-]{3,30}")
MOST_NAME: Final = 100
MOST_AGE: Final = 21
BATCH: Final = 100
FIELDS: Final = {  # what can be edited, and how the API calls it
    "display_name": "displayName",
    "timezone": "timezone",
    "locale": "locale",
    "max_age": "maxAge",
}


class Users:
    """The rules of accounts."""

    def __init__(self, db: Database, repository: UserRepository, clock: Clock) -> None:
        self._db, self._users, self._clock = db, repository, clock

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

    async def update_profile(self, viewer: Viewer, given: Mapping[str, Any]) -> UserId:
        """Change the viewer's own name, time zone or locale. Raises Invalid or UserNotFound."""
        async with self._db.write(viewer) as tx:
            await self.change(tx, viewer.account, given)
        return UserId(viewer.account)

    async def change(self, tx: Tx, user_id: UUID, given: Mapping[str, Any]) -> bool:
        """Edit an account; whether anything is different now. Raises Invalid or UserNotFound."""
        wanted = {name: _checked_field(name, value) for name, value in given.items()}
        user = await self._held(tx, user_id)
        old = {name: getattr(user, name) for name in wanted}
        new = {name: value for name, value in wanted.items() if value != old[name]}
        if not new:
            return False
        await self._users.change(tx, user_id, new)
        changes = {FIELDS[name]: {"old": old[name], "new": value} for name, value in new.items()}
        tx.emit(UserUpdated(user_id=user_id, changes=changes))
        return True

    async def require_age(self, viewer: Viewer, years: int | None) -> None:
        """Raise Forbidden for an age limit that is wider than the viewer's own.

        Or who looks after accounts under one would come out of it. Administrators set any.
        """
        if viewer.user_id is None or viewer.scope.libraries is None:
            return
        own = (await self.get(viewer, UserId(viewer.user_id))).max_age
        if own is not None and (years is None or years > own):
            raise Forbidden("You cannot set an age limit that is wider than your own.")

    async def activate(self, tx: Tx, user_id: UUID) -> None:
        """Let an account sign in. Raises UserNotFound."""
        if not (await self._held(tx, user_id)).is_active:
            await self._users.change(tx, user_id, {"is_active": True})
            tx.emit(UserUnbanned(user_id=user_id))

    async def deactivate(self, tx: Tx, user_id: UUID) -> None:
        """Let an account sign in no more; its sessions are the caller's. Raises UserNotFound."""
        if (await self._held(tx, user_id)).is_active:
            await self._users.change(tx, user_id, {"is_active": False})
            own = tx.viewer.user_id == user_id
            tx.emit(UserDeactivated(user_id=user_id) if own else UserBanned(user_id=user_id))

    async def delete(self, tx: Tx, user_id: UUID) -> None:
        """Delete an account, until it is restored or purged. Raises UserNotFound."""
        await self._held(tx, user_id)
        await self._users.change(tx, user_id, {"deleted_at": self._clock.now()})
        tx.emit(UserDeleted(user_id=user_id))

    async def restore(self, tx: Tx, user_id: UUID) -> None:
        """Undo a deletion. Raises UserNotFound, also when its time is over."""
        if not await self._users.restore(tx, user_id, self._clock.now() - GRACE):
            raise UserNotFound(user_id)
        tx.emit(UserRestored(user_id=user_id))

    async def _held(self, tx: Tx, user_id: UUID) -> User:
        user = await self._users.hold(tx, user_id)
        if user is None:
            raise UserNotFound(user_id)
        return user

    async def purge(self, run: Run) -> None:
        """Remove accounts whose time to be restored is over, a few in each commit."""
        before = self._clock.now() - GRACE
        more = True
        while more:
            async with run.tx() as tx:
                purged = await self._users.purge(tx, before, BATCH)
                for user_id, avatar_id in purged:
                    tx.emit(UserPurged(user_id=user_id))
                    if avatar_id is not None:
                        tx.enqueue(DropAvatar(avatar_id))
                more = len(purged) == BATCH
                if not more:
                    await run.finish(tx)


def _checked_field(name: str, value: Any) -> Any:
    """A field of an account as it is kept. Raises Invalid."""
    if name == "display_name":
        return _display_name(value)
    if name == "max_age":
        return _age(value)
    field = FIELDS[name]
    if value is None:
        raise Invalid(f"{field} cannot be null.", field=field)
    if name == "timezone":
        if value not in _timezones():
            raise Invalid("This is no time zone of the IANA, such as Europe/Berlin.", field=field)
        return value
    try:
        return language(value[:100])
    except ValueError as error:
        raise Invalid(f"A locale {error}.", field=field) from None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _age(years: int | None) -> int | None:
    if years is not None and not 0 <= years <= MOST_AGE:
        raise Invalid(f"An age limit lies between 0 and {MOST_AGE} years.", field="maxAge")
    return years


def _checked(new: NewUser) -> NewUser:
    if USERNAME.fullmatch(new.username) is None:
        raise Invalid(
            "A user name has 3 to 30 characters: letters without accents, digits, _ and -.",
            field="username",
        )
    _age(new.max_age)
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
