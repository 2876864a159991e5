"""Redis killed, wiped, hung and restarted under load: nobody notices but the clock."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from app.container import Container
from app.core.access import EVERYTHING
from app.core.config import Config
from app.core.embedded import EmbeddedValkey
from app.libraries.domain import LibraryId
from tests.conftest import empty, make_config, wait_until
from tests.faults.load import Load, container_on, p99
from tests.faults.scale import dice, scaled
from tests.workers.kinds import Plain, acts, enqueue, working

pytestmark = [
    pytest.mark.alone,  # answers are as quick as before
    pytest.mark.faults,
    pytest.mark.timeout(900),
    # arq's pipelines WATCH, and UNWATCH as they close: on a hung server they cannot, and say so
    # when they are collected as garbage.
    pytest.mark.filterwarnings("ignore:Unclosed client session .*Pipeline:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*Redis.__del__:pytest.PytestUnraisableExceptionWarning"),
]
Server = tuple[EmbeddedValkey, str]
Fault = Callable[[Server, float], Awaitable[float]]  # seconds that we ourselves held the loop


def send(server: EmbeddedValkey, number: signal.Signals) -> None:
    assert server.pid is not None
    os.kill(server.pid, number)


def start(server: EmbeddedValkey) -> float:
    began = time.monotonic()
    server.start()
    return time.monotonic() - began


async def killed(server: Server, seconds: float) -> float:
    send(server[0], signal.SIGKILL)
    await asyncio.sleep(seconds)
    return start(server[0])


async def hung(server: Server, seconds: float) -> float:
    send(server[0], signal.SIGSTOP)
    await asyncio.sleep(seconds)
    send(server[0], signal.SIGCONT)
    return 0


async def wiped(server: Server, seconds: float) -> float:
    client = Redis.from_url(server[1])
    for _ in range(5):
        await client.flushall()
        await asyncio.sleep(seconds / 5)
    await client.aclose()
    return 0


async def restarted(server: Server, seconds: float) -> float:
    """As an upgrade would: in order, and at once."""
    began = time.monotonic()
    server[0].stop()
    server[0].start()
    held = time.monotonic() - began
    await asyncio.sleep(seconds)
    return held


FAULTS: dict[str, Fault] = {f.__name__: f for f in (killed, hung, wiped, restarted)}


@pytest.fixture
async def on_own_redis(
    database_url: str, housekeeping: Any, own_valkey: Server, tmp_path: Path
) -> Config:
    await empty(housekeeping)
    return make_config(database_url, own_valkey[1], tmp_path / "data")


@pytest.mark.parametrize("name", FAULTS)
async def test_nobody_notices(
    name: str, on_own_redis: Config, own_valkey: Server, tmp_path: Path
) -> None:
    random = dice(f"redis {name}")
    async with container_on(on_own_redis) as app, container_on(on_own_redis) as other:
        load = Load(app, other, tmp_path)
        await load.prepare(3)
        async with working(app), app.live.subscribe("faults") as messages:
            load.start()
            await asyncio.sleep(1)
            load.take_times()
            await asyncio.sleep(scaled(10, 2))
            baseline = p99(load.take_times())
            held = 0.0
            for _ in range(scaled(10, 1)):
                held = max(held, await FAULTS[name](own_valkey, random.uniform(2.0, 3.0)))
                await wait_until(lambda: not app.redis.away and app.live.healthy)
            during = p99(load.take_times())
            await asyncio.sleep(1)
            await load.stop()
            assert await load.effects(10) == sorted(load.enqueued)
            await app.live.publish("faults", "hello", {})
            async with asyncio.timeout(5):
                message = await anext(aiter(messages))
            assert message.lagged or name == "wiped"  # only then the connection stood
        print(
            f"{name}: {load.reads} reads, {load.writes} writes, {len(load.enqueued)} jobs,"
            f" p99 {baseline * 1000:.0f} ms before, {during * 1000:.0f} ms during"
        )
    assert load.errors == []
    assert load.stale == []
    assert load.writes > 5
    assert during <= 3 * baseline + 0.15 + held


async def test_a_hung_redis_costs_one_timeout_and_then_nothing(
    on_own_redis: Config, own_valkey: Server
) -> None:
    async with container_on(on_own_redis) as app:
        send(own_valkey[0], signal.SIGSTOP)
        try:
            took = []
            for n in range(30):
                began = time.monotonic()
                await app.library_repository.by_ids(EVERYTHING, [library(n)])
                took.append(time.monotonic() - began)
                await asyncio.sleep(0.02)
            await wait_until(lambda: app.redis.away, 3)
            began = time.monotonic()
            for n in range(30, 60):
                await app.library_repository.by_ids(EVERYTHING, [library(n)])
            alone = (time.monotonic() - began) / 30
        finally:
            send(own_valkey[0], signal.SIGCONT)
        print(f"hung: {max(took) * 1000:.0f} ms at first, {alone * 1000:.1f} ms then")
        assert max(took) < 0.5
        assert alone < 0.05
        await wait_until(lambda: not app.redis.away and app.live.healthy, 5)


def library(n: int) -> LibraryId:
    return LibraryId(UUID(int=n))


async def test_the_application_starts_without_redis(
    on_own_redis: Config, own_valkey: Server
) -> None:
    own_valkey[0].stop()
    app = Container(on_own_redis)
    await app.open()
    try:
        assert await app.library_repository.by_ids(EVERYTHING, [library(1)]) == {}
        own_valkey[0].start()
        await wait_until(lambda: app.live.healthy and not app.redis.away, 10)
    finally:
        await app.close()


async def test_a_worker_starts_and_works_without_redis(
    on_own_redis: Config, own_valkey: Server
) -> None:
    runs: list[int] = []

    async def act(_: object, run: object) -> None:
        runs.append(1)

    acts["alone"] = act
    async with container_on(on_own_redis) as app:
        send(own_valkey[0], signal.SIGKILL)
        async with working(app):
            await enqueue(app, Plain("alone"))
            await wait_until(lambda: runs, 10)
        own_valkey[0].start()
