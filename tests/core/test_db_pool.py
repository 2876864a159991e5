"""The pool of reads, whose connections are not reset: whatever ends a read leaves nothing there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.sql.expression import func

from app.core.config import Config
from app.core.db import Database
from app.core.errors import Invalid, TimedOut
from app.core.handlers import Registry
from app.core.ids import new_id
from app.core.jobs.ledger import Ledger
from app.core.metrics import Metrics

LEFT = """
select array(select name || '=' || setting from pg_settings where source = 'session' order by 1),
       array(select locktype from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'),
       array(select pg_listening_channels()),
       array(select name from pg_cursors where is_holdable),
       array(select relname from pg_class where relnamespace = pg_my_temp_schema())
"""


@pytest.fixture
async def single(config: Config) -> AsyncIterator[Database]:
    """A database of one connection for reads."""
    assert config.database_url is not None
    limits = config.database.model_copy(update={"read_pool": 1, "statement_timeout": 0.3})
    made = Database(config.database_url, limits, Registry(), Metrics())
    await made.open()
    yield made
    await made.close()


async def left(db: Database) -> list[list[str]]:
    """What there is in the session of the one connection beyond that it is open."""
    return list(await db.pool.fetchrow(LEFT))


CLEAN = [["jit=off"], [], [], [], []]  # asyncpg has it off while it looks up types


async def fails(db: Database) -> None:
    with pytest.raises(Invalid):
        await db.scalar(select(literal(1) / func.length("")))


async def times_out(db: Database) -> None:
    with pytest.raises(TimedOut):
        await db.scalar(select(func.pg_sleep(3)))


async def is_cancelled(db: Database) -> None:
    read = asyncio.create_task(db.scalar(select(func.pg_sleep(0.2))))
    await asyncio.sleep(0.05)
    read.cancel()
    with pytest.raises(asyncio.CancelledError):
        await read


async def is_cut(db: Database) -> None:
    """PostgreSQL ends the session, and the read goes on with another."""
    pid = await db.scalar(select(func.pg_backend_pid()))
    await db.records(text(f"select pg_terminate_backend({pid})"))


async def analyzes(db: Database) -> None:
    await db.analyze()


async def claims_jobs(db: Database) -> None:
    ledger = Ledger(db.pool, new_id())
    await ledger.claim("default", 1, 30)
    await ledger.renew([(new_id(), 1)], 30)
    await ledger.reap()


@pytest.mark.parametrize(
    "happens",
    [fails, times_out, is_cancelled, is_cut, analyzes, claims_jobs],
    ids=lambda f: f.__name__,
)
async def test_nothing_is_left_in_a_session(
    single: Database, happens: Callable[[Database], Awaitable[None]]
) -> None:
    assert await left(single) == CLEAN
    await happens(single)
    assert await left(single) == CLEAN
    assert await single.scalar(select(literal(7))) == 7
    assert single.pool.get_idle_size() == single.pool.get_size() == 1


async def test_what_is_left_would_be_seen(single: Database) -> None:
    """The question itself finds each of those things."""
    await single.pool.execute("set work_mem = '5MB'; select pg_advisory_lock(1); listen things")
    await single.pool.execute("create temp table things (id int)")
    found = await left(single)
    assert found[0] == ["jit=off", "work_mem=5120"]
    assert found[1:3] == [["advisory"], ["things"]]
    assert "things" in found[4]


async def test_a_transaction_that_was_left_open_is_ended(
    single: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """That much is always looked at, without asking PostgreSQL."""
    connection = await single.pool.acquire()
    await connection.execute("begin; set local work_mem = '5MB'")
    await single.pool.release(connection)
    assert "active transaction" in caplog.text
    assert await left(single) == CLEAN


async def test_a_statement_is_prepared_once_for_each_connection(single: Database) -> None:
    asked = select(literal(5))
    for _ in range(5):
        assert await single.scalar(asked) == 5
    prepared = await single.pool.fetch("select statement from pg_prepared_statements")
    assert len([row for row in prepared if row["statement"].startswith("SELECT $1")]) == 1
