"""Uploads in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, func, insert, select, update

from app.core.db import Database
from app.core.tx import Tx
from app.uploads.domain import Upload, UploadId
from app.uploads.models import uploads


class UploadRepository:
    """What takes `tx` writes; nothing here is cached."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def waiting(self, tx: Tx, user_id: UUID, now: datetime) -> int:
        """How many uploads of a user arrive or wait; no other can begin until the end of `tx`."""
        await tx.lock(f"uploads:{user_id}")
        found = await tx.execute(
            select(func.count()).where(
                uploads.c.user_id == user_id,
                uploads.c.claimed_at.is_(None),
                uploads.c.expires_at > now,
            )
        )
        return int(found.scalar_one())

    async def begin(self, tx: Tx, upload: Upload) -> None:
        """Note an upload whose bytes are still to come."""
        await tx.execute(
            insert(uploads).values(
                id=upload.id, user_id=upload.user_id, expires_at=upload.expires_at
            )
        )

    async def complete(self, tx: Tx, upload_id: UploadId, size: int) -> None:
        """Note that all of it is here: from now on it can be claimed."""
        await tx.execute(update(uploads).where(uploads.c.id == upload_id).values(size=size))

    async def claim(self, tx: Tx, upload_id: UUID, now: datetime, until: datetime) -> Upload | None:
        """Take an upload of the actor's for use, once for all, and keep its bytes `until` then."""
        statement = (
            update(uploads)
            .where(
                uploads.c.id == upload_id,
                uploads.c.user_id == tx.viewer.account,
                uploads.c.size.is_not(None),
                uploads.c.claimed_at.is_(None),
                uploads.c.expires_at > now,
            )
            .values(claimed_at=now, expires_at=until)
            .returning(uploads.c.id, uploads.c.user_id, uploads.c.size, uploads.c.expires_at)
        )
        row = (await tx.execute(statement)).mappings().one_or_none()
        return None if row is None else Upload(**row)

    async def expired(self, now: datetime, limit: int) -> list[UUID]:
        """Uploads whose time is over, the oldest first."""
        statement = (
            select(uploads.c.id)
            .where(uploads.c.expires_at <= now)
            .order_by(uploads.c.expires_at)
            .limit(limit)
        )
        return await self.db.column(statement)

    async def delete(self, tx: Tx, ids: Collection[UUID]) -> None:
        """Forget uploads whose bytes are gone."""
        wanted = uploads.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
        await tx.execute(delete(uploads).where(wanted), {"ids": list(ids)})
