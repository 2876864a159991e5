"""Tasks: ending them for certain, and not doing what nobody waits for."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, Final, TypeVar

from app.core.logging import get_logger

T = TypeVar("T")
log = get_logger(__name__)
AGAIN_AFTER: Final = 0.5
MOST_TRIES: Final = 20


async def end(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and wait for them, again and again.

    Once is not enough: before Python 3.12 `wait_for`, and libraries on top of it, may swallow a
    cancellation that arrives together with the result, and a loop then goes on for ever.
    """
    left = {task for task in tasks if task is not asyncio.current_task()}
    for _ in range(MOST_TRIES):
        left = {task for task in left if not task.done()}
        if not left:
            break
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=AGAIN_AFTER)
    for task in left:
        if not task.done():
            log.error("tasks.will_not_end", task=task.get_name())
    await asyncio.gather(*(t for t in tasks if t.done()), return_exceptions=True)


class Gone(Exception):
    """Nobody waits for it any more."""


async def forever() -> None:
    """Nothing ever happens."""
    await asyncio.Event().wait()


async def _awaited(happens: Callable[[], Awaitable[None]]) -> None:
    await happens()


async def unless(happens: Callable[[], Awaitable[None]], work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, which is cancelled when something happens first. Raises Gone."""
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_awaited(happens))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Gone
    finally:
        await end([working, watching])
