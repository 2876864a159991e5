"""Operations given up at any point: nobody gets another one's answer, nothing leaks."""

import asyncio
import contextlib
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Text, literal, select, text

from app.container import Container
from app.core.access import SYSTEM
from app.core.cache import Cache, cached
from app.core.config import CacheConfig
from app.core.jobs.declare import Queue
from app.core.jobs.run import Run
from app.core.redis import RedisAway
from tests.conftest import wait_until
from tests.faults.nodes import Node, node
from tests.faults.scale import dice, scaled
from tests.support.api import Api
from tests.support.people import People
from tests.workers import kinds
from tests.workers.kinds import Plain, acts, bound, enqueue, ledger, working

pytestmark = [pytest.mark.uncounted, pytest.mark.faults, pytest.mark.timeout(900)]
AT_ONCE = 20
Ask = Callable[[str], Awaitable[str]]


async def storm(ask: Ask, name: str, total: int = scaled(2000, 600)) -> None:
    """Cancel about half of many calls somewhere in the middle; the others answer their own."""
    random = dice(f"cancelled {name}")
    # One uncancelled call at a time says how long one takes.
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n in range(20):
        assert await ask(f"alone-{n}") == f"alone-{n}"
    usual = (loop.time() - began) / 20
    answered = cancelled = 0

    async def one(number: int) -> None:
        nonlocal answered, cancelled
        task = asyncio.ensure_future(ask(f"{name}-{number}"))
        if random.random() < 0.6:
            if random.random() < 0.5:
                await asyncio.sleep(random.uniform(0, usual * AT_ONCE / 3))
            for _ in range(random.randrange(6)):
                await asyncio.sleep(0)
            task.cancel()
        try:
            assert await task == f"{name}-{number}"
            answered += 1
        except asyncio.CancelledError:
            cancelled += 1

    for start in range(0, total, AT_ONCE):
        await asyncio.gather(*(one(n) for n in range(start, start + AT_ONCE)))
    for n in range(30):
        assert await ask(f"after-{n}") == f"after-{n}"
    print(f"{name}: {answered} answered, {cancelled} cancelled")
    assert cancelled > total // 20
    assert answered > total // 20


@pytest.fixture
async def one(redis_url: str) -> AsyncIterator[Node]:
    async with node(redis_url, "cancel", CacheConfig(timeout=5)) as made:  # never its own limit
        yield made


