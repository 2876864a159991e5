"""Sliding windows: exact under concurrency, the same in Redis and in memory, and never open."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from app.core import ratelimit
from app.core.access import Client
from app.core.embedded import EmbeddedValkey
from app.core.errors import Code
from app.core.metrics import Metrics
from app.core.ratelimit import (
    MICROS,
    SLOTS,
    Limit,
    RateLimiter,
    Tier,
    TooOften,
    Windows,
)
from app.core.redis import RedisLink
from tests.conftest import _temporary

MANY = Limit(rate=1, burst=20)  # a window of 20 seconds: nothing expires during a test
QUICK = Limit(rate=20, burst=10)  # half a second


@pytest.fixture
async def link(redis_url: str) -> Any:
    made = RedisLink(redis_url, 2, Metrics())
    await made.client.flushdb()
    yield made
    await made.close()


def limiter(link: RedisLink | None, limit: Limit = MANY, **more: Any) -> RateLimiter:
    return RateLimiter(link, "test", lambda _: limit, Metrics(), **more)


@pytest.fixture(params=["redis", "memory"])
def one(request: pytest.FixtureRequest, link: RedisLink) -> Callable[[Limit], RateLimiter]:
    """Makes a limiter of each kind."""
    return lambda limit: limiter(link if request.param == "redis" else None, limit)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * MICROS)


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    made = Hand()
    monkeypatch.setattr(ratelimit, "_now", lambda: made.now)
    return made


async def test_50_at_once_never_exceed(one: Callable[[Limit], RateLimiter]) -> None:
    taking = one(MANY)
    verdicts = await asyncio.gather(*(taking.take(Tier.AUTH, "a") for _ in range(50)))
    assert sum(verdict.allowed for verdict in verdicts) == MANY.burst
    assert sorted(v.remaining for v in verdicts if v.allowed) == list(range(MANY.burst))
    assert all(v.remaining == 0 for v in verdicts if not v.allowed)


async def test_50_at_once_on_several_processes_never_exceed(link: RedisLink) -> None:
    several = [limiter(link) for _ in range(5)]
    verdicts = await asyncio.gather(
        *(several[n % 5].take(Tier.AUTH, "a", 1 + n % 3) for n in range(50))
    )
    taken = sum(1 + n % 3 for n, verdict in enumerate(verdicts) if verdict.allowed)
    assert MANY.burst - 1 <= taken <= MANY.burst


async def test_keys_and_tiers_have_limits_of_their_own(
    one: Callable[[Limit], RateLimiter],
) -> None:
    taking = one(Limit(rate=0.1, burst=1))
    for tier, key in ((Tier.AUTH, "a"), (Tier.AUTH, "b"), (Tier.GLOBAL, "a")):
        assert (await taking.take(tier, key)).allowed
        assert not (await taking.take(tier, key)).allowed


async def test_what_is_refused_costs_nothing_and_says_when_to_come_back(
    one: Callable[[Limit], RateLimiter],
) -> None:
    taking = one(QUICK)
    assert (await taking.take(Tier.AUTH, "a", QUICK.burst)).remaining == 0
    for _ in range(20):
        refused = await taking.take(Tier.AUTH, "a")
    assert refused.retry_after is not None
    assert 0 < refused.retry_after <= QUICK.window * (1 + 2 / SLOTS)
    with pytest.raises(TooOften) as caught:
        refused.check()
    assert (caught.value.code, caught.value.retry_after) == (
        Code.RATE_LIMITED,
        refused.retry_after,
    )
    await asyncio.sleep(refused.retry_after + 0.01)
    assert (await taking.take(Tier.AUTH, "a", QUICK.burst)).allowed


async def test_a_cost_takes_that_much_and_never_more_than_all(
    one: Callable[[Limit], RateLimiter],
) -> None:
    taking = one(MANY)
    assert (await taking.take(Tier.AUTH, "a", 15)).remaining == 5
    assert not (await taking.take(Tier.AUTH, "a", 6)).allowed
    assert (await taking.take(Tier.AUTH, "a", 5)).allowed
    assert (await taking.take(Tier.AUTH, "b", 1000)).remaining == 0  # it would never fit


async def test_both_numbers_are_kept(hand: Hand) -> None:
    """A burst at once, the rate in the long run, and no window with more than the burst."""
    limit, rng = Limit(rate=50, burst=100), random.Random(7)
    taking = limiter(None, limit)
    taken: list[int] = []
    assert sum([(await taking.take(Tier.GLOBAL, "a")).allowed for _ in range(200)]) == 100
    taken += [hand.now] * 100
    for _ in range(20_000):
        hand.advance(rng.choice((0.0001, 0.001, 0.01)))
        if (await taking.take(Tier.GLOBAL, "a")).allowed:
            taken.append(hand.now)
    for index in range(100, len(taken)):
        assert taken[index] - taken[index - 100] >= limit.window * MICROS
    seconds = (taken[-1] - taken[0]) / MICROS
    assert len(taken) / seconds >= 50 * (1 - 2 / SLOTS)


async def test_redis_and_memory_say_the_same(link: RedisLink) -> None:
    """The same takes at the same time, up to where the slots of the two clocks begin."""
    limit = Limit(rate=2, burst=30)
    shared, alone = limiter(link, limit), limiter(None, limit)
    rng = random.Random(11)
    for _ in range(60):
        cost = rng.randint(1, 4)
        one, other = (
            await shared.take(Tier.GLOBAL, "a", cost),
            await alone.take(Tier.GLOBAL, "a", cost),
        )
        assert (one.allowed, one.remaining) == (other.allowed, other.remaining)
        assert abs((one.retry_after or 0) - (other.retry_after or 0)) < limit.window / SLOTS * 1.5


async def test_one_round_trip_and_keys_that_expire(
    link: RedisLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = limiter(link, QUICK)
    await taking.take(Tier.AUTH, "a")  # the script is known from here on
    sent: list[Any] = []
    execute: Any = Redis.execute_command

    async def counted(self: Redis, *args: Any, **options: Any) -> Any:
        sent.append(args[0])
        return await execute(self, *args, **options)

    monkeypatch.setattr(Redis, "execute_command", counted)
    await taking.take(Tier.AUTH, "a")
    monkeypatch.undo()
    assert sent == ["EVALSHA"]
    keys = [key.decode() for key in await link.client.keys("*")]
    assert keys == ["test:limit:auth:20:10:a"]
    assert 0 < await link.client.pttl(keys[0]) <= QUICK.window * 1000 * (1 + 3 / SLOTS)


async def test_the_time_is_that_of_redis(link: RedisLink, hand: Hand) -> None:
    """A process whose clock is wrong neither takes more nor keeps others from taking."""
    wrong, right = limiter(link), limiter(link)
    for _ in range(MANY.burst):
        assert (await wrong.take(Tier.AUTH, "a")).allowed
    hand.advance(3600)  # and what it counted itself is over
    assert not (await wrong.take(Tier.AUTH, "a")).allowed
    assert not (await right.take(Tier.AUTH, "a")).allowed


async def test_a_lost_script_is_loaded_again(link: RedisLink) -> None:
    taking = limiter(link)
    await taking.take(Tier.AUTH, "a")
    await link.client.script_flush()
    assert (await taking.take(Tier.AUTH, "a")).remaining == MANY.burst - 2


async def test_redis_killed_midway_keeps_limiting() -> None:
    folder = _temporary("revenge-limits-")
    server = EmbeddedValkey(Path(folder.name) / "valkey")
    link = RedisLink(server.start(), 0.1, Metrics())
    try:
        taking = limiter(link)
        allowed = 0
        for n in range(100):
            if n == 7:
                server.stop()
            allowed += (await taking.take(Tier.AUTH, "a")).allowed
        assert allowed == MANY.burst  # what was taken through Redis counts here, too
        more = await asyncio.gather(*(taking.take(Tier.AUTH, "b") for _ in range(50)))
        assert sum(verdict.allowed for verdict in more) == MANY.burst
    finally:
        await link.close()
        server.stop()
        folder.cleanup()


async def test_redis_that_was_never_there() -> None:
    link = RedisLink("redis://127.0.0.1:1/0", 0.1, Metrics())
    try:
        taking = limiter(link)
        found = await asyncio.gather(*(taking.take(Tier.AUTH, "a") for _ in range(50)))
        assert sum(verdict.allowed for verdict in found) == MANY.burst
    finally:
        await link.close()


async def test_turned_off_it_lets_everything_through(link: RedisLink) -> None:
    taking = limiter(link, enabled=False)
    for _ in range(100):
        assert (await taking.take(Tier.AUTH, "a")).allowed
    assert await link.client.keys("*") == []


async def test_other_numbers_count_from_the_next_take(link: RedisLink) -> None:
    now = [Limit(rate=1, burst=2)]
    taking = RateLimiter(link, "test", lambda _: now[0], Metrics())
    assert [(await taking.take(Tier.AUTH, "a")).allowed for _ in range(3)] == [True, True, False]
    now[0] = Limit(rate=1, burst=5)
    assert (await taking.take(Tier.AUTH, "a")).limit == 5
    now[0] = Limit(rate=1, burst=2)  # and back: what was taken then still counts
    assert not (await taking.take(Tier.AUTH, "a")).allowed


async def test_takes_are_counted() -> None:
    metrics = Metrics()
    taking = RateLimiter(None, "test", lambda _: Limit(rate=1, burst=2), metrics)
    for _ in range(5):
        await taking.take(Tier.AUTH, "a")
    sample = metrics.registry.get_sample_value
    name = "revenge_ratelimit_hits_total"
    assert sample(name, {"limiter": "auth", "action": "allowed"}) == 2
    assert sample(name, {"limiter": "auth", "action": "blocked"}) == 3


def test_memory_is_bounded_and_gives_up_who_was_away_longest() -> None:
    windows, limit = Windows(most=100), Limit(rate=1, burst=1)
    assert windows.take("busy", limit, 1, 0).taken
    for n in range(1000):
        assert windows.take(f"key {n}", limit, 1, n).taken
        assert not windows.take("busy", limit, 1, n).taken  # it keeps coming, and is kept
    assert len(windows) == 100


def test_what_is_over_is_given_up_first() -> None:
    windows, limit = Windows(most=1000), Limit(rate=1, burst=1)
    for n in range(500):
        windows.take(f"old {n}", limit, 1, 0)
    for n in range(500):
        windows.take(f"new {n}", limit, 1, 10 * MICROS)
    assert len(windows) == 500


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("", ""),
        ("x" * 500, "x" * 100),
    ],
)
def test_addresses_of_one_network_share_a_limit(address: str, network: str) -> None:
    assert Client(address).network == network
