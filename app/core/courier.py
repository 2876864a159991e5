"""Delivers what a commit causes: tags and live events through Redis, rings through arq."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.connection import ConnectionPool

from app.core.cache import Cache
from app.core.l2 import L2
from app.core.live import Live
from app.core.outbox import Parcel
from app.core.redis import RedisAway, RedisLink

RING = "ring"
TAGS_AT_ONCE = 2000


class Doorbell:
    """Tells the workers of a queue that it has work. A lost ring costs a second, never a job."""

    def __init__(self, link: RedisLink, prefix: str) -> None:
        self._link, self._prefix = link, prefix
        pool = ConnectionPool.from_url(
            link.url, socket_timeout=link.timeout * 2, socket_connect_timeout=link.timeout * 2
        )
        self._arq = ArqRedis(
            pool,
            job_serializer=msgspec.json.encode,
            job_deserializer=msgspec.json.decode,
        )

    def queue_name(self, queue: str) -> str:
        """The name in arq of one of our queues."""
        return f"{self._prefix}:arq:{queue}"

    async def ring(self, queues: Iterable[str]) -> None:
        """Ring each queue once; Redis being away is no error, workers poll."""
        for queue in queues:
            with contextlib.suppress(RedisAway):
                await self._link.run(
                    lambda q=queue: self._arq.enqueue_job(  # type: ignore[misc]
                        RING, _queue_name=self.queue_name(q), _expires=60
                    )
                )

    async def close(self) -> None:
        """Close arq's connections."""
        with contextlib.suppress(Exception):
            await self._arq.aclose(close_connection_pool=True)


class RedisCourier:
    """The Courier of a server process."""

    def __init__(self, cache: Cache, l2: L2, live: Live, doorbell: Doorbell) -> None:
        self._cache, self._l2, self._live, self._doorbell = cache, l2, live, doorbell
        self._link = l2.link

    def stale(self, tags: Sequence[str]) -> None:
        """Forget these tags in this process."""
        self._cache.stale(tags)

    async def deliver(self, parcel: Parcel) -> None:
        """Send tags, facts and rings. Raises RedisAway when tags or facts did not arrive."""
        try:
            if parcel.kept:
                await self._link.run(lambda: self._send(parcel))
        finally:
            await self._doorbell.ring(parcel.queues)

    async def _send(self, parcel: Parcel) -> None:
        async with self._live.lock, self._link.client.pipeline(transaction=False) as pipe:
            for start in range(0, len(parcel.tags), TAGS_AT_ONCE):
                tags = parcel.tags[start : start + TAGS_AT_ONCE]
                self._l2.touch(pipe, tags)
                pipe.publish(*self._live.stale_message(tags))
            for fact in parcel.facts:
                pipe.publish(*self._live.fact_message(fact))
            await pipe.execute()


def arq_settings(link: RedisLink) -> RedisSettings:
    """Redis as the workers of arq want it told."""
    settings: Any = RedisSettings.from_dsn(link.url)
    settings.conn_retries = 0
    settings.conn_timeout = 1
    return settings  # type: ignore[no-any-return]
