"""Settings in PostgreSQL. Those of the server are not cached: every process has them whole."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Database
from app.core.keys import Sealed
from app.core.tx import Tx
from app.settings.domain import Setting
from app.settings.models import server_settings

COLUMNS = (
    server_settings.c.key,
    server_settings.c.value,
    server_settings.c.value_sealed,
    server_settings.c.value_key_id,
    server_settings.c.updated_by,
    server_settings.c.updated_at,
)
ALL = select(*COLUMNS).order_by(server_settings.c.key)
LOCK = "settings"


class StoredSetting(Struct, frozen=True, kw_only=True):
    """What somebody has set: a value, or a sealed one."""

    key: str
    value: Any
    value_sealed: bytes | None
    value_key_id: str | None
    updated_by: UUID | None
    updated_at: datetime

    @property
    def sealed(self) -> Sealed | None:
        if self.value_sealed is None or self.value_key_id is None:
            return None
        return Sealed(self.value_key_id, self.value_sealed)

    def __repr__(self) -> str:
        return f"StoredSetting(key={self.key!r})"


class SettingRepository:
    """The table of server settings."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def all(self) -> list[StoredSetting]:
        """Every row."""
        return await self.db.fetch(ALL, into=StoredSetting)

    async def lock(self, tx: Tx) -> list[StoredSetting]:
        """Every row, of which nobody else changes any until the end."""
        await tx.lock(LOCK)
        rows = (await tx.execute(ALL)).mappings()
        return [StoredSetting(**row) for row in rows]

    async def store(self, tx: Tx, setting: Setting[Any], value: Any | Sealed) -> None:
        """Set a value, or a sealed one."""
        sealed = value if isinstance(value, Sealed) else None
        values = {
            "value": value if sealed is None else None,
            "value_sealed": sealed.data if sealed is not None else None,
            "value_key_id": sealed.key_id if sealed is not None else None,
            "updated_by": tx.viewer.user_id,
        }
        statement = insert(server_settings).values(key=setting.key, **values)
        statement = statement.on_conflict_do_update(
            index_elements=[server_settings.c.key], set_={**values, "updated_at": func.now()}
        )
        await tx.execute(statement)

    async def forget(self, tx: Tx, setting: Setting[Any]) -> None:
        """Go back to the default."""
        await tx.execute(delete(server_settings).where(server_settings.c.key == setting.key))

    async def reseal(self, tx: Tx, key: str, sealed: Sealed) -> None:
        """The same secret under another key; who set it and when stays."""
        statement = (
            update(server_settings)
            .where(server_settings.c.key == key)
            .values(value_sealed=sealed.data, value_key_id=sealed.key_id)
        )
        await tx.execute(statement)
