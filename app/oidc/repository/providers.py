"""Providers as configured."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, delete, false, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Database
from app.core.keys import Sealed
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.oidc.domain import OfferedProvider, Provider
from app.oidc.models import oidc_providers

table = oidc_providers
HIDDEN: Final = {"client_secret_sealed", "client_secret_key_id"}
COLUMNS: Final = (
    *(column for column in table.c if column.name not in HIDDEN),
    table.c.client_secret_sealed.is_not(None).label("has_secret"),
)
SECRET: Final = (table.c.client_secret_sealed, table.c.client_secret_key_id)
IDS: Final = any_(bindparam("ids", type_=ARRAY(Uuid)))
BY_IDS: Final = select(*COLUMNS).where(table.c.id == IDS)
OFFERED: Final = select(table.c.id, table.c.name, table.c.display_name, table.c.is_default).where(
    table.c.id == IDS, table.c.enabled
)
BY_NAME: Final = select(*COLUMNS).where(
    table.c.name == bindparam("name", type_=Text(collation="C")), table.c.enabled
)
ORDER: Final = (Order(table.c.name), Order(table.c.id))


class ProviderRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, Provider]:
        """Providers by their ids."""
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Provider)
        return {row.id: row for row in rows}

    async def offered(self, ids: Collection[UUID]) -> Mapping[UUID, OfferedProvider]:
        """Enabled providers, as anybody may know them."""
        rows = await self.db.fetch(OFFERED, {"ids": list(ids)}, into=OfferedProvider)
        return {row.id: row for row in rows}

    async def by_name(self, name: str) -> Provider | None:
        """An enabled provider."""
        rows = await self.db.fetch(BY_NAME, {"name": name}, into=Provider)
        return rows[0] if rows else None

    async def secret(self, provider_id: UUID) -> Sealed | None:
        """The sealed client secret."""
        rows = await self.db.records(select(*SECRET).where(table.c.id == provider_id))
        if not rows or rows[0][0] is None:
            return None
        return Sealed(rows[0][1], rows[0][0])

    async def page(self, page: Keyset, *, enabled: bool) -> Page[UUID]:
        """Providers by name; only those that are enabled, or all."""
        statement = select(table.c.id)
        if enabled:
            statement = statement.where(table.c.enabled)
        return await self.db.page(Sorted(statement, ORDER), "oidc_providers", page)

    async def count(self, *, enabled: bool) -> int:
        """How many there are."""
        statement = select(func.count()).select_from(table)
        return int(await self.db.scalar(statement.where(table.c.enabled) if enabled else statement))

    async def lock(self, tx: Tx, provider_id: UUID) -> Provider | None:
        """A provider that nobody else changes, comes from or links with until the end."""
        await tx.lock("oidc-providers")
        statement = select(*COLUMNS).where(table.c.id == provider_id).with_for_update()
        found = (await tx.execute(statement)).mappings().one_or_none()
        return None if found is None else _provider(found)

    async def share(self, tx: Tx, provider_id: UUID) -> Provider | None:
        """An enabled provider that stays as it is until the end."""
        statement = select(*COLUMNS).where(table.c.id == provider_id, table.c.enabled)
        row = (await tx.execute(statement.with_for_update(read=True))).mappings().one_or_none()
        return None if row is None else _provider(row)

    async def store(self, tx: Tx, provider: Provider) -> bool:
        """Insert or replace, but for the secret; False when another one has its name."""
        values: dict[str, Any] = msgspec.structs.asdict(provider)
        del values["has_secret"]
        for name in ("endpoints", "scopes", "claims", "role_mappings"):
            values[name] = msgspec.to_builtins(values[name])
        values["kind"] = provider.kind.value
        taken = select(table.c.id).where(table.c.name == provider.name, table.c.id != provider.id)
        if (await tx.execute(taken)).first() is not None:
            return False
        statement = insert(table).values(values)
        await tx.execute(statement.on_conflict_do_update(index_elements=[table.c.id], set_=values))
        return True

    async def set_secret(self, tx: Tx, provider_id: UUID, sealed: Sealed | None) -> None:
        """Store the sealed client secret, or take it away."""
        values = {
            "client_secret_sealed": sealed.data if sealed else None,
            "client_secret_key_id": sealed.key_id if sealed else None,
        }
        await tx.execute(update(table).where(table.c.id == provider_id).values(values))

    async def no_default(self, tx: Tx) -> None:
        """No provider is the default one."""
        await tx.execute(update(table).where(table.c.is_default).values(is_default=false()))

    async def delete(self, tx: Tx, provider_id: UUID) -> None:
        """Delete a provider with its links."""
        await tx.execute(delete(table).where(table.c.id == provider_id))

    async def sealed(self, tx: Tx, current: str) -> dict[UUID, Sealed]:
        """Client secrets that are sealed with another key than the current one."""
        statement = select(table.c.id, *SECRET).where(table.c.client_secret_key_id != current)
        rows = await tx.execute(statement.with_for_update())
        return {row.id: Sealed(row.client_secret_key_id, row.client_secret_sealed) for row in rows}


def _provider(row: Mapping[Any, Any]) -> Provider:
    return msgspec.convert({str(name): value for name, value in row.items()}, Provider)
