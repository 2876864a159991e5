"""Trusted devices in PostgreSQL, known by the SHA-256 of their tokens; never cached."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    DateTime,
    LargeBinary,
    Uuid,
    bindparam,
    delete,
    insert,
    literal,
    select,
    update,
)

from app.auth.repository import password_mark
from app.core.db import Database
from app.core.tx import Tx
from app.mfa.domain import DeviceId, TrustedDevice
from app.mfa.models import trusted_devices

DEVICE = (
    trusted_devices.c.id,
    trusted_devices.c.user_id,
    trusted_devices.c.name,
    trusted_devices.c.address,
    trusted_devices.c.created_at,
    trusted_devices.c.expires_at,
    trusted_devices.c.last_used_at,
)
VALID: tuple[Any, ...] = (
    trusted_devices.c.user_id == bindparam("user_id", type_=Uuid),
    trusted_devices.c.expires_at > bindparam("now", type_=DateTime(timezone=True)),
    trusted_devices.c.password_mark == password_mark(trusted_devices.c.user_id),
)
OF_USER = select(*DEVICE).where(*VALID).order_by(trusted_devices.c.id.desc())
BY_TOKEN = select(*DEVICE).where(
    *VALID, trusted_devices.c.token_hash == bindparam("token_hash", type_=LargeBinary)
)


class DeviceRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def of_user(self, user_id: UUID, now: datetime) -> tuple[TrustedDevice, ...]:
        """A user's trusted devices, the newest first."""
        values = {"user_id": user_id, "now": now}
        return tuple(await self.db.fetch(OF_USER, values, into=TrustedDevice))

    async def by_token(
        self, user_id: UUID, token_hash: bytes, now: datetime
    ) -> TrustedDevice | None:
        """The user's device of this token, if it is still trusted."""
        values = {"user_id": user_id, "token_hash": token_hash, "now": now}
        rows = await self.db.fetch(BY_TOKEN, values, into=TrustedDevice)
        return rows[0] if rows else None

    async def add(self, tx: Tx, device: TrustedDevice, token_hash: bytes, most: int) -> None:
        """Trust a device; the oldest ones above `most` are no longer trusted."""
        values = msgspec.structs.asdict(device) | {
            "token_hash": token_hash,
            "password_mark": password_mark(literal(device.user_id, Uuid)),
        }
        await tx.execute(insert(trusted_devices).values(values))
        surplus = (
            select(trusted_devices.c.id)
            .where(trusted_devices.c.user_id == device.user_id)
            .order_by(trusted_devices.c.id.desc())
            .offset(most)
        )
        await tx.execute(delete(trusted_devices).where(trusted_devices.c.id.in_(surplus)))

    async def use(self, tx: Tx, device_id: DeviceId, now: datetime) -> bool:
        """Note that a device was let through; False when it was revoked meanwhile."""
        used = await tx.execute(
            update(trusted_devices)
            .where(trusted_devices.c.id == device_id)
            .values(last_used_at=now)
        )
        return used.rowcount == 1

    async def remove(self, tx: Tx, user_id: UUID, device_id: DeviceId) -> bool:
        """Trust a user's own device no longer; False where it is not theirs."""
        gone = await tx.execute(
            delete(trusted_devices).where(
                trusted_devices.c.id == device_id, trusted_devices.c.user_id == user_id
            )
        )
        return gone.rowcount == 1

    async def remove_all(self, tx: Tx, user_id: UUID) -> int:
        """Trust none of a user's devices any longer; says how many there were."""
        gone = await tx.execute(delete(trusted_devices).where(trusted_devices.c.user_id == user_id))
        return gone.rowcount

    async def forget(self, tx: Tx, now: datetime) -> None:
        """Delete those whose time is over."""
        await tx.execute(delete(trusted_devices).where(trusted_devices.c.expires_at < now))
