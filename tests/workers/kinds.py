"""Jobs for tests: what they do is said by the test, in `acts`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import asyncpg

from app.container import Container
from app.core.access import SYSTEM
from app.core.events import Event, event
from app.core.handlers import Registry, handles, on
from app.core.ids import new_id
from app.core.jobs.declare import Job, Queue, constant, job
from app.core.jobs.ledger import Claimed, Ledger
from app.core.jobs.run import Run
from workers.main import WorkerProcess

Act = Callable[[Any, Run], Awaitable[None]]
acts: dict[str, Act] = {}


@job("tests.plain", attempts=3, backoff=constant(0.05))
class Plain(Job, frozen=True):
    act: str


@job("tests.unique", attempts=2, backoff=constant(0.05), unique_by=("act",))
class Unique(Job, frozen=True):
    act: str


@job("tests.once", unique_by=("act",), unique_for=timedelta(hours=1))
class Once(Job, frozen=True):
    act: str


@job("tests.brief", attempts=1, timeout=timedelta(seconds=0.2))
class Brief(Job, frozen=True):
    act: str


@job("tests.bulky", queue=Queue.BULK)
class Bulky(Job, frozen=True):
    act: str


@job("tests.hourly", queue=Queue.LOW, every=timedelta(hours=1))
class Hourly(Job, frozen=True):
    act: str = "hourly"


@event("tests.happened", live="tests.{place}")
class Happened(Event, frozen=True):
    place: str
    act: str


@handles(Plain)
async def plain(app: Container, job: Plain, run: Run) -> None:
    await acts[job.act](app, run)


@handles(Unique)
async def unique(app: Container, job: Unique, run: Run) -> None:
    await acts[job.act](app, run)


@handles(Once)
async def once(app: Container, job: Once, run: Run) -> None:
    await acts[job.act](app, run)


@handles(Brief)
async def brief(app: Container, job: Brief, run: Run) -> None:
    await acts[job.act](app, run)


@handles(Bulky)
async def bulky(app: Container, job: Bulky, run: Run) -> None:
    await acts[job.act](app, run)


@handles(Hourly)
async def hourly(app: Container, job: Hourly, run: Run) -> None:
    await acts[job.act](app, run)


@on(Happened)
async def react(app: Container, event: Happened, run: Run) -> None:
    await acts[event.act](app, run)


@on(Happened, queue=Queue.HIGH)
async def react_too(app: Container, event: Happened, run: Run) -> None:
    await acts[event.act](app, run)


def bind(app: Container, module: ModuleType) -> None:
    """Add a test module's handlers to the application's."""
    extra = Registry.collect([module])
    app.registry.bound.update(extra.bound)
    app.registry.reactions.update(extra.reactions)


@contextlib.contextmanager
def bound(app: Container, module: ModuleType) -> Iterator[None]:
    """The same, for as long as the block lasts."""
    before = dict(app.registry.bound), dict(app.registry.reactions)
    bind(app, module)
    try:
        yield
    finally:
        for held, was in zip((app.registry.bound, app.registry.reactions), before, strict=True):
            held.clear()  # type: ignore[attr-defined]
            held.update(was)  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def working(
    app: Container, *queues: Queue, fenced: bool = True
) -> AsyncIterator[WorkerProcess]:
    """A worker on these queues, or on `default` and `high`."""
    worker = WorkerProcess(app, queues or (Queue.DEFAULT, Queue.HIGH), fenced=fenced)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def enqueue(app: Container, *jobs: Job, delay: float = 0) -> None:
    async with app.db.write(SYSTEM) as tx:
        for each in jobs:
            tx.enqueue(each, delay=delay)


async def ledger(app: Container, kind: str) -> list[asyncpg.Record]:
    """The rows of a kind, oldest first."""
    rows: list[asyncpg.Record] = await app.db.pool.fetch(
        "select * from jobs where kind = $1 order by id", kind
    )
    return rows


async def only(app: Container, kind: str) -> asyncpg.Record:
    [row] = await ledger(app, kind)
    return row


async def state_of(app: Container, job_id: UUID) -> str:
    return str(await app.db.pool.fetchval("select state from jobs where id = $1", job_id))


def counting(counts: list[int], fails: int = 0) -> Act:
    """Notes the attempt of each run; the first `fails` runs fail."""

    async def act(_: Container, run: Run) -> None:
        counts.append(run.job.attempt)
        if len(counts) <= fails:
            raise RuntimeError("it went wrong")

    return act


def blocking(started: asyncio.Event, release: asyncio.Event, runs: list[int]) -> Act:
    async def act(_: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        started.set()
        await release.wait()

    return act


async def until_state(app: Container, kind: str, state: str, timeout: float = 10) -> Any:
    async with asyncio.timeout(timeout):
        while (row := await only(app, kind))["state"] != state:
            await asyncio.sleep(0.01)
    return row


async def claim_one(app: Container, new: Job, lease: float = 60) -> tuple[Claimed, UUID]:
    await enqueue(app, new)
    worker = new_id()
    [claimed] = await Ledger(app.db.pool, worker).claim(new.policy.queue.value, 1, lease)
    return claimed, worker
