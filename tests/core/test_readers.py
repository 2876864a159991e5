"""Connections that reads hold between them: how many, whose turn it is, and what becomes of broken
ones.
"""

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text

from app.container import Container
from app.core.db import Database
from app.core.pgfaults import LOST
from app.core.readers import Readers


@pytest.fixture
async def pool(app: Container) -> AsyncIterator[asyncpg.Pool]:
    made = await asyncpg.create_pool(app.db.dsn, min_size=1, max_size=4, reset=as_it_is)
    yield made
    made.terminate()  # a test that has failed still holds some, for which closing would wait


async def as_it_is(_: Any) -> None:
    """Connections are not reset, as those of the product."""


async def test_reads_one_after_the_other_share_a_connection(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 4, 5)
    backends = {(await readers.fetch("select pg_backend_pid()", []))[0][0] for _ in range(5)}
    assert len(backends) == 1
    assert readers.idle == 1
    await readers.close()
    assert pool.get_idle_size() == pool.get_size()


async def test_most_of_them_go_back_to_the_pool(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 4, 5)
    await asyncio.gather(*(readers.fetch("select pg_sleep(0.05)", []) for _ in range(4)))
    assert readers.idle == 2
    async with pool.acquire(), pool.acquire():  # for others there are some
        await readers.fetch("select 1", [])
    await readers.close()


async def test_whoever_waits_comes_before_keeping(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 4, 5)
    async with pool.acquire(), pool.acquire(), pool.acquire():
        slow = [readers.fetch("select pg_sleep(0.05)", []) for _ in range(3)]
        await asyncio.gather(*slow)  # one connection for three
    await readers.close()


async def test_they_are_handed_on_in_turn(pool: asyncpg.Pool) -> None:
    """Under load none goes by the pool, of which others have a part all the time."""
    readers, served = Readers(pool, 4, 5), defaultdict[int, list[int]](list)

    async def read(number: int) -> None:
        found = await readers.fetch("select pg_backend_pid(), pg_sleep(0.01)", [])
        served[found[0][0]].append(number)

    reading = [asyncio.create_task(read(number)) for number in range(30)]
    await asyncio.sleep(0.02)
    async with pool.acquire() as other:
        assert await other.fetchval("select 1") == 1
        assert not all(task.done() for task in reading)
    await asyncio.gather(*reading)
    assert len(served) == 3
    assert all(numbers == sorted(numbers) for numbers in served.values())
    await readers.close()
    assert pool.get_idle_size() == pool.get_size()


async def test_who_stops_waiting_keeps_nothing(pool: asyncpg.Pool) -> None:
    """Cancelled at any moment of its turn, too late, or with a connection that fails."""
    readers = Readers(pool, 4, 0.2)
    dice = random.Random(3)
    for _ in range(60):
        slow = [
            asyncio.create_task(readers.fetch(f"select pg_sleep({dice.random() / 100})", []))
            for _ in range(12)
        ]
        wrong = [asyncio.create_task(readers.fetch("select 1 / 0", [])) for _ in range(3)]
        for task in dice.sample(slow, 6):
            await asyncio.sleep(dice.random() / 500)
            task.cancel()
        await asyncio.gather(*slow, *wrong, return_exceptions=True)
    found = await asyncio.gather(*(readers.fetch("select 1", []) for _ in range(20)))
    assert [rows[0][0] for rows in found] == [1] * 20
    assert readers._held == readers.idle <= 2
    assert readers._taking == 0
    await readers.close()
    assert readers._held == 0
    assert pool.get_idle_size() == pool.get_size()


async def test_none_is_free_in_time(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 4, 0.05)
    async with pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire():
        with pytest.raises(TimeoutError):
            await readers.fetch("select 1", [])


async def test_a_cancelled_read_leaves_nothing_running(pool: asyncpg.Pool) -> None:
    readers = Readers(pool, 4, 5)
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
    readers = Readers(pool, 4, 5)
    await asyncio.gather(*(readers.fetch("select pg_sleep(0.05)", []) for _ in range(4)))
    mine = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%'"
    connection = await asyncpg.connect(app.db.dsn)
    await connection.execute(f"{mine} and pid <> pg_backend_pid()")
    there = mine.replace("pg_terminate_backend(pid)", "count(*)")
    while await connection.fetchval(f"{there} and pid <> pg_backend_pid()"):
        await asyncio.sleep(0.01)  # they end when they come to it
    await connection.close()
    for _ in range(2):
        try:
            found = await readers.fetch("select 1", [])
        except LOST:
            continue
    assert found[0][0] == 1
    await readers.close()


class LastWords:
    """Stands before PostgreSQL, and keeps from a client that the other end hung up."""

    def __init__(self, address: str) -> None:
        self._url = make_url(address)
        self._ends: list[asyncio.StreamWriter] = []
        self._serving: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> str:
        """The address to use instead."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        url = self._url.set(host="127.0.0.1", port=port, query={"sslmode": "disable"})
        return url.render_as_string(hide_password=False)

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for end in self._ends:
            end.close()
        await asyncio.gather(*self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.append(serving)
        from_there, there = await self._beyond()
        self._ends += (writer, there)
        await asyncio.gather(_pass_on(reader, there), _pass_on(from_there, writer))

    async def _beyond(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = self._url.query.get("host") or self._url.host or ""
        port = self._url.query.get("port") or self._url.port or 5432
        assert isinstance(folder, str)
        assert not isinstance(port, tuple)
        if folder.startswith("/"):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(folder, int(port))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while heard := await reader.read(65536):
            writer.write(heard)
            await writer.drain()


async def test_last_words_of_a_server_are_the_end_of_a_connection(app: Container) -> None:
    """They may have been read before the connection is known to be lost."""
    async with LastWords(app.db.dsn) as address:
        db = Database(address, app.config.database, app.registry, app.metrics)
        await db.open()
        backend = await db.scalar(text("select pg_backend_pid()"))
        await app.db.pool.execute("select pg_terminate_backend($1)", backend)
        await asyncio.sleep(0.1)
        assert await db.scalar(text("select 2")) == 2
        await db.close()


async def test_nobody_else_is_cancelled(pool: asyncpg.Pool) -> None:
    """A cancellation that PostgreSQL hears of late does not meet the next read."""
    readers = Readers(pool, 4, 5)

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
