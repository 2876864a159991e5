"""A limit of time: over what waits, and over nothing else."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.core.deadline import within

LONG = 30.0


async def at_once(value: int) -> int:
    return value


async def after(turns: int, value: int = 1) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[float]]:
    """The limits of the timers that the asking task started: others share its loop."""
    started: list[tuple[asyncio.Task[Any] | None, float | None]] = []
    real = asyncio.timeout

    def timeout(seconds: float | None) -> asyncio.Timeout:
        started.append((asyncio.current_task(), seconds))
        return real(seconds)

    monkeypatch.setattr(asyncio, "timeout", timeout)
    return lambda: [limit or 0 for task, limit in started if task is asyncio.current_task()]


async def test_what_waits_for_nothing_starts_no_timer(timers: Callable[[], list[float]]) -> None:
    assert await within(LONG, at_once(3)) == 3
    assert timers() == []
    with pytest.raises(ZeroDivisionError):
        await within(LONG, failing(0))
    assert timers() == []


async def failing(turns: int) -> None:
    await after(turns)
    raise ZeroDivisionError


@pytest.mark.parametrize("turns", [1, 2, 5])
async def test_what_waits_is_timed_and_answers(
    turns: int, timers: Callable[[], list[float]]
) -> None:
    assert await within(LONG, after(turns, 7)) == 7
    assert timers() == [LONG]
    with pytest.raises(ZeroDivisionError):
        await within(LONG, failing(turns))


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
        await within(0.05, work())
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

    assert await within(0.02, stubborn()) == "cleared up"
    task = asyncio.ensure_future(waiting(stubborn()))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "cleared up"


async def waiting(work: Coroutine[Any, Any, Any]) -> Any:
    return await within(LONG, work)


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
        await within(LONG, waiting_within(0.02))
    with pytest.raises(TimeoutError):
        await within(0.02, waiting_within(LONG))


async def waiting_within(seconds: float) -> None:
    await within(seconds, asyncio.sleep(LONG))
