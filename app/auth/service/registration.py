"""Accounts that people make for themselves, and their e-mail addresses.

An address belongs to an account only once it is confirmed. Until then it waits in a letter, so that
nobody can take somebody else's, nor find out whether it is taken.
"""

import re
from typing import Final, Protocol

from msgspec.structs import replace

from app.auth.domain import Letter, LetterKind, NewRegistration, Registered
from app.auth.events import EmailVerified
from app.auth.repository import AuthRepository
from app.auth.service.attempts import Attempts
from app.auth.service.letters import ADDRESSES, Letters
from app.auth.service.passwords import Passwords
from app.auth.service.sessions import Sessions
from app.core.access import ANONYMOUS, SYSTEM, Client, Viewer
from app.core.clock import Clock
from app.core.crypto import PasswordHasher, token_hash
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid
from app.mail.domain import address_key, parse_address
from app.mail.service import Mail
from app.rbac.domain import BuiltIn
from app.rbac.service import Rbac
from app.settings.domain import REGISTRATION_ENABLED
from app.settings.service import Settings, UserSettings
from app.users.domain import NewUser, UserId
from app.users.repository import UserRepository, username_key
from app.users.service import Users

LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class RegistrationDependencies(Protocol):
    """What accounts are made with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def user_settings(self) -> UserSettings: ...
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
    def sessions(self) -> Sessions: ...


class Registration:
    """Registering, and confirming or changing an address."""

    def __init__(self, needs: RegistrationDependencies) -> None:
        self._db, self._clock, self._settings = needs.db, needs.clock, needs.settings
        self._preferences = needs.user_settings
        self._hasher, self._passwords = needs.hasher, needs.passwords
        self._mail, self._letters, self._attempts = needs.mail, needs.letters, needs.attempts
        self._users, self._user_rows = needs.users, needs.user_repository
        self._rbac, self._auth, self._sessions = needs.rbac, needs.auth_repository, needs.sessions

    async def register(self, new: NewRegistration, client: Client) -> Registered:
        """Add an account. Raises Forbidden, Invalid, UsernameTaken or RateLimited."""
        if not self._settings.get(REGISTRATION_ENABLED):
            raise Forbidden("Nobody can register here: ask the administrator for an account.")
        email = parse_address(new.email)
        if LOCALE.fullmatch(new.locale) is None:
            raise Invalid("A locale is a language tag such as en-US or de.", field="locale")
        await self._attempts.begin("register", f"register {username_key(new.username)}", client)
        about = (new.username, new.display_name, email)
        await self._passwords.judge(new.password, about=about)
        hashed = await self._hasher.hash(new.password)
        wanted = NewUser(username=new.username, display_name=new.display_name, locale=new.locale)
        async with self._db.write(replace(ANONYMOUS, client=client)) as tx:
            user = await self._users.create(tx, wanted)
            tx.act_as(user.id, user.username)
            await self._preferences.speak(tx, user.id, new.locale)
            await self._rbac.set_roles(tx, user.id, [BuiltIn.USER.id])
            await self._auth.set_password(tx, user.id, hashed, one_time=False)
            sent = await self._letters.ask(tx, user.id, LetterKind.VERIFY_EMAIL, email)
        return Registered(username=user.username, mail_sent=sent)

    async def pending_email(self, viewer: Viewer) -> str | None:
        """The address that the viewer gave and has not confirmed yet."""
        letter = await self._letters.pending(viewer.account)
        if letter is not None:
            return letter.email
        user = await self._users.get(SYSTEM, UserId(viewer.account))
        return user.email if user.email_verified_at is None else None

    async def resend(self, viewer: Viewer) -> None:
        """Write once more to the address that waits. Raises MailOff, Conflict or RateLimited."""
        self._mail.require()
        letter = await self._letters.pending(viewer.account) or await self._unconfirmed(viewer)
        async with self._db.write(viewer) as tx:
            await self._letters.ask_again(tx, letter)

    async def _unconfirmed(self, viewer: Viewer) -> Letter:
        """A letter to an address that an administrator gave to the account."""
        user = await self._users.get(SYSTEM, UserId(viewer.account))
        if user.email is None or user.email_verified_at is not None:
            raise Conflict("There is no address to confirm.")
        return Letter(
            id=user.id,
            user_id=user.id,
            kind=LetterKind.VERIFY_EMAIL,
            email=user.email,
            created_at=self._clock.now(),
            used_at=None,
            username=user.username,
            current_email=user.email,
        )

    async def change_email(self, viewer: Viewer, new: str) -> None:
        """Ask for the confirmation of another address; until then the old one stays.

        Raises ReauthenticationRequired, MailOff, Invalid, Conflict or RateLimited.
        """
        await self._sessions.require_recent(viewer)
        self._mail.require()
        email = parse_address(new, field="newEmail")
        user = await self._users.get(SYSTEM, UserId(viewer.account))
        if user.email_verified_at and address_key(user.email or "") == address_key(email):
            raise Conflict("This is your address already.", field="newEmail")
        # Each is a mail to somebody who may be a stranger: a few, and then only now and then.
        await self._attempts.begin("change-email", f"letters of {user.id}", viewer.client, user.id)
        async with self._db.write(viewer) as tx:
            await self._letters.ask(tx, user.id, LetterKind.CHANGE_EMAIL, email)

    async def verify(self, token: str, client: Client) -> None:
        """Confirm the address that a link was sent to. Raises BadLink, Conflict or RateLimited."""
        attempt = await self._attempts.begin("link", token_hash(token).hex(), client)
        letter = await self._letters.linked(token, ADDRESSES)
        assert letter.email is not None  # noqa: S101 - every such letter has one
        actor = replace(ANONYMOUS, client=client)
        async with self._db.write(actor) as tx:
            tx.act_as(letter.user_id, letter.username)
            now = await self._letters.use(tx, letter, token)
            await self._attempts.succeed(tx, attempt)
            # Raises EmailTaken where somebody was faster; the caller has proved to own it.
            await self._user_rows.set_email(tx, letter.user_id, letter.email, now)
            old = letter.current_email
            changed = old is None or address_key(old) != address_key(letter.email)
            changes = {"email": "changed"} if changed else None  # the log's readers learn none
            tx.emit(EmailVerified(user_id=letter.user_id, changes=changes))
            if old is not None and changed:
                await self._letters.ask(tx, letter.user_id, LetterKind.EMAIL_CHANGED, old)
