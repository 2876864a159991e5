"""What all settings are, in memory: read at the start, and again whenever one has changed.

PostgreSQL's NOTIFY says when, in the commit that changes it. What it may have missed while it was
not heard is read when it is heard again, and every 30 seconds in any case. A read that fails
leaves everything as it was.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from app.core.keys import Keyring, Unsealable
from app.core.logging import get_logger
from app.core.notify import Listener
from app.core.tasks import end
from app.settings.domain import SERVER, BadValue, Setting, Values
from app.settings.repository import SettingRepository, StoredSetting

T = TypeVar("T")
log = get_logger(__name__)
CHANNEL: Final = "settings"
PURPOSE: Final = "settings"
EVERY: Final = 30.0
AGAIN: Final = 1.0


class Snapshot:
    """The copy of one process."""

    def __init__(self, repository: SettingRepository, keyring: Keyring, listener: Listener) -> None:
        self._repository, self._keyring = repository, keyring
        self._values = Values({})
        self.beside: list[Callable[[], Awaitable[None]]] = []  # what is read whenever this is
        self._wanted = asyncio.Event()
        self._reading = asyncio.Lock()
        self._unusable: frozenset[str] = frozenset()
        self._failing = False
        self._task: asyncio.Task[None] | None = None
        listener.hear(CHANNEL, lambda _: self._wanted.set())
        listener.on_lost.append(self._wanted.set)

    def get(self, setting: Setting[T]) -> T:
        """The value now; before `open`, the default."""
        return self._values.get(setting)

    async def open(self) -> None:
        """Read, and go on reading whatever changes. Raises Unavailable or TimedOut."""
        await self._take()  # never start on defaults: they open what an administrator has closed
        self._task = asyncio.create_task(self._follow(), name="settings")

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            await end([self._task])

    async def read(self) -> bool:
        """Take what is stored now; whether that was possible."""
        try:
            await self._take()
        except Exception as error:  # noqa: BLE001 - whatever it is, the old values are still good
            if not self._failing:
                log.warning("settings.not_read", error=repr(error))
            self._failing = True
        else:
            self._failing = False
        return not self._failing

    async def _take(self) -> None:
        async with self._reading:  # in turn: an earlier answer must not replace a later one
            self._values = self.decoded(await self._repository.all())
            for read in self.beside:
                await read()

    def decoded(self, rows: Sequence[StoredSetting]) -> Values:
        """Stored values in their types; what cannot be used has its default, and is logged once."""
        found: dict[str, Any] = {}
        unusable: dict[str, str] = {}
        for row in rows:
            setting = SERVER.find(row.key)
            if setting is None:  # of another version of this server
                continue
            try:
                found[row.key] = setting.check(self._plain(setting, row))
            except (Unsealable, BadValue) as error:
                unusable[row.key] = type(error).__name__
        for key in unusable.keys() - self._unusable:
            log.error("settings.unusable", key=key, error=unusable[key])
        self._unusable = frozenset(unusable)
        return Values(found)

    def _plain(self, setting: Setting[Any], row: StoredSetting) -> Any:
        sealed = row.sealed
        if not setting.secret:
            return row.value
        if sealed is None:
            raise BadValue(f"{setting.key} is stored sealed.")
        return self._keyring.open(PURPOSE, sealed, setting.key.encode()).decode()

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(AGAIN if self._failing else EVERY):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            await self.read()
