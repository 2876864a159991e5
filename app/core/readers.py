"""Connections that stay with the reads: taking one from the pool and giving it back costs more
than many a read.

At most half of the pool stays here while nobody reads; the rest is for whoever takes connections
from the pool itself. A read that fails gives its connection back to the pool; one that is cancelled
closes it.
"""

import asyncio
import contextlib
from typing import Any

import asyncpg

from app.core.pgfaults import LOST


class Readers:
    """The connections of one pool that reads hold between them."""

    def __init__(self, pool: asyncpg.Pool, most: int, wait: float) -> None:
        self._pool, self._most, self._wait = pool, most, wait
        self._idle: list[Any] = []
        self._waiting = 0
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
            if _is_gone(connection) or _is_dying(error):  # the others may be, without knowing it
                with contextlib.suppress(asyncpg.InterfaceError):  # the pool took it back by itself
                    connection.terminate()
                await self.give_back()
                await self._pool.expire_connections()
            await self._pool.release(connection, timeout=self._wait)
            raise
        if self._waiting or self._closed or len(self._idle) >= self._most:
            await self._pool.release(connection)
        else:
            self._idle.append(connection)
        return found

    async def _end(self, connection: Any) -> None:
        """Close a connection whose read was cancelled, when that is over.

        PostgreSQL may hear of it late, and would end the next read there instead.
        """
        try:
            await connection.close(timeout=self._wait)
        except (TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            connection.terminate()
        finally:
            await self._pool.release(connection)

    async def _take(self) -> Any:
        if self._idle:  # one that is gone is found out by its read
            return self._idle.pop()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait):  # the pool alone waits for ever
                return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def give_back(self) -> None:
        """Give all that are not in use back to the pool."""
        while self._idle:
            await self._pool.release(self._idle.pop())

    async def close(self) -> None:
        """Hold none from now on."""
        self._closed = True
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
