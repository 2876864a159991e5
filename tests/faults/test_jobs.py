"""Workers killed and stopped in the middle of jobs: nothing lost, nothing done twice."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from itertools import cycle

import msgspec
import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.jobs.declare import Queue
from app.core.jobs.table import NewJob
from tests.faults import effects
from tests.faults.effects import Effect
from tests.faults.processes import Process, processes, settings
from tests.faults.scale import dice, scaled
from tests.workers.kinds import bound, ledger, working

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SHORT_LEASE = {"lease": 1, "poll": 0.2}
SLOTS = 17  # of a worker with all five queues


@pytest.fixture(autouse=True)
async def table(app: Container) -> AsyncIterator[None]:
    await app.db.pool.execute(effects.TABLE)
    with bound(app, effects):
        yield
    await app.db.pool.execute("drop table test_effects")


async def put(app: Container, count: int, pause: float) -> None:
    """This many jobs, spread over all queues."""
    async with app.db.write(SYSTEM) as tx:
        for number, queue in zip(range(count), cycle(Queue), strict=False):
            job = Effect(number, pause)
            policy = msgspec.structs.replace(job.policy, queue=queue)
            tx.add(NewJob(policy=policy, args=job.args(), unique_key=None))


async def effects_of(app: Container) -> tuple[int, int]:
    """How many effects there are, and how many of different jobs."""
    row = await app.db.pool.fetchrow(
        "select count(*) as n, count(distinct number) as different from test_effects"
    )
    assert row is not None
    return row["n"], row["different"]


async def until_done(app: Container, timeout: float) -> float:
    """Seconds until every job is over."""
    began = time.monotonic()
    async with asyncio.timeout(timeout):
        while await app.db.pool.fetchval(
            "select count(*) from jobs where kind = 'tests.effect'"
            " and state in ('available', 'retryable', 'running')"
        ):
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_workers_killed_in_the_middle(app: Container) -> None:
    count, kills = scaled(5000), scaled(20, 5)
    random = dice("kill -9")
    values = settings(app.config, jobs=SHORT_LEASE, fenced=True)
    with processes() as started:
        started += [Process("tests.faults.worker", values) for _ in range(2)]
        for worker in started:
            assert await worker.line() == "ready"
        # Long enough that jobs are still waiting at the last kill.
        await put(app, count, pause=2 * SLOTS * kills * 1.5 / count)
        for kill in range(kills):
            await asyncio.sleep(random.uniform(0.1, 0.8))
            victim = started[kill % 2]
            victim.kill()
            started[kill % 2] = Process("tests.faults.worker", values)
            assert await started[kill % 2].line() == "ready"
        took = await until_done(app, 120)
        for worker in started:
            worker.send(signal.SIGTERM)
            assert await worker.line() == "stopped"
    rows = await ledger(app, "tests.effect")
    again = sum(row["attempt"] > 1 for row in rows)
    print(
        f"{kills} kills, {count} jobs, {again} begun again, done {took:.1f} s after the last kill"
    )
    assert {row["state"] for row in rows} == {"completed"}
    assert await effects_of(app) == (count, count)
    assert again >= kills // 2  # the kills did hit


async def _stop_and_wake(app: Container, rounds: int, *, fenced: bool) -> int:
    """Rounds of SIGSTOP past the lease and SIGCONT; answers how many effects are too many.

    The jobs do not hear that their run was stopped: that is the first line, the fence the last.
    """
    held = app.config.jobs.default
    values = settings(app.config, jobs=SHORT_LEASE, fenced=fenced)
    with processes() as started:
        started.append(Process("tests.faults.worker", values))
        [zombie] = started
        assert await zombie.line() == "ready"
        for turn in range(rounds):
            async with app.db.write(SYSTEM) as tx:
                for number in range(held):
                    tx.enqueue(Effect(turn * held + number, 0.5, deaf=True))
            async with asyncio.timeout(10):
                while (
                    await app.db.pool.fetchval(
                        "select count(*) from jobs"
                        " where kind = 'tests.effect' and state = 'running'"
                    )
                    < held
                ):
                    await asyncio.sleep(0.01)
            zombie.send(signal.SIGSTOP)
            async with working(app, Queue.DEFAULT):
                await until_done(app, 30)
            zombie.send(signal.SIGCONT)
            await asyncio.sleep(0.7)
        assert zombie.alive
    made, different = await effects_of(app)
    assert different == rounds * held
    assert {row["state"] for row in await ledger(app, "tests.effect")} == {"completed"}
    return made - different


async def test_a_worker_that_wakes_up_after_its_lease_does_nothing_twice(app: Container) -> None:
    rounds = scaled(20, 2)
    assert await _stop_and_wake(app, rounds, fenced=True) == 0


async def test_without_the_fence_it_does(app: Container) -> None:
    """The control: it is the fence that the test above tests."""
    doubled = await _stop_and_wake(app, scaled(20, 2), fenced=False)
    print(f"{doubled} effects were doubled without the fence")
    assert doubled > 0


async def test_sigterm_gives_jobs_back_at_once(app: Container) -> None:
    """Far sooner than the lease of 30 s could."""
    values = settings(
        app.config, jobs={"lease": 30, "poll": 0.2}, server={"shutdown_timeout": 0.5}, fenced=True
    )
    with processes() as started:
        started.append(Process("tests.faults.worker", values))
        assert await started[0].line() == "ready"
        async with app.db.write(SYSTEM) as tx:
            tx.enqueue(Effect(0, 20))
            tx.enqueue(Effect(1, 0.2))
        async with asyncio.timeout(10):
            while await app.db.pool.fetchval("select count(*) from jobs where attempt = 1") < 2:
                await asyncio.sleep(0.01)
        started[0].send(signal.SIGTERM)
        assert await started[0].line(10) == "stopped"
    rows = await ledger(app, "tests.effect")
    assert [row["state"] for row in rows] == ["available", "completed"]
    assert (rows[0]["failures"], rows[0]["rescues"]) == (0, 0)
