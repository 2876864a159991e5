"""Delivers what a commit causes: tags and live events through Redis, and rings."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from app.core.audit import TOPIC as LOGGED
from app.core.cache import Cache
from app.core.ids import new_id
from app.core.jobs import TOPIC
from app.core.l2 import L2
from app.core.live import Live
from app.core.outbox import Fact, OutboxMessage

AT_ONCE = 2000


class Bell(Protocol):
    """Who tells workers that a queue has work. A lost ring costs a second, never a job."""

    async def ring(self, queues: Iterable[str]) -> None:
        """Ring each queue once; Redis being away is no error, workers poll."""
        ...


class RedisTransport:
    """The OutboxTransport of a server process."""

    def __init__(self, cache: Cache, l2: L2, live: Live, doorbell: Bell) -> None:
        self._cache, self._l2, self._live, self._doorbell = cache, l2, live, doorbell
        self._link = l2.link

    def stale(self, tags: Sequence[str]) -> None:
        """Forget these tags in this process."""
        self._cache.stale(tags)

    async def deliver(self, message: OutboxMessage) -> None:
        """Send tags, facts and rings. Raises RedisAway when tags or facts did not arrive."""
        try:
            if message.kept or message.jobs or message.logged:
                await self._link.run(lambda: self._send(message))
        except BaseException:  # cancelled, too
            # Also while it is away: it may be back by now, made unreadable before this commit.
            self._cache.doubt(message.tags)
            raise
        finally:
            # Who read between the commit and here may have taken the old rows from Redis; our own
            # message about it is on its way to us only.
            self._cache.stale(message.tags)
            if message.queues:
                await self._doorbell.ring(message.queues)

    async def _send(self, message: OutboxMessage) -> None:
        async with self._live.lock, self._link.client.pipeline(transaction=False) as pipe:
            for start in range(0, len(message.tags), AT_ONCE):
                tags = message.tags[start : start + AT_ONCE]
                self._l2.touch(pipe, tags)
                pipe.publish(*self._live.stale_message(tags))
            for fact in message.facts:
                pipe.publish(*self._live.fact_message(fact))
            for ids in _parts(message.jobs):
                queued = Fact(new_id(), TOPIC, "job.queued", {"job_ids": ids})
                pipe.publish(*self._live.fact_message(queued))
            for ids in _parts(message.logged):
                added = Fact(new_id(), LOGGED, "activity.added", {"ids": ids})
                pipe.publish(*self._live.fact_message(added))
            await pipe.execute()


def _parts(ids: Sequence[UUID]) -> Iterable[list[str]]:
    """As they go on the wire, not too many in one message."""
    for start in range(0, len(ids), AT_ONCE):
        yield [str(id_) for id_ in ids[start : start + AT_ONCE]]
