"""The cache of one process without the rest of it, and a repository whose table is a dictionary."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from app.core.access import Scope
from app.core.cache import Cache, cached, cached_list
from app.core.config import CacheConfig
from app.core.ids import new_id
from app.core.l2 import L2
from app.core.live import Live
from app.core.metrics import Metrics
from app.core.outbox import OutboxMessage
from app.core.redis import RedisLink
from app.core.redis_transport import RedisTransport
from tests.conftest import wait_until


class Thing(Struct, frozen=True, kw_only=True):
    id: int
    name: str


class NoBell:
    async def ring(self, queues: object) -> None:
        """Nobody works here."""


class Node:
    """Redis link, bus, both layers and the transport of one process."""

    def __init__(self, url: str, prefix: str = "node", config: CacheConfig | None = None) -> None:
        config = config or CacheConfig()
        self.metrics = Metrics()
        self.link = RedisLink(url, config.timeout, self.metrics)
        self.live = Live(self.link, prefix)
        self.l2 = L2(self.link, prefix, lambda: self.live.healthy)
        self.cache = Cache(self.l2, config, self.metrics)
        self.live.on_stale = self.cache.stale
        self.live.on_gap = self.cache.gap
        self.transport = RedisTransport(self.cache, self.l2, self.live, NoBell())

    async def touch(self, *tags: str) -> None:
        """What follows the commit of a write."""
        self.transport.stale(tags)
        await self.transport.deliver(OutboxMessage(new_id(), tags))


@contextlib.asynccontextmanager
async def node(
    url: str, prefix: str = "node", config: CacheConfig | None = None
) -> AsyncIterator[Node]:
    """An open node, once it hears itself."""
    made = Node(url, prefix, config)
    await made.live.open()
    try:
        await wait_until(lambda: made.live.healthy)
        yield made
    finally:
        await made.cache.settle()
        await made.live.close()
        await made.l2.close()
        await made.link.close()


Hook = Callable[[], Awaitable[None]]


class Things:
    """Reads a dictionary as if it were a table; `before` and `after` are awaited around it."""

    def __init__(self, cache: Cache, rows: dict[int, str]) -> None:
        self.cache, self.rows = cache, rows
        self.reads: list[list[int]] = []
        self.listed: list[str] = []
        self.before: Hook | None = None
        self.after: Hook | None = None

    @cached("thing", ttl=timedelta(minutes=10), tags=("thing:{}", "things"))
    async def by_ids(self, ids: Collection[int]) -> Mapping[int, Thing]:
        self.reads.append(list(ids))
        if self.before is not None:
            await self.before()
        found = {i: Thing(id=i, name=self.rows[i]) for i in ids if i in self.rows}
        if self.after is not None:
            await self.after()
        return found

    @cached_list("things.names", ttl=timedelta(minutes=10), tags=("things", "prefix:{prefix}"))
    async def names(self, scope: Scope, prefix: str, first: int = 10) -> list[str]:
        self.listed.append(f"{scope.key}/{prefix}/{first}")
        return sorted(n for n in self.rows.values() if n.startswith(prefix))[:first]

    @cached_list("things.first", ttl=timedelta(minutes=10), tags=("things",))
    async def first(self) -> Thing | None:
        self.listed.append("first")
        return next((Thing(id=i, name=n) for i, n in self.rows.items()), None)

    async def name(self, id_: int) -> str | None:
        found = (await self.by_ids([id_])).get(id_)
        return found.name if found else None


async def gather(calls: Sequence[Awaitable[str | None]]) -> list[str | None]:
    return list(await asyncio.gather(*calls))
