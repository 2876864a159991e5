"""How often somebody may ask: sliding windows, counted in Redis for all processes together.

A limit of 50 a second with a burst of 100 is a window of two seconds that holds 100: both numbers
are kept. A window is divided into slots; a slot counts until all of it is out of the window, so
that no window ever holds more than the limit, and a key never more than some forty numbers.

What this process has let through is also counted here. So it refuses without asking Redis where
its own count is enough, and goes on limiting when Redis is away.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, cast

from msgspec import Struct

from app.core.errors import RateLimited
from app.core.metrics import Metrics
from app.core.redis import RedisAway, RedisLink

SLOTS: Final = 40
MICROS: Final = 1_000_000
MOST_KEYS: Final = 50_000

# Takes `cost` where the window still has room. The time is Redis's own: processes need not agree on
# one. Answers: taken or not, what is used, microseconds until there is room, and until all is free.
SCRIPT: Final = """
local limit, slot = tonumber(ARGV[1]), tonumber(ARGV[2])
local slots, cost = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local current = math.floor(now / slot)
local used, last, held, gone = 0, 0, {}, {}
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local at = tonumber(stored[i])
  if at < current - slots or at > current + slots then
    gone[#gone + 1] = stored[i]
  else
    held[#held + 1] = {at, tonumber(stored[i + 1])}
    used = used + held[#held][2]
    last = math.max(last, at)
  end
end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
if used + cost <= limit then
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', current), cost)
  redis.call('PEXPIRE', KEYS[1], math.ceil(slot * (slots + 2) / 1000))
  return {1, used + cost, 0, (math.max(last, current) + slots + 1) * slot - now}
end
table.sort(held, function(a, b) return a[1] < b[1] end)
local left, wait = used, 0
for _, one in ipairs(held) do
  left = left - one[2]
  wait = (one[1] + slots + 1) * slot - now
  if left + cost <= limit then break end
end
return {0, used, wait, (last + slots + 1) * slot - now}
"""


class Tier(StrEnum):
    """What is limited apart from the rest."""

    GLOBAL = "global"
    AUTH = "auth"
    MUTATION = "mutation"
    SEARCH = "search"


class Limit(Struct, frozen=True):
    """`rate` a second in the long run, `burst` at once."""

    rate: float
    burst: int

    @property
    def window(self) -> float:
        """Seconds in which at most `burst` are let through."""
        return self.burst / self.rate

    @property
    def slot(self) -> int:
        """Microseconds of one part of the window."""
        return max(1, int(self.window * MICROS / SLOTS))


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of a take; refused where `retry_after` says when to come back. In seconds."""

    tier: Tier
    limit: int
    remaining: int
    window: float
    reset_after: float
    retry_after: float | None = None

    @property
    def allowed(self) -> bool:
        return self.retry_after is None

    def check(self) -> None:
        """Raise TooOften for a take that was refused."""
        if self.retry_after is not None:
            raise TooOften(self)


class TooOften(RateLimited):
    """Somebody asks more often than the limit of a tier lets them."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("Too many requests; wait a moment.", retry_after=verdict.retry_after)
        self.verdict = verdict


class Answer(Struct, frozen=True):
    """What a window says: seconds of waiting where there is no room."""

    taken: bool
    used: int
    wait: float
    reset: float


class Window:
    """One key's slots in this process."""

    __slots__ = ("expires", "slots")

    def __init__(self) -> None:
        self.slots: dict[int, int] = {}
        self.expires = 0

    def look(self, limit: Limit, cost: int, now: int) -> Answer:
        """Whether there is room for `cost`; takes nothing."""
        slot = limit.slot
        current = now // slot
        for at in [at for at in self.slots if at < current - SLOTS]:
            del self.slots[at]
        used = sum(self.slots.values())
        reset = _left(max(self.slots, default=current), slot, now) if used else 0.0
        if used + cost <= limit.burst:
            return Answer(True, used, 0.0, reset)
        left, wait = used, 0.0
        for at in sorted(self.slots):
            left -= self.slots[at]
            wait = _left(at, slot, now)
            if left + cost <= limit.burst:
                break
        return Answer(False, used, wait, reset)

    def add(self, limit: Limit, cost: int, now: int) -> None:
        """Count it."""
        current = now // limit.slot
        self.slots[current] = self.slots.get(current, 0) + cost
        self.expires = now + limit.slot * (SLOTS + 2)


class Windows:
    """Everybody's windows in this process: the least recently used give way."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._by_key: OrderedDict[str, Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_key)

    def look(self, key: str, limit: Limit, cost: int, now: int) -> Answer:
        """Whether there is room for `cost`; takes nothing."""
        window = self._by_key.get(key)
        if window is None:
            return Answer(True, 0, 0.0, 0.0)
        self._by_key.move_to_end(key)
        return window.look(limit, cost, now)

    def add(self, key: str, limit: Limit, cost: int, now: int) -> None:
        """Count it."""
        window = self._by_key.get(key)
        if window is None:
            self._make_room(now)
            window = self._by_key[key] = Window()
        window.add(limit, cost, now)
        self._by_key.move_to_end(key)

    def take(self, key: str, limit: Limit, cost: int, now: int) -> Answer:
        """Count it where there is room."""
        found = self.look(key, limit, cost, now)
        if not found.taken:
            return found
        self.add(key, limit, cost, now)
        return self._by_key[key].look(limit, 0, now)

    def _make_room(self, now: int) -> None:
        # Some that are over each time, so that those who are under way are seldom given up.
        for key in [k for k, _ in zip(self._by_key, range(2), strict=False)]:
            if self._by_key[key].expires <= now:
                del self._by_key[key]
        while len(self._by_key) >= self._most:
            self._by_key.popitem(last=False)


class RateLimiter:
    """Takes from the limits of tiers. It never opens: without Redis it counts alone."""

    def __init__(
        self,
        redis: RedisLink | None,
        prefix: str,
        limits: Callable[[Tier], Limit],
        metrics: Metrics,
        *,
        enabled: bool = True,
    ) -> None:
        self.enabled = enabled
        self._redis, self._prefix, self._limits, self._metrics = redis, prefix, limits, metrics
        self._script = redis.client.register_script(SCRIPT) if redis is not None else None
        self._windows = Windows()

    async def take(self, tier: Tier, key: str, cost: int = 1) -> Verdict:
        """Take `cost` from somebody's limit, or nothing at all where it has no room for it."""
        limit = self._limits(tier)
        if not self.enabled:
            return _verdict(tier, limit, Answer(True, 0, 0.0, 0.0))
        cost = max(1, min(cost, limit.burst))  # what never fits could never be asked
        answer = await self._take(f"{tier.value}:{limit.rate:g}:{limit.burst}:{key}", limit, cost)
        action = "allowed" if answer.taken else "blocked"
        self._metrics.ratelimit_hits.labels(tier.value, action).inc()
        return _verdict(tier, limit, answer)

    async def _take(self, key: str, limit: Limit, cost: int) -> Answer:
        own = self._windows.look(key, limit, cost, _now())
        if not own.taken:
            return own
        try:
            answer = await self._ask(key, limit, cost)
        except RedisAway:
            return self._windows.take(key, limit, cost, _now())
        if answer.taken:
            self._windows.add(key, limit, cost, _now())
        return answer

    async def _ask(self, key: str, limit: Limit, cost: int) -> Answer:
        redis, script = self._redis, self._script
        if redis is None or script is None:
            raise RedisAway("This server counts in memory.")
        name = f"{self._prefix}:limit:{key}"
        args = (limit.burst, limit.slot, SLOTS, cost)

        async def call() -> Any:
            return await script(keys=[name], args=args)

        taken, used, wait, reset = cast("list[int]", await redis.run(call))
        return Answer(bool(taken), used, wait / MICROS, reset / MICROS)


def _verdict(tier: Tier, limit: Limit, answer: Answer) -> Verdict:
    return Verdict(
        tier=tier,
        limit=limit.burst,
        remaining=max(0, limit.burst - answer.used),
        window=limit.window,
        reset_after=max(0.0, answer.reset),
        retry_after=None if answer.taken else max(0.001, answer.wait),
    )


def _left(at: int, slot: int, now: int) -> float:
    """Seconds until a slot is wholly out of the window."""
    return max(0.0, ((at + SLOTS + 1) * slot - now) / MICROS)


def _now() -> int:
    return time.monotonic_ns() // 1000
