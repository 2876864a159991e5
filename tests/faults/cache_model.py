"""A model of three processes on an unreliable bus: the real cache between fakes, and what each
process must know of.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, Self

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from app.core import l2 as l2_module
from app.core.cache import Cache
from app.core.config import CacheConfig
from app.core.l2 import L2
from app.core.live import Live, _Stale
from app.core.metrics import Metrics
from app.core.redis import RedisAway, RedisLink
from tests.faults.nodes import Things

PROCESSES: Final = 3


class Memory:
    """A Redis of the model: strings without time, and whether it is there."""

    def __init__(self) -> None:
        self.strings: dict[str, bytes] = {}
        self.away = False

    async def multi_get(self, keys: list[str]) -> list[bytes | None]:
        return [self.strings.get(key) for key in keys]

    async def multi_set(self, pairs: list[tuple[str, bytes]], ttl: int) -> None:
        self.strings.update(pairs)

    async def set(self, key: str, value: bytes) -> None:
        self.strings[key] = value

    def pipeline(self, *, transaction: bool) -> "Pipe":
        return Pipe(self)


class Pipe:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._answer: list[bytes | None] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to let go of."""

    def set(self, key: str, value: bytes, *, nx: bool = False, ex: int) -> None:
        if not (nx and key in self._memory.strings):
            self._memory.strings[key] = value

    def mget(self, keys: list[str]) -> None:
        self._answer = [self._memory.strings.get(key) for key in keys]

    async def execute(self) -> list[Any]:
        return [self._answer]


class Link:
    """A RedisLink to the Memory."""

    def __init__(self, memory: Memory) -> None:
        self.client, self.url, self.timeout, self.metrics = memory, "", 0.1, METRICS
        self.on_return: list[Callable[[], Awaitable[None]]] = []

    @property
    def away(self) -> bool:
        return self.client.away

    async def run(self, call: Callable[[], Awaitable[Any]]) -> Any:
        if self.client.away:
            raise RedisAway("away")
        return await call()


class Peer:
    """A process: the real cache and the real hearing of the bus, between fakes."""

    def __init__(self, memory: Memory, rows: dict[int, str]) -> None:
        link: Any = Link(memory)
        self.link: RedisLink = link
        self.live = Live(self.link, "model")
        self.l2 = L2(self.link, "model", lambda: self.healthy)
        self.cache = Cache(self.l2, CacheConfig(), METRICS)
        self.live.on_stale, self.live.on_gap = self.cache.stale, self.cache.gap
        self.things = Things(self.cache, rows)
        self.inbox: deque[tuple[_Stale, int | None, int]] = deque()
        self.must: dict[int, int] = {}  # per row: the version that it must know of
        self.sent: dict[int, tuple[int, int]] = {}  # per message: the row and version it was about

    @property
    def healthy(self) -> bool:
        return self.live._beat_at > 0


METRICS: Final = Metrics()
KEYS: Final = st.integers(0, 2)
PEERS: Final = st.integers(0, PROCESSES - 1)


