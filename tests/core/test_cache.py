"""Both layers, their bounds and tags, single flight, and what a slow reader may not do."""

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.container import Container
from app.core.access import Scope
from app.core.cache import Cache, Declared, argument_key, cached
from app.core.clock import minutes
from app.core.config import CacheConfig
from app.core.entries import NEGATIVE_TTL, Spec
from app.core.ids import new_id
from app.core.live import _Stale
from tests.conftest import wait_until
from tests.faults.nodes import Node, Thing, Things, node

KEY = ("t", "1")
FAR = time.monotonic() + 86_400


# -- both layers


async def test_what_is_read_is_kept_close(one: Node) -> None:
    things = Things(one.cache, {1: "a", 2: "b"})
    assert await things.by_ids([1, 2]) == {
        1: Thing(id=1, name="a"),
        2: Thing(id=2, name="b"),
    }
    assert await things.by_ids([2, 1]) == await things.by_ids([1, 2])
    assert things.reads == [[1, 2]]
    await things.by_ids([2, 3])
    assert things.reads == [[1, 2], [3]]
    assert await things.by_ids([]) == {}


async def test_a_hit_in_process_waits_for_nothing(one: Node) -> None:
    """It ends at its first step: an await that gives way costs more than all of it."""
    things = Things(one.cache, {1: "a", 2: "b"})
    await things.by_ids([1, 2])
    reading = things.by_ids([1, 2])
    with pytest.raises(StopIteration) as ended:
        reading.__await__().send(None)
    assert len(ended.value.value) == 2


async def test_what_is_absent_is_remembered_for_a_short_time(one: Node) -> None:
    things = Things(one.cache, {})
    assert await things.name(1) is None
    assert await things.name(1) is None
    assert await things.first() is None
    assert await things.first() is None
    assert things.reads == [[1]]
    assert things.listed == ["first"]
    await one.touch("thing:1")
    things.rows[1] = "now there"
    assert await things.name(1) == "now there"


def test_none_lives_shorter_and_everything_is_jittered() -> None:
    spec = Spec("t", 600, (), msgspec.msgpack.Decoder(int))
    lives = [spec.lifetime(1) for _ in range(200)]
    assert 540 <= min(lives) < 560
    assert 640 < max(lives) <= 660
    assert max(spec.lifetime(None) for _ in range(200)) <= NEGATIVE_TTL * 1.1
    assert Spec("t", 2, (), msgspec.msgpack.Decoder(int)).lifetime(None) <= 2.2


async def test_another_process_reads_what_one_has_cached(one: Node, other: Node) -> None:
    here, there = Things(one.cache, {1: "a"}), Things(other.cache, {1: "a"})
    await here.by_ids([1])
    await here.first()
    await one.cache.settle()
    assert await there.name(1) == "a"
    assert await there.first() == Thing(id=1, name="a")
    assert (there.reads, there.listed) == ([], [])


async def test_a_tag_makes_entries_stale_in_all_processes(one: Node, other: Node) -> None:
    rows = {1: "a", 2: "b"}
    here, there = Things(one.cache, rows), Things(other.cache, rows)
    for things in (here, there):
        await things.by_ids([1, 2])
    rows[1], rows[2] = "A", "B"
    await one.touch("thing:1")
    assert await here.name(1) == "A"
    assert await here.name(2) == "b"  # nobody said so
    await wait_until(lambda: other.cache.l1.get(("thing", 1)) is None, 1)
    assert await there.name(1) == "A"
    await one.touch("things")
    assert await here.name(2) == "B"
    await wait_until(lambda: other.cache.l1.get(("thing", 2)) is None, 1)
    assert await there.name(2) == "B"


async def test_a_list_is_cached_by_its_arguments_and_the_key_of_the_scope(one: Node) -> None:
    things = Things(one.cache, {1: "ab", 2: "ac", 3: "b"})
    mine, alike, theirs = scope("k1"), scope("k1", new_id()), scope("k2")
    assert await things.names(mine, "a") == ["ab", "ac"]
    assert await things.names(alike, prefix="a", first=10) == ["ab", "ac"]
    assert await things.names(theirs, "a") == ["ab", "ac"]
    assert await things.names(mine, "a", 1) == ["ab"]
    assert things.listed == ["k1/a/10", "k2/a/10", "k1/a/1"]
    things.rows[4] = "aa"
    await one.touch("prefix:b")
    assert await things.names(mine, "a") == ["ab", "ac"]
    await one.touch("prefix:a")
    assert await things.names(mine, "a") == ["aa", "ab", "ac"]


def scope(key: str, *libraries: UUID) -> Scope:
    return Scope(libraries=frozenset(libraries), max_age=None, key=key)


