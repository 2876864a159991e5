"""Two processes' worth of cache and bus on one Redis, and a PostgreSQL of a test's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.container import Container
from app.core.config import CacheConfig
from app.core.embedded import EmbeddedPostgres
from tests.core.test_embedded_support import public_folder
from tests.faults.nodes import Node, node

# A busy machine may take longer than Redis is waited for in earnest.
PATIENT = CacheConfig(timeout=10)


@pytest.fixture
async def one(redis_url: str) -> AsyncIterator[Node]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    await client.aclose()
    async with node(redis_url, config=PATIENT) as made:
        yield made


@pytest.fixture
async def other(redis_url: str, one: Node) -> AsyncIterator[Node]:
    async with node(redis_url, config=PATIENT) as made:
        await asyncio.sleep(0.6)  # both have heard of each other
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Not started yet."""
    server = EmbeddedPostgres(folder / "pg")
    yield server
    server.stop("immediate")


@pytest.fixture
def sent(app: Container) -> Iterator[list[str]]:
    """The statements that PostgreSQL is sent."""
    noted: list[str] = []
    app.db.sent = noted.append
    yield noted
    app.db.sent = None
