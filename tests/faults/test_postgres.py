"""PostgreSQL stopped as by a power cut and started again, under load."""

import asyncio
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.core.embedded import EmbeddedPostgres
from app.core.ids import decode_id
from tests.conftest import make_config, wait_until
from tests.faults.load import Load, container_on, number_of
from tests.faults.scale import dice, scaled
from tests.workers.kinds import working

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
Server = tuple[EmbeddedPostgres, str]
MOST = 5.0  # seconds until everything works again


async def test_acknowledged_writes_survive(
    own_postgres: Server, redis_url: str, tmp_path: Path
) -> None:
    server, url = own_postgres
    random = dice("postgres stopped with immediate")
    client = Redis.from_url(redis_url)
    await client.flushdb()
    await client.aclose()
    config = make_config(url, redis_url, tmp_path / "data", redis_prefix="pgfaults")
    async with container_on(config) as app, container_on(config) as other:
        # What Redis did not take before an outage is in the outbox until it is over.
        load = Load(app, other, tmp_path, stale_for=2 * MOST)
        await load.prepare(3)
        async with working(app) as worker:
            load.start()
            recoveries = []
            for _ in range(scaled(20, 3)):
                await asyncio.sleep(random.uniform(0.5, 1.5))
                await load.api.run("{ viewer { user { id } } }", load.admin)
                generation = app.principals._generation
                assert load.errors == []
                server.stop("immediate")
                await asyncio.sleep(random.uniform(0.2, 1.0))
                server.start()
                recoveries.append(await recovered(load))
                assert app.principals._generation > generation
                await wait_until(lambda: app.listener.healthy, MOST)
                assert set(load.errors) <= {
                    f"{what}: UNAVAILABLE"
                    for what in ("read", "write", "neighbour", "list", "enqueue")
                }
                outage = len(load.errors)
                load.errors.clear()
            await load.stop()
            made = await load.effects(15)  # nothing acknowledged is lost
            assert len(made) == len(set(made))  # nor done twice
            assert not any(task.done() for task in worker._background)  # nothing was respawned
        print(
            f"{len(recoveries)} outages, {load.reads} reads, {load.writes} writes,"
            f" {len(load.enqueued)} jobs, last outage {outage} errors,"
            f" whole again after {max(recoveries):.1f} s at most"
        )
        assert max(recoveries) < MOST
        assert load.stale == []
        for shelf in load.shelves:
            name = await app.db.pool.fetchval(
                "select name from libraries where id = $1", decode_id("library", shelf.id)
            )
            assert number_of(name) >= shelf.must(time.monotonic())


async def recovered(load: Load) -> float:
    """Seconds until writes, reads, jobs and the other process work again without an error."""
    began = time.monotonic()
    writes, jobs = load.writes, len(load.done)
    await wait_until(lambda: load.writes > writes + 2 and len(load.done) > jobs + 2, MOST * 2)
    took = time.monotonic() - began
    while True:  # and stay so
        errors = len(load.errors)
        await asyncio.sleep(0.3)
        if len(load.errors) == errors:
            return took
        took = time.monotonic() - began


async def test_a_revocation_is_heard_after_an_outage(
    own_postgres: Server, redis_url: str, tmp_path: Path
) -> None:
    """Principals were dropped with the connection, and LISTEN stands again."""
    server, url = own_postgres
    config = make_config(url, redis_url, tmp_path / "data", redis_prefix="pgfaults")
    async with container_on(config) as app, container_on(config) as other:
        load = Load(app, other, tmp_path)
        await load.prepare(1)
        try:
            server.stop("immediate")
            await wait_until(lambda: not app.listener.healthy and not other.listener.healthy)
            server.start()
            await wait_until(lambda: app.listener.healthy and other.listener.healthy, MOST)
            viewer = await other.principals.viewer(load.admin.token)
            assert viewer.user_id == load.admin.id
            assert other.principals._kept
            await load.api.run("mutation { logout }", load.admin)
            await wait_until(lambda: not other.principals._kept, 1)
            assert not (await other.principals.viewer(load.admin.token)).signed_in
        finally:
            await load.api.close()
