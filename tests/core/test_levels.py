"""Work of one level goes on side by side without tasks, as it would with tasks."""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from typing import Any

import pytest

from app.container import Container
from app.core import combined
from app.core.levels import LEVEL, Asked, Level, Strand, Until, until
from app.core.statements import Question
from tests.core.numbers import number
from tests.support.tasks import tasks_begun

MARK: ContextVar[str] = ContextVar("mark", default="none")


@pytest.fixture(autouse=True)
def second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Combine whatever was asked once."""
    monkeypatch.setattr(combined, "OFTEN", 1)


class Work:
    """Pieces of work, what they did, and whether each came to an end."""

    def __init__(self, app: Container) -> None:
        self.app = app
        self.done: list[Any] = []
        self.ended: set[Any] = set()
        self.tasks: set[Any] = set()

    async def read(self, value: int, times: int = 1, sleep: float = 0) -> None:
        """Reads, one after the other."""
        try:
            self.tasks.add(asyncio.current_task())
            for _ in range(times):
                [row] = await self.app.db.records(number(value, sleep, name="value"))
            self.done.append(row["value"])
        finally:
            self.ended.add(value)

    async def wait(self, name: str, event: asyncio.Event) -> None:
        """Waits for what only its own task can wait for."""
        try:
            self.tasks.add(asyncio.current_task())
            await event.wait()
            self.done.append(name)
        finally:
            self.ended.add(name)


async def all_of(*work: Coroutine[Any, Any, None], apart: set[Any] | None = None) -> None:
    """All of it as one level; `apart` gets the names of what does not only read."""
    with Level(apart) as level:
        for one in work:
            level.add(getattr(one, "__name__", None), one)
        await level.finish()


async def test_reads_go_as_one_in_one_task(app: Container, sent: list[str]) -> None:
    for statements in (3, 1, 1):
        del sent[:]
        work = Work(app)
        await all_of(work.read(1), work.read(2), work.read(3))
        assert sorted(work.done) == [1, 2, 3]
        assert work.tasks == {asyncio.current_task()}
        assert len(sent) == statements


async def test_some_read_more_than_once(app: Container, sent: list[str]) -> None:
    for _ in range(3):
        del sent[:]
        work = Work(app)
        await all_of(work.read(1), work.read(2, 3), work.read(3, 2))
        assert sorted(work.done) == [1, 2, 3]
    assert len(sent) == 3


async def test_what_waits_for_something_else_keeps_nobody_waiting(
    app: Container, sent: list[str]
) -> None:
    apart: set[Any] = set()
    for _ in range(3):
        work, event = Work(app), asyncio.Event()
        pieces = work.read(1), work.wait("a", event), work.wait("b", event), work.read(2)
        level = asyncio.create_task(all_of(*pieces, apart=apart))
        while len(work.tasks) < 3 or not sent:
            await asyncio.sleep(0.01)
        assert not level.done()
        event.set()
        await asyncio.wait_for(level, 5)
        assert sorted(map(str, work.done)) == ["1", "2", "a", "b"]
        del sent[:]
    assert apart == {"wait"}


async def test_a_time_limit_is_of_the_one_who_set_it(app: Container) -> None:
    work, never = Work(app), asyncio.Event()

    async def limited(name: str) -> None:
        try:
            async with asyncio.timeout(0.05):
                await work.wait(name, never)
        except TimeoutError:
            work.done.append(f"{name} late")

    apart: set[Any] = set()
    for _ in range(2):
        work.done.clear()
        await all_of(limited("a"), work.read(1, 2, 0.1), limited("b"), apart=apart)
        assert sorted(map(str, work.done)) == ["1", "a late", "b late"]


async def test_a_time_limit_around_reads_is_told(app: Container) -> None:
    """It is the limit of all, and not a cancellation that nobody asked for."""
    work = Work(app)

    async def limited() -> None:
        async with asyncio.timeout(0.05):
            await work.read(1, sleep=0.3)

    with pytest.raises(TimeoutError):
        await all_of(limited(), work.read(2, 5, 0.1))
    assert work.ended == {1, 2}
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]


async def test_what_one_holds_over_a_read_another_gets(app: Container) -> None:
    work, lock = Work(app), asyncio.Lock()

    async def locked(value: int) -> None:
        async with lock:
            await work.read(value, 2)

    async with asyncio.timeout(10):
        for _ in range(3):
            await all_of(locked(1), work.read(2), locked(3), locked(4))
    assert sorted(work.done) == sorted([1, 2, 3, 4] * 3)


def test_a_level_of_tasks_leaves_no_garbage() -> None:
    async def wait() -> None:
        await asyncio.sleep(0)

    assert left_by(lambda: all_of(wait(), wait(), apart={"wait"})) == 0


async def test_each_has_a_context_of_its_own(app: Container) -> None:
    seen = {}

    async def marked(value: int) -> None:
        MARK.set(str(value))
        await app.db.records(number(value, name="value"))
        seen[value] = MARK.get()

    MARK.set("outer")
    for _ in range(3):
        await all_of(marked(1), marked(2), marked(3))
    assert seen == {1: "1", 2: "2", 3: "3"}
    assert MARK.get() == "outer"
    assert LEVEL.get() is None


async def test_when_one_fails_none_is_left(app: Container) -> None:
    work, never = Work(app), asyncio.Event()

    async def failing() -> None:
        await app.db.records(number(9, name="value"))
        raise RuntimeError("on purpose")

    apart: set[Any] = {"wait"}
    with tasks_begun() as tasks:
        with pytest.raises(RuntimeError, match="on purpose"):
            await all_of(
                work.read(1, 2), failing(), work.wait("a", never), work.read(2, 2), apart=apart
            )
        assert work.ended == {1, 2, "a"}
        assert work.done == []
        assert tasks.left == []


async def test_what_was_not_begun_is_closed(app: Container) -> None:
    """Else Python would warn of it, which is an error here."""

    async def failing() -> None:
        raise RuntimeError("at once")

    work = Work(app)
    with pytest.raises(RuntimeError, match="at once"):
        await all_of(failing(), work.read(1), work.read(2))
    assert work.ended == set()


@pytest.mark.parametrize("after", [0, 0.05, 0.15])
async def test_cancelled_none_is_left(app: Container, after: float) -> None:
    work, never = Work(app), asyncio.Event()
    for apart in (set[Any](), {"wait"}):
        pieces = work.read(1, 2, 0.1), work.wait("a", never), work.read(2, 5, 0.1)
        with tasks_begun() as tasks:
            level = asyncio.create_task(all_of(*pieces, apart=apart))
            await asyncio.sleep(after)
            level.cancel()
            with pytest.raises(asyncio.CancelledError):
                await level
            assert tasks.left == []
    assert work.done == []
    [row] = await app.db.records(number(5, name="value"))
    assert row["value"] == 5


@pytest.mark.parametrize("odd", [False, True])
async def test_cancelled_it_may_read_once_more(app: Container, odd: bool) -> None:
    work, never = Work(app), asyncio.Event()

    async def cleaning() -> None:
        try:
            await work.read(1, sleep=0.3)
        finally:
            await work.read(2)

    other = work.wait("a", never) if odd else work.read(3, sleep=0.3)
    with tasks_begun() as tasks:
        level = asyncio.create_task(all_of(cleaning(), other))
        await asyncio.sleep(0.1)
        level.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(level, 5)
        assert work.done == [2]
        assert tasks.left == []


async def test_what_goes_on_elsewhere_is_waited_for_beside_reads(app: Container) -> None:
    loop = asyncio.get_running_loop()
    work, good, bad = Work(app), loop.create_future(), loop.create_future()

    async def elsewhere(future: "asyncio.Future[str]") -> None:
        try:
            work.done.append(await until(future))
        except ValueError as error:
            work.done.append(str(error))

    loop.call_later(0.05, good.set_result, "good")
    loop.call_later(0.02, bad.set_exception, ValueError("bad"))
    await all_of(elsewhere(good), work.read(1, 2), elsewhere(bad), elsewhere(good))
    assert sorted(map(str, work.done)) == ["1", "bad", "good", "good"]
    assert work.tasks == {asyncio.current_task()}


async def test_cancelled_it_ends_nothing_elsewhere(app: Container) -> None:
    future = asyncio.get_running_loop().create_future()

    async def elsewhere() -> None:
        await until(future)

    level = asyncio.create_task(all_of(elsewhere(), elsewhere()))
    await asyncio.sleep(0.01)
    level.cancel()
    with pytest.raises(asyncio.CancelledError):
        await level
    assert not future.done()


class Nothing:
    """Answers that there are no rows."""

    async def answer(self, asked: Sequence[Asked], _: Level | None) -> None:
        await asyncio.sleep(0)
        for one in asked:
            one.rows = []


def test_a_level_leaves_no_garbage() -> None:
    """It would be found late, and memory that is not used again at once is slow."""
    nothing, question = Nothing(), Question("select 1", [], None)

    async def read() -> None:
        await Asked(question, nothing)

    assert left_by(lambda: all_of(read(), read(), read())) == 0


def left_by(level: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """How many parts of levels there are more after three of them, before anybody has collected.

    Nothing else goes on meanwhile: they have an event loop that nobody shares.
    """

    async def three() -> int:
        before = alive()
        for _ in range(3):
            await level()
        return alive() - before

    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(three())
    finally:
        gc.enable()


def alive() -> int:
    """How many parts of levels there are, found or not."""
    return sum(1 for one in gc.get_objects() if isinstance(one, Level | Strand | Asked))


async def test_outside_of_a_level_nothing_is_special() -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    waiting = asyncio.ensure_future(until(future))
    await asyncio.sleep(0)
    future.set_result(1)
    assert await waiting == 1
    assert await until(future) == 1
    assert Until(loop.create_future()).__await__().send(None).__class__ is Until
