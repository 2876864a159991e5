"""Showing a second factor: to sign in, or to prove again that it is oneself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import UUID

from msgspec.structs import replace

from app.auth.domain import (
    Attempt,
    BadCredentials,
    Challenge,
    Entry,
    Factor,
    LoginSuccess,
    MfaRequired,
)
from app.auth.service import Attempts, Sessions, SignIn
from app.auth.service.sign_in import came_from
from app.core.access import Client, Viewer
from app.core.db import Database
from app.core.errors import Conflict, Unauthenticated
from app.core.tx import Tx
from app.mfa.domain import Assertion, BadPasskey, Json, PasskeyCloned, Purpose
from app.mfa.service.backup_codes import BackupCodes
from app.mfa.service.devices import Devices
from app.mfa.service.factors import Factors
from app.mfa.service.passkeys import Passkeys
from app.mfa.service.totp import Totp

Take = Callable[[Tx], Awaitable[None]]


class VerificationDependencies(Protocol):
    """What factors are checked with; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def sign_in(self) -> SignIn: ...
    @property
    def factors(self) -> Factors: ...
    @property
    def totp(self) -> Totp: ...
    @property
    def backup_codes(self) -> BackupCodes: ...
    @property
    def passkeys(self) -> Passkeys: ...
    @property
    def devices(self) -> Devices: ...


