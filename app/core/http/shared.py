"""How often all processes together ask a target: turns are given out in Redis."""

import asyncio
from typing import Any, Final, cast

from app.core.http.pacing import Bucket, Monotonic, check_wait
from app.core.http.policy import Policy
from app.core.redis import RedisAway, RedisLink

MICROS: Final = 1_000_000
# Of turns that are given out at the right distance some arrive late and the next ones on time: so
# much of the rate, and of what may come at once, is never used up.
MARGIN: Final = 0.95
MOST_AT_ONCE: Final = 0.8
# While Redis is away nobody knows how many processes there are: each takes this part.
ALONE: Final = 0.25

# Gives out the next turn, if it comes soon enough. One key holds when that is: `burst` turns lie in
# the past at most. The time is Redis's own. Answers: taken or not, and microseconds until then.
TAKE: Final = """
local interval, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local turn = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - interval * (burst - 1))
local wait = math.max(0, turn - now)
if wait > most then return {0, math.floor(wait)} end
local left = math.ceil((wait + interval * burst) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', turn + interval), 'PX', left)
return {1, math.floor(wait)}
"""
HOLD: Final = """
local time = redis.call('TIME')
local free = time[1] * 1000000 + time[2] + tonumber(ARGV[1])
local turn = tonumber(redis.call('GET', KEYS[1]) or '0')
if free > turn then
  redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', math.ceil(ARGV[1] / 1000) + 60000)
end
return 1
"""


class SharedBucket:
    """`rate` a second and `burst` at once, of all processes together."""

    def __init__(self, redis: RedisLink, prefix: str, policy: Policy, now: Monotonic) -> None:
        self._redis, self._policy = redis, policy
        self._key = f"{prefix}:pace:{policy.name}"
        self._take = redis.client.register_script(TAKE)
        self._hold = redis.client.register_script(HOLD)
        self._alone = Bucket(policy.at(policy.rate * ALONE, max(1, policy.burst * ALONE)), now)

    async def take(self) -> None:
        """Wait for one's turn. Raises OutsideUnavailable when that would take too long."""
        policy = self._policy
        interval = MICROS / (policy.rate * MARGIN)
        burst = max(1, int(policy.burst * MOST_AT_ONCE))
        args = (interval, burst, policy.most_wait * MICROS)

        async def call() -> Any:
            return await self._take(keys=[self._key], args=args)

        try:
            _, micros = cast("list[int]", await self._redis.run(call))
        except RedisAway:
            await self._alone.take()
            return
        wait = micros / MICROS
        check_wait(policy, wait)
        if wait:
            await asyncio.sleep(wait)

    async def hold(self, seconds: float) -> None:
        """Nobody's turn comes before that."""
        await self._alone.hold(seconds)

        async def call() -> Any:
            return await self._hold(keys=[self._key], args=(int(seconds * MICROS),))

        try:
            await self._redis.run(call)
        except RedisAway:
            return  # this process holds its own
