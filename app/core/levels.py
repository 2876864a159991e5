"""One level of an operation: pieces of work that go on side by side, without a task for each.

A task costs as much as the edge that it loads. So whoever waits for a level takes its work forward
himself, each piece in a context of its own as a task would have, up to where it waits for rows
(`Asked`) or for what goes on in a task elsewhere (`Until`). Then rows are asked for in one go.

Work that waits for anything else may depend on the task that it runs in, as time limits do: it is
brought to its end before any other of this task goes on, and is a task itself the next time.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine, Generator, Hashable, Iterable, Sequence
from contextvars import Context, ContextVar, Token, copy_context
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
        self._early: asyncio.Task[None] | None = None  # asks for those that wait already
        self._token: Token[Level | None]

    def __enter__(self) -> Self:
        self._token = LEVEL.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        LEVEL.reset(self._token)

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
                await self._wait(going)
            if self._tasks:
                await all_or_a_failure(self._tasks)
        except BaseException:
            await self._end()
            raise
        finally:
            self._strands = []  # a connection that was opened meanwhile keeps its context, and this

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
        """Bring what waits for something else to its end, and let the others not wait for it."""
        self._apart.add(strand.key)
        for other in self._strands:
            if other.ready and other.context is None and isinstance(other.work, Coroutine):
                other.ready, other.over = False, True
                self._tasks.append(asyncio.create_task(other.work))
        early = _asked(one for one in self._strands if not (one.over or one.odd or one.ready))
        if early and self._early is None:
            self._early = asyncio.create_task(early[0].by.answer(early, self))
            self._tasks.append(self._early)
        try:
            strand.end(await _Rest(strand))
        except BaseException:
            strand.end()
            raise

    async def _wait(self, going: Sequence[Strand]) -> None:
        if self._early is not None:
            await self._early
            self._early = None
        if asked := _asked(going):
            others = self._tasks or self.waiting or len(asked) < len(going)
            await asked[0].by.answer(asked, self if others else None)
        for strand in going:
            strand.ready = True
            if strand.waited.__class__ is Until:
                with contextlib.suppress(Exception):  # the strand meets it
                    await asyncio.shield(strand.waited.future)

    async def _end(self) -> None:
        """Let nothing go on. What this raises is of less weight than what it is done for."""
        for strand in self._strands:
            if strand.over:
                continue
            if strand.context is None:
                strand.work.close()
            else:
                with contextlib.suppress(BaseException):
                    cancelled = asyncio.CancelledError()
                    strand.waited = strand.context.run(strand.work.throw, cancelled)
                    await _Rest(strand)
            strand.end()
        await end(self._tasks)


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


def _asked(strands: Iterable[Strand]) -> list[Asked]:
    """The reads that they wait for, without an answer yet."""
    waited = (strand.waited for strand in strands)
    return [
        one for one in waited if one.__class__ is Asked and one.rows is None and one.error is None
    ]


PAUSES: Final = (Asked, Until)
LEVEL: Final[ContextVar[Level | None]] = ContextVar("level", default=None)


async def until(future: "asyncio.Future[T]") -> T:
    """The result of what goes on elsewhere, and does so even if this is cancelled."""
    if future.done():
        return future.result()
    here = LEVEL.get()
    if here is not None and here.stepping:
        result: T = await Until(future)
        return result
    return await asyncio.shield(future)
