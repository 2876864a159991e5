"""What the cache costs: `python -m bench.cache [--rounds 15]`.

A hit, a miss and a store in process (its CPU), round trips to Redis, and how long after a write all
of three processes have forgotten what it changed: processes of their own, Redis between them.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, Final
from uuid import UUID

import uvloop

from app.core.cache import Cache, cached
from app.core.config import CacheConfig
from app.core.entries import Source, Want, spec_of
from app.core.ids import new_id
from app.core.l1 import L1, Terms
from app.core.l2 import L2
from app.core.live import Live
from app.core.metrics import Metrics
from app.core.outbox import OutboxMessage
from app.core.redis import RedisLink
from app.core.redis_transport import RedisTransport
from app.people.domain import Person, PersonId
from bench.servers import servers

PROCESSES: Final = 3
WRITES: Final = 300
ENTITIES: Final = 50
EACH: Final = 200  # operations of a kind in a row
GOALS: Final = {
    "hit in process, one of 50": 0.5,
    "invalidation to all of 3 processes, p99": 50_000,
}


class NoBell:
    async def ring(self, queues: object) -> None:
        """Nobody works here."""


class Node:
    """The cache of one process and the bus, without the rest of it."""

    def __init__(self, url: str) -> None:
        config = CacheConfig()
        metrics = Metrics()
        self.link = RedisLink(url, config.timeout, metrics)
        self.live = Live(self.link, "bench")
        self.l2 = L2(self.link, "bench", lambda: self.live.healthy)
        self.cache = Cache(self.l2, config, metrics)
        self.live.on_stale = self.cache.stale
        self.live.on_gap = self.cache.gap
        self.transport = RedisTransport(self.cache, self.l2, self.live, NoBell())

    async def open(self) -> None:
        await self.live.open()
        while not self.live.healthy:  # noqa: ASYNC110 - until then nothing is kept
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        await self.cache.settle()
        await self.live.close()
        await self.l2.close()
        await self.link.close()

    async def touch(self, *tags: str) -> None:
        """What follows the commit of a write."""
        self.transport.stale(tags)
        await self.transport.deliver(OutboxMessage(new_id(), tags))


class People:
    """A repository whose table is made up."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    @cached("bench.person", ttl=timedelta(minutes=10), tags=("person:{}",))
    async def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, Person]:
        return {i: person(i) for i in ids}


def person(id_: UUID) -> Person:
    return Person(id=PersonId(id_), name=f"Person {id_}", portrait_url=f"https://x.example/{id_}")


Clock = Callable[[], float]


async def timed(
    work: Callable[[], Awaitable[object]], rounds: int, each: int, clock: Clock = time.perf_counter
) -> float:
    """Microseconds of one call, the median of rounds."""
    taken = []
    for _ in range(rounds):
        started = clock()
        for _ in range(each):
            await work()
        taken.append((clock() - started) / each * 1e6)
    return statistics.median(taken)


async def in_process(node: Node, rounds: int) -> dict[str, float]:
    """Hits, misses and stores of L1."""
    people, ids = People(node.cache), [new_id() for _ in range(ENTITIES)]
    await people.by_ids(ids)
    one, l1 = ids[:1], L1(10_000, 64 << 20)
    numbers = itertools.count()

    async def hits() -> None:
        await people.by_ids(ids)

    async def hit() -> None:
        await people.by_ids(one)

    async def found() -> None:
        node.cache.l1.find("bench.person", ids)

    async def missed() -> None:
        l1.find("bench.person", ids)

    async def stored() -> None:
        id_ = next(numbers)
        tags = ("person",)
        l1.put(("bench.person", id_), id_, Terms(300, time.monotonic() + 600, tags, l1.mark(tags)))

    async def cpu(work: Callable[[], Awaitable[object]], each: int = EACH) -> float:
        return await timed(work, rounds, each, time.process_time)

    return {
        "hit in process, a read of 1": await cpu(hit),
        "hit in process, one of 50": await cpu(hits) / ENTITIES,
        "look-up in process, found": await cpu(found) / ENTITIES,
        "look-up in process, missed": await cpu(missed) / ENTITIES,
        "store in process": await cpu(stored, EACH * 10),
    }


