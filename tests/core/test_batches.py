"""Reads by keys of several operations are one, and each gets what it would get alone."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from itertools import starmap
from typing import Any

import pytest

from app.container import Container
from app.core import batches, combined
from app.core.batches import Batches
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.errors import AppError, Invalid, TimedOut, Unavailable
from app.core.levels import Level
from app.core.recording import RECORDING, Recording
from tests.core.numbers import number
from tests.support.tasks import tasks_begun, unheard

ALL_THE_WHILE = 1000
SLOW = 0.8  # seconds
MARK: ContextVar[str] = ContextVar("mark", default="none")


class Shelf:
    """What is found by keys: nothing for odd ones, and what is asked for is noted."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.marks: set[str] = set()
        self.broken: dict[int, Exception] = {}
        self.gate, self.end = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def squares(self, keys: Sequence[int], least: int = 0) -> Mapping[int, int]:
        """Of even keys that are not too small."""
        self.marks.add(MARK.get())
        if ALL_THE_WHILE in keys:
            await self.end.wait()
        self.asked.append(list(keys))
        await self.gate.wait()
        for key in keys:
            if key in self.broken:
                raise self.broken[key]
        return {key: key * key for key in keys if key % 2 == 0 and key >= least}


class Desk:
    """Operations that ask for squares."""

    def __init__(self) -> None:
        self.shelf, self.batches = Shelf(), Batches()

    async def ask(self, *keys: int, least: int = 0) -> dict[int, int]:
        """One operation, with a level of its own."""
        with Level() as level:
            read = Shelf.squares, self.shelf, (least,)
            strand = level.begin(self.batches.found(read, list(keys)))
            await level.finish()
        return dict(strand.result)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def busy(desk: Desk) -> AsyncIterator[None]:
    """Another operation reads all the while."""
    other = asyncio.create_task(desk.ask(ALL_THE_WHILE))
    await asyncio.sleep(0)
    yield
    desk.shelf.end.set()
    desk.shelf.gate.set()
    await other


async def test_who_is_alone_does_not_wait(desk: Desk) -> None:
    with tasks_begun() as tasks:
        assert await desk.ask(1, 2, 4) == {2: 4, 4: 16}
        assert await desk.ask(6) == {6: 36}
        assert desk.shelf.asked == [[1, 2, 4], [6]]
        assert tasks.begun == 0


@pytest.mark.usefixtures("busy")
async def test_what_comes_in_one_turn_is_one_read(desk: Desk) -> None:
    found = await asyncio.gather(*starmap(desk.ask, [(2, 3), (4, 2), (5,), ()]))
    assert found == [{2: 4}, {4: 16, 2: 4}, {}, {}]
    assert desk.shelf.asked == [[2, 3, 4, 5]]


@pytest.mark.usefixtures("busy")
async def test_other_reads_are_not_mixed(desk: Desk) -> None:
    asked = [desk.ask(2), desk.ask(2, least=4), desk.ask(4, least=4)]
    found = await asyncio.gather(*asked)
    assert found == [{2: 4}, {}, {4: 16}]
    assert desk.shelf.asked == [[2], [2, 4]]


@pytest.mark.usefixtures("busy")
async def test_many_keys_go_their_own_way(desk: Desk) -> None:
    many = [2 * n for n in range(batches.FEW + 1)]
    found = await asyncio.gather(desk.ask(*many), desk.ask(2), desk.ask(4))
    assert [len(one) for one in found] == [len(many), 1, 1]
    assert desk.shelf.asked == [many, [2, 4]]


@pytest.mark.usefixtures("busy")
async def test_a_batch_is_bounded(desk: Desk) -> None:
    keys = range(0, 2 * (batches.MOST + 10), 2)
    found = await asyncio.gather(*map(desk.ask, keys))
    assert found == [{key: key * key} for key in keys]
    assert sorted(map(len, desk.shelf.asked)) == [10, batches.MOST]