def test_a_read_says_what_it_declared() -> None:
    said = [getattr(read, "declared", None) for read in (Things.by_ids, Things.names, Things.name)]
    assert said == [
        Declared("thing", minutes(10), ("thing:{}", "things")),
        Declared("things.names", minutes(10), ("things", "prefix:{prefix}")),
        None,
    ]


def test_argument_keys_tell_arguments_apart() -> None:
    keys = [
        argument_key(arguments)
        for arguments in (
            {"a": 1},
            {"a": "1"},
            {"b": 1},
            {"a": 1, "b": None},
            {"a": scope("x")},
            {"a": scope("y")},
            {"a": ("x", "y")},
            {"a": "xy"},
        )
    ]
    assert len(set(keys)) == len(keys)
    assert argument_key({"a": 1, "b": 2}) == argument_key({"b": 2, "a": 1})


async def test_an_unreadable_entry_is_a_miss(one: Node) -> None:
    things = Things(one.cache, {1: "a"})
    await things.by_ids([1])
    await one.cache.settle()
    [key] = await one.link.client.keys("node:c:thing:*")
    for garbage in (b"", b"\xff\xff", msgspec.msgpack.encode([[], {"other": "shape"}])):
        await one.link.client.set(key, garbage)
        one.cache.gap()
        assert await things.name(1) == "a"
        await one.cache.settle()
    assert len(things.reads) == 4


@pytest.mark.timeout(20)  # what it would do otherwise is to hold the loop for ever
async def test_settling_ends_where_all_is_done_but_not_yet_forgotten(one: Node) -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    one.cache._tasks.add(task)
    task.add_done_callback(one.cache._tasks.discard)
    while not task.done():
        await asyncio.sleep(0)
    assert task in one.cache._tasks  # its callbacks are called at the loop's next turn
    await one.cache.settle()


# -- single flight


async def test_simultaneous_misses_are_one_read(one: Node) -> None:
    things = Things(one.cache, {n: str(n) for n in range(10)})
    things.after = lambda: asyncio.sleep(0.05)
    answers = await asyncio.gather(*(things.by_ids([n % 10, 3]) for n in range(1000)))
    assert all(answer[3].name == "3" for answer in answers)
    assert sorted(i for read in things.reads for i in read) == list(range(10))