async def in_redis(node: Node, rounds: int) -> dict[str, float]:
    """Reads of what only Redis has, and writes to it."""
    spec = spec_of("bench.two", timedelta(minutes=10), (), Person)
    wants = [Want(i, str(i), (f"person:{i}",)) for i in (new_id() for _ in range(ENTITIES))]
    tags = [want.tags[0] for want in wants]

    async def load(ids: Any) -> list[Any]:
        return [person(i) for i in ids]

    source = Source({want.id: want for want in wants}.__getitem__, load)
    await node.cache.read(spec, [want.id for want in wants], source)
    await node.cache.settle()

    async def one() -> None:
        _, (raw,) = await node.l2.get(spec, wants[:1], tags[:1])
        assert raw is not None

    async def batch() -> None:
        _, raws = await node.l2.get(spec, wants, tags)
        assert None not in raws

    async def whole() -> None:
        node.cache.l1.flush()
        await node.cache.read(spec, [want.id for want in wants], source)

    return {
        "Redis, a round trip for 1": await timed(one, rounds, 20),
        "Redis, a round trip for 50": await timed(batch, rounds, 20),
        "miss in process, 50 from Redis": await timed(whole, rounds, 20),
    }


def other(url: str, pipe: Connection) -> None:
    """A process that keeps an entry, and tells when it has forgotten it."""

    async def main() -> None:
        node = Node(url)
        await node.open()
        heard: asyncio.Queue[float] = asyncio.Queue()
        stale = node.live.on_stale

        def on_stale(tags: Any) -> None:
            stale(tags)
            if WATCHED in tags and node.cache.l1.get((WATCHED, 1)) is None:
                heard.put_nowait(time.monotonic())

        node.live.on_stale = on_stale
        loop = asyncio.get_running_loop()
        while True:
            tags = (WATCHED,)
            mark = node.cache.l1.mark(tags)
            node.cache.l1.put((WATCHED, 1), "kept", Terms(10, time.monotonic() + 60, tags, mark))
            pipe.send("ready")
            if await loop.run_in_executor(None, pipe.recv) == "end":
                break
            pipe.send(await heard.get())
        await node.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


WATCHED: Final = "bench:watched"


async def invalidation(node: Node, pipes: list[Connection]) -> list[float]:
    """Microseconds from a write until every process has forgotten it, sorted."""
    loop, taken = asyncio.get_running_loop(), []

    async def told(pipe: Connection) -> Any:
        return await loop.run_in_executor(None, pipe.recv)

    for _ in range(WRITES):
        assert await asyncio.gather(*map(told, pipes)) == ["ready"] * len(pipes)
        for pipe in pipes:
            pipe.send("go")
        await asyncio.sleep(0.005)  # they wait by now
        started = time.monotonic()  # the same clock in all processes of a machine
        await node.touch(WATCHED)
        taken.append((max(await asyncio.gather(*map(told, pipes))) - started) * 1e6)
    await asyncio.gather(*map(told, pipes))
    for pipe in pipes:
        pipe.send("end")
    return sorted(taken)


async def run(url: str, pipes: list[Connection], rounds: int) -> dict[str, float]:
    """All of it, in microseconds."""
    node = Node(url)
    await node.open()
    try:
        found = await in_process(node, rounds) | await in_redis(node, rounds)
        taken = await invalidation(node, pipes)
    finally:
        await node.close()
    name = f"invalidation to all of {PROCESSES} processes"
    return found | {
        f"{name}, median": taken[len(taken) // 2],
        f"{name}, p99": taken[len(taken) * 99 // 100],
    }


def measured(url: str, rounds: int) -> dict[str, float]:
    """With processes beside this one."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(PROCESSES):
        mine, theirs = context.Pipe()
        process = context.Process(target=other, args=(url, theirs), daemon=True)
        process.start()
        pipes.append(mine)
        processes.append(process)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(run(url, pipes, rounds))
    for process in processes:
        process.join(10)
    return found


def main() -> int:
    """Print the table; says whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with servers() as made:
        found = measured(made.environment["REVENGE_REDIS_URL"], given.rounds)
    print("| what | time | goal |\n|---|---:|---:|")
    for what, took in found.items():
        goal = GOALS.get(what)
        print(f"| {what} | {took:,.2f} µs | {f'≤ {goal:,} µs' if goal else ''} |")
    return 0 if all(found[what] <= goal for what, goal in GOALS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
