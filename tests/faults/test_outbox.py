"""Processes that die between a commit and what follows it."""

import asyncio

import pytest

from app.container import Container
from tests.conftest import wait_until
from tests.faults.processes import Process, processes, settings
from tests.faults.scale import scaled
from tests.workers import kinds
from tests.workers.kinds import acts, bound, working
from workers.relay import relay_once

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


async def dead(app: Container, count: int) -> None:
    """This many processes commit something, and are killed before they can tell anybody."""
    with processes() as started:
        for _ in range(count):
            process = Process("tests.faults.casualty", settings(app.config))
            started.append(process)
            await wait_until(lambda p=process: not p.alive, 60)
            assert process.killed


async def test_what_a_dead_process_committed_reaches_everybody(app: Container) -> None:
    """Tags, live events, their reactions and jobs, although nothing was rung."""
    count = scaled(10, 2)
    stale: list[str] = []
    runs: list[str] = []

    async def act(_: object, run: object) -> None:
        runs.append("job")

    async def react(_: object, run: object) -> None:
        runs.append("reaction")

    acts["casualty"], acts["react"] = act, react
    heard, app.live.on_stale = app.live.on_stale, stale.extend
    try:
        with bound(app, kinds):
            async with app.live.subscribe("tests.here") as messages:
                await dead(app, count)
                assert await unsent(app) == count
                assert (stale, runs) == ([], [])
                async with working(app):
                    await wait_until(lambda: len(runs) == 3 * count)
                    await wait_until(lambda: stale.count("thing:1") == count)
                    async with asyncio.timeout(10):
                        told = [(await anext(messages)).payload["place"] for _ in range(count)]
                        while await unsent(app):  # noted after it was sent
                            await asyncio.sleep(0.05)
        assert told == ["here"] * count
        assert sorted(set(runs)) == ["job", "reaction"]
    finally:
        app.live.on_stale = heard


async def test_a_relay_that_dies_in_the_middle_leaves_its_rows(app: Container) -> None:
    """It holds them by a lock alone: the next one takes them at once."""
    await dead(app, 1)
    assert app.db.publisher is not None
    transport = app.db.publisher.transport
    reached = asyncio.Event()

    class Stuck:
        stale = transport.stale

        async def deliver(self, message: object) -> None:
            reached.set()
            await asyncio.sleep(60)

    app.db.publisher.transport = Stuck()
    try:
        dying = asyncio.create_task(relay_once(app, grace=0))
        await reached.wait()
        assert await relay_once(app, grace=0) == 0  # skips what another one holds
        await app.db.pool.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            " and datname = current_database() and state = 'idle in transaction'"
        )
    finally:
        app.db.publisher.transport = transport
    assert await relay_once(app, grace=0) == 1
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await unsent(app) == 0


async def unsent(app: Container) -> int:
    return int(await app.db.pool.fetchval("select count(*) from outbox where sent_at is null"))
