"""Rings queues through arq: the only thing that arq is asked to do."""

import contextlib
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import ConnectionPool

from app.core.redis import RedisAway, RedisLink

RING: Final = "ring"


class _Pipeline(Pipeline):
    """One that keeps no connection, however it ends."""

    async def reset(self) -> None:
        """Begin anew. A connection that does not answer is closed; redis-py would hold on to it."""
        try:
            await super().reset()  # type: ignore[no-untyped-call]  # redis-py has no types here
        except BaseException:
            connection, self.connection = self.connection, None
            if connection is not None:
                await connection.disconnect(nowait=True)
                await self.connection_pool.release(connection)
            raise


class _Arq(ArqRedis):
    """arq's client, which may be given up at any moment."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 - redis-py's signature
        """Commands that go together."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class Doorbell:
    """Tells the workers of a queue that it has work. A lost ring costs a second, never a job."""

    def __init__(self, link: RedisLink, prefix: str) -> None:
        self._link, self._prefix = link, prefix
        pool = ConnectionPool.from_url(
            link.url, socket_timeout=link.timeout * 2, socket_connect_timeout=link.timeout * 2
        )
        self._arq = _Arq(
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


def arq_settings(link: RedisLink) -> RedisSettings:
    """Redis as the workers of arq want it told."""
    settings: Any = RedisSettings.from_dsn(link.url)
    settings.conn_retries = 0
    settings.conn_timeout = 1
    return settings  # type: ignore[no-any-return]
