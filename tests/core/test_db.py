"""Reads and writes: retries, limits, typed errors, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Integer, column, literal, select, table, text, values
from sqlalchemy.sql.expression import func

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import Config
from app.core.db import Database
from app.core.errors import Code, TimedOut, Unavailable
from app.core.handlers import Registry
from app.core.metrics import Metrics
from app.core.readers import Readers
from app.core.statements import COMPILED_SHAPES
from app.core.tx import Tx

ONE = select(literal(1))
things = table("test_things", column("id", Integer))


@pytest.fixture
async def small(config: Config) -> AsyncIterator[Database]:
    """A database of few connections and little patience."""
    assert config.database_url is not None
    limits = config.database.model_copy(
        update={"read_pool": 2, "write_pool": 2, "statement_timeout": 0.3, "connect_timeout": 0.5}
    )
    made = Database(config.database_url, limits, Registry(), Metrics())
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def table_(app: Container) -> AsyncIterator[None]:
    await app.db.pool.execute("create table test_things (id int primary key)")
    yield
    await app.db.pool.execute("drop table test_things")


async def count(app: Container) -> int:
    return int(await app.db.scalar(select(func.count()).select_from(things)))


async def add(tx: Tx, number: int) -> None:
    await tx.execute(text("insert into test_things values (:n)"), {"n": number})


class Flaky:
    """A pool whose first connections fail."""

    def __init__(self, pool: asyncpg.Pool, error: Exception, times: int) -> None:
        self._pool, self._error, self.left = pool, error, times

    async def acquire(self) -> asyncpg.Connection:
        if self.left:
            self.left -= 1
            raise self._error
        return await self._pool.acquire()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


BROKEN = [
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.InterfaceError("connection is closed"),
    ConnectionResetError("reset by peer"),
]


@pytest.mark.parametrize("error", BROKEN, ids=lambda e: type(e).__name__)
async def test_a_read_on_a_broken_connection_is_tried_once_again(
    app: Container, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = app.db.pool
    monkeypatch.setattr(app.db, "_readers", Readers(Flaky(pool, error, 1), 1, 1))
    assert await app.db.scalar(ONE) == 1
    monkeypatch.setattr(app.db, "_readers", Readers(Flaky(pool, error, 2), 1, 1))
    with pytest.raises(Unavailable) as raised:
        await app.db.scalar(ONE)
    assert raised.value.code is Code.UNAVAILABLE
    assert raised.value.retry_after


async def test_connections_that_were_cut_are_replaced(small: Database, app: Container) -> None:
    async def everything() -> None:
        await asyncio.gather(*(small.scalar(ONE) for _ in range(6)))
        async with small.write(SYSTEM) as tx:
            await tx.execute(ONE)

    await everything()
    await app.db.pool.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where pid <> pg_backend_pid() and application_name = 'revenge'"
        " and datname = current_database()"
    )
    await asyncio.sleep(0.05)
    await everything()


async def test_a_statement_that_takes_too_long_is_given_up(small: Database) -> None:
    with pytest.raises(TimedOut) as raised:
        await small.scalar(select(func.pg_sleep(3)))
    assert raised.value.code is Code.TIMEOUT
    with pytest.raises(TimedOut):
        async with small.write(SYSTEM) as tx:
            await tx.execute(select(func.pg_sleep(3)))
    assert await small.scalar(ONE) == 1
    async with small.write(SYSTEM) as tx:
        assert (await tx.execute(ONE)).scalar() == 1


async def test_no_free_connection_is_unavailable(small: Database) -> None:
    release = asyncio.Event()

    async def hold() -> None:
        async with small.write(SYSTEM) as tx:
            await tx.execute(ONE)
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable):
        async with small.write(SYSTEM) as tx:
            await tx.execute(ONE)
    release.set()
    await asyncio.gather(*holders)
    async with small.write(SYSTEM) as tx:
        await tx.execute(ONE)


async def test_no_server_is_unavailable(config: Config) -> None:
    nowhere = Database(
        "postgresql://nobody:nothing@127.0.0.1:1/x", config.database, Registry(), Metrics()
    )
    with pytest.raises(Unavailable):
        await nowhere.open()


@pytest.mark.parametrize("error", [FileNotFoundError("x"), TimeoutError("x"), KeyError("x")])
async def test_an_error_of_the_callers_own_stays_what_it_is(
    app: Container, error: Exception
) -> None:
    with pytest.raises(type(error)):
        async with app.db.write(SYSTEM) as tx:
            await raising(tx, error)


async def raising(tx: Tx, error: Exception) -> None:
    await tx.execute(ONE)
    raise error


async def test_in_is_refused_in_reads(app: Container) -> None:
    with pytest.raises(TypeError, match="any_"):
        await app.db.column(select(things.c.id).where(things.c.id.in_([1, 2])))


async def test_a_shape_is_compiled_once(app: Container, table_: None) -> None:
    app.db._statements._shapes.clear()
    for n in range(50):
        await app.db.column(select(things.c.id).where(things.c.id == n))
    assert len(app.db._statements._shapes) == 1


async def test_compiled_shapes_are_bounded(app: Container) -> None:
    for n in range(COMPILED_SHAPES + 50):
        app.db.compile(select(literal(1).label(f"c{n}")))
    assert len(app.db._statements._shapes) <= COMPILED_SHAPES + 1


async def test_a_write_is_whole_or_nothing(app: Container, table_: None) -> None:
    with pytest.raises(RuntimeError):
        async with app.db.write(SYSTEM) as tx:
            await fill(tx)
    assert await count(app) == 0
    async with app.db.write(SYSTEM) as tx:
        await add(tx, 1)
    assert await count(app) == 1


async def fill(tx: Tx) -> None:
    await add(tx, 1)
    await tx.copy("test_things", ["id"], [(n,) for n in range(2, 500)])
    raise RuntimeError


async def test_copy_is_part_of_the_transaction(app: Container, table_: None) -> None:
    """Also as its first statement: BEGIN is lazy."""
    with pytest.raises(RuntimeError):
        async with app.db.write(SYSTEM) as tx:
            await only_copy(tx)
    assert await count(app) == 0
    async with app.db.write(SYSTEM) as tx:
        await tx.copy("test_things", ["id"], [(n,) for n in range(500)])
        assert await count(app) == 0
    assert await count(app) == 500


async def only_copy(tx: Tx) -> None:
    await tx.copy("test_things", ["id"], [(n,) for n in range(500)])
    raise RuntimeError


async def test_a_cancelled_write_leaves_nothing(app: Container, table_: None) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with app.db.write(SYSTEM) as tx:
            await add(tx, 1)
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(app) == 0
    async with app.db.write(SYSTEM) as tx:  # no lock is left either
        await add(tx, 1)


async def test_locks_of_a_name_wait_for_each_other(app: Container) -> None:
    order: list[str] = []

    async def work(name: str) -> None:
        async with app.db.write(SYSTEM) as tx:
            await tx.lock("the same")
            order.append(f"{name} in")
            await asyncio.sleep(0.05)
            order.append(f"{name} out")

    await asyncio.gather(work("a"), work("b"))
    assert [step.split()[1] for step in order] == ["in", "out", "in", "out"]


async def test_many_parameters_are_one_call(app: Container, table_: None) -> None:
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("insert into test_things values (:n)"), [{"n": n} for n in range(100)]
        )
    assert await count(app) == 100


async def test_rows_of_a_read_come_as_columns_and_scalars(app: Container) -> None:
    rows = values(column("n", Integer), name="v").data([(1,), (2,)])
    assert await app.db.column(select(rows.c.n).order_by(rows.c.n)) == [1, 2]
    assert await app.db.scalar(select(rows.c.n).where(rows.c.n == 3)) is None


async def test_a_read_waits_for_a_free_connection_within_a_bound(small: Database) -> None:
    async with small.pool.acquire(), small.pool.acquire():
        async with asyncio.timeout(2):
            with pytest.raises(Unavailable):
                await small.records(ONE)
    assert await small.scalar(ONE) == 1
