"""The one gate: whatever the first proof was, everybody comes in through here."""

from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from msgspec.structs import replace

from app.auth.domain import (
    CHALLENGE_PREFIX,
    BadChallenge,
    BadCredentials,
    Challenge,
    Entry,
    Factor,
    LoginSuccess,
    MfaRequired,
    SecondFactors,
    Secret,
    Standing,
)
from app.auth.events import SignedIn
from app.auth.repository import AuthRepository, ChallengeRepository
from app.auth.service.attempts import Attempts
from app.auth.service.sessions import Sessions
from app.core.access import ANONYMOUS, SYSTEM, Client, Viewer
from app.core.clock import Clock
from app.core.crypto import PasswordHasher, new_token, token_hash
from app.core.db import Database
from app.core.errors import RateLimited
from app.core.ids import new_id
from app.core.metrics import Metrics
from app.core.tx import Tx
from app.users.domain import UserId
from app.users.repository import UserRepository, username_key
from app.users.service import Users

CHALLENGE_LASTS: Final = timedelta(minutes=5)
MOST_TRIES: Final = 5
MOST_TOKEN: Final = 200
BATCH: Final = 5000
LoginResult = LoginSuccess | MfaRequired


class SignInDependencies(Protocol):
    """What the gate works with; the container has it all."""

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
    def challenge_repository(self) -> ChallengeRepository: ...
    @property
    def users(self) -> Users: ...
    @property
    def user_repository(self) -> UserRepository: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def factors(self) -> SecondFactors: ...


class SignIn:
    """From a proof to a session, past the second factor."""

    def __init__(self, needs: SignInDependencies) -> None:
        self._db, self._clock, self._metrics = needs.db, needs.clock, needs.metrics
        self._hasher, self._auth = needs.hasher, needs.auth_repository
        self._challenges, self._users = needs.challenge_repository, needs.users
        self._user_rows = needs.user_repository
        self._attempts, self._sessions = needs.attempts, needs.sessions
        self.second_factors = needs.factors

    async def password(self, username: str, password: str, entry: Entry) -> LoginResult:
        """Sign in with a password.

        Raises BadCredentials, alike and at like cost whatever was wrong, and RateLimited.
        """
        with self._hasher.turn() as turn:
            secret = await self._auth.secret_by_name(username)
            account = username_key(secret.username if secret is not None else username)
            user_id = None if secret is None else secret.user_id
            attempt = await self._attempts.begin("password", account, entry.client, user_id)
            try:
                good = await turn.verify(None if secret is None else secret.hash, password)
            except RateLimited:
                await self._attempts.withdraw(attempt)
                raise
        result = None
        if good and secret is not None:
            renewed = await self._renewed(secret, password)
            async with self._db.write(came_from(entry.client)) as tx:
                if await self._auth.password_stands(tx, secret, renewing=renewed is not None):
                    await self._attempts.succeed(tx, attempt)
                    if renewed is not None:
                        await self._auth.renew_hash(tx, secret, renewed)
                    result = await self.admit(tx, secret.user_id, "password", entry)
        if result is None:
            await self.failed("password", user_id, entry.client, "The password was wrong.")
            raise BadCredentials
        return result

    async def admit(
        self, tx: Tx, user_id: UUID, method: str, entry: Entry, *, strong: bool = False
    ) -> LoginResult:
        """The gate after any first proof. Raises BadCredentials for an account that is off.

        Asks for the second factor where the user has one, unless the proof was `strong` (two
        factors in itself) or comes from a device that the user trusts.
        """
        standing = await self._standing(user_id)
        tx.act_as(user_id, standing.username)
        factors = await self._asked(user_id, entry) if not strong else ()
        if factors is None or strong:
            return await self._open(tx, standing, method, entry, factor=True)
        if not factors:
            return await self._open(tx, standing, method, entry, factor=False)
        now, token = self._clock.now(), new_token(CHALLENGE_PREFIX)
        challenge = Challenge(
            id=entry.session_id or new_id(),
            user_id=user_id,
            username=standing.username,
            method=method,
            entry=entry,
            expires_at=now + CHALLENGE_LASTS,
        )
        await self._challenges.add(tx, challenge, token_hash(token))
        return MfaRequired(challenge=token, factors=factors, expires_at=challenge.expires_at)

    async def challenge(self, token: str, client: Client) -> Challenge:
        """A sign-in that waits for a factor; each look is a try. Raises BadChallenge."""
        if len(token) > MOST_TOKEN:
            raise BadChallenge
        async with self._db.write(SYSTEM) as tx:
            now = self._clock.now()
            found = await self._challenges.try_(tx, token_hash(token), now, MOST_TRIES)
        if found is None:
            raise BadChallenge
        return replace(found, entry=replace(found.entry, client=client))

    async def complete(self, tx: Tx, challenge: Challenge, factor: Factor) -> LoginSuccess:
        """Open the session of a challenge whose factor was good, once. Raises BadChallenge."""
        if not await self._challenges.use(tx, challenge.id, self._clock.now()):
            raise BadChallenge
        standing = await self._standing(challenge.user_id)
        tx.act_as(standing.user_id, standing.username)
        method = f"{challenge.method}+{factor.value}"
        return await self._open(tx, standing, method, challenge.entry, factor=True)

    async def failed(self, method: str, user_id: UUID | None, client: Client, problem: str) -> None:
        """Write down that somebody did not get in."""
        self._metrics.auth_attempts.labels(method, "failure").inc()
        async with self._db.write(came_from(client)) as tx:
            tx.emit(SignedIn(user_id=user_id, method=method, success=False, problem=problem))

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of challenges that expired; whether there may be more."""
        return await self._challenges.forget(tx, self._clock.now(), BATCH) == BATCH

    async def _asked(self, user_id: UUID, entry: Entry) -> tuple[Factor, ...] | None:
        """The factors to show; None where the device stands for one."""
        factors = await self.second_factors.factors(user_id)
        device = entry.trusted_device
        if factors and device and await self.second_factors.trusts(user_id, device):
            return None
        return factors

    async def _standing(self, user_id: UUID) -> Standing:
        standing = await self._auth.standing(user_id)
        if standing is None or not standing.is_active:
            raise BadCredentials
        return standing

    async def _open(
        self, tx: Tx, standing: Standing, method: str, entry: Entry, *, factor: bool
    ) -> LoginSuccess:
        # Holds the account: one that is being switched off is waited for, and then not let in.
        if not await self._user_rows.signed_in(tx, standing.user_id, self._clock.now()):
            raise BadCredentials
        tokens = await self._sessions.open(tx, standing.user_id, method, entry, factor=factor)
        tx.emit(SignedIn(user_id=standing.user_id, method=method))
        self._metrics.auth_attempts.labels(method.partition("+")[0], "success").inc()
        user = await self._users.get(SYSTEM, UserId(standing.user_id))
        return LoginSuccess(
            tokens=tokens,
            user=user,
            must_change_password=standing.one_time and method.startswith("password"),
            owes_factor=standing.requires_factor and not factor,
            cookies=entry.cookies,
        )

    async def _renewed(self, secret: Secret, password: str) -> str | None:
        """The hash under today's parameters, where the stored one is not; best effort."""
        if secret.hash is None or not self._hasher.needs_rehash(secret.hash):
            return None
        try:
            return await self._hasher.hash(password)
        except RateLimited:  # the next sign-in will do it
            return None


def came_from(client: Client) -> Viewer:
    """Nobody yet, but the log should know from where."""
    return replace(ANONYMOUS, client=client)
