"""A time limit that costs nothing where nothing is waited for.

A timer is dearer than many an answer, and most of what is limited in time has all it needs at hand.
"""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

from app.core.begun import Begun

T = TypeVar("T")


@coroutine
def within(seconds: float, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """The result of the work. Raises TimeoutError where it waits and is not there in time.

    The time counts from where it first waits: before that nothing could end it either.
    """
    steps = work.__await__()
    try:
        waited = next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    return (yield from _timed(seconds, Begun(steps, waited)).__await__())


async def _timed(seconds: float, begun: Begun[T]) -> T:
    async with asyncio.timeout(seconds):
        return await begun
