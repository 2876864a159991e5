"""Two processes' worth of cache and bus on one Redis, for tests of the kernel."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.faults.nodes import Node, node


@pytest.fixture
async def one(redis_url: str) -> AsyncIterator[Node]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    await client.aclose()
    async with node(redis_url) as made:
        yield made


@pytest.fixture
async def other(redis_url: str, one: Node) -> AsyncIterator[Node]:
    async with node(redis_url) as made:
        await asyncio.sleep(0.6)  # both have heard of each other
        yield made
