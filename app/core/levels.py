"""One level of an operation: pieces of work that go on side by side, without a task for each.

A task costs as much as the edge that it loads. So whoever waits for a level takes its work forward
himself, each piece in a context of its own as a task would have, up to where it waits for rows
(`Asked`) or for what goes on in a task elsewhere (`Until`). Then rows are asked for in one go.

Work that waits for anything else may depend on the task that it runs in, as time limits do: it is
brought to its end alone, while all others are tasks, and is one itself the next time. So one must
not set a time limit around a read: it would be the whole level's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Sequence
from contextvars import Context, ContextVar, Token, copy_context
from functools import partial
from typing import Any, Final, Protocol, Self, TypeVar

from msgspec import Struct

from app.core.rows import Record
from app.core.statements import Question
from app.core.tasks import end
from app.core.together import all_or_a_failure

T = TypeVar("T")
Rows = list[Record]


class Asker(Protocol):
    """Who sends reads to PostgreSQL."""

    async def answer(self, asked: Sequence["Asked"], among: "Level | None") -> None:
        """Ask all of them at once; each gets its rows or its error. `among` whom others may ask
        in the same moment.
        """


class Asked(Struct, eq=False):
    """A read that waits for its rows."""

    question: Question
    by: Asker
    rows: Rows | None = None
    error: Exception | None = None

    def answer(self) -> Rows:
        """The rows. Raises what asking for them raised."""
        if self.error is not None:
            raise self.error
        assert self.rows is not None  # noqa: S101 - whoever asks answers all
        return self.rows

    def __await__(self) -> Generator[Any, Any, Rows]:
        yield self
        return self.answer()


class Until(Struct, eq=False):
    """Waiting for what goes on elsewhere, whoever waits."""

    future: "asyncio.Future[Any]"

    def __await__(self) -> Generator[Any, Any, Any]:
        if not self.future.done():
            yield self
        return self.future.result()


class Strand(Struct, eq=False):
    """A piece of work, and what it waits for."""

    work: Coroutine[Any, Any, Any] | Generator[Any, Any, Any]
    key: Hashable = None
    context: Context | None = None  # None before its first step
    waited: Any = None
    ready: bool = True  # to go on
    odd: bool = False  # it waits for what may depend on its task
    over: bool = False
    result: Any = None

    def end(self, result: Any = None) -> None:
        """Be over. Its context leads to the level and so to itself: nobody should have to find out
        that it is garbage.
        """
        self.over, self.odd, self.result = True, False, result
        self.context = self.waited = None


class Level:
    """Work that is waited for together; within `with`, reads of it are asked together.

    `apart` are the keys of work that has a task of its own: it grows.
    """

    def __init__(self, apart: set[Hashable] | None = None) -> None:
        self.stepping = False  # whether what runs now may wait for `Asked` and `Until`
        self.waiting: list[Any] = []  # reads of tasks, for whoever sends them
        self._apart = set() if apart is None else apart
        self._strands: list[Strand] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._odd = False  # whether one of them waits for something else
        self._interrupted = False  # while it waits for strands
        self._token: Token[Level | None]

    def __enter__(self) -> Self:
        self._token = LEVEL.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        LEVEL.reset(self._token)
        for strand in self._strands:
            if not strand.over:  # begun, and not finished
                strand.work.close()
                strand.end()
        # A task's context leads here, and a connection that was opened meanwhile keeps its own.
        self._strands, self._tasks = [], []

    def begin(self, work: Awaitable[Any]) -> Strand:
        """Take work to where it waits for the first time, or to its end."""
        strand = Strand(work.__await__())
        self._strands.append(strand)
        self._step(strand)
        self._odd = strand.odd
        return strand

    def add(self, key: Hashable, work: Coroutine[Any, Any, Any]) -> None:
        """Have work done. What is of the same key waits in the same way, more or less."""
        if self._odd or key in self._apart:
            self._tasks.append(asyncio.create_task(work))
        else:
            self._strands.append(Strand(work, key))

    async def finish(self) -> None:
        """Wait for all of it; when something fails, or this is cancelled, none is left behind."""
        try:
            going = self._strands
            while going:
                for strand in going:
                    if strand.ready:
                        self._step(strand)
                    if strand.odd:
                        await self._alone(strand)
                going = [strand for strand in going if not strand.over]
                self._interrupted = True
                await self._wait(going)
                self._interrupted = False
            if self._tasks:
                await all_or_a_failure(self._tasks)
        except BaseException as error:
            await self._end()
            if self._interrupted and not _is_cancelled():
                raise TimeoutError from error  # a limit that one of them had set for itself
            raise

    def _step(self, strand: Strand) -> None:
        if strand.context is None:
            strand.context = copy_context()
        strand.ready, self.stepping = False, True
        try:
            waited = strand.waited = strand.context.run(strand.work.send, None)
        except StopIteration as done:
            strand.end(done.value)
        except BaseException:
            strand.end()
            raise
        else:
            strand.odd = waited.__class__ not in PAUSES
        finally:
            self.stepping = False

    async def _alone(self, strand: Strand) -> None:
        """Bring what waits for something else to its end, which may come of any of the others:
        those are tasks from now on.
        """
        self._apart.add(strand.key)
        for other in self._strands:
            if other is strand or other.over or other.odd:
                continue
            if other.context is not None:
                self._tasks.append(asyncio.create_task(self._onward(other)))
            elif isinstance(other.work, Coroutine):
                self._tasks.append(asyncio.create_task(other.work))
            other.ready, other.over = False, True
        try:
            strand.end(await _Rest(strand))
        except BaseException:
            strand.end()
            raise

    async def _onward(self, strand: Strand) -> None:
        """The rest of a strand, in a task of its own."""
        context, waited, work = strand.context, strand.waited, strand.work
        assert context is not None  # noqa: S101 - it waits, so it was begun
        step: Callable[[], Any] = partial(work.send, None)
        try:
            if waited.__class__ is not Asked:
                if not waited.future.done():
                    await _settled(waited.future)
            elif waited.rows is None and waited.error is None:
                await waited.by.answer([waited], self)
        except asyncio.CancelledError as error:
            step = partial(work.throw, error)
        try:
            strand.waited = context.run(step)
        except StopIteration as done:
            strand.end(done.value)
        else:
            strand.end(await _Rest(strand))

    async def _wait(self, going: Sequence[Strand]) -> None:
        waited = [strand.waited for strand in going]
        asked = [one for one in waited if one.__class__ is Asked]
        if asked:
            others = self._tasks or self.waiting or len(asked) < len(going)
            await asked[0].by.answer(asked, self if others else None)
        for one in waited:
            if one.__class__ is Until and not one.future.done():
                await _settled(one.future)
        for strand in going:
            strand.ready = True

    async def _end(self) -> None:
        """Let nothing go on. What this raises is of less weight than what it is done for, unless it
        is to be cancelled.
        """
        cancelled = _is_cancelled()
        for strand in self._strands:
            if strand.over:
                continue
            if strand.context is None:
                strand.work.close()
            else:
                with contextlib.suppress(Exception, asyncio.CancelledError):
                    strand.waited = strand.context.run(strand.work.throw, asyncio.CancelledError())
                    await _Rest(strand)
            strand.end()
        await end(self._tasks)
        if _is_cancelled() and not cancelled:
            raise asyncio.CancelledError


class _Rest:
    """A strand from where it waits to its end, its steps in its own context."""

    def __init__(self, strand: Strand) -> None:
        self._strand = strand

    def __await__(self) -> Generator[Any, Any, Any]:
        context, work = self._strand.context, self._strand.work
        assert context is not None  # noqa: S101 - it waits, so it was begun
        waited = self._strand.waited
        while True:
            try:
                try:
                    yield waited
                except BaseException as error:  # noqa: BLE001 - the work's own
                    waited = context.run(work.throw, error)
                else:
                    waited = context.run(work.send, None)
            except StopIteration as done:
                return done.value


async def _settled(future: "asyncio.Future[Any]") -> None:
    """Wait until it is done, whatever comes of it: `asyncio.wait` in fewer steps."""
    over = future.get_loop().create_future()

    def settled(_: Any) -> None:
        if not over.done():
            over.set_result(None)

    future.add_done_callback(settled)
    try:
        await over
    finally:
        future.remove_done_callback(settled)


def _is_cancelled() -> bool:
    """Whether somebody wants the task that runs this to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


PAUSES: Final = (Asked, Until)
LEVEL: Final[ContextVar[Level | None]] = ContextVar("level", default=None)


def until(future: "asyncio.Future[T]") -> Awaitable[T]:
    """The result of what goes on elsewhere, and does so even if this is cancelled. To be awaited
    at once.
    """
    here = LEVEL.get()
    if future.done() or (here is not None and here.stepping):
        return Until(future)
    return asyncio.shield(future)
