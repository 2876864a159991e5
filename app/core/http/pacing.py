"""How often a target is asked: a token bucket, and a breaker for one that fails."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from app.core.http.errors import AskedTooOften, OutsideUnavailable
from app.core.http.policy import Policy
from app.core.metrics import Metrics

FIRST_PAUSE: Final = 0.2
Monotonic = Callable[[], float]


class Pace(Protocol):
    """Who says when the next request may go."""

    async def take(self) -> None:
        """Wait for one's turn. Raises OutsideUnavailable when that would take too long."""
        ...

    async def hold(self, seconds: float) -> None:
        """Nobody's turn comes before that: the target has asked for it."""
        ...


class Bucket:
    """At most `burst` at once and `rate` a second; who is over it waits, within reason."""

    def __init__(self, policy: Policy, now: Monotonic) -> None:
        self._policy, self._now = policy, now
        self._tokens, self._at = policy.burst, now()

    async def take(self) -> None:
        """Wait for a token. Raises OutsideUnavailable when that would take too long."""
        now = self._now()
        rate = self._policy.rate
        self._tokens = min(self._policy.burst, self._tokens + (now - self._at) * rate)
        self._at = now
        wait = max(0.0, (1 - self._tokens) / rate)
        check_wait(self._policy, wait)
        self._tokens -= 1  # below zero: the debt of those who wait
        if wait:
            await asyncio.sleep(wait)

    async def hold(self, seconds: float) -> None:
        """Nobody's turn comes before that."""
        self._at = self._now()
        self._tokens = min(self._tokens, 1 - seconds * self._policy.rate)


def check_wait(policy: Policy, wait: float) -> None:
    """Raise OutsideUnavailable where nobody would wait for so long."""
    if wait > policy.most_wait:
        raise AskedTooOften(policy.label, "is being asked too often", retry_after=wait)


class Breaker:
    """Asks nothing for a while after failures in a row; then one request tries again."""

    def __init__(self, policy: Policy, metrics: Metrics, now: Monotonic) -> None:
        self._policy, self._metrics, self._now = policy, metrics, now
        self._failures = 0
        self._open_until: float | None = None
        metrics.breaker_state.labels(policy.name).set(0)

    def check(self) -> None:
        """Raise OutsideUnavailable while it is open."""
        if self._open_until is None:
            return
        left = self._open_until - self._now()
        if left > 0:
            raise OutsideUnavailable(
                self._policy.label, "has not been answering", retry_after=max(1.0, left)
            )
        self._open_until = self._now() + self._policy.open_for  # this one tries, others wait

    def worked(self) -> None:
        """A request was answered."""
        self._failures = 0
        if self._open_until is not None:
            self._open_until = None
            self._note("closed")

    def failed(self) -> None:
        """A request was not, or with an error of the server's."""
        self._failures += 1
        if self._failures >= self._policy.failures_to_open:
            if self._open_until is None:
                self._note("open")
            self._open_until = self._now() + self._policy.open_for

    def _note(self, state: str) -> None:
        self._metrics.breaker_state.labels(self._policy.name).set(1 if state == "open" else 0)
        self._metrics.breaker_changes.labels(self._policy.name, state).inc()


def pause(attempt: int) -> float:
    """Seconds before the next attempt, with some chance in them."""
    return float(FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311


def asked_wait(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, in either of its forms; None for anything else."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
