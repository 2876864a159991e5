"""Settings in PostgreSQL. Those of the server are not cached: every process has them whole."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.errors import Unauthenticated
from app.core.keys import Sealed
from app.core.tx import Tx
from app.settings.domain import METADATA_LANGUAGE, Setting
from app.settings.models import server_settings, user_settings

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
TEXT = user_settings.c.value[()].astext.collate("C")
BY_USERS = select(
    user_settings.c.user_id,
    user_settings.c.key,
    user_settings.c.value,
    user_settings.c.updated_at,
).where(user_settings.c.user_id == any_(bindparam("ids", type_=ARRAY(Uuid))))


def preferred_language(user_column: ColumnElement[UUID]) -> ColumnElement[str | None]:
    """The language that a user has set for titles and descriptions, for a statement of a slice
    above; null where none is set.
    """
    mine = (user_settings.c.user_id == user_column, user_settings.c.key == METADATA_LANGUAGE)
    return select(TEXT).where(*mine).correlate_except(user_settings).scalar_subquery()


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


class UserValue(Struct, frozen=True):
    """What a user has set."""

    value: Any
    updated_at: datetime


class UserValues(Struct, frozen=True):
    """All that one user has set, by key."""

    by_key: dict[str, UserValue]


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


class UserSettingRepository:
    """The table of user settings, close at hand: many reads ask in which language."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("user_settings", ttl=minutes(5), tags=("user_settings:{}",))
    async def by_users(self, ids: Collection[UUID]) -> Mapping[UUID, UserValues]:
        """What these users have set: an entry for each of them."""
        found: dict[UUID, dict[str, UserValue]] = {user_id: {} for user_id in ids}
        for row in await self.db.records(BY_USERS, {"ids": list(ids)}):
            found[row["user_id"]][row["key"]] = UserValue(row["value"], row["updated_at"])
        return {user_id: UserValues(by_key) for user_id, by_key in found.items()}

    async def languages(self, most: int) -> list[str]:
        """The languages that users have set for titles and descriptions, those of most first."""
        statement = (
            select(TEXT)
            .where(user_settings.c.key == METADATA_LANGUAGE)
            .group_by(TEXT)
            .order_by(func.count().desc(), TEXT)
            .limit(most)
        )
        return await self.db.column(statement)

    async def store(self, tx: Tx, user_id: UUID, values: Mapping[str, Any]) -> None:
        """Set values by key; None goes back to the default. Raises Unauthenticated for no user."""
        unset = [key for key, value in values.items() if value is None]
        if unset:
            mine = user_settings.c.user_id == user_id
            await tx.execute(delete(user_settings).where(mine, user_settings.c.key.in_(unset)))
        rows = [
            {"user_id": user_id, "key": key, "value": value}
            for key, value in sorted(values.items())  # in one order: two at a time wait in turn
            if value is not None
        ]
        if rows:
            statement = insert(user_settings)
            statement = statement.on_conflict_do_update(
                index_elements=[user_settings.c.user_id, user_settings.c.key],
                set_={"value": statement.excluded.value, "updated_at": func.now()},
            )
            try:
                await tx.execute(statement, rows)
            except IntegrityError as error:
                if "fk_user_settings_user_id" not in str(error.orig):
                    raise
                raise Unauthenticated("This account is gone.") from None
        tx.touch(f"user_settings:{user_id}")
