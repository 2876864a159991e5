"""Which accounts here belong to which accounts there."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Database
from app.core.ids import new_id
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.oidc.domain import Identity, Link
from app.oidc.models import oidc_links, oidc_providers

table = oidc_links
LINK: Final = select(
    table.c.id,
    table.c.user_id,
    table.c.provider_id,
    oidc_providers.c.name.label("provider"),
    oidc_providers.c.display_name,
    table.c.subject,
    table.c.email,
    table.c.name,
    table.c.created_at,
    table.c.last_login_at,
).join_from(table, oidc_providers, oidc_providers.c.id == table.c.provider_id)
BY_IDS: Final = LINK.where(
    table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    table.c.user_id == bindparam("user_id", type_=Uuid),
)
ORDER: Final = (Order(table.c.id),)


class LinkRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_ids(self, user_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Link]:
        """Those of these links that are the user's own."""
        params = {"ids": list(ids), "user_id": user_id}
        return {row.id: row for row in await self.db.fetch(BY_IDS, params, into=Link)}

    async def page(self, user_id: UUID, page: Keyset) -> Page[UUID]:
        """A user's links, oldest first."""
        statement = select(table.c.id).where(table.c.user_id == user_id)
        return await self.db.page(Sorted(statement, ORDER), "oidc_links", page)

    async def count(self, user_id: UUID) -> int:
        """How many links a user has."""
        statement = select(func.count()).select_from(table).where(table.c.user_id == user_id)
        return int(await self.db.scalar(statement))

    async def exists(self, user_id: UUID, provider_id: UUID) -> bool:
        """Whether a user is linked with this provider."""
        statement = select(table.c.id).where(
            table.c.user_id == user_id, table.c.provider_id == provider_id
        )
        return await self.db.scalar(statement) is not None

    async def of_subject(self, tx: Tx, provider_id: UUID, subject: str) -> Link | None:
        """The link of an account there, locked until the end."""
        statement = LINK.where(table.c.provider_id == provider_id, table.c.subject == subject)
        row = (await tx.execute(statement.with_for_update(of=table))).mappings().one_or_none()
        return None if row is None else _link(row)

    async def of_user(self, tx: Tx, user_id: UUID, link_id: UUID) -> Link | None:
        """One of a user's links, locked until the end."""
        statement = LINK.where(table.c.id == link_id, table.c.user_id == user_id)
        row = (await tx.execute(statement.with_for_update(of=table))).mappings().one_or_none()
        return None if row is None else _link(row)

    async def add(
        self, tx: Tx, user_id: UUID, provider_id: UUID, identity: Identity
    ) -> UUID | None:
        """Link the two; None when either is linked otherwise."""
        link_id = new_id()
        statement = (
            insert(table)
            .values(
                id=link_id,
                user_id=user_id,
                provider_id=provider_id,
                subject=identity.subject,
                email=identity.email,
                name=identity.name,
            )
            .on_conflict_do_nothing()
            .returning(table.c.id)
        )
        return (await tx.execute(statement)).scalar_one_or_none()

    async def came(self, tx: Tx, link_id: UUID, identity: Identity, now: datetime) -> None:
        """Note a sign-in, and what the provider says now."""
        await tx.execute(
            update(table)
            .where(table.c.id == link_id)
            .values(email=identity.email, name=identity.name, last_login_at=now)
        )

    async def remove(self, tx: Tx, link_id: UUID) -> None:
        """The two have nothing to do with one another any more."""
        await tx.execute(delete(table).where(table.c.id == link_id))

    async def users_of(self, tx: Tx, provider_id: UUID) -> frozenset[UUID]:
        """Everybody who is linked with this provider."""
        found = await tx.execute(select(table.c.user_id).where(table.c.provider_id == provider_id))
        return frozenset(found.scalars())

    async def who_comes_in(self, tx: Tx, user_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these users who are linked with a provider that is enabled."""
        statement = select(table.c.user_id).join_from(
            table,
            oidc_providers,
            and_(oidc_providers.c.id == table.c.provider_id, oidc_providers.c.enabled),
        )
        ids = any_(literal(list(user_ids), ARRAY(Uuid)))
        found = await tx.execute(statement.where(table.c.user_id == ids))
        return frozenset(found.scalars())


def _link(row: Mapping[Any, Any]) -> Link:
    return msgspec.convert({str(name): value for name, value in row.items()}, Link)
