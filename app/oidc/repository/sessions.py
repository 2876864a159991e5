"""Which sessions here began at which provider, with the ID token that sign-out there wants."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, insert, select, update

from app.auth.repository import is_open
from app.core.db import Database
from app.core.keys import Sealed
from app.core.tx import Tx
from app.oidc.models import oidc_sessions

table = oidc_sessions
TOKEN: Final = (table.c.id_token_key_id, table.c.id_token_sealed)
OF_SESSION: Final = select(table.c.provider_id, *TOKEN).where(
    table.c.session_id == bindparam("session_id", type_=Uuid)
)


class OidcSessionRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def add(
        self, tx: Tx, session_id: UUID, provider_id: UUID, token: Sealed, now: datetime
    ) -> None:
        """A session, open or waiting for its second factor, comes from this provider."""
        values = {
            "session_id": session_id,
            "provider_id": provider_id,
            "id_token_sealed": token.data,
            "id_token_key_id": token.key_id,
            "created_at": now,
        }
        await tx.execute(insert(table).values(values))

    async def origin(self, session_id: UUID) -> tuple[UUID, Sealed] | None:
        """The provider that a session began at, and its sealed ID token."""
        rows = await self.db.records(OF_SESSION, {"session_id": session_id})
        if not rows:
            return None
        provider_id, key_id, data = rows[0]
        return provider_id, Sealed(key_id, data)

    async def forget(self, tx: Tx, before: datetime, now: datetime, limit: int) -> int:
        """Delete what began before this moment and is no open session; says how many, at most
        `limit`.
        """
        over = (
            select(table.c.session_id)
            .where(table.c.created_at < before, ~is_open(table.c.session_id, now))
            .limit(limit)
        )
        gone = await tx.execute(delete(table).where(table.c.session_id.in_(over.scalar_subquery())))
        return gone.rowcount

    async def sealed(self, tx: Tx, current: str) -> dict[UUID, Sealed]:
        """ID tokens that are sealed with another key than the current one."""
        statement = select(table.c.session_id, *TOKEN).where(table.c.id_token_key_id != current)
        rows = await tx.execute(statement.with_for_update())
        return {row.session_id: Sealed(row.id_token_key_id, row.id_token_sealed) for row in rows}

    async def set_token(self, tx: Tx, session_id: UUID, token: Sealed) -> None:
        """The same ID token under another key."""
        await tx.execute(
            update(table)
            .where(table.c.session_id == session_id)
            .values(id_token_sealed=token.data, id_token_key_id=token.key_id)
        )
