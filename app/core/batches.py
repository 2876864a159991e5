"""Reads by keys that several operations ask for in the same moment, done as one.

A busy server answers many operations in each turn of its event loop, most of them the same document
for other ids. Their reads then differ by the keys alone, and one for all of them takes little more
than one for each, of the server and of PostgreSQL. Nobody waits for others to come: while only one
operation reads, its reads are its own; else they are done at the end of the turn they come in.

Only what is the same for everybody is read so, and for a key the same whichever others are asked
for: what may be cached by its keys.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextvars import Context
from typing import Any, Final

from msgspec import Struct

from app.core.errors import Unavailable
from app.core.levels import LEVEL, Level, until
from app.core.logging import get_logger
from app.core.recording import spoil
from app.core.together import together

log = get_logger(__name__)
FEW: Final = 24  # keys: who asks for more takes his own way, and gains nothing by that of others
MOST: Final = 100  # keys of a batch: many rows at once would keep the event loop

# A read by keys: a repository's method, the repository, and what the method takes beside them.
ByKeys = tuple[Callable[..., Awaitable[Mapping[Any, Any]]], Any, tuple[Any, ...]]


class Batch(Struct, eq=False):
    """Keys that are wanted of one read, by whom, and where the answer comes."""

    read: ByKeys
    landing: "asyncio.Future[Mapping[Any, Any]]"
    keys: dict[Any, None] = {}
    by: set[Any] = set()


class Batches:
    """Does reads by keys, for one operation or for several."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []  # of this turn
        self._open: dict[ByKeys, Batch] = {}  # those of them that others may join
        self._reading: dict[Level | None, int] = {}  # how many reads each level waits for
        self._apart: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def found(self, read: ByKeys, keys: Sequence[Any]) -> Mapping[Any, Any]:
        """What the read finds for these keys. Raises what it raises."""
        if not keys:
            return {}
        here, reading = LEVEL.get(), self._reading
        reading[here] = reading.get(here, 0) + 1
        try:
            if len(reading) == 1 or len(keys) > FEW:
                return await _of(read, keys)
            spoil()  # as the read does where it is done
            landing = self._joined(read, keys, here).landing
            try:
                found = await until(landing)
            except Unavailable:  # it would be so again
                raise
            except Exception:  # noqa: BLE001 - each meets its own error; that of all is logged
                return await _of(read, keys)
            return {key: found[key] for key in keys if key in found}
        finally:
            reading[here] -= 1
            if not reading[here]:
                del reading[here]

    def _joined(self, read: ByKeys, keys: Sequence[Any], here: Level | None) -> Batch:
        batch = self._open.get(read)
        if batch is None or len(batch.keys) + len(keys) > MOST:
            loop = asyncio.get_running_loop()
            if not self._batches:
                # Of nobody: those who wait may be cancelled, and each has a time limit of his own.
                task = loop.create_task(self._do(), context=Context())
                self._tasks.add(task)
                task.add_done_callback(self._over)
            batch = self._open[read] = Batch(read, loop.create_future())
            self._batches.append(batch)
        for key in keys:
            batch.keys[key] = None
        batch.by.add(object() if here is None else here)
        return batch

    def _taken(self) -> list[Batch]:
        batches = self._batches
        self._batches, self._open = [], {}
        return batches

    async def _do(self) -> None:
        """Do all that was asked for in this turn. What the same levels ask for goes together, so
        that nobody waits for what others alone have asked for.
        """
        batches = self._taken()
        groups: dict[frozenset[Any], list[Batch]] = {}
        for batch in batches:
            groups.setdefault(frozenset(batch.by), []).append(batch)
        try:
            await together([self._read(some) for some in groups.values()])
        finally:
            _give_up(batches)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled():  # maybe before its first step
            _give_up(self._taken())

    async def _read(self, batches: list[Batch]) -> None:
        with Level(self._apart) as level:
            for batch in batches:
                level.add(batch.read, self._fill(batch))
            await level.finish()

    async def _fill(self, batch: Batch) -> None:
        try:
            found = await _of(batch.read, [*batch.keys])
        except Exception as error:  # noqa: BLE001 - of those who wait for it
            batch.landing.set_exception(error)
            batch.landing.exception()  # nobody may be waiting any more
            if not isinstance(error, Unavailable):
                name = batch.read[0].__qualname__
                log.warning("batch.failed", read=name, keys=len(batch.keys), error=repr(error))
        else:
            batch.landing.set_result(found)

    async def settle(self) -> None:
        """Wait until all that is under way is done."""
        while self._tasks:
            await asyncio.wait([*self._tasks])


def _of(read: ByKeys, keys: Sequence[Any]) -> Awaitable[Mapping[Any, Any]]:
    method, repository, others = read
    return method(repository, keys, *others)


def _give_up(batches: Iterable[Batch]) -> None:
    """Keep nobody waiting for what will not be done: the event loop ends."""
    for batch in batches:
        if not batch.landing.done():
            batch.landing.cancel()
