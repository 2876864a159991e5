"""Ending background tasks for certain."""

import asyncio
from collections.abc import Collection
from typing import Any, Final

from app.core.logging import get_logger

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