async def test_the_first_caller_may_go_away(one: Node) -> None:
    things = Things(one.cache, {1: "a"})
    reached, go = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await go.wait()

    things.after = wait
    first = asyncio.create_task(things.name(1))
    await reached.wait()
    others = [asyncio.create_task(things.name(1)) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    go.set()
    assert await asyncio.gather(*others) == ["a"] * 5
    assert things.reads == [[1]]


async def test_an_error_reaches_everybody_and_is_not_kept(one: Node) -> None:
    things = Things(one.cache, {1: "a"})

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise OSError("the database went away")

    things.after = fail
    answers = await asyncio.gather(*(things.name(1) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 5
    things.after = None
    assert await things.name(1) == "a"


# -- a slow reader and a writer


async def raced(things: Things, one: Node, writer: Node) -> tuple[str | None, str | None]:
    """A reader that holds the old row while a writer commits and tells; what it and a reader that
    begins after the write are answered.
    """
    reached, go = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        if not reached.is_set():
            reached.set()
            await go.wait()

    things.after = wait
    slow = asyncio.create_task(things.name(1))
    await reached.wait()
    things.rows[1] = "new"
    await writer.touch("thing:1")
    if writer is not one:
        await wait_until(lambda: one.cache.l1._versions.get("thing:1"), 1)
    after = await things.name(1)
    go.set()
    return await slow, after


@pytest.mark.parametrize("where", ["here", "there"])
async def test_a_slow_reader_leaves_nothing_stale(one: Node, other: Node, where: str) -> None:
    things = Things(one.cache, {1: "old"})
    slow, after = await raced(things, one, one if where == "here" else other)
    assert slow == "old"  # it was asked before the write
    assert after == "new"  # and may not answer for those who ask after it
    await one.cache.settle()
    for client in (things, Things(other.cache, things.rows)):
        assert await client.name(1) == "new"
        client.cache.gap()  # what L2 has
        assert await client.name(1) == "new"


async def test_a_writer_reads_its_own_write_though_redis_did_not_hear_of_it(
    one: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    things = Things(one.cache, {1: "old"})
    await things.name(1)
    await one.cache.settle()
    things.rows[1] = "new"

    async def lose(_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(one.transport, "_send", lose)
        with pytest.raises(Exception, match="Redis"):
            await one.touch("thing:1")
    assert not one.link.away  # one hiccup
    assert await things.name(1) == "new"
    one.cache.gap()
    assert await things.name(1) == "new"


# -- the bus


async def test_l1_is_passed_by_while_the_bus_is_silent(one: Node) -> None:
    things = Things(one.cache, {1: "a"})
    await things.name(1)
    assert one.cache.peek(_spec(), 1) == Thing(id=1, name="a")
    one.live._beat_at = 0
    assert one.cache.peek(_spec(), 1) != Thing(id=1, name="a")
    things.rows[1] = "b"
    await one.l2.new_epoch()
    assert await things.name(1) == "b"
    assert one.cache.l1.get(("thing", 1)) == Thing(id=1, name="a")  # not even written to
    await wait_until(lambda: one.live.healthy)
    assert len(one.cache.l1) == 0  # and flushed at the first beat


def _spec() -> Spec:
    return Spec("thing", 600, (), msgspec.msgpack.Decoder(Thing | None))


@pytest.mark.parametrize("seqs", [(1, 3), (2,), (1, 2, 2), (1, 2, 1)])
async def test_a_gap_in_the_bus_flushes_l1(one: Node, seqs: tuple[int, ...]) -> None:
    things = Things(one.cache, {1: "a"})
    flushed = False
    for seq in seqs:
        await things.name(1)
        before = one.cache.l1._epoch
        one.live._hear(_Stale("somebody", seq, []))
        flushed = one.cache.l1._epoch != before
    assert flushed


async def test_messages_in_order_flush_nothing(one: Node) -> None:
    before = one.cache.l1._epoch
    for seq in range(1, 20):
        one.live._hear(_Stale("somebody", seq, ["x"]))
    assert one.cache.l1._epoch == before


@pytest.mark.alone
async def test_a_burst_of_reads_does_not_open_the_breaker(one: Node) -> None:
    """More at once than there are connections: waiting for one is not Redis being slow."""
    things = Things(one.cache, {n: str(n) for n in range(1500)})
    answers = await asyncio.gather(*(things.name(n) for n in range(1500)))
    assert answers == [str(n) for n in range(1500)]
    assert not one.link.away
    assert one.metrics.breaker_changes.labels("redis", "open")._value.get() == 0


async def test_a_cache_without_entries_in_process_still_works(redis_url: str) -> None:
    async with node(redis_url, "small", CacheConfig(l1_entries=0)) as made:
        things = Things(made.cache, {1: "a"})
        assert await things.name(1) == "a"
        await made.cache.settle()
        assert await things.name(1) == "a"
        assert things.reads == [[1]]  # by L2


def test_a_cache_is_made_without_io() -> None:
    made = Node("redis://127.0.0.1:1/0")
    assert isinstance(made.cache, Cache)


class Films:
    """A repository whose entity is of the type that it is made with."""

    def __init__(self, cache: Cache, made: Any, *values: Any) -> None:
        self.cache = cache

        async def read(_: Any, ids: Collection[int]) -> Mapping[int, Any]:
            return {i: made(i, *values) for i in ids}

        read.__annotations__["return"] = Mapping[int, made]
        self._by_ids: Any = cached("film", ttl=minutes(5), tags=("film:{}",))(read)

    async def one(self) -> Any:
        return (await self._by_ids(self, [1]))[1]


async def test_another_shape_of_an_entity_has_entries_of_its_own(app: Container) -> None:
    """After an upgrade nothing is read with fields that the older code did not know of."""
    older = msgspec.defstruct("Film", [("n", int)])
    newer = msgspec.defstruct("Film", [("n", int), ("added", str, "default")])
    await wait_until(lambda: app.live.healthy)
    assert (await Films(app.cache, older).one()).n == 1
    await app.cache.settle()
    app.cache.gap()
    assert (await Films(app.cache, newer, "read").one()).added == "read"
    await app.cache.settle()
    app.cache.gap()
    assert (await Films(app.cache, newer, "not read").one()).added == "read"  # and is kept as such


async def test_a_cache_that_is_off_keeps_nothing_and_joins_nothing(redis_url: str) -> None:
    async with node(redis_url, "off", CacheConfig(enabled=False)) as made:
        things = Things(made.cache, {1: "a"})
        await asyncio.gather(things.name(1), things.name(1))
        things.rows[1] = "b"
        assert await things.name(1) == "b"
        assert await things.name(2) is None
        await things.first()
        await things.first()
        await made.cache.settle()
        assert (things.reads, things.listed) == ([[1], [1], [1], [2]], ["first", "first"])
        assert len(made.cache.l1) == 0
        assert await made.link.client.keys("off:c:*") == []
