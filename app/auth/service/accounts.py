"""Signing in and out, passwords, and the first administrator."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import msgspec

from app.auth.domain import (
    TOKEN_PREFIX,
    BadCredentials,
    Login,
    Me,
    NewAccount,
    OneTimePassword,
    Secret,
    Session,
)
from app.auth.events import PasswordChanged
from app.auth.repository import AuthRepository
from app.auth.service.passwords import check_new, make_password, write_password_file
from app.auth.service.principals import Principals
from app.core.access import SYSTEM, Viewer
from app.core.clock import Clock
from app.core.config import Config
from app.core.crypto import PasswordHasher, new_token, token_hash
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.ids import new_id
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.rbac.domain import BuiltIn, built_in, permissions_of
from app.rbac.service import CHANNEL, Rbac
from app.users.domain import NewUser, User, UserId
from app.users.service import Users

ADMINISTRATOR: Final = "admin"
FORGOTTEN_AFTER: Final = timedelta(days=7)
BATCH: Final = 5000


class AccountsDependencies(Protocol):
    """What accounts are kept with; the container has it all."""

    @property
    def config(self) -> Config: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def metrics(self) -> Metrics: ...
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


class Accounts:
    """Use cases around accounts."""

    def __init__(self, needs: AccountsDependencies) -> None:
        self._db, self._clock, self._metrics = needs.db, needs.clock, needs.metrics
        self._hasher, self._auth = needs.hasher, needs.auth_repository
        self._users, self._rbac, self._principals = needs.users, needs.rbac, needs.principals
        self._lasts = timedelta(days=30)

    async def login(self, username: str, password: str) -> Login:
        """Open a session. Raises BadCredentials, alike and at like cost whatever was wrong."""
        secret = await self._auth.secret_by_name(username)
        good = await self._hasher.verify(None if secret is None else secret.hash, password)
        login = await self._open(secret, password) if good and secret is not None else None
        self._metrics.auth_attempts.labels("password", "success" if login else "failure").inc()
        if login is None:
            raise BadCredentials
        return login

    async def _open(self, secret: Secret, password: str) -> Login | None:
        """A session for a password that was right; None when it is no longer so."""
        if not secret.is_active or secret.hash is None:
            return None
        stale = self._hasher.needs_rehash(secret.hash)
        renewed = await self._hasher.hash(password) if stale else None
        now, token = self._clock.now(), new_token(TOKEN_PREFIX)
        session = Session(
            id=new_id(), user_id=secret.user_id, created_at=now, expires_at=now + self._lasts
        )
        async with self._db.write(_as_user(secret)) as tx:
            if not await self._auth.password_stands(tx, secret):
                return None
            await self._auth.add_session(tx, session, token_hash(token))
            if renewed is not None:
                await self._auth.renew_hash(tx, secret, renewed)
        user = await self._users.get(SYSTEM, UserId(secret.user_id))
        return Login(token=token, expires_at=session.expires_at, user=user)

    async def logout(self, viewer: Viewer) -> None:
        """End the viewer's session. Raises Conflict when it is not a session that asks."""
        if viewer.session_id is None:
            raise Conflict("There is no session to end: you did not sign in with a password.")
        async with self._db.write(viewer) as tx:
            await self._auth.revoke(tx, viewer.session_id, self._clock.now())
            await tx.notify(CHANNEL, str(viewer.account))
        self._principals.forget(viewer.account)

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
        session = viewer.session_id and await self._auth.session(viewer.session_id)
        return Me(
            user=user,
            roles=built_in(standing.roles),
            permissions=tuple(sorted(p.value for p in viewer.permissions)),
            session=session or None,
            must_change_password=standing.one_time,
        )

    async def change_password(self, viewer: Viewer, current: str, new: str) -> None:
        """Set another password; the user's other sessions end. Raises Invalid or Conflict."""
        secret = await self._auth.secret(viewer.account)
        if secret is None:
            raise BadCredentials
        check_new(secret.username, new, field="newPassword")
        if not await self._hasher.verify(secret.hash, current):
            raise Invalid("The current password is wrong.", field="currentPassword")
        if new == current:
            raise Invalid("The new password is the current one.", field="newPassword")
        hashed = await self._hasher.hash(new)
        async with self._db.write(viewer) as tx:
            if not await self._auth.replace_password(tx, secret, hashed):
                raise Conflict("The password was changed meanwhile; sign in with the new one.")
            await self._end_sessions(tx, secret, viewer)
            tx.emit(PasswordChanged(user_id=secret.user_id))
        self._principals.forget(secret.user_id)

    async def _end_sessions(self, tx: Tx, secret: Secret, viewer: Viewer) -> None:
        now = self._clock.now()
        await self._auth.revoke_others(tx, secret.user_id, viewer.session_id, now)
        await tx.notify(CHANNEL, str(secret.user_id))

    async def create_user(self, viewer: Viewer, new: NewAccount) -> User:
        """Add an account that can sign in. Raises Invalid, UsernameTaken, or Forbidden for a role
        that may do more than the viewer.
        """
        if not permissions_of([new.role]) <= viewer.permissions:
            raise Forbidden("You cannot give a role that may do more than you.")
        check_new(new.username, new.password, field="password")
        hashed = await self._hasher.hash(new.password)
        async with self._db.write(viewer) as tx:
            return await self._add(tx, new, hashed, one_time=False)

    async def _add(self, tx: Tx, new: NewAccount, hashed: str, *, one_time: bool) -> User:
        wanted = NewUser(username=new.username, display_name=new.display_name, max_age=new.max_age)
        user = await self._users.create(tx, wanted)
        await self._rbac.set_roles(tx, user.id, [new.role.id])
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
                username=made.username, password=made.password, role=BuiltIn.ADMINISTRATOR
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
            await self._end_sessions(tx, secret, SYSTEM)
            tx.emit(PasswordChanged(user_id=secret.user_id))
        self._principals.forget(secret.user_id)
        return made

    async def forget_sessions(self, tx: Tx) -> bool:
        """Delete a batch of sessions that ended a week ago; whether there may be more."""
        before = self._clock.now() - FORGOTTEN_AFTER
        return await self._auth.forget_sessions(tx, before, BATCH) == BATCH

    async def measure(self) -> None:
        """Bring the gauge of valid sessions up to date."""
        self._metrics.sessions_active.set(await self._auth.count_active(self._clock.now()))


def _as_user(secret: Secret) -> Viewer:
    """The actor of a sign-in: nobody yet, but the log should know who."""
    return msgspec.structs.replace(Viewer(), user_id=secret.user_id, username=secret.username)
