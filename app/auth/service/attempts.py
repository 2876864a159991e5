"""Lockout: wrong secrets cost more and more time, and never anybody else's session.

Failures are counted for an account from one address, for an account from anywhere, and for an
address with any account. A try counts before its secret is looked at, so that many at once are not
one. From an address where the user was signed in lately only what that address did counts: nobody
can lock somebody out of their own home from elsewhere.
"""

from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from app.auth.domain import Attempt
from app.auth.repository import AttemptRepository, SessionRepository
from app.auth.repository.attempts import Count, Counts
from app.core.access import SYSTEM, Client
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import RateLimited
from app.core.ids import new_id
from app.core.keys import Keyring
from app.core.tx import Tx
from app.settings.domain import LOCKOUT_THRESHOLD, LOCKOUT_WINDOW
from app.settings.service import Settings

FIRST_DELAY: Final = 30.0
ANYWHERE: Final = 2  # times the threshold: an account, from all addresses
ANYBODY: Final = 4  # times the threshold: an address, with all accounts
KNOWN_FOR: Final = timedelta(days=30)
FORGOTTEN_AFTER: Final = timedelta(days=1)
BATCH: Final = 5000
PURPOSE: Final = "sign-in-attempts"


class AttemptsDependencies(Protocol):
    """What attempts are counted with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def attempt_repository(self) -> AttemptRepository: ...
    @property
    def session_repository(self) -> SessionRepository: ...


class Attempts:
    """Counts tries, and refuses those that come too soon."""

    def __init__(self, needs: AttemptsDependencies) -> None:
        self._db, self._clock, self._keyring = needs.db, needs.clock, needs.keyring
        self._settings = needs.settings
        self._attempts, self._sessions = needs.attempt_repository, needs.session_repository

    async def begin(
        self, kind: str, account: str, client: Client, user_id: UUID | None = None
    ) -> Attempt:
        """Count a try of this account as a failure until it is taken back. Raises RateLimited.

        `account` is whatever names it, the same for the same account; it is stored as a MAC.
        `user_id` is whose account it is, where there is such a user.
        """
        key = self._keyring.mac(PURPOSE, account.encode("utf-8", "surrogatepass")).hex()[:32]
        attempt = Attempt(new_id(), key, client.network)
        async with self._db.write(SYSTEM) as tx:
            await tx.lock(f"sign-in:{key}")
            await tx.lock(f"sign-in-from:{attempt.address}")
            await self._admit(tx, attempt, kind, user_id)
            await self._attempts.add(tx, attempt, kind, self._clock.now())
        return attempt

    async def succeed(self, tx: Tx, attempt: Attempt) -> None:
        """The secret was right: the address's failures with this account are forgotten."""
        await self._attempts.clear(tx, attempt)

    async def withdraw(self, attempt: Attempt) -> None:
        """It was never decided whether the secret was right: the try does not count."""
        async with self._db.write(SYSTEM) as tx:
            await self._attempts.withdraw(tx, attempt)

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of tries that no longer count; whether there may be more."""
        before = self._clock.now() - FORGOTTEN_AFTER
        return await self._attempts.forget(tx, before, BATCH) == BATCH

    async def _admit(self, tx: Tx, attempt: Attempt, kind: str, user_id: UUID | None) -> None:
        now, window = self._clock.now(), float(self._settings.get(LOCKOUT_WINDOW))
        since = now - timedelta(seconds=window)
        counts = await self._attempts.counts(tx, attempt, kind, since)
        waits = [self._wait(count, most, window) for count, most in self._judged(counts)]
        if max(waits) <= 0:
            return
        own, elsewhere = max(waits[0], waits[2]), waits[1]
        if own <= 0 and elsewhere > 0 and user_id is not None:
            known = now - KNOWN_FOR
            if await self._sessions.knows_address(tx, user_id, attempt.address, known):
                return
        raise RateLimited(
            "Too many failed attempts; wait before the next one.", retry_after=max(waits)
        )

    def _judged(self, counts: Counts) -> tuple[tuple[Count, int], ...]:
        threshold = self._settings.get(LOCKOUT_THRESHOLD)
        return (
            (counts.pair, threshold),
            (counts.account, threshold * ANYWHERE),
            (counts.address, threshold * ANYBODY),
        )

    def _wait(self, count: Count, most: int, window: float) -> float:
        """Seconds until the next try: twice as long after each one beyond the threshold."""
        if count.number < most or count.last is None:
            return 0.0
        delay: float = min(window, FIRST_DELAY * 2 ** min(20, count.number - most))
        return delay - (self._clock.now() - count.last).total_seconds()
