"""A process of the stampede: `python -m tests.faults.stampede '{"url": …, "how": "ours"}'`.

Prints `ready`, waits for a key in Redis, and asks for one entry many times at once.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

from aiocache import RedisCache, cached_stampede
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url

from tests.faults.nodes import Things, node

Ask = Callable[[], Awaitable[object]]
WORK = 0.3  # seconds that a computation takes


async def main(url: str, how: str, callers: int) -> None:
    plain = Redis.from_url(url)

    async def compute() -> None:
        await plain.incr(f"computed:{how}")
        await asyncio.sleep(WORK)

    async def stampede(ask: Ask) -> None:
        print("ready", flush=True)
        while not await plain.exists("go"):
            await asyncio.sleep(0.002)
        answers = await asyncio.gather(*(ask() for _ in range(callers)))
        assert all(answer == answers[0] for answer in answers)
        print("done", flush=True)

    if how == "ours":
        async with node(url, "stampede") as made:
            things = Things(made.cache, {1: "a"})
            things.before = compute
            await stampede(lambda: things.name(1))
    else:
        await stampede(_theirs(url, compute))
    await plain.aclose()


def _theirs(url: str, compute: Callable[[], Awaitable[None]]) -> Ask:
    parts = parse_url(url)

    @cached_stampede(  # type: ignore[untyped-decorator]
        lease=2,
        ttl=60,
        key="k",
        cache=RedisCache,
        endpoint=parts["host"],
        port=parts["port"],
        password=parts["password"],
        timeout=10,
    )
    async def read() -> str:
        await compute()
        return "a"

    call: Ask = read
    return call


if __name__ == "__main__":
    values = json.loads(sys.argv[1])
    asyncio.run(main(values["url"], values["how"], values["callers"]))
