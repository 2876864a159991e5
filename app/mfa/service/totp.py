"""Authenticator apps: set up in two steps, each code good once, removed."""

import asyncio
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from app.core.access import SYSTEM, Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.keys import Keyring, Sealed, Unsealable, resealed
from app.core.logging import get_logger
from app.core.tx import Tx
from app.mfa.domain import BadCode, NothingToConfirm, NoTotp, TotpEnrolment, TotpSecret
from app.mfa.events import TotpDisabled, TotpEnabled
from app.mfa.repository import CodeRepository
from app.mfa.service import codes
from app.mfa.service.factors import Factors
from app.settings.domain import SERVER_NAME
from app.settings.service import Settings

log = get_logger(__name__)
PURPOSE: Final = "totp"
SETUP_LASTS: Final = timedelta(minutes=15)
BATCH: Final = 500


class TotpDependencies(Protocol):
    """What authenticator apps are kept with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def code_repository(self) -> CodeRepository: ...
    @property
    def factors(self) -> Factors: ...


class Totp:
    """The rules of authenticator apps."""

    def __init__(self, needs: TotpDependencies) -> None:
        self._db, self._clock, self._keyring = needs.db, needs.clock, needs.keyring
        self._settings, self._factors = needs.settings, needs.factors
        self._codes = needs.code_repository

    async def set_up(self, viewer: Viewer) -> TotpEnrolment:
        """A new secret, shown once; it replaces the present one only when it is confirmed."""
        await self._factors.require_proof(viewer)
        secret, now, user_id = codes.make_secret(), self._clock.now(), viewer.account
        name = viewer.username or ""
        uri = codes.otpauth_uri(secret, name, self._settings.get(SERVER_NAME))
        qr = await asyncio.to_thread(codes.qr_code, uri)
        sealed = self._keyring.seal(PURPOSE, secret, user_id.bytes)
        async with self._db.write(viewer) as tx:
            await self._factors.lock(tx, user_id)
            await self._codes.start_totp(tx, user_id, sealed, now)
        return TotpEnrolment(
            secret=codes.shown_secret(secret), uri=uri, qr=qr, expires_at=now + SETUP_LASTS
        )

    async def confirm(self, viewer: Viewer, code: str) -> None:
        """Make the secret that was set up the user's. Raises BadCode or NothingToConfirm."""
        await self._factors.require_proof(viewer)
        now, user_id = self._clock.now(), viewer.account
        pending = await self._codes.totp(user_id, confirmed=False)
        if pending is None or now - pending.created_at > SETUP_LASTS:
            raise NothingToConfirm
        step = self._step(pending, code)
        if step is None:
            raise BadCode
        async with self._db.write(viewer) as tx:
            await self._factors.lock(tx, user_id)
            if not await self._codes.confirm_totp(tx, pending, step, now):
                raise NothingToConfirm
            await self._factors.added(tx, viewer)
            tx.emit(TotpEnabled(user_id=user_id))
        self._factors.changed(user_id)

    async def remove(self, viewer: Viewer) -> None:
        """Forget the user's authenticator app. Raises NoTotp or FactorRequired."""
        await self._factors.require_proof(viewer)
        user_id = viewer.account
        async with self._db.write(viewer) as tx:
            await self._factors.lock(tx, user_id)
            if not await self._codes.remove_totp(tx, user_id):
                raise NoTotp
            await self._factors.removed(tx, user_id)
            tx.emit(TotpDisabled(user_id=user_id))
        self._factors.changed(user_id)

    async def check(self, user_id: UUID, code: str) -> tuple[TotpSecret, int]:
        """The secret and time step of a code that looks right; `take` it. Raises BadCode."""
        secret = await self._codes.totp(user_id)
        step = None if secret is None else self._step(secret, code)
        if secret is None or step is None or step <= secret.last_step:
            raise BadCode
        return secret, step

    async def take(self, tx: Tx, checked: tuple[TotpSecret, int]) -> None:
        """Use up a code with this transaction, once. Raises BadCode."""
        if not await self._codes.take_step(tx, *checked, self._clock.now()):
            raise BadCode

    async def forget(self, tx: Tx) -> None:
        """Delete what was set up and never confirmed."""
        await self._codes.forget_unconfirmed(tx, self._clock.now() - SETUP_LASTS)

    async def reseal(self) -> int:
        """Seal secrets anew sealed with an older key; says how many. Raises NotResealed."""
        total = left = 0
        for secret in await self._codes.totp_sealed_otherwise(self._keyring.key_id):
            sealed = Sealed(secret.secret_key_id, secret.secret_sealed)
            try:
                fresh = self._keyring.reseal(PURPOSE, sealed, secret.user_id.bytes)
            except Unsealable:
                log.exception("mfa.totp_not_resealed", user_id=str(secret.user_id))
                left += 1
                continue
            async with self._db.write(SYSTEM) as tx:
                total += await self._codes.reseal_totp(tx, secret, fresh)
        return resealed(total, left)

    def _step(self, secret: TotpSecret, code: str) -> int | None:
        sealed = Sealed(secret.secret_key_id, secret.secret_sealed)
        plain = self._keyring.open(PURPOSE, sealed, secret.user_id.bytes)
        return codes.step_of(plain, code, self._clock.now())
