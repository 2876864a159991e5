"""Waiting for several things at once, of which none is left behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from app.core.tasks import end


async def together(work: list[Coroutine[Any, Any, None]]) -> None:
    """Wait for all; when one fails, or this is cancelled, none is left behind."""
    if not work:
        return
    if len(work) == 1:  # a task costs more than most levels
        await work[0]
        return
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(one) for one in work]
    try:
        await _over(tasks)
        for task in tasks:
            if task.done():
                task.result()
    except BaseException:
        await end(tasks)
        raise


async def all_or_a_failure(tasks: list["asyncio.Task[None]"]) -> None:
    """Wait until all are done, or one has failed: `asyncio.gather` in fewer steps."""
    left = [task for task in tasks if not task.done()]
    if left and not any(_has_failed(task) for task in tasks if task.done()):
        await _over(left)
    for task in tasks:
        if task.done():
            task.result()


def _over(tasks: list["asyncio.Task[None]"]) -> "asyncio.Future[None]":
    """What is done when all these are, or one has failed."""
    over = asyncio.get_running_loop().create_future()
    left = len(tasks)

    def ended(task: "asyncio.Task[None]") -> None:
        nonlocal left
        left -= 1
        if not over.done() and (not left or _has_failed(task)):
            over.set_result(None)

    for task in tasks:
        task.add_done_callback(ended)
    return over


def _has_failed(task: "asyncio.Task[None]") -> bool:
    return task.cancelled() or task.exception() is not None
