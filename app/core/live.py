"""What is happening now: one Redis pub/sub connection per process, fanned out to subscribers.

The same connection carries cache invalidations and its own heartbeat; when either is missing
(`healthy` is False) the cache in process is not to be trusted.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Self
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from app.core.ids import new_id
from app.core.logging import get_logger
from app.core.outbox import Fact
from app.core.redis import FAULTS, RedisAway, RedisLink
from app.core.tasks import end

log = get_logger(__name__)
BEAT: Final = 0.5
SILENCE: Final = 2.0
REMEMBERED: Final = 4096


class Message(Struct, frozen=True):
    """What a subscriber gets; `lagged` says that older ones were dropped before it."""

    name: str
    payload: dict[str, Any]
    lagged: bool = False


class _Stale(Struct, frozen=True, array_like=True):
    """On the wire: who says it, the how-manieth of theirs it is, and the tags."""

    origin: str
    seq: int
    tags: list[str]


class Subscription:
    """A bounded queue of one subscriber; the oldest message gives way."""

    def __init__(self, hub: "Live", topic: str, limit: int) -> None:
        self._hub, self.topic, self._limit = hub, topic, limit
        self._queue: deque[Message] = deque()
        self._lagged = False
        self._ready = asyncio.Event()

    def push(self, message: Message) -> None:
        if len(self._queue) >= self._limit:
            self._queue.popleft()
            self._lagged = True
        self._queue.append(message)
        self._ready.set()

    def lag(self) -> None:
        """Something may have been missed: the connection to Redis was lost."""
        self._lagged = True

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Message:
        while not self._queue:
            self._ready.clear()
            await self._ready.wait()
        message = self._queue.popleft()
        if self._lagged:
            self._lagged = False
            return msgspec.structs.replace(message, lagged=True)
        return message

    async def burst(self, most: int) -> list[Message]:
        """The next message with those that wait behind it, so many at most."""
        found = [await anext(self)]
        while self._queue and len(found) < most:
            found.append(await anext(self))
        return found

    async def __aenter__(self) -> Self:
        try:
            await self._hub.join(self)
        except BaseException:  # whoever goes away while joining is not kept as a member
            await self._hub.leave(self)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hub.leave(self)


class Live:
    """The hub of one process."""

    def __init__(self, link: RedisLink, prefix: str) -> None:
        self.origin = new_id().hex
        self._link = link
        self._prefix = f"{prefix}:live:"
        self._stale_channel = f"{prefix}:stale"
        self._seq = 0
        self.lock = asyncio.Lock()  # messages must leave in the order of their counting
        self._heard: dict[str, int] = {}
        self._beat_at = 0.0
        self._topics: dict[str, set[Subscription]] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._pubsub: PubSub | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._telling = asyncio.Lock()
        self._tellers: set[asyncio.Task[None]] = set()
        self.on_stale: Callable[[Sequence[str]], None] = lambda _: None
        self.on_gap: Callable[[], None] = lambda: None

    async def open(self) -> None:
        """Start listening; returns before Redis has answered."""
        self._tasks = [
            asyncio.create_task(self._listen(), name="live.listen"),
            asyncio.create_task(self._beat(), name="live.beat"),
        ]

    async def close(self) -> None:
        """Stop listening."""
        await end([*self._tasks, *self._tellers])

    @property
    def healthy(self) -> bool:
        """Whether our own heartbeat came back through Redis within the last two seconds."""
        return time.monotonic() - self._beat_at < SILENCE

    async def join(self, subscription: Subscription) -> None:
        """Begin to deliver a topic to this subscriber."""
        members = self._topics.setdefault(subscription.topic, set())
        members.add(subscription)
        if len(members) == 1:
            await self._follow(subscription.topic)

    async def leave(self, subscription: Subscription) -> None:
        """Stop delivering to this subscriber."""
        members = self._topics.get(subscription.topic)
        if members is None:
            return
        members.discard(subscription)
        if not members:
            del self._topics[subscription.topic]
            await self._follow(subscription.topic)

    async def _follow(self, topic: str) -> None:
        """Tell Redis whether this process listens to a topic.

        In a task of its own: a command that is cancelled half-way closes the connection, and it is
        everybody's, so nobody who comes and goes may cancel one.
        """
        if self._pubsub is None:
            return
        teller = asyncio.create_task(self._tell(topic))
        self._tellers.add(teller)
        teller.add_done_callback(self._tellers.discard)
        await asyncio.shield(teller)

    async def _tell(self, topic: str) -> None:
        async with self._telling:  # one after the other, each as things stand by then
            if self._pubsub is None:
                return
            with contextlib.suppress(*FAULTS):
                if topic in self._topics:
                    await self._pubsub.subscribe(self._prefix + topic)
                else:
                    await self._pubsub.unsubscribe(self._prefix + topic)

    def subscribe(self, topic: str, limit: int = 256) -> Subscription:
        """A subscriber of a topic; enter it with `async with` and iterate."""
        return Subscription(self, topic, limit)

    def stale_message(self, tags: Sequence[str]) -> tuple[str, bytes]:
        """Channel and payload that tell every process to forget these tags."""
        self._seq += 1
        note = _Stale(self.origin, self._seq, list(tags))
        return self._stale_channel, msgspec.msgpack.encode(note)

    def fact_message(self, fact: Fact) -> tuple[str, bytes]:
        """Channel and payload of an event."""
        return self._prefix + fact.topic, msgspec.msgpack.encode(fact)

    async def publish(self, topic: str, name: str, payload: dict[str, Any]) -> None:
        """Send what may be lost, such as the progress of a scan."""
        channel, raw = self.fact_message(Fact(new_id(), topic, name, payload))
        with contextlib.suppress(RedisAway):
            await self._link.run(lambda: self._link.client.publish(channel, raw))

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(RedisAway):
                await self._link.run(self._publish_beat)
            await asyncio.sleep(BEAT)

    async def _publish_beat(self) -> None:
        async with self.lock:
            await self._link.client.publish(*self.stale_message(()))

    async def _listen(self) -> None:
        while True:
            client: Redis = Redis.from_url(
                self._link.url, socket_timeout=SILENCE * 2, socket_connect_timeout=1
            )
            try:
                async with client.pubsub() as pubsub:
                    topics = [self._prefix + topic for topic in self._topics]
                    await pubsub.subscribe(self._stale_channel, *topics)
                    self._pubsub = pubsub
                    for topic in [t for t in self._topics if self._prefix + t not in topics]:
                        await pubsub.subscribe(self._prefix + topic)  # joined in between
                    await self._link.returned()
                    await self._receive(pubsub)
            except FAULTS as error:
                log.warning("live.disconnected", error=repr(error))
            except Exception:
                log.exception("live.failed")
            finally:
                self._pubsub = None
                self._lost()
                with contextlib.suppress(*FAULTS):
                    await client.aclose()
            await asyncio.sleep(BEAT)

    def _lost(self) -> None:
        self._beat_at = 0.0
        self._heard.clear()
        self.on_gap()
        for members in self._topics.values():
            for subscription in members:
                subscription.lag()

    async def _receive(self, pubsub: PubSub) -> None:
        stale = self._stale_channel.encode()
        began = time.monotonic()
        while True:
            async with asyncio.timeout(SILENCE * 2):
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=SILENCE)
            if message is None:  # nothing, or the answer to a subscribe
                if not self.healthy and time.monotonic() - began > SILENCE:
                    raise TimeoutError("no heartbeat through Redis")
                continue
            if message["channel"] == stale:
                self._hear(msgspec.msgpack.decode(message["data"], type=_Stale))
            else:
                self._deliver(msgspec.msgpack.decode(message["data"], type=Fact))

    def _hear(self, note: _Stale) -> None:
        last = self._heard.get(note.origin)
        self._heard[note.origin] = note.seq
        if note.origin == self.origin:
            if not self.healthy:
                self.on_gap()
            self._beat_at = time.monotonic()
        if note.seq != (last or 0) + 1:  # somebody new to us counts, too: its first may be lost
            self.on_gap()
        if len(self._heard) > REMEMBERED:
            self._heard.clear()
            self.on_gap()
        if note.tags:
            self.on_stale(note.tags)

    def _deliver(self, fact: Fact) -> None:
        if self._known(fact.id):
            return
        message = Message(fact.name, fact.payload)
        for subscription in tuple(self._topics.get(fact.topic, ())):
            subscription.push(message)

    def _known(self, id_: UUID) -> bool:
        key = id_.hex
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False