@pytest.mark.usefixtures("busy")
async def test_a_batch_is_nobodys(desk: Desk) -> None:
    """It has nothing of what goes with the operation that began it."""
    del desk.shelf.asked[:]

    async def marked(key: int) -> dict[int, int]:
        MARK.set(str(key))
        return await desk.ask(key)

    desk.shelf.marks.clear()
    one, two = await asyncio.gather(marked(2), marked(4))
    assert (one, two) == ({2: 4}, {4: 16})
    assert desk.shelf.marks == {"none"}


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("kind", [Invalid, TimedOut])
async def test_each_meets_its_own_error(
    desk: Desk, kind: type[AppError], caplog: pytest.LogCaptureFixture
) -> None:
    desk.shelf.broken[3] = kind("There is no such key.")
    asked = desk.ask(2), desk.ask(3), desk.ask(4)
    one, two, three = await asyncio.gather(*asked, return_exceptions=True)
    assert (one, three) == ({2: 4}, {4: 16})
    assert isinstance(two, kind)
    assert desk.shelf.asked == [[2, 3, 4], [2], [3], [4]]
    [told] = [one for one in caplog.messages if "batch.failed" in one]
    assert "Shelf.squares" in told


@pytest.mark.usefixtures("busy")
async def test_who_cannot_be_reached_is_asked_once(desk: Desk) -> None:
    desk.shelf.broken[3] = Unavailable("Not now.", retry_after=1)
    asked = [desk.ask(key) for key in (2, 3, 4)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in found] == [Unavailable] * 3
    assert desk.shelf.asked == [[2, 3, 4]]


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_a_cancelled_one_takes_no_other_with_it(desk: Desk, who: int, turns: int) -> None:
    desk.shelf.gate.clear()
    asking = [asyncio.create_task(desk.ask(key)) for key in (2, 4)]
    for _ in range(turns):
        await asyncio.sleep(0)
    asking[who].cancel()
    await asyncio.sleep(0)
    desk.shelf.gate.set()
    assert await asyncio.wait_for(asking[1 - who], 5) == ([{4: 16}, {2: 4}][who])
    with pytest.raises(asyncio.CancelledError):
        await asking[who]


@pytest.mark.usefixtures("busy")
async def test_when_nobody_waits_nothing_is_left(desk: Desk) -> None:
    with unheard() as told:
        with tasks_begun() as tasks:
            desk.shelf.gate.clear()
            asking = [asyncio.create_task(desk.ask(key)) for key in (2, 3)]
            await asyncio.sleep(0.01)
            for one in asking:
                one.cancel()
            assert await asyncio.gather(*asking, return_exceptions=True) != [{2: 4}, {}]
            desk.shelf.broken[3] = RuntimeError("that nobody hears of")
            desk.shelf.gate.set()
            await asyncio.wait_for(desk.batches.settle(), 5)
            assert tasks.left == []
        assert desk.batches._batches == []
        assert len(desk.batches._reading) == 1  # the busy one
        desk.shelf.broken.clear()
        await asyncio.sleep(0)
        del asking, tasks, one
    assert told == []


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("seconds", [0, 0.01])
async def test_a_loop_that_ends_keeps_nobody_waiting(desk: Desk, seconds: float) -> None:
    desk.shelf.gate.clear()
    asking = [asyncio.create_task(desk.ask(key)) for key in (2, 4)]
    await asyncio.sleep(seconds)
    [doing] = desk.batches._tasks
    doing.cancel()
    found = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 5)
    assert [type(one) for one in found] == [asyncio.CancelledError] * 2
    desk.shelf.gate.set()
    assert await asyncio.wait_for(desk.ask(2), 5) == {2: 4}


@pytest.mark.usefixtures("busy")
async def test_an_answer_that_it_went_into_is_not_kept(app: Container, desk: Desk) -> None:
    """A read that no tag stands for spoils what is being noted, whoever does it."""
    recordings = [Recording(app.cache.l1) for _ in range(2)]

    async def noted(recording: Recording) -> None:
        RECORDING.set(recording)
        await desk.ask(2)

    await asyncio.gather(*map(noted, recordings))
    assert desk.shelf.asked == [[2]]
    assert [one.spoiled for one in recordings] == [True, True]


