"""An operation in execution, with the tasks that it has begun."""

import asyncio
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from app.gql.execution import Request
from tests.gql.compiled.fleet import Fleet
from tests.gql.compiled.harbour import SOMEBODY, Harbour

MINE: ContextVar[list["asyncio.Task[Any]"] | None] = ContextVar("MINE", default=None)


def noted(loop: asyncio.AbstractEventLoop, work: Any, **given: Any) -> "asyncio.Task[Any]":
    """Makes tasks; those of an operation, and of what it begins, are written down."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **given)
    mine = MINE.get()
    if mine is not None:
        mine.append(task)
    return task


class Halt(BaseException):
    """What is no error of a field."""


class Running:
    """A plan in execution."""

    def __init__(self, harbour: Harbour, document: str, fleet: Fleet) -> None:
        self.begun: list[asyncio.Task[Any]] = []
        around = copy_context()
        around.run(MINE.set, self.begun)
        context = harbour.context(fleet)
        request, executor = Request(document, {}, None), harbour.executors.compiled
        answer = harbour.executors.answer(executor, request, SOMEBODY, context)
        self.task = asyncio.create_task(answer, context=around)

    async def over(self) -> dict[str, Any]:
        """The answer; in that moment nothing of it is left."""
        assert asyncio.get_running_loop().get_task_factory() is noted, "Use nothing_unseen."
        try:
            return await self.task
        finally:
            left = [task for task in self.begun if not task.done()]
            assert not left, left

    async def cancelled(self) -> None:
        """Cancel it, and insist that it ends."""
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.over()


def run(harbour: Harbour, document: str, fleet: Fleet) -> Running:
    return Running(harbour, document, fleet)


def gated(*names: str) -> Fleet:
    fleet = Fleet()
    fleet.gates = {name: asyncio.Event() for name in names}
    fleet.probe = {"later": "l", "sure_later": "s"}
    return fleet


async def reached(fleet: Fleet, *names: str) -> None:
    """Until all of these are asked for at once."""
    async with asyncio.timeout(5):
        while not set(names) <= set(fleet.reached):
            await asyncio.sleep(0)
