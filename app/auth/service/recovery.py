"""New passwords for those who forgot theirs, and for those who are to have another."""

from typing import Protocol
from uuid import UUID

from msgspec.structs import replace

from app.auth.domain import ForcedReset, LetterKind
from app.auth.events import PasswordReset
from app.auth.repository import AuthRepository
from app.auth.service.attempts import Attempts
from app.auth.service.letters import CHOICES, Letters
from app.auth.service.password_changes import PasswordChanges
from app.auth.service.passwords import Passwords, make_password
from app.auth.service.principals import Principals
from app.core.access import ANONYMOUS, Client, Viewer
from app.core.crypto import PasswordHasher, token_hash
from app.core.db import Database
from app.core.errors import Forbidden, Invalid, RateLimited
from app.mail.domain import address_key, parse_address
from app.mail.service import Mail
from app.rbac.service import Rbac
from app.users.domain import UserId, UserNotFound
from app.users.repository import UserRepository
from app.users.service import Users


class RecoveryDependencies(Protocol):
    """What passwords are replaced with; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def hasher(self) -> PasswordHasher: ...
    @property
    def passwords(self) -> Passwords: ...
    @property
    def mail(self) -> Mail: ...
    @property
    def letters(self) -> Letters: ...
    @property
    def users(self) -> Users: ...
    @property
    def user_repository(self) -> UserRepository: ...
    @property
    def rbac(self) -> Rbac: ...
    @property
    def auth_repository(self) -> AuthRepository: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def password_changes(self) -> PasswordChanges: ...
    @property
    def principals(self) -> Principals: ...


class Recovery:
    """Resetting passwords by mail."""

    def __init__(self, needs: RecoveryDependencies) -> None:
        self._db, self._hasher, self._passwords = needs.db, needs.hasher, needs.passwords
        self._mail, self._letters, self._attempts = needs.mail, needs.letters, needs.attempts
        self._users, self._user_rows, self._rbac = needs.users, needs.user_repository, needs.rbac
        self._auth, self._changes = needs.auth_repository, needs.password_changes
        self._principals = needs.principals

    async def forget(self, email: str, client: Client) -> None:
        """Write to whoever has this address; what is answered, and when, tells nothing.

        Raises MailOff, Invalid and RateLimited, which depend on nobody's account.
        """
        self._mail.require()
        address = parse_address(email)
        await self._attempts.begin("forgot", f"mail to {address_key(address)}", client)
        async with self._db.write(replace(ANONYMOUS, client=client)) as tx:
            await self._letters.ask_owner(tx, address, LetterKind.RESET_PASSWORD)

    async def reset(self, token: str, new: str, client: Client) -> None:
        """Set the password of whom a link was sent to; everything that was open ends.

        Raises BadLink, Invalid, which leaves the link good, or RateLimited.
        """
        attempt = await self._attempts.begin("link", token_hash(token).hex(), client)
        letter = await self._letters.linked(token, CHOICES)
        try:
            about = (letter.username, letter.email)
            await self._passwords.judge(new, about=about, field="newPassword")
            hashed = await self._hasher.hash(new)
        except (RateLimited, Invalid):
            await self._attempts.withdraw(attempt)
            raise
        async with self._db.write(replace(ANONYMOUS, client=client)) as tx:
            tx.act_as(letter.user_id, letter.username)
            now = await self._letters.use(tx, letter, token)
            await self._attempts.succeed(tx, attempt)
            await self._auth.set_password(tx, letter.user_id, hashed, one_time=False)
            # Whoever read the mail has the address.
            await self._user_rows.set_email(tx, letter.user_id, letter.email, now)
            await self._changes.record(tx, letter.user_id, "password reset")
            tx.emit(PasswordReset(user_id=letter.user_id))
            if letter.email is not None:
                kind = LetterKind.PASSWORD_CHANGED
                await self._letters.ask(tx, letter.user_id, kind, letter.email)
        self._principals.forget(letter.user_id)

    async def force(self, viewer: Viewer, user_id: UUID) -> ForcedReset:
        """A user's password is void at once, and sessions end: a mail brings a link to choose
        another; where none can be sent, the server makes a one-time password.

        Raises UserNotFound, Forbidden for oneself, or BeyondViewer.
        """
        if user_id == viewer.user_id:
            raise Forbidden("Change your own password with `changePassword`.")
        user = (await self._users.by_ids(viewer, [UserId(user_id)])).get(UserId(user_id))
        if user is None:
            raise UserNotFound(user_id, field="userId")
        address = user.email if self._mail.enabled else None
        made = make_password() if address is None else None
        hashed = None if made is None else await self._hasher.hash(made)
        async with self._db.write(viewer) as tx:
            await self._rbac.require_authority(tx, user_id)
            await self._rbac.require_authority(tx, user_id)
            if hashed is not None:
                await self._auth.set_password(tx, user_id, hashed, one_time=True, must_change=True)
            else:
                await self._auth.void_password(tx, user_id)
            await self._changes.record(tx, user_id, "password reset")
            if address is not None:
                await self._letters.ask(tx, user_id, LetterKind.FORCE_RESET, address)
            tx.emit(PasswordReset(user_id=user_id, forced=True))
        self._principals.forget(user_id)
        return ForcedReset(mail_sent=address is not None, one_time_password=made)