class Numbers:
    """Two reads of one level, by keys."""

    def __init__(self, app: Container) -> None:
        self.app = app

    async def one(self, keys: Sequence[int]) -> Mapping[int, int]:
        [row] = await self.app.db.records(number(1, name="one"))
        return dict.fromkeys(keys, row["one"])

    async def slow(self, keys: Sequence[int]) -> Mapping[int, int]:
        [row] = await self.app.db.records(number(3, SLOW, name="slow"))
        return dict.fromkeys(keys, row["slow"])

    async def two(self, keys: Sequence[int]) -> Mapping[int, int]:
        [row] = await self.app.db.records(number(2, name="two"))
        return dict.fromkeys(keys, row["two"])


async def test_what_one_level_asks_for_goes_as_one_statement(
    app: Container, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combined, "OFTEN", 1)
    numbers, mine = Numbers(app), Batches()

    async def operation(key: int) -> list[int]:
        def read(method: Any) -> Coroutine[Any, Any, Mapping[int, int]]:
            return mine.found((method, numbers, ()), [key])

        with Level() as level:
            one, two = level.begin(read(Numbers.one)), level.begin(read(Numbers.two))
            await level.finish()
        return [one.result[key], two.result[key]]

    for _ in range(3):
        del sent[:]
        found = await asyncio.gather(*map(operation, range(8)))
        assert found == [[1, 2]] * 8
    assert len(sent) == 2  # that of the first, who was alone, and that of all others


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("first", [False, True])
async def test_nobody_waits_for_what_others_alone_ask_for(
    app: Container, desk: Desk, first: bool
) -> None:
    numbers = Numbers(app)

    async def operation(*methods: Any) -> list[int]:
        with Level() as level:
            strands = [
                level.begin(desk.batches.found((method, numbers, ()), [1])) for method in methods
            ]
            await level.finish()
        return [strand.result[1] for strand in strands]

    operations = [operation(Numbers.slow, Numbers.one), operation(Numbers.one)]
    asking = [asyncio.create_task(one) for one in (operations[::-1] if first else operations)]
    alone, both = asking if first else asking[::-1]
    assert await asyncio.wait_for(alone, 5) == [1]
    await asyncio.sleep(SLOW / 4)
    assert not both.done()
    assert await asyncio.wait_for(both, 5) == [3, 1]


class Cached:
    """A repository whose read is cached."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.asked: list[list[int]] = []

    @cached("tests.batched", ttl=minutes(1), tags=("batched:{}",))
    async def halves(self, ids: Collection[int]) -> Mapping[int, float]:
        self.asked.append(list(ids))
        await asyncio.sleep(0)
        return {id_: id_ / 2 for id_ in ids}


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("enabled", [True, False])
async def test_what_is_not_kept_yet_is_read_at_once(
    app: Container, desk: Desk, monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    monkeypatch.setattr(app.cache, "enabled", enabled)
    monkeypatch.setattr(app.cache, "batches", desk.batches)
    app.cache.doubt(["batched:1", "batched:2"])  # so that nobody waits for Redis
    repository = Cached(app.cache)
    one, two = await asyncio.gather(repository.halves([1]), repository.halves([2]))
    assert (one, two) == ({1: 0.5}, {2: 1.0})
    assert repository.asked == [[1, 2]]


async def test_the_cache_is_settled_when_its_batches_are(app: Container) -> None:
    desk = Desk()
    desk.batches = app.cache.batches
    other = asyncio.create_task(desk.ask(ALL_THE_WHILE))
    await asyncio.sleep(0)
    desk.shelf.gate.clear()
    asking = asyncio.create_task(desk.ask(2))
    await asyncio.sleep(0.01)
    settling = asyncio.create_task(app.cache.settle())
    await asyncio.sleep(0.01)
    assert not settling.done()
    desk.shelf.gate.set()
    await asyncio.wait_for(settling, 5)
    assert await asking == {2: 4}
    desk.shelf.end.set()
    await other
