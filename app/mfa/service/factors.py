"""All second factors of a user together: what is asked for, what is shown, what may change."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from app.auth.domain import Factor
from app.auth.repository import AuthRepository
from app.auth.service import Principals, Sessions, WaysIn
from app.core.access import SYSTEM, Viewer
from app.core.clock import Clock
from app.core.crypto import token_hash
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.tx import Tx
from app.mfa.domain import (
    DEVICE_PREFIX,
    Enrolled,
    FactorProofRequired,
    FactorRequired,
    SecondFactors,
)
from app.mfa.events import FactorsReset
from app.mfa.repository import CodeRepository, DeviceRepository, PasskeyRepository
from app.rbac.service import CHANNEL, Rbac
from app.users.domain import User, UserId
from app.users.service import Users

MOST_TOKEN = 200


class FactorsDependencies(Protocol):
    """What factors are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def users(self) -> Users: ...
    @property
    def rbac(self) -> Rbac: ...
    @property
    def auth_repository(self) -> AuthRepository: ...
    @property
    def principals(self) -> Principals: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def code_repository(self) -> CodeRepository: ...
    @property
    def passkey_repository(self) -> PasskeyRepository: ...
    @property
    def ways_in(self) -> WaysIn: ...
    @property
    def device_repository(self) -> DeviceRepository: ...


class Factors:
    """What the gate asks, and the rules that hold for every kind of factor."""

    def __init__(self, needs: FactorsDependencies) -> None:
        self._db, self._clock = needs.db, needs.clock
        self._users, self._rbac, self._auth = needs.users, needs.rbac, needs.auth_repository
        self._principals, self._sessions = needs.principals, needs.sessions
        self._codes, self._passkeys = needs.code_repository, needs.passkey_repository
        self._devices, self._ways_in = needs.device_repository, needs.ways_in

    async def factors(self, user_id: UUID) -> tuple[Factor, ...]:
        """What this user can show; empty for nothing."""
        enrolled = await self._passkeys.enrolled(user_id)
        if not enrolled.any:
            return ()
        found = {
            Factor.TOTP: enrolled.totp,
            Factor.WEBAUTHN: enrolled.passkeys > 0,
            Factor.BACKUP_CODE: enrolled.backup_codes > 0,
        }
        return tuple(factor for factor, there in found.items() if there)

    async def trusts(self, user_id: UUID, token: str) -> bool:
        """Whether this token is of a device that the user trusts."""
        if len(token) > MOST_TOKEN or not token.startswith(f"{DEVICE_PREFIX}_"):
            return False
        now = self._clock.now()
        device = await self._devices.by_token(user_id, token_hash(token), now)
        if device is None:
            return False
        async with self._db.write(SYSTEM) as tx:
            return await self._devices.use(tx, device.id, now)

    async def status(self, viewer: Viewer) -> SecondFactors:
        """The viewer's own second factors."""
        user_id = viewer.account
        standing = await self._auth.standing(user_id)
        totp = await self._codes.totp(user_id)
        return SecondFactors(
            required=standing is not None and standing.requires_factor,
            totp=totp is not None,
            totp_since=None if totp is None else totp.created_at,
            passkeys=await self._passkeys.of_user(user_id),
            backup_codes=await self._codes.left(user_id),
            devices=await self._devices.of_user(user_id, self._clock.now()),
        )

    async def require_proof(self, viewer: Viewer) -> Enrolled:
        """Raise Reauthenticate unless the session proved itself lately, and by a second factor
        where there is one: a password alone neither adds nor removes what stands beside it.
        """
        await self._sessions.require_recent(viewer)
        enrolled = await self._passkeys.enrolled(viewer.account)
        if enrolled.any:
            own: Collection[UUID] = () if viewer.session_id is None else (viewer.session_id,)
            sessions = (await self._sessions.by_ids(viewer, own)).values()
            if not any(session.factor for session in sessions):
                raise FactorProofRequired
        return enrolled

    async def lock(self, tx: Tx, user_id: UUID) -> None:
        """One change of a user's factors at a time, for passkeys are ways in, too."""
        await self._ways_in.lock(tx, user_id)

    async def added(self, tx: Tx, viewer: Viewer) -> None:
        """The viewer has a new factor, and has just shown it."""
        await self._sessions.mark_factor(tx, viewer)
        await tx.notify(CHANNEL, str(viewer.account))

    async def removed(self, tx: Tx, user_id: UUID) -> None:
        """A factor is gone: nothing is trusted because of it. Raises FactorRequired for the last
        one of an account that may not be without.
        """
        await self._devices.remove_all(tx, user_id)
        enrolled = await self._passkeys.enrolled(user_id, tx)
        if not enrolled.any:
            standing = await self._auth.standing(user_id)
            if standing is not None and standing.requires_factor:
                raise FactorRequired
            await self._codes.remove_codes(tx, user_id)
        await tx.notify(CHANNEL, str(user_id))

    def changed(self, user_id: UUID) -> None:
        """After the commit: what this process knows of the user is old."""
        self._principals.forget(user_id)

    async def reset(self, viewer: Viewer, user_id: UserId) -> User:
        """Take all second factors from a user and end their sessions.

        Raises UserNotFound, Conflict for oneself, and Forbidden for who may do more than the
        viewer.
        """
        await self._sessions.require_recent(viewer)
        user = await self._users.get(viewer, user_id)
        if user_id == viewer.user_id:
            raise Conflict("Remove your own second factors one by one.")
        standing = await self._auth.standing(user_id)
        if standing is None or not self._rbac.rights(standing).permissions <= viewer.permissions:
            raise Forbidden("You cannot take second factors from somebody who may do more.")
        await self._reset(viewer, user_id)
        return user

    async def reset_by_name(self, username: str) -> str:
        """Likewise from the command line; answers the user name as it is. Raises NotFound."""
        secret = await self._auth.secret_by_name(username)
        if secret is None:
            raise NotFound(f"There is no user {username[:80]!r}.", field="username")
        await self._reset(SYSTEM, UserId(secret.user_id))
        return secret.username

    async def _reset(self, viewer: Viewer, user_id: UserId) -> None:
        async with self._db.write(viewer) as tx:
            await self.lock(tx, user_id)
            await self._codes.remove_totp(tx, user_id)
            await self._codes.remove_codes(tx, user_id)
            await self._passkeys.remove_all(tx, user_id)
            await self._devices.remove_all(tx, user_id)
            await self._sessions.end_all(tx, user_id, "second factors reset")
            tx.emit(FactorsReset(user_id=user_id))
        self.changed(user_id)