class Verification:
    """Every path that checks a factor. Tries are counted for the account before they are looked at,
    apart from those of its password: who knows that gets no more tries by it.
    """

    def __init__(self, needs: VerificationDependencies) -> None:
        self._db, self._attempts, self._sessions = needs.db, needs.attempts, needs.sessions
        self._sign_in, self._factors, self._totp = needs.sign_in, needs.factors, needs.totp
        self._backup_codes, self._passkeys = needs.backup_codes, needs.passkeys
        self._devices = needs.devices

    # -- signing in

    async def totp(self, token: str, code: str, client: Client, *, remember: bool) -> LoginSuccess:
        """Come in with a code of the authenticator app. Raises BadCode or BadChallenge."""
        challenge = await self._sign_in.challenge(token, client)
        async with self._tried(Factor.TOTP, challenge.user_id, client) as attempt:
            checked = await self._totp.check(challenge.user_id, code)
            return await self._complete(
                challenge,
                Factor.TOTP,
                attempt,
                lambda tx: self._totp.take(tx, checked),
                remember=remember,
            )

    async def backup_code(
        self, token: str, code: str, client: Client, *, remember: bool
    ) -> LoginSuccess:
        """Come in with a backup code. Raises BadCode or BadChallenge."""
        challenge = await self._sign_in.challenge(token, client)
        user_id = challenge.user_id
        async with self._tried(Factor.BACKUP_CODE, user_id, client) as attempt:
            mac = await self._backup_codes.check(user_id, code)
            return await self._complete(
                challenge,
                Factor.BACKUP_CODE,
                attempt,
                lambda tx: self._backup_codes.take(tx, user_id, mac),
                remember=remember,
            )

    async def passkey_options(self, token: str, client: Client, local: str | None) -> Json:
        """Options to show a passkey of who waits for a second factor. Raises BadChallenge."""
        challenge = await self._sign_in.challenge(token, client)
        if Factor.WEBAUTHN not in await self._factors.factors(challenge.user_id):
            raise Conflict("This account has no passkey: show another second factor.")
        return await self._passkeys.request(
            local, Purpose.SECOND_FACTOR, challenge.user_id, challenge.id
        )

    async def passkey(
        self, token: str, answer: object, client: Client, *, remember: bool
    ) -> LoginSuccess:
        """Come in with a passkey as the second factor. Raises BadPasskey or BadChallenge."""
        challenge = await self._sign_in.challenge(token, client)
        user_id = challenge.user_id
        async with self._tried(Factor.WEBAUTHN, user_id, client) as attempt:
            proved = await self._passkeys.check(
                answer, Purpose.SECOND_FACTOR, user_id, challenge.id
            )
            async with self._watched(proved, client):
                return await self._complete(
                    challenge,
                    Factor.WEBAUTHN,
                    attempt,
                    lambda tx: self._passkeys.take(tx, proved),
                    remember=remember,
                )

    async def any_passkey_options(self, local: str | None) -> Json:
        """Options to sign in with a passkey alone: the device knows whose it is."""
        return await self._passkeys.request(local, Purpose.SIGN_IN)

    async def sign_in(self, answer: object, entry: Entry) -> LoginSuccess | MfaRequired:
        """Come in with a passkey alone: it verified its user, so it is two factors in itself.

        Raises BadPasskey.
        """
        try:
            proved = await self._passkeys.check(answer, Purpose.SIGN_IN)
        except BadPasskey as error:
            await self._sign_in.failed("passkey", None, entry.client, error.message)
            raise
        user_id = proved.passkey.user_id
        async with (
            self._tried(Factor.WEBAUTHN, user_id, entry.client) as attempt,
            self._watched(proved, entry.client),
            self._db.write(came_from(entry.client)) as tx,
        ):
            await self._passkeys.take(tx, proved)
            await self._attempts.succeed(tx, attempt)
            try:
                return await self._sign_in.admit(tx, user_id, "passkey", entry, strong=True)
            except BadCredentials:
                raise BadPasskey from None

    # -- once more

    async def confirm_totp(self, viewer: Viewer, code: str) -> None:
        """Make the authenticator app count that was set up. Raises BadCode."""
        async with self._tried(Factor.TOTP, viewer.account, viewer.client) as attempt:
            await self._totp.confirm(viewer, code)
            async with self._db.write(viewer) as tx:
                await self._attempts.succeed(tx, attempt)

    async def reauthenticate_totp(self, viewer: Viewer, code: str) -> None:
        """Prove by a code that it is still the same person. Raises BadCode."""
        async with self._tried(Factor.TOTP, viewer.account, viewer.client) as attempt:
            checked = await self._totp.check(viewer.account, code)
            async with self._db.write(viewer) as tx:
                await self._totp.take(tx, checked)
                await self._proved(tx, viewer, attempt)
        self._factors.changed(viewer.account)

    async def reauthentication_options(self, viewer: Viewer, local: str | None) -> Json:
        """Options to prove by a passkey that it is still the same person."""
        return await self._passkeys.request(
            local, Purpose.REAUTHENTICATE, viewer.account, viewer.session_id
        )

    async def reauthenticate_passkey(self, viewer: Viewer, answer: object) -> None:
        """Prove it by this answer. Raises BadPasskey."""
        async with self._tried(Factor.WEBAUTHN, viewer.account, viewer.client) as attempt:
            proved = await self._passkeys.check(
                answer, Purpose.REAUTHENTICATE, viewer.account, viewer.session_id
            )
            async with self._watched(proved, viewer.client), self._db.write(viewer) as tx:
                await self._passkeys.take(tx, proved)
                await self._proved(tx, viewer, attempt)
        self._factors.changed(viewer.account)

    async def _proved(self, tx: Tx, viewer: Viewer, attempt: Attempt) -> None:
        await self._sessions.reauthenticated(tx, viewer)
        await self._sessions.mark_factor(tx, viewer)
        await self._attempts.succeed(tx, attempt)

    async def _complete(
        self, challenge: Challenge, factor: Factor, attempt: Attempt, take: Take, *, remember: bool
    ) -> LoginSuccess:
        """All that a good factor causes, in one commit or not at all."""
        async with self._db.write(came_from(challenge.entry.client)) as tx:
            tx.act_as(challenge.user_id, challenge.username)
            await take(tx)
            login = await self._sign_in.complete(tx, challenge, factor)
            if remember:
                token = await self._devices.trust(tx, challenge.user_id, challenge.entry)
                login = replace(login, device_token=token)
            await self._attempts.succeed(tx, attempt)
        return login

    @asynccontextmanager
    async def _tried(self, factor: Factor, user_id: UUID, client: Client) -> AsyncIterator[Attempt]:
        """A try at a factor; what was wrong is written down. Raises RateLimited."""
        attempt = await self._attempts.begin(
            factor.value, f"second-factor:{user_id}", client, user_id
        )
        try:
            yield attempt
        except Unauthenticated as error:
            await self._sign_in.failed(factor.value, user_id, client, error.message)
            raise

    @asynccontextmanager
    async def _watched(self, proved: Assertion, client: Client) -> AsyncIterator[None]:
        """Where the counter of a passkey turns out to be wrong, that outlives the refusal."""
        try:
            yield
        except PasskeyCloned:
            await self._passkeys.note_clone(proved, came_from(client))
            raise
