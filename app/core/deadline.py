"""A limit of time that costs next to nothing.

Most of what is limited waits for a moment at most, and is over long before. A timer of its own for
each would be dearer than many an answer: those under one limit end in the order in which they began
to wait, so one timer watches over the first of them.
"""

import asyncio
from collections.abc import Coroutine, Generator
from contextvars import Context
from types import coroutine
from typing import Any, TypeVar

from app.core.begun import Begun

T = TypeVar("T")


class Waiting:
    """What a task waits for under a limit."""

    __slots__ = ("before", "end", "late", "task")

    def __init__(self, task: "asyncio.Task[Any]", end: float) -> None:
        self.task, self.end = task, end
        self.before = task.cancelling()  # how often somebody has wanted the task to end
        self.late = False


class Limit:
    """A number of seconds that pieces of work have, each for itself."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waiting: dict[Waiting, None] = {}  # who has to be done first comes first
        self._watched: asyncio.AbstractEventLoop | None = None  # where a timer is set

    @coroutine
    def within(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """The result of the work. Raises TimeoutError where it waits and is not there in time.

        The time counts from where it first waits: before that nothing could end it either.
        """
        steps = work.__await__()
        try:
            waited = next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
        one = self._begin()
        try:
            return (yield from Begun(steps, waited).__await__())
        except asyncio.CancelledError as error:
            if self._over(one):
                raise TimeoutError from error
            raise
        finally:
            self._over(one)

    def _begin(self) -> Waiting:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - what waits runs in one
        one = Waiting(task, loop.time() + self.seconds)
        self._waiting[one] = None
        if self._watched is not loop:
            self._watch(loop)
        return one

    def _over(self, one: Waiting) -> bool:
        """Watch it no more; says whether it was late, and nobody else wants the task to end."""
        self._waiting.pop(one, None)
        if not one.late:
            return False
        one.late = False
        return one.task.uncancel() <= one.before

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is late, and come back for the next one."""
        now = loop.time()
        try:
            for one in [one for one in self._waiting if one.end <= now]:
                del self._waiting[one]
                one.late = True
                one.task.cancel()
        finally:  # whatever becomes of one, the others stay watched
            self._watch(loop)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set a timer for the first one. Of nobody: it outlives whoever waits."""
        first = next(iter(self._waiting), None)
        self._watched = None if first is None else loop
        if first is not None:
            loop.call_at(first.end, self._look, loop, context=Context())
