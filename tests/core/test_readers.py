"""Connections that reads hold between them: how many, whose turn it is, and what becomes of broken
ones.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.container import Container
from app.core.readers import Readers


@pytest.fixture
async def pool(app: Container) -> AsyncIterator[asyncpg.Pool]:
    made = await asyncpg.create_pool(app.db.dsn, min_size=1, max_size=4, reset=as_it_is)
    yield made
    await made.close()


async def as_it_is(_: Any) -> None:
    """Connections are not reset, as those of the product."""


async def test_reads_one_after_the_other_share_a_connection(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 2, 5)
    backends = {(await readers.fetch("select pg_backend_pid()", []))[0][0] for _ in range(5)}
    assert len(backends) == 1
    assert readers.idle == 1
    await readers.close()
    assert pool.get_idle_size() == pool.get_size()


async def test_most_of_them_go_back_to_the_pool(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 2, 5)
    await asyncio.gather(*(readers.fetch("select pg_sleep(0.05)", []) for _ in range(4)))
    assert readers.idle == 2
    async with pool.acquire(), pool.acquire():  # for others there are some
        await readers.fetch("select 1", [])
    await readers.close()


async def test_whoever_waits_comes_before_keeping(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 2, 5)
    async with pool.acquire(), pool.acquire(), pool.acquire():
        slow = [readers.fetch("select pg_sleep(0.05)", []) for _ in range(3)]
        await asyncio.gather(*slow)  # one connection for three
    await readers.close()


async def test_none_is_free_in_time(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 2, 0.05)
    async with pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire():
        with pytest.raises(TimeoutError):
            await readers.fetch("select 1", [])


async def test_a_cancelled_read_leaves_nothing_running(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 2, 5)
    reading = asyncio.create_task(readers.fetch("select pg_sleep(30)", []))
    await asyncio.sleep(0.1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert readers.idle == 0
    running = "select count(*) from pg_stat_activity where query = 'select pg_sleep(30)'"
    assert (await readers.fetch(f"{running} and state = 'active'", []))[0][0] == 0
    await readers.close()


async def test_broken_ones_are_replaced_at_the_second_try(
    pool: asyncpg.Pool, app: Container
) -> None:
    readers = Readers(pool, 2, 5)
    await asyncio.gather(*(readers.fetch("select pg_sleep(0.05)", []) for _ in range(4)))
    mine = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%'"
    connection = await asyncpg.connect(app.db.dsn)
    await connection.execute(f"{mine} and pid <> pg_backend_pid()")
    await connection.close()
    for _ in range(2):
        try:
            found = await readers.fetch("select 1", [])
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError):
            continue
    assert found[0][0] == 1
    await readers.close()


async def test_nobody_else_is_cancelled(pool: asyncpg.Pool) -> None:
    """A cancellation that PostgreSQL hears of late does not meet the next read."""
    readers = Readers(pool, 2, 5)

    async def cancelled() -> None:
        reading = asyncio.create_task(readers.fetch("select pg_sleep(0.002)", []))
        await asyncio.sleep(0.002)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    for _ in range(100):
        await asyncio.gather(cancelled(), cancelled())
        found = await asyncio.gather(*(readers.fetch("select pg_sleep(0.001)", []) for _ in "ab"))
        assert len(found) == 2
    await readers.close()
