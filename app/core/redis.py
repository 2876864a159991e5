"""The way to Redis: one client behind a time limit and a breaker; nothing ever waits for it.

Commands take at most `timeout` seconds. After three failures in a row the breaker opens and calls
fail at once; a background probe closes it, after everything that was written meanwhile has been
made unreadable (`on_return`). Failures at the same moment count once: a stalled event loop fails
everything that is under way, and says nothing of Redis.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.core.errors import Unavailable
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.recording import spoil
from app.core.tasks import end

T = TypeVar("T")
log = get_logger(__name__)
FAILURES_TO_OPEN = 3
PROBE_EVERY = 0.5
AT_ONCE = 32
INFO = {
    "used_memory_bytes": "used_memory",
    "max_memory_bytes": "maxmemory",
    "connected_clients": "connected_clients",
    "commands_processed": "total_commands_processed",
    "keyspace_hits": "keyspace_hits",
    "keyspace_misses": "keyspace_misses",
    "evicted_keys": "evicted_keys",
}
FAULTS = (RedisError, OSError, TimeoutError)


class RedisAway(Unavailable):
    """Redis does not answer in time; callers do without it."""


class RedisLink:
    """One process's client of one Redis, with its breaker."""

    def __init__(self, url: str, timeout: float, metrics: Metrics) -> None:
        self.url = url
        self.timeout = timeout
        self.metrics = metrics
        self._failures = 0
        self._failed_at = 0.0
        # Fewer than either pool has connections: waiting for one must not look like a slow Redis.
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._open = False
        self._probe: asyncio.Task[None] | None = None
        self.on_return: list[Callable[[], Awaitable[None]]] = []
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=AT_ONCE + 8,
            timeout=timeout,
            socket_timeout=timeout * 2,
            socket_connect_timeout=timeout * 2,
            retry=Retry(NoBackoff(), 0),
        )
        self.client: Redis = Redis(connection_pool=pool)
        metrics.breaker_state.labels("redis").set(0)

    @property
    def away(self) -> bool:
        """Whether calls fail at once just now."""
        return self._open

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Await `call()` within the time limit. Raises RedisAway instead of anything of Redis's."""
        spoil()
        self._check()
        async with self._slots:
            self._check()
            try:
                async with asyncio.timeout(self.timeout):
                    value = await call()
            except FAULTS as error:
                self._failed(error)
                raise RedisAway("Redis does not answer.", retry_after=1) from error
        self._failures = 0
        return value

    def _check(self) -> None:
        if self._open:
            raise RedisAway("Redis is away.", retry_after=1)

    async def returned(self) -> None:
        """A lost connection stands again: Redis may have been restarted without its last second."""
        for prepare in self.on_return:
            await prepare()

    def _failed(self, error: BaseException) -> None:
        now = time.monotonic()
        if now - self._failed_at < self.timeout:
            return
        self._failed_at = now
        self._failures += 1
        if self._failures < FAILURES_TO_OPEN or self._open:
            return
        self._open = True
        self._note("open")
        log.warning("redis.away", error=repr(error))
        self._probe = asyncio.get_running_loop().create_task(self._until_back())

    def _note(self, state: str) -> None:
        self.metrics.breaker_state.labels("redis").set(1 if state == "open" else 0)
        self.metrics.breaker_changes.labels("redis", state).inc()

    async def _until_back(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY)
            try:
                async with asyncio.timeout(self.timeout * 5):
                    await self.client.ping()
                    await self.returned()
            except FAULTS:
                continue
            self._failures, self._open = 0, False
            self._note("closed")
            log.info("redis.back")
            return

    async def measure(self) -> None:
        """Bring the gauges of Redis itself up to date. Raises RedisAway."""
        info = await self.run(self.client.info)
        keys = await self.run(self.client.dbsize)
        for name, key in INFO.items():
            self.metrics.redis_info[name].set(float(info.get(key) or 0))
        self.metrics.redis_info["total_keys"].set(keys)

    async def close(self) -> None:
        """Stop probing and close the connections."""
        if self._probe is not None:
            await end([self._probe])
        with contextlib.suppress(*FAULTS):
            await self.client.aclose(close_connection_pool=True)