class Echoes:
    """A cached read that answers its own key."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    @cached("echo", ttl=timedelta(minutes=1), tags=("echo:{}",))
    async def by_ids(self, ids: Collection[str]) -> Mapping[str, str]:
        await asyncio.sleep(0)
        return {i: i for i in ids}


async def test_redis(one: Node) -> None:
    async def ask(word: str) -> str:
        answer: Any = await one.link.run(lambda: one.link.client.echo(word))
        return str(answer.decode())

    await storm(ask, "echo")
    pool = one.link.client.connection_pool
    assert not pool._in_use_connections
    assert len(pool._available_connections) <= AT_ONCE * 2


async def test_redis_pipelines(one: Node) -> None:
    async def ask(word: str) -> str:
        async def call() -> str:
            async with one.link.client.pipeline(transaction=False) as pipe:
                pipe.set(f"cancel:{word}", word, ex=60)
                pipe.get(f"cancel:{word}")
                answers: list[Any] = await pipe.execute()
            return str(answers[1].decode())

        return await one.link.run(call)

    await storm(ask, "pipeline")
    assert not one.link.client.connection_pool._in_use_connections


async def test_cached_reads(one: Node) -> None:
    echoes = Echoes(one.cache)

    async def ask(word: str) -> str:
        one.cache.gap()  # so that Redis is asked
        return (await echoes.by_ids([word]))[word]

    await storm(ask, "cached")
    await one.cache.settle()
    assert not one.cache._flights
    assert not one.cache._tasks
    assert not one.l2._cache.client.connection_pool._in_use_connections


async def test_postgresql_reads(app: Container) -> None:
    async def ask(word: str) -> str:
        return str(await app.db.scalar(select(literal(word, Text))))

    await storm(ask, "read")
    await asyncio.sleep(0.1)
    assert app.db.pool.get_idle_size() + app.db._readers.idle == app.db.pool.get_size()
    assert app.db.pool.get_size() <= app.config.database.read_pool


async def test_postgresql_writes(app: Container) -> None:
    await app.db.pool.execute("create table test_echoes (word text primary key)")
    insert = text("insert into test_echoes values (:word) returning word")
    told: set[str] = set()

    async def ask(word: str) -> str:
        async with app.db.write(SYSTEM) as tx:
            answer = str((await tx.execute(insert, {"word": word})).scalar())
            tx.touch(f"echo:{word}")
        told.add(word)
        return answer

    try:
        await storm(ask, "write")
        await asyncio.sleep(0.1)
        kept = {row["word"] for row in await app.db.pool.fetch("select word from test_echoes")}
        assert told <= kept
        engine: Any = app.db._engine
        await wait_until(lambda: engine.pool.checkedout() == 0)  # what is sent is being noted
        idle = await app.db.pool.fetchval(
            "select count(*) from pg_stat_activity"
            " where state like 'idle in transaction%' and datname = current_database()"
        )
        assert idle == 0
        rows = await app.db.pool.fetchval("select count(*) from outbox")
        assert rows == len(kept)  # an outbox row for every commit and for nothing else
    finally:
        await app.db.pool.execute("drop table test_echoes")


async def test_calls_that_are_given_up_by_the_link_itself(one: Node) -> None:
    """Its own time limit cancels: the most frequent cancellation of all."""
    random = dice("link time-outs")
    limit, given_up = one.link.timeout, 0

    async def ask(number: int) -> None:
        nonlocal given_up
        one.link.timeout = random.choice([0.0001, 0.0005, 0.002, limit])
        one.link._failures = 0
        try:
            answer: Any = await one.link.run(lambda: one.link.client.echo(f"n{number}"))
        except RedisAway:
            given_up += 1
        else:
            assert answer.decode() == f"n{number}"

    total = scaled(2000, 600)
    for start in range(0, total, AT_ONCE):
        await asyncio.gather(*(ask(n) for n in range(start, start + AT_ONCE)))
    one.link.timeout = limit
    print(f"{given_up} given up")
    assert total // 20 < given_up < total
    assert not one.link.client.connection_pool._in_use_connections


# -- whole requests, and handlers of jobs

RENAME: Final = """mutation($id: ID!, $name: String!) {
  updateLibrary(id: $id, input: {name: $name}) { name } }"""
READ: Final = (
    "query($id: ID!) { library(id: $id) { id name } libraries(first: 5) { nodes { id } } }"
)
CREATE: Final = """mutation($name: String!, $folder: String!) {
  createLibrary(input: {name: $name, kind: MOVIES, folders: [$folder]}) { id } }"""


async def unfinished(app: Container) -> tuple[int, int] | None:
    """Locks that are held and statements that run, if there are any."""
    held = await app.db.pool.fetchval(
        "select count(*) from pg_locks where locktype = 'advisory' and database ="
        " (select oid from pg_database where datname = current_database())"
    )
    busy = await app.db.pool.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and state <> 'idle' and pid <> pg_backend_pid()"
    )
    return (held, busy) if held or busy else None


async def nothing_is_left(app: Container, tasks: set["asyncio.Task[Any]"]) -> None:
    """No task, connection, transaction or lock beyond those that were there before."""
    await app.cache.settle()
    new = asyncio.all_tasks() - tasks  # some are of loops that wait for seconds, and then end
    with contextlib.suppress(TimeoutError):
        await wait_until(lambda: all(task.done() for task in new))
    assert [task for task in new if not task.done()] == []
    engine: Any = app.db._engine
    await wait_until(lambda: engine.pool.checkedout() == 0)  # what is sent is being noted
    assert app.db.pool.get_idle_size() + app.db._readers.idle == app.db.pool.get_size()
    async with asyncio.timeout(10):  # what the server does on its own ends as well
        while await unfinished(app):
            await asyncio.sleep(0.05)
    assert not app.cache._flights
    for pool in (app.redis.client.connection_pool, app.l2._cache.client.connection_pool):
        assert not pool._in_use_connections


# graphql-core's tasks for fields hold resolvers that a cancellation keeps from ever starting.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
async def test_requests(app: Container, api: Api, people: People, tmp_path: Path) -> None:
    admin = await people.admin()
    libraries: list[str] = []  # each write under way at the same moment has its own
    for n in range(AT_ONCE):
        (folder := tmp_path / str(n)).mkdir()
        made = await api.run(CREATE, admin, name=f"library {n}", folder=str(folder))
        libraries.append(made["createLibrary"]["id"])
    await app.cache.settle()
    tasks = asyncio.all_tasks()

    def library_of(word: str) -> str:
        return libraries[int(word.rpartition("-")[2]) % AT_ONCE]

    async def write(name: str) -> str:
        answer = await api.run(RENAME, admin, id=library_of(name), name=name)
        return str(answer["updateLibrary"]["name"])

    async def read(word: str) -> str:
        app.cache.gap()
        answer = await api.run(READ, admin, id=library_of(word))
        assert answer["library"]["id"] == library_of(word)
        return word

    await storm(write, "rename", scaled(1000, 200))
    await nothing_is_left(app, tasks)
    await storm(read, "read", scaled(1000, 200))
    await nothing_is_left(app, tasks)
    gc.collect()
    names = [(await api.run(READ, admin, id=id_))["library"]["name"] for id_ in libraries]
    assert names == [f"after-{n if n > 9 else n + AT_ONCE}" for n in range(AT_ONCE)]


async def test_handlers(app: Container) -> None:
    """Runs that are cancelled while they wait for a lock, write, or hold it."""
    random = dice("cancelled handlers")
    await app.db.pool.execute("create table test_held (id uuid primary key)")
    tasks = asyncio.all_tasks()

    async def hold(_: Container, run: Run) -> None:
        async with run.tx() as tx:
            await tx.lock("the same for all")
            await tx.execute(text("insert into test_held values (:id)"), {"id": run.job.id})
            await asyncio.sleep(0.002)
            await run.finish(tx)

    acts["hold"] = hold
    total = scaled(400, 100)
    try:
        with bound(app, kinds):
            async with working(app, Queue.DEFAULT) as worker:
                await enqueue(app, *(Plain("hold") for _ in range(total)))
                while await waiting(app):
                    await asyncio.sleep(random.uniform(0, 0.01))
                    for id_ in list(worker._runners["default"]._tasks):
                        if random.random() < 0.3:
                            worker._verdict(id_, True)
            rows = await ledger(app, "tests.plain")
            kept = {row["id"] for row in await app.db.pool.fetch("select id from test_held")}
        states = Counter(row["state"] for row in rows)
        print(dict(states))
        assert set(states) == {"completed", "cancelled"}
        assert min(states.values()) > total // 20
        assert kept == {row["id"] for row in rows if row["state"] == "completed"}
        await nothing_is_left(app, tasks)
    finally:
        await app.db.pool.execute("drop table test_held")


async def waiting(app: Container) -> int:
    return int(
        await app.db.pool.fetchval(
            "select count(*) from jobs where kind = 'tests.plain'"
            " and state in ('available', 'retryable', 'running')"
        )
    )
