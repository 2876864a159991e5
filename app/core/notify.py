"""PostgreSQL's NOTIFY, heard on a connection of its own: for what must not depend on Redis."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import asyncpg

from app.core.db import Database
from app.core.logging import get_logger
from app.core.pgfaults import FAULTS
from app.core.tasks import end

log = get_logger(__name__)
RETRY: Final = 0.5
CHECK: Final = 5.0


class Listener:
    """Hears the channels it was told of; `healthy` is False while it might miss something."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._channels: dict[str, Callable[[str], None]] = {}
        self.on_lost: list[Callable[[], None]] = []
        self.healthy = False
        self._task: asyncio.Task[None] | None = None

    def hear(self, channel: str, callback: Callable[[str], None]) -> None:
        """Call back with the payload of every notification; before `open`."""
        self._channels[channel] = callback

    async def open(self) -> None:
        """Start listening; returns before the connection stands."""
        self._task = asyncio.create_task(self._listen(), name="notify")

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            await end([self._task])

    async def _listen(self) -> None:
        while True:
            try:
                connection = await self._db.connect()
            except FAULTS:
                await asyncio.sleep(RETRY)
                continue
            lost = asyncio.Event()
            try:
                connection.add_termination_listener(lambda _, e=lost: e.set())
                for channel in self._channels:
                    await connection.add_listener(channel, self._heard)
                self.healthy = True
                for forget in self.on_lost:  # what was said while nobody listened is unknown
                    forget()
                await self._watch(connection, lost)
            except FAULTS as error:
                log.warning("notify.lost", error=repr(error))
            finally:
                self.healthy = False
                for forget in self.on_lost:
                    forget()
                with contextlib.suppress(Exception):
                    connection.terminate()
            await asyncio.sleep(RETRY)

    async def _watch(self, connection: asyncpg.Connection, lost: asyncio.Event) -> None:
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), CHECK)
                return
            # A half-open connection hears nothing and says nothing: ask.
            await asyncio.wait_for(connection.fetchval("select 1"), CHECK)

    def _heard(self, _: asyncpg.Connection, __: int, channel: str, payload: str) -> None:
        self._channels[channel](payload)
