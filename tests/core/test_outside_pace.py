"""All processes together ask a target as often as it lets them, measured where they arrive."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core.http import AskedTooOften, Means, Outside, Policy, SharedBucket
from app.core.metrics import Metrics
from app.core.redis import RedisLink
from tests.support.outside import Asked, Site, Write, response, site

RATE, BURST = 20.0, 10.0


class Watched:
    """Answers at once, and knows when it was asked."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.answers: list[bytes] = []

    async def __call__(self, _: Asked, write: Write) -> None:
        self.at.append(time.monotonic())
        await write(self.answers.pop(0) if self.answers else response())

    def over(self) -> float:
        """By how much a bucket of this size would have run empty, at the worst moment."""
        tokens, last, worst = BURST, self.at[0], 0.0
        for at in sorted(self.at):
            tokens = min(BURST, tokens + (at - last) * RATE) - 1
            last, worst = at, max(worst, -tokens)
        return worst


@pytest.fixture
async def links(redis_url: str) -> AsyncIterator[list[RedisLink]]:
    made = [RedisLink(redis_url, 2, Metrics()) for _ in range(3)]
    await made[0].client.flushdb()
    yield made
    for link in made:
        await link.close()


def policy(to: Site, **more: Any) -> Policy:
    values: dict[str, Any] = {"rate": RATE, "burst": BURST, "most_wait": 30, **more}
    return Policy(
        name="other", label="Other", configured=frozenset({to.url}), shared=True, **values
    )


def outside(link: RedisLink) -> Outside:
    """As a process of its own has it."""
    metrics = Metrics()
    return Outside(metrics, Means(pace=lambda p, now: SharedBucket(link, "test", p, now)))


@pytest.mark.alone
async def test_three_processes_never_ask_more_often_than_one_may(links: list[RedisLink]) -> None:
    watched = Watched()
    async with site(watched) as other:
        processes = [outside(link) for link in links]
        clients = [await process.client(policy(other)) for process in processes]
        started = time.monotonic()
        await asyncio.gather(*(c.get(f"{other.url}/{n}") for n in range(30) for c in clients))
        took = time.monotonic() - started
        for process in processes:
            await process.close()
    assert len(watched.at) == 90
    assert watched.over() == 0
    assert took >= (90 - BURST) / RATE


async def test_who_would_wait_too_long_is_told_and_takes_no_turn(links: list[RedisLink]) -> None:
    watched = Watched()
    async with site(watched) as other:
        process = outside(links[0])
        client = await process.client(policy(other, rate=0.2, burst=2, most_wait=0.6))
        told = await asyncio.gather(
            *(client.get(f"{other.url}/{n}") for n in range(10)), return_exceptions=True
        )
        refused = [error for error in told if isinstance(error, AskedTooOften)]
        assert len(told) - len(refused) == 1
        assert all(error.retry_after and 3 < error.retry_after < 5.5 for error in refused)
        await process.close()


async def test_a_target_that_wants_to_be_left_alone_is_by_everybody(
    links: list[RedisLink],
) -> None:
    watched = Watched()
    watched.answers = [response(b"", 429, retry_after="1")]
    async with site(watched) as other:
        one, another = outside(links[0]), outside(links[1])
        first = asyncio.create_task((await one.client(policy(other))).get(other.url))
        while not watched.at:
            await asyncio.sleep(0.01)
        while await links[0].client.pttl("test:pace:other") < 30_000:  # it is told to Redis
            await asyncio.sleep(0.01)
        assert (await (await another.client(policy(other))).get(other.url)).ok
        assert (await first).ok
        assert min(watched.at[1:]) - watched.at[0] >= 0.95
        await one.close()
        await another.close()


async def test_without_redis_each_takes_a_part() -> None:
    watched = Watched()
    link = RedisLink("redis://127.0.0.1:1/0", 0.1, Metrics())
    async with site(watched) as other:
        process = outside(link)
        client = await process.client(policy(other))
        started = time.monotonic()
        await asyncio.gather(*(client.get(f"{other.url}/{n}") for n in range(8)))
        assert time.monotonic() - started >= (8 - BURST / 4) / (RATE / 4) * 0.95
        await process.close()
    await link.close()