class Model(RuleBasedStateMachine):
    """Versions only grow, so a read is stale when it answers less than its process must know.

    It must know its own writes at once; another's when the message about it arrived, or any later
    message of that process, since the gap then shows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.memory = Memory()
        self.rows = dict.fromkeys(range(3), "0")
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(l2_module, "_backend", lambda _: self.memory)
        self.peers = [Peer(self.memory, self.rows) for _ in range(PROCESSES)]
        self.owed: list[tuple[int, int, int]] = []  # the outbox: writer, row, version
        self.half: list[tuple[int, int, int]] = []  # the same, between commit and delivery
        self.slow: list[tuple[asyncio.Task[str | None], asyncio.Event, int]] = []
        self._connect()

    def teardown(self) -> None:
        for _, go, _ in self.slow:
            go.set()
        self._spin()
        for task, _, _ in self.slow:
            with contextlib.suppress(RedisAway):
                self.loop.run_until_complete(task)
        self._spin()
        self.loop.close()
        self._patch.undo()

    def _spin(self) -> None:
        async def turns() -> None:
            for _ in range(12):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    def _connect(self) -> None:
        for peer in self.peers:
            self.loop.run_until_complete(peer.l2.new_epoch())
        for index in range(PROCESSES):
            self._beat(index)
        for index in range(PROCESSES):
            while self.peers[index].inbox:
                self.deliver(index)

    def _send(self, origin: int, tags: list[str], about: tuple[int, int] | None) -> None:
        peer = self.peers[origin]
        peer.live._seq += 1
        note = _Stale(peer.live.origin, peer.live._seq, tags)
        if about is not None:
            peer.sent[note.seq] = about
        for each in self.peers:
            each.inbox.append((note, origin, note.seq))

    def _beat(self, origin: int) -> None:
        if not self.memory.away:
            self._send(origin, [], None)

    def _deliver_parcel(self, origin: int, key: int, version: int) -> bool:
        peer, tag = self.peers[origin], f"thing:{key}"
        peer.cache.stale([tag])
        if self.memory.away:
            return False
        peer.l2.touch(Pipe(self.memory), [tag])
        self._send(origin, [tag], (key, version))
        return True

    @rule(who=PEERS, key=KEYS, fails=st.booleans())
    def write(self, who: int, key: int, fails: bool) -> None:
        version = int(self.rows[key]) + 1
        self.rows[key] = str(version)
        self.peers[who].must[key] = version
        told = not fails and self._deliver_parcel(who, key, version)
        if not told:  # a time-out: nobody hears, the relay will tell
            self.peers[who].cache.stale([f"thing:{key}"])
            self.peers[who].cache.doubt([f"thing:{key}"])
            self.owed.append((who, key, version))

    @rule(who=PEERS, key=KEYS)
    def begin_write(self, who: int, key: int) -> None:
        """Committed and known here, with its delivery still to come."""
        version = int(self.rows[key]) + 1
        self.rows[key] = str(version)
        self.peers[who].cache.stale([f"thing:{key}"])
        self.half.append((who, key, version))

    @precondition(lambda self: self.half)
    @rule()
    def end_write(self) -> None:
        who, key, version = self.half.pop(0)
        if not self._deliver_parcel(who, key, version):
            self.peers[who].cache.doubt([f"thing:{key}"])
            self.owed.append((who, key, version))
        self.peers[who].cache.stale([f"thing:{key}"])
        self.peers[who].must[key] = max(self.peers[who].must.get(key, 0), version)

    @rule(who=PEERS, key=KEYS)
    def read(self, who: int, key: int) -> None:
        peer = self.peers[who]
        task = self.loop.create_task(peer.things.name(key))
        self._spin()
        must = peer.must.get(key, 0)
        if task.done():
            assert int(task.result() or 0) >= must
        else:  # it joined a slow one
            self.slow.append((task, asyncio.Event(), must))

    @precondition(lambda self: len(self.slow) < 4)
    @rule(who=PEERS, key=KEYS)
    def begin_slow_read(self, who: int, key: int) -> None:
        peer, go = self.peers[who], asyncio.Event()
        peer.things.after = lambda: _wait(go)
        task = self.loop.create_task(peer.things.name(key))
        self._spin()
        peer.things.after = None
        self.slow.append((task, go, peer.must.get(key, 0)))

    @precondition(lambda self: self.slow)
    @rule()
    def end_slow_read(self) -> None:
        task, go, must = self.slow.pop(0)
        go.set()
        self._spin()
        if not task.done():  # it joined a flight that another one holds up
            self.slow.append((task, go, must))
            return
        assert int(task.result() or 0) >= must

    @rule(who=PEERS)
    def beat(self, who: int) -> None:
        self._beat(who)

    @rule(who=PEERS)
    def deliver(self, who: int) -> None:
        """The next message arrives."""
        peer = self.peers[who]
        if not peer.inbox:
            return
        note, origin, seq = peer.inbox.popleft()
        peer.live._hear(note)
        assert origin is not None
        for number, (key, version) in self.peers[origin].sent.items():
            if number <= seq:
                peer.must[key] = max(peer.must.get(key, 0), version)

    @rule(who=PEERS, key=KEYS)
    def miss(self, who: int, key: int) -> None:
        """A process that has heard everything so far misses one message, which a beat shows."""
        while self.peers[who].inbox:
            self.deliver(who)
        writer = (who + 1) % PROCESSES
        self.write(writer, key, fails=False)
        if self.peers[who].inbox:
            self.peers[who].inbox.pop()

    @rule(who=PEERS, how=st.sampled_from(["lose", "double", "swap"]))
    def disturb(self, who: int, how: str) -> None:
        inbox = self.peers[who].inbox
        if how == "lose" and inbox:
            inbox.popleft()
        elif how == "double" and inbox:
            inbox.appendleft(inbox[0])
        elif how == "swap" and len(inbox) > 1:
            inbox[0], inbox[1] = inbox[1], inbox[0]

    @rule()
    def relay(self) -> None:
        self.owed = [owed for owed in self.owed if not self._deliver_parcel(*owed)]

    @rule()
    def wipe(self) -> None:
        self.memory.strings.clear()

    @rule(token=st.integers(0, 5))
    def evict(self, token: int) -> None:
        tokens = sorted(key for key in self.memory.strings if ":tag:" in key or "epoch" in key)
        if token < len(tokens):
            del self.memory.strings[tokens[token]]

    @precondition(lambda self: not self.memory.away)
    @rule()
    def redis_goes(self) -> None:
        self.memory.away = True
        for peer in self.peers:
            peer.inbox.clear()
            peer.live._lost()

    @precondition(lambda self: self.memory.away)
    @rule()
    def redis_returns(self) -> None:
        self.memory.away = False
        self._connect()

    @invariant()
    def l1_is_bounded(self) -> None:
        assert all(len(peer.cache.l1) <= len(self.rows) for peer in self.peers)


async def _wait(go: asyncio.Event) -> None:
    await go.wait()
