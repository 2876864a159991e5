"""Connections that stay with the reads: taking one from the pool and giving it back costs more
than many a read.

Whoever waits gets the connection of the read that ends first, in turn. Some of the pool is left to
those who take connections from it themselves, and while nobody reads, half of it. A read that fails
gives its connection back to the pool; one that is cancelled closes it.
"""

import asyncio
import contextlib
from collections import deque
from contextvars import Context
from typing import Any, Final

import asyncpg

from app.core.pgfaults import LOST

OTHERS: Final = 5  # one connection of so many is for others, and one at least


class Readers:
    """The connections of one pool, of `size`, that reads hold between them."""

    def __init__(self, pool: asyncpg.Pool, size: int, wait: float) -> None:
        self._pool, self._wait = pool, wait
        self._most, self._most_idle = max(1, size - max(1, size // OTHERS)), size // 2
        self._idle: list[Any] = []
        self._held = 0  # in use or idle, or being taken
        self._taking = 0  # from the pool
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()  # until when, in order
        self._loop = asyncio.get_running_loop()
        self._late: asyncio.TimerHandle | None = None  # one timer for all of them
        self._closed = False

    @property
    def idle(self) -> int:
        """How many connections are held and not in use."""
        return len(self._idle)

    async def fetch(self, sql: str, args: list[Any]) -> list[asyncpg.Record]:
        """Run a read on a connection of its own. Raises what asyncpg raises, and TimeoutError
        where none is free in time.
        """
        connection = await self._take()
        try:
            found: list[asyncpg.Record] = await connection.fetch(sql, *args)
        except asyncio.CancelledError:
            await asyncio.shield(self._end(connection))
            raise
        except BaseException as error:
            await self._failed(connection, error)
            raise
        await self._let_go(connection)
        return found

    async def _let_go(self, connection: Any) -> None:
        if self._waiting and self._handed_on(connection):
            return
        if self._taking or self._closed or len(self._idle) >= self._most_idle:
            await self._release(connection)
        else:
            self._idle.append(connection)

    async def _failed(self, connection: Any, error: BaseException) -> None:
        try:
            if _is_gone(connection) or _is_dying(error):  # the others may be, without knowing it
                with contextlib.suppress(asyncpg.InterfaceError):  # the pool took it back by itself
                    connection.terminate()
                await self.give_back()
                await self._pool.expire_connections()
        finally:  # also where this is cancelled meanwhile
            await self._release(connection)

    def _handed_on(self, connection: Any | None) -> bool:
        """Give a connection to the first that waits, or None: let it take one from the pool."""
        while self._waiting:
            _, first = self._waiting.popleft()
            if not first.done():
                first.set_result(connection)
                return True
        return False

    async def _release(self, connection: Any) -> None:
        """Give a connection back to the pool."""
        try:
            await self._pool.release(connection, timeout=self._wait)
        finally:
            self._held -= 1
            self._handed_on(None)

    async def _end(self, connection: Any) -> None:
        """Close a connection whose read was cancelled, when that is over.

        PostgreSQL may hear of it late, and would end the next read there instead.
        """
        try:
            await connection.close(timeout=self._wait)
        except (TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            connection.terminate()
        finally:
            await self._release(connection)

    async def _take(self) -> Any:
        while True:
            if self._idle:  # one that is gone is found out by its read
                return self._idle.pop()
            if self._held < self._most:
                return await self._taken()
            connection = await self._wait_for_one()
            if connection is not None:
                return connection

    async def _taken(self) -> Any:
        """One more connection of the pool."""
        self._held += 1
        self._taking += 1
        try:
            async with asyncio.timeout(self._wait):  # the pool alone waits for ever
                return await self._pool.acquire()
        except BaseException:
            self._held -= 1
            self._handed_on(None)
            raise
        finally:
            self._taking -= 1

    async def _wait_for_one(self) -> Any | None:
        """The connection of a read that ended; None where one may be taken from the pool."""
        mine: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((self._loop.time() + self._wait, mine))
        if self._late is None:
            self._late = self._loop.call_later(self._wait, self._too_late, context=Context())
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and mine.exception() is None:  # just now
                await self._not_needed(mine.result())
            raise

    def _too_late(self) -> None:
        """Give up those that have waited long enough, and come back for the others."""
        self._late = None
        now = self._loop.time()
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= now):
            _, first = self._waiting.popleft()
            if not first.done():
                first.set_exception(TimeoutError())
        if self._waiting:
            until, _ = self._waiting[0]
            self._late = self._loop.call_at(until, self._too_late, context=Context())

    async def _not_needed(self, connection: Any | None) -> None:
        if connection is None:
            self._handed_on(None)
        else:
            await self._let_go(connection)

    async def give_back(self) -> None:
        """Give all that are not in use back to the pool."""
        while self._idle:
            await self._release(self._idle.pop())

    async def close(self) -> None:
        """Hold none from now on."""
        self._closed = True
        if self._late is not None and not self._waiting:
            self._late.cancel()
            self._late = None
        await self.give_back()


def _is_gone(connection: Any) -> bool:
    """Whether a connection is closed; one that was cut the pool has taken back by itself."""
    try:
        closed: bool = connection.is_closed()
    except asyncpg.InterfaceError:
        return True
    return closed


def _is_dying(error: BaseException) -> bool:
    """Whether PostgreSQL's last words were met, which may come before the end of the connection."""
    return isinstance(error, LOST) and not isinstance(error, ValueError)
