"""A limit of time: over what waits, and over nothing else."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from app.core.deadline import Limit

LONG = 30.0


async def at_once(value: int) -> int:
    return value


async def after(turns: int, value: int = 1) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


@pytest.fixture
def limit() -> Limit:
    return Limit(LONG)


async def test_what_waits_for_nothing_is_not_watched(limit: Limit) -> None:
    assert await limit.within(at_once(3)) == 3
    with pytest.raises(ZeroDivisionError):
        await limit.within(failing(0))
    assert limit._watched is None


async def failing(turns: int) -> None:
    await after(turns)
    raise ZeroDivisionError


@pytest.mark.parametrize("turns", [1, 2, 5])
async def test_what_waits_is_watched_and_answers(turns: int, limit: Limit) -> None:
    seen = []

    async def work() -> int:
        await after(turns)
        seen.append(len(limit._waiting))
        return 7

    assert await limit.within(work()) == 7
    with pytest.raises(ZeroDivisionError):
        await limit.within(failing(turns))
    assert seen == [1]
    assert not limit._waiting


@pytest.mark.parametrize(
    "work",
    [lambda: asyncio.sleep(LONG), lambda: after(10**9)],
    ids=["asleep", "always at something"],
)
async def test_what_takes_too_long_is_cancelled(
    work: Callable[[], Coroutine[Any, Any, Any]],
) -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await Limit(0.05).within(work())
    assert asyncio.get_running_loop().time() - began < LONG / 3
    await asyncio.sleep(0)  # this task has not been cancelled with it


async def test_work_may_answer_though_it_is_cancelled() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            await after(3)
            return "cleared up"
        return "never"

    assert await Limit(0.02).within(stubborn()) == "cleared up"
    task = asyncio.ensure_future(waiting(stubborn()))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "cleared up"


async def waiting(work: Coroutine[Any, Any, Any]) -> Any:
    return await Limit(LONG).within(work)


async def test_a_cancellation_from_outside_reaches_the_work() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await after(2)
            await asyncio.Event().wait()
        finally:
            ended.append("yes")

    task = asyncio.ensure_future(waiting(work()))
    await after(4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["yes"]


async def test_one_limit_may_stand_in_another() -> None:
    with pytest.raises(TimeoutError):
        await Limit(LONG).within(waiting_within(0.02))
    with pytest.raises(TimeoutError):
        await Limit(0.02).within(waiting_within(LONG))


async def waiting_within(seconds: float) -> None:
    await Limit(seconds).within(asyncio.sleep(LONG))


async def test_each_has_its_own_time() -> None:
    """One timer watches over all of them, and lets nobody have the time of another."""
    limit, loop = Limit(0.2), asyncio.get_running_loop()

    async def late() -> float:
        began = loop.time()
        with pytest.raises(TimeoutError):
            await limit.within(asyncio.sleep(LONG))
        return loop.time() - began

    async def begun(rest: float) -> float:
        await asyncio.sleep(rest)
        return await late()

    many = [begun(n * 0.03) for n in range(8)]
    quick = asyncio.ensure_future(limited(limit, after(3)))
    took = await asyncio.gather(*many)
    assert await quick == 1
    assert min(took) >= 0.19
    assert max(took) < LONG / 3
    assert not limit._waiting


async def test_one_that_is_over_leaves_the_others_watched() -> None:
    """The timer was set for one that answered long before."""
    limit = Limit(0.05)
    await limit.within(after(2))
    await asyncio.sleep(0.02)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await limit.within(asyncio.sleep(LONG))
    assert 0.045 <= asyncio.get_running_loop().time() - began < LONG / 3


async def test_after_a_rest_it_watches_again() -> None:
    """The timer found nobody, and was not set again."""
    limit = Limit(0.05)
    await limit.within(after(1))
    await asyncio.sleep(0.15)
    assert limit._watched is None
    with pytest.raises(TimeoutError):
        await limit.within(asyncio.sleep(LONG))


async def test_many_have_one_timer() -> None:
    class Counting(Limit):
        timers = 0

        def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
            self.timers += 1
            super()._watch(loop)

    limit = Counting(LONG)
    assert sum(await asyncio.gather(*[limited(limit, after(n)) for n in range(1, 50)])) == 49
    assert limit.timers == 1


async def test_who_cannot_be_cancelled_leaves_the_others_watched() -> None:
    limit, loop = Limit(0.02), asyncio.get_running_loop()
    told: list[Any] = []

    class Odd(asyncio.Future[None]):
        def cancel(self, msg: Any = None) -> bool:
            raise ArithmeticError

    odd = Odd(loop=loop)

    async def wait() -> None:
        await odd

    loop.set_exception_handler(lambda _, what: told.append(what["exception"]))
    try:
        first = asyncio.ensure_future(limited(limit, wait()))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await limit.within(asyncio.sleep(LONG))
    finally:
        loop.set_exception_handler(None)
    assert any(isinstance(error, ArithmeticError) for error in told)
    odd.set_result(None)
    await asyncio.wait([first])


async def test_nobody_is_kept_by_the_timer() -> None:
    """It goes on for as long as somebody waits; the first of them is done long before."""
    limit, kept = Limit(0.05), ContextVar[Any]("kept")

    class Dear:
        pass

    async def first() -> "weakref.ref[Dear]":
        kept.set(Dear())
        await limit.within(after(1))
        return weakref.ref(kept.get())

    found = await asyncio.create_task(first())
    await asyncio.sleep(0)  # what woke this one is over
    gc.collect()
    assert limit._watched is not None
    assert found() is None


async def test_who_is_cancelled_when_it_is_late_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both want it to end in the same turn: what others want of the task counts for more."""
    limit = Limit(0.02)
    wanted: list[int] = []

    def both(loop: asyncio.AbstractEventLoop) -> None:
        Limit._look(limit, loop)
        task.cancel()

    async def work() -> None:
        try:
            await limit.within(asyncio.sleep(LONG))
        finally:
            wanted.append(task.cancelling())

    monkeypatch.setattr(limit, "_look", both)
    task = asyncio.ensure_future(work())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert wanted == [1]


async def test_one_that_was_cancelled_before_is_late_all_the_same() -> None:
    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await Limit(0.02).within(asyncio.sleep(LONG))
        assert task.cancelling() == 1

    await asyncio.create_task(work())


async def limited(limit: Limit, work: Coroutine[Any, Any, Any]) -> Any:
    return await limit.within(work)


async def test_a_late_error_of_its_own_is_told() -> None:
    """It fails in another way when it is ended: nobody wants its task to end any more."""

    async def fails() -> None:
        try:
            await asyncio.sleep(LONG)
        finally:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Limit(0.02).within(fails())
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]
    await asyncio.sleep(0)


def test_it_is_of_the_loop_that_runs() -> None:
    """One loop may end with a timer set, and another begin."""
    limit = Limit(0.05)
    for _ in range(2):
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            assert runner.run(limited(limit, after(2))) == 1
            with pytest.raises(TimeoutError):
                runner.run(limited(limit, asyncio.sleep(LONG)))
            assert runner.run(limited(limit, after(2))) == 1
