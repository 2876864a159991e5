"""What starts jobs: rings, polls and clocks; and how jobs are declared."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import app.container as container_module
from app import reactions
from app.container import Container
from app.core.access import Permission, Viewer
from app.core.config import Config
from app.core.handlers import Registry
from app.core.ids import new_id
from app.core.jobs.declare import Job, Queue, job
from tests.conftest import wait_until
from tests.workers import kinds
from tests.workers.kinds import (
    Hourly,
    Plain,
    acts,
    bound,
    counting,
    enqueue,
    ledger,
    until_state,
    working,
)

ADMIN = Viewer(user_id=new_id(), username="root", permissions=frozenset(Permission))
OVER = ("completed", "cancelled", "discarded")


@pytest.fixture(autouse=True)
def handlers(app: Container) -> Iterator[None]:
    with bound(app, kinds):
        yield
    acts.clear()


async def test_a_lost_ring_is_healed_by_polling(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, rung = list[int](), list[str]()
    acts["a"] = counting(runs)

    async def lose(queues: Any) -> None:
        rung.extend(queues)

    async with working(app):
        monkeypatch.setattr(app.doorbell, "ring", lose)
        await enqueue(app, Plain("a"))
        await wait_until(lambda: runs and rung)  # every ring is lost, however long it takes
    assert "default" in rung


async def test_a_ring_starts_a_job_long_before_the_poll(config: Config, app: Container) -> None:
    jobs = config.jobs.model_copy(update={"poll": 30})
    slow = Container(config.model_copy(update={"jobs": jobs}))
    await slow.open()
    runs = list[int]()
    acts["a"] = counting(runs)
    try:
        with bound(slow, kinds):
            async with working(slow):
                await asyncio.sleep(0.5)  # the first looks are over, the doorbell listens
                await enqueue(app, Plain("a"))
                await wait_until(lambda: runs, 5)
    finally:
        await slow.close()


async def test_periodic_jobs_run_once_per_cluster(app: Container) -> None:
    runs = list[int]()
    acts["hourly"] = counting(runs)
    queues = (Queue.LOW, Queue.DEFAULT)
    async with working(app, *queues) as one, working(app, *queues) as other:
        await asyncio.gather(*(w._tick(Hourly.policy) for w in (one, other) for _ in range(10)))
        await until_state(app, "tests.hourly", "completed")
        await asyncio.sleep(0.3)
        assert runs == [1]
        await app.db.pool.execute("update periodic_jobs set last_at = last_at - interval '1 hour'")
        await asyncio.gather(*(w._tick(Hourly.policy) for w in (one, other) for _ in range(10)))
        await wait_until(lambda: len(runs) == 2)
    assert len(await ledger(app, "tests.hourly")) == 2


# -- declarations


def test_a_job_without_handler_stops_the_start(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_module, "HANDLERS", reactions.HANDLERS[:1])
    with pytest.raises(TypeError, match="has no handler"):
        Container(config)


def test_two_handlers_of_one_job_stop_the_start() -> None:
    with pytest.raises(TypeError, match="two handlers"):
        Registry.collect([kinds, kinds])


def test_unique_by_must_name_fields() -> None:
    with pytest.raises(TypeError, match="nothing"):

        @job("tests.wrong", unique_by=("nothing",))
        class Wrong(Job, frozen=True):
            pass
