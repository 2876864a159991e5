"""Reading and changing the settings of the server."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from app.core.access import SYSTEM, Viewer
from app.core.db import Database
from app.core.keys import Keyring, Unsealable, resealed
from app.core.logging import get_logger
from app.core.recording import spoil
from app.core.tx import Tx
from app.settings.domain import SERVER, Category, ServerSettingState, Setting, Values
from app.settings.events import SettingsUpdated
from app.settings.repository import SettingRepository, StoredSetting
from app.settings.service.snapshot import CHANNEL, PURPOSE, Snapshot

T = TypeVar("T")
log = get_logger(__name__)
HIDDEN: Final = "•••"


class Settings:
    """What administrators change while the server runs. `get` is a look into memory."""

    def __init__(
        self, db: Database, repository: SettingRepository, keyring: Keyring, snapshot: Snapshot
    ) -> None:
        self._db, self._settings, self._keyring = db, repository, keyring
        self._snapshot = snapshot

    def get(self, setting: Setting[T]) -> T:
        """The value of a setting now; before `open`, its default."""
        spoil()  # no tag stands for it
        return self._snapshot.get(setting)

    @property
    def beside(self) -> list[Callable[[], Awaitable[None]]]:
        """What else is kept in memory, and is read whenever these are."""
        return self._snapshot.beside

    async def read(self) -> None:
        """Take what is stored now, if that is possible."""
        await self._snapshot.read()

    async def open(self) -> None:
        """Read what is stored, and follow its changes."""
        await self._snapshot.open()

    async def close(self) -> None:
        """Stop following."""
        await self._snapshot.close()

    def public(self) -> list[ServerSettingState]:
        """What anybody may know."""
        return [
            ServerSettingState(setting=setting, value=self.get(setting), is_set=True)
            for setting in SERVER.all()
            if setting.public
        ]

    async def all(self, category: Category | None = None) -> list[ServerSettingState]:
        """The settings of a category, or all, as they are stored; nothing secret among them."""
        rows = await self._settings.all()
        return self._states(SERVER.all(category), rows)

    async def one(self, key: str) -> ServerSettingState | None:
        """One setting, as it is stored; None for an unknown key."""
        setting = SERVER.find(key)
        return None if setting is None else self._states([setting], await self._settings.all())[0]

    async def update(self, viewer: Viewer, key: str, value: object) -> ServerSettingState:
        """Set it. Raises SettingUnknown, and BadValue for what it does not take."""
        setting = SERVER[key]
        checked = setting.check(value)
        return await self._change(viewer, setting, lambda old: old.replacing(setting, checked))

    async def reset(self, viewer: Viewer, key: str) -> ServerSettingState:
        """Go back to the default. Raises SettingUnknown, and BadValue where others need it."""
        setting = SERVER[key]
        return await self._change(viewer, setting, lambda old: old.without(setting))

    async def _change(
        self, viewer: Viewer, setting: Setting[Any], change: Callable[[Values], Values]
    ) -> ServerSettingState:
        async with self._db.write(viewer) as tx:
            rows = await self._settings.lock(tx)
            before = self._snapshot.decoded(rows)
            after = change(before)
            SERVER.judge(after)
            await self._store(tx, setting, after)
            if changes := _told(setting, before, after):
                tx.emit(SettingsUpdated(changes=changes))
            await tx.notify(CHANNEL, setting.key)
        await self._snapshot.read()
        return self._states([setting], await self._settings.all())[0]

    async def _store(self, tx: Tx, setting: Setting[Any], values: Values) -> None:
        if not values.stored(setting):
            await self._settings.forget(tx, setting)
            return
        value = values.get(setting)
        if setting.secret:
            value = self._keyring.seal(PURPOSE, value.encode(), setting.key.encode())
        await self._settings.store(tx, setting, value)

    def _states(
        self, settings: Sequence[Setting[Any]], rows: Sequence[StoredSetting]
    ) -> list[ServerSettingState]:
        values = self._snapshot.decoded(rows)
        stored = {row.key: row for row in rows}
        return [_state(setting, values, stored.get(setting.key)) for setting in settings]

    async def reseal(self) -> int:
        """Seal what is sealed with an older secret key anew; says how many. Raises NotResealed."""
        done = left = 0
        async with self._db.write(SYSTEM) as tx:
            for row in await self._settings.lock(tx):
                if row.sealed is None or row.sealed.key_id == self._keyring.key_id:
                    continue
                try:
                    fresh = self._keyring.reseal(PURPOSE, row.sealed, row.key.encode())
                except Unsealable:
                    log.exception("settings.not_resealed", key=row.key)
                    left += 1
                    continue
                await self._settings.reseal(tx, row.key, fresh)
                done += 1
        return resealed(done, left)


def _state(setting: Setting[Any], values: Values, row: StoredSetting | None) -> ServerSettingState:
    return ServerSettingState(
        setting=setting,
        value=None if setting.secret else values.get(setting),
        is_set=row is not None,
        updated_at=row.updated_at if row is not None else None,
        updated_by=row.updated_by if row is not None else None,
    )


def _told(setting: Setting[Any], before: Values, after: Values) -> dict[str, Any]:
    """What the activity log says of a change; nothing of what is secret but that it changed."""
    old, new = before.get(setting), after.get(setting)
    if old == new and not setting.secret:
        return {}
    if setting.secret:
        old, new = (HIDDEN if values.get(setting) else None for values in (before, after))
    return {setting.key: {"old": old, "new": new}}
