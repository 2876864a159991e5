"""Changing, switching off, deleting and restoring accounts: one's own and others'.

Nobody changes an account that may do more than they, and an administrator always stays.
"""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from app.auth.domain import LetterKind
from app.auth.service.letters import ADDRESSES, CHOICES, Letters
from app.auth.service.password_changes import Ending
from app.auth.service.principals import Principals
from app.auth.service.sessions import Sessions
from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden
from app.core.tx import Tx
from app.mail.domain import parse_address
from app.mail.service import Mail
from app.rbac.service import Rbac
from app.users.domain import EmailTaken, UserNotFound
from app.users.events import UserUpdated
from app.users.repository import UserRepository
from app.users.service import Users


class AdministrationDependencies(Protocol):
    """What accounts are administered with; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def users(self) -> Users: ...
    @property
    def rbac(self) -> Rbac: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def principals(self) -> Principals: ...
    @property
    def mail(self) -> Mail: ...
    @property
    def letters(self) -> Letters: ...
    @property
    def user_repository(self) -> UserRepository: ...


class Administration:
    """What ends access ends it in the same commit, on every instance."""

    def __init__(self, needs: AdministrationDependencies) -> None:
        self._db, self._clock, self._users = needs.db, needs.clock, needs.users
        self._rbac, self._sessions, self._principals = needs.rbac, needs.sessions, needs.principals
        self._mail, self._letters, self._user_rows = (
            needs.mail,
            needs.letters,
            needs.user_repository,
        )
        self.endings: list[Ending] = []  # what of a user does not outlive a deletion; the container

    async def update(self, viewer: Viewer, user_id: UUID, given: Mapping[str, Any]) -> None:
        """Edit an account; another address waits until it is confirmed.

        Raises Invalid, UserNotFound, EmailTaken, BeyondViewer, MailOff, or Forbidden for an age
        limit, or an address that is given with an API key.
        """
        fields = {name: value for name, value in given.items() if name != "email"}
        address = await self._address(viewer, user_id, given)
        async with self._db.write(viewer) as tx:
            await self._rbac.require_authority(tx, user_id)
            if "max_age" in fields:
                await self._users.require_age(viewer, fields["max_age"])
            await self._users.change(tx, user_id, fields)
            if "email" in given:
                await self._readdress(tx, user_id, address)
            await self._rbac.tell(tx, [user_id])  # an age limit is part of what one may see
        self._principals.forget(user_id)

    async def _address(self, viewer: Viewer, user_id: UUID, given: Mapping[str, Any]) -> str | None:
        """The address that is given, as it is kept."""
        email = given.get("email")
        if "email" in given and viewer.api_key_id is not None:
            # Who reads the mail can choose a password: keys do not reach credentials.
            raise Forbidden("An API key cannot change an e-mail address.")
        if "email" in given:
            _require_other(viewer, user_id, "changeEmail")
        if email is None:
            return None
        self._mail.require()
        address = parse_address(email)
        owner = await self._user_rows.by_email(address)
        if owner is not None and owner.id != user_id:
            raise EmailTaken
        return address

    async def _readdress(self, tx: Tx, user_id: UUID, address: str | None) -> None:
        """Have an address confirmed, or take the present one away."""
        user = await self._user_rows.hold(tx, user_id)
        if user is None:
            raise UserNotFound(user_id)
        old = user.email
        if address is not None:
            if old is not None and user.email_verified_at and old.lower() == address.lower():
                return
            invited = await self._letters.void(tx, user_id, (LetterKind.INVITATION,))
            kind = LetterKind.INVITATION if invited else LetterKind.CHANGE_EMAIL
            await self._letters.ask(tx, user_id, kind, address)
            changes = {"pendingEmail": {"old": None, "new": address}}
        else:
            await self._letters.void(tx, user_id, (*ADDRESSES, *CHOICES))
            if old is None:
                return
            await self._user_rows.set_email(tx, user_id, None, None)
            await self._letters.ask(tx, user_id, LetterKind.EMAIL_CHANGED, old)
            changes = {"email": {"old": old, "new": None}}
        tx.emit(UserUpdated(user_id=user_id, changes=changes))

    async def activate(self, viewer: Viewer, user_id: UUID) -> None:
        """Let somebody sign in again. Raises UserNotFound or BeyondViewer."""
        async with self._db.write(viewer) as tx:
            await self._rbac.require_authority(tx, user_id)
            await self._users.activate(tx, user_id)
            await self._rbac.tell(tx, [user_id])
        self._principals.forget(user_id)

    async def deactivate(self, viewer: Viewer, user_id: UUID) -> None:
        """Switch an account off. Raises UserNotFound, BeyondViewer or LastAdministrator."""
        _require_other(viewer, user_id, "deactivateAccount")
        async with self._db.write(viewer) as tx:
            await self._rbac.require_authority(tx, user_id)
            await self._leave(tx, user_id)
            await self._users.deactivate(tx, user_id)
        self._principals.forget(user_id)

    async def deactivate_own(self, viewer: Viewer) -> None:
        """Switch the viewer's account off. Raises ReauthenticationRequired or LastAdministrator."""
        await self._sessions.require_recent(viewer)
        async with self._db.write(viewer) as tx:
            await self._leave(tx, viewer.account)
            await self._users.deactivate(tx, viewer.account)
        self._principals.forget(viewer.account)

    async def delete(self, viewer: Viewer, user_id: UUID) -> None:
        """Delete an account. Raises UserNotFound, BeyondViewer or LastAdministrator."""
        _require_other(viewer, user_id, "deleteAccount")
        async with self._db.write(viewer) as tx:
            await self._rbac.require_authority(tx, user_id)
            await self._delete(tx, user_id)
        self._principals.forget(user_id)

    async def delete_own(self, viewer: Viewer) -> None:
        """Delete the viewer's account. Raises ReauthenticationRequired or LastAdministrator."""
        await self._sessions.require_recent(viewer)
        async with self._db.write(viewer) as tx:
            await self._delete(tx, viewer.account)
        self._principals.forget(viewer.account)

    async def restore(self, viewer: Viewer, user_id: UUID) -> None:
        """Undo the deletion of an account. Raises UserNotFound or BeyondViewer."""
        async with self._db.write(viewer) as tx:
            await self._rbac.require_authority(tx, user_id)
            await self._users.restore(tx, user_id)
            await self._rbac.tell(tx, [user_id])
        self._principals.forget(user_id)

    async def _delete(self, tx: Tx, user_id: UUID) -> None:
        """Nothing that opened the account opens it again once it is restored, but who signs in."""
        await self._leave(tx, user_id)
        for end in self.endings:
            await end(tx, user_id)
        await self._users.delete(tx, user_id)

    async def _leave(self, tx: Tx, user_id: UUID) -> None:
        await self._rbac.require_another_administrator(tx, user_id)
        await self._sessions.end_all(tx, user_id, "account closed")


def _require_other(viewer: Viewer, user_id: UUID, own: str) -> None:
    """One's own account asks for a fresh proof of who one is."""
    if viewer.user_id == user_id:
        raise Conflict(f"This is your own account: use `{own}`.", field="id")
