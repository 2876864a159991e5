"""What stands behind the ? of the database's address counts on every way to PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.sql.expression import func

from app.container import Container
from app.core.access import SYSTEM
from app.core.addresses import postgres_address
from app.core.config import Config
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.handlers import Registry
from app.core.metrics import Metrics
from app.core.migrate import LOCK, current, head, migrate
from tests.conftest import wait_until

TLS_REQUEST = bytes.fromhex("00000008 04d2162f")  # what a client says that wants TLS


def address(config: Config, **query: str) -> str:
    """The tests' database, with more in its address."""
    assert config.database_url is not None
    url = make_url(config.database_url).update_query_dict(query)
    return postgres_address(url.render_as_string(hide_password=False))


@contextlib.asynccontextmanager
async def opened(config: Config, url: str) -> AsyncIterator[Database]:
    database = Database(url, config.database, Registry(), Metrics())
    try:
        await database.open()
        yield database
    finally:
        await database.close()


async def seen(database: Database, setting: str) -> list[str]:
    """What a setting is for a read, for a write and where notifications are heard."""
    statement = select(func.current_setting(setting))
    async with database.write(SYSTEM) as tx:
        written = (await tx.execute(statement)).scalar_one()
    listening = await database.connect()
    try:
        heard = await listening.fetchval("select current_setting($1)", setting)
    finally:
        await listening.close()
    return [await database.scalar(statement), written, heard]


@pytest.mark.parametrize(
    ("query", "setting", "expected"),
    [
        ({"application_name": "living room"}, "application_name", ["living room"] * 3),
        ({"sslmode": "disable"}, "application_name", ["revenge", "revenge", "revenge-listen"]),
        ({"statement_timeout": "7s"}, "statement_timeout", ["7s"] * 3),
        ({"options": "-c work_mem=5MB"}, "work_mem", ["5MB"] * 3),
    ],
)
async def test_every_connection_is_as_the_address_says(
    config: Config, query: dict[str, str], setting: str, expected: list[str]
) -> None:
    async with opened(config, address(config, **query)) as database:
        assert await seen(database, setting) == expected


async def test_the_time_zone_is_ours(config: Config) -> None:
    async with opened(config, address(config, timezone="Europe/Berlin")) as database:
        assert (await seen(database, "timezone"))[:2] == ["UTC", "UTC"]


async def test_migrations_connect_as_the_address_says(config: Config, app: Container) -> None:
    url = address(config, application_name="the migration", sslmode="disable")
    count = "select count(*) from pg_stat_activity where application_name = 'the migration'"
    async with app.db.pool.acquire() as connection:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        try:
            migrating = asyncio.create_task(migrate(url))
            async with asyncio.timeout(10):
                while await connection.fetchval(count) < 1:
                    assert not migrating.done(), migrating.exception()
                    await asyncio.sleep(0.02)
        finally:
            await connection.execute("select pg_advisory_unlock($1)", LOCK)
        assert await migrating == head()
    assert await current(url) == head()


async def reading(config: Config, url: str) -> None:
    async with opened(config, url):
        pass


async def migrating(_config: Config, url: str) -> None:
    await migrate(url)


@pytest.mark.parametrize("connecting", [reading, migrating])
async def test_where_tls_is_required_nothing_is_said_without_it(
    config: Config, connecting: Callable[[Config, str], Awaitable[None]]
) -> None:
    heard = list[bytes]()

    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readexactly(len(TLS_REQUEST)))
        writer.write(b"N")
        heard.append(await reader.read(1000))
        writer.close()

    async with await asyncio.start_server(no_tls, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = postgres_address(f"postgresql://me:secret@127.0.0.1:{port}/revenge?sslmode=require")
        with pytest.raises((Unavailable, ConnectionError)):
            await connecting(config, url)
        await wait_until(lambda: len(heard) >= 2)
    assert set(heard) == {TLS_REQUEST, b""}
