"""Tasks that a test begins, and not those of servers that live as long as all tests."""

import asyncio
import contextlib
import gc
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_OWN: ContextVar["Tasks | None"] = ContextVar("own", default=None)


class Tasks:
    """Those that came of one piece of a test, whoever began them for it."""

    def __init__(self) -> None:
        self._begun: list[asyncio.Task[Any]] = []

    def factory(
        self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any
    ) -> "asyncio.Task[Any]":
        task = asyncio.Task(work, loop=loop, **options)
        if _OWN.get() is self:
            self._begun.append(task)
        return task

    @property
    def begun(self) -> int:
        """How many."""
        return len(self._begun)

    @property
    def left(self) -> list["asyncio.Task[Any]"]:
        """Those that have not ended, but for the connection pool's, which it keeps."""
        return [task for task in self._begun if not task.done() and "Pool." not in repr(task)]


@contextlib.contextmanager
def tasks_begun() -> Iterator[Tasks]:
    """What is begun inside, by this task and by those that it begins."""
    loop, own = asyncio.get_running_loop(), Tasks()
    token = _OWN.set(own)
    loop.set_task_factory(own.factory)
    try:
        yield own
    finally:
        loop.set_task_factory(None)
        _OWN.reset(token)


@contextlib.contextmanager
def unheard() -> Iterator[list[dict[str, Any]]]:
    """Exceptions that nobody has heard of, of what becomes garbage inside: what other tests have
    left behind is not looked at.
    """
    loop, told = asyncio.get_running_loop(), list[dict[str, Any]]()
    gc.collect()
    gc.freeze()
    loop.set_exception_handler(lambda _, what: told.append(what))
    try:
        yield told
        gc.collect()
    finally:
        loop.set_exception_handler(None)
