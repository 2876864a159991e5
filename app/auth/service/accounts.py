"""Accounts and their passwords, and the first administrator."""

import asyncio
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from app.auth.domain import (
    BadCredentials,
    LetterKind,
    LoginSuccess,
    Me,
    NewAccount,
    OneTimePassword,
    Secret,
    Tokens,
)
from app.auth.repository import AuthRepository
from app.auth.service.attempts import Attempts
from app.auth.service.letters import Letters
from app.auth.service.password_changes import PasswordChanges
from app.auth.service.passwords import Passwords, make_password, write_password_file
from app.auth.service.principals import Principals
from app.auth.service.sessions import Sessions
from app.core.access import SYSTEM, Viewer
from app.core.crypto import PasswordHasher
from app.core.db import Database
from app.core.errors import Conflict, Invalid, NotFound, RateLimited
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.mail.domain import parse_address
from app.mail.service import Mail
from app.rbac.domain import BuiltIn
from app.rbac.service import Rbac
from app.users.domain import EmailTaken, NewUser, User, UserId
from app.users.repository import UserRepository, username_key
from app.users.service import Users

ADMINISTRATOR: Final = "admin"


class AccountsDependencies(Protocol):
    """What accounts are kept with; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def hasher(self) -> PasswordHasher: ...
    @property
    def auth_repository(self) -> AuthRepository: ...
    @property
    def users(self) -> Users: ...
    @property
    def rbac(self) -> Rbac: ...
    @property
    def principals(self) -> Principals: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def password_changes(self) -> PasswordChanges: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def passwords(self) -> Passwords: ...
    @property
    def mail(self) -> Mail: ...
    @property
    def letters(self) -> Letters: ...
    @property
    def user_repository(self) -> UserRepository: ...


class Accounts:
    """Use cases around accounts."""

    def __init__(self, needs: AccountsDependencies) -> None:
        self._db = needs.db
        self._hasher, self._auth = needs.hasher, needs.auth_repository
        self._users, self._rbac, self._principals = needs.users, needs.rbac, needs.principals
        self._attempts, self._sessions = needs.attempts, needs.sessions
        self._passwords, self._changes = needs.passwords, needs.password_changes
        self._metrics = needs.metrics
        self._mail, self._letters, self._user_rows = (
            needs.mail,
            needs.letters,
            needs.user_repository,
        )

    async def me(self, viewer: Viewer) -> Me | None:
        """What the viewer is told about oneself; None when nobody is signed in."""
        if viewer.user_id is None:
            return None
        user = (await self._users.by_ids(viewer, [UserId(viewer.user_id)])).get(
            UserId(viewer.user_id)
        )
        standing = await self._auth.standing(viewer.user_id)
        if user is None or standing is None:
            return None
        own = [viewer.session_id] if viewer.session_id is not None else []
        sessions = await self._sessions.by_ids(viewer, own)
        return Me(
            user=user,
            permissions=tuple(sorted(p.value for p in viewer.permissions)),
            session=next(iter(sessions.values()), None),
            must_change_password=standing.one_time,
            owes_factor=viewer.owes_factor,
        )

    async def refreshed(self, tokens: Tokens, *, cookies: bool) -> LoginSuccess:
        """What a refresh of a session answers: the same as the sign-in did."""
        session = tokens.session
        user = await self._users.get(SYSTEM, UserId(session.user_id))
        standing = await self._auth.standing(session.user_id)
        owes = standing is not None and standing.requires_factor and not session.factor
        one_time = standing is not None and standing.one_time
        return LoginSuccess(
            tokens=tokens,
            user=user,
            must_change_password=one_time,
            owes_factor=owes,
            cookies=cookies,
        )

    async def reauthenticate(self, viewer: Viewer, password: str) -> None:
        """Prove by the password that it is still the same person. Raises Invalid."""
        secret = await self._proved(viewer, password, field="password")
        async with self._db.write(viewer) as tx:
            if not await self._auth.password_stands(tx, secret):
                raise Conflict("The password was changed meanwhile; sign in with the new one.")
            await self._sessions.reauthenticated(tx, viewer)

    async def _proved(self, viewer: Viewer, password: str, *, field: str) -> Secret:
        """The viewer's secret, for a password that is right. Raises Invalid or RateLimited."""
        secret = await self._auth.secret(viewer.account)
        if secret is None:
            raise BadCredentials
        account = username_key(secret.username)
        with self._hasher.turn() as turn:
            attempt = await self._attempts.begin("password", account, viewer.client, secret.user_id)
            try:
                good = await turn.verify(secret.hash, password)
            except RateLimited:
                await self._attempts.withdraw(attempt)
                raise
        self._metrics.auth_attempts.labels("reauthenticate", "success" if good else "failure").inc()
        if not good:
            raise Invalid("The current password is wrong.", field=field)
        async with self._db.write(viewer) as tx:
            await self._attempts.succeed(tx, attempt)
        return secret

    async def change_password(self, viewer: Viewer, current: str, new: str) -> None:
        """Set another password; the user's other sessions end. Raises Invalid or Conflict."""
        user = await self._users.get(viewer, UserId(viewer.account))
        about = [user.username, user.display_name, user.email]
        await self._passwords.judge(new, about=about, field="newPassword")
        secret = await self._proved(viewer, current, field="currentPassword")
        if new == current:
            raise Invalid("The new password is the current one.", field="newPassword")
        hashed = await self._hasher.hash(new)
        async with self._db.write(viewer) as tx:
            if not await self._auth.replace_password(tx, secret, hashed):
                raise Conflict("The password was changed meanwhile; sign in with the new one.")
            await self._changes.record(tx, user.id, "password changed", keep=viewer.session_id)
            await self._changes.tell(tx, user)
            await self._sessions.reauthenticated(tx, viewer)
        self._principals.forget(secret.user_id)

    async def create_user(self, viewer: Viewer, new: NewAccount) -> User:
        """Add an account that can sign in. Its address waits until a mail to it is answered; who
        gets no password chooses one by that mail.

        Raises Invalid, UsernameTaken, EmailTaken, RoleUnknown, MailOff, BeyondViewer for a role
        that may do more than the viewer, or Forbidden for an age limit.
        """
        await self._users.require_age(viewer, new.max_age)
        address = None if new.email is None else parse_address(new.email)
        hashed = None
        if new.password is not None:
            about = [new.username, new.display_name, address]
            await self._passwords.judge(new.password, about=about)
            hashed = await self._hasher.hash(new.password)
        elif address is None:
            message = "Give a password, or an e-mail address for a mail with a link to choose one."
            raise Invalid(message, field="password")
        else:
            self._mail.require()
        if address is not None and await self._user_rows.by_email(address) is not None:
            raise EmailTaken
        async with self._db.write(viewer) as tx:
            user = await self._add(tx, new, hashed, one_time=False)
            if address is not None:
                kind = LetterKind.VERIFY_EMAIL if hashed is not None else LetterKind.INVITATION
                await self._letters.ask(tx, user.id, kind, address)
        return user

    async def _add(self, tx: Tx, new: NewAccount, hashed: str | None, *, one_time: bool) -> User:
        wanted = NewUser(username=new.username, display_name=new.display_name, max_age=new.max_age)
        user = await self._users.create(tx, wanted)
        await self._rbac.assign(tx, user.id, new.role_ids)
        if hashed is not None:
            await self._auth.set_password(tx, user.id, hashed, one_time=one_time)
        return user

    async def ensure_administrator(self, password_file: Path) -> OneTimePassword | None:
        """Make the first administrator; None when there is one already.

        The password is random, written to `password_file` (mode 0600) before the commit, and
        answered to be printed. Raises PasswordFileUnwritable, and then nothing has happened.
        """
        async with self._db.write(SYSTEM) as tx:
            await tx.lock("bootstrap")  # several processes may be starting at once
            if await self._rbac.anybody_is(tx, BuiltIn.ADMINISTRATOR):
                return None
            made = OneTimePassword(username=ADMINISTRATOR, password=make_password())
            hashed = await self._hasher.hash(made.password)
            new = NewAccount(
                username=made.username, password=made.password, role_ids=(BuiltIn.ADMINISTRATOR.id,)
            )
            await self._add(tx, new, hashed, one_time=True)
            await asyncio.to_thread(write_password_file, password_file, made)
        return made

    async def forget_password_file(self, password_file: Path, changed: UUID | None = None) -> None:
        """Delete the bootstrap's file when the password in it is no longer good: because it is
        nobody's one-time password, or the user `changed` is the administrator it was made for.
        """
        secret = await self._auth.secret_by_name(ADMINISTRATOR)
        if secret is None or not secret.one_time or secret.user_id == changed:
            await asyncio.to_thread(password_file.unlink, missing_ok=True)

    async def reset_password(self, username: str) -> OneTimePassword:
        """Give a user a new one-time password and end all sessions. Raises NotFound."""
        secret = await self._auth.secret_by_name(username)
        if secret is None:
            raise NotFound(f"There is no user {username[:80]!r}.", field="username")
        made = OneTimePassword(username=secret.username, password=make_password())
        hashed = await self._hasher.hash(made.password)
        async with self._db.write(SYSTEM) as tx:
            await self._auth.set_password(tx, secret.user_id, hashed, one_time=True)
            await self._changes.record(tx, secret.user_id, "password reset")
        self._principals.forget(secret.user_id)
        return made
