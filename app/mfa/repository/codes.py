"""Authenticator apps and backup codes in PostgreSQL; never cached."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.core.db import Database
from app.core.keys import Sealed
from app.core.tx import Tx
from app.mfa.domain import Pepper, TotpSecret
from app.mfa.models import backup_codes, backup_peppers, totp_secrets

TOTP = select(
    totp_secrets.c.user_id,
    totp_secrets.c.confirmed,
    totp_secrets.c.secret_sealed,
    totp_secrets.c.secret_key_id,
    totp_secrets.c.last_step,
    totp_secrets.c.created_at,
)
TOTP_OF = TOTP.where(
    totp_secrets.c.user_id == bindparam("user_id", type_=Uuid),
    totp_secrets.c.confirmed == bindparam("confirmed", type_=Boolean),
)
PEPPER = select(
    backup_peppers.c.user_id, backup_peppers.c.pepper_sealed, backup_peppers.c.pepper_key_id
)
PEPPER_OF = PEPPER.where(backup_peppers.c.user_id == bindparam("user_id", type_=Uuid))
LEFT = (
    select(func.count())
    .select_from(backup_codes)
    .where(
        backup_codes.c.user_id == bindparam("user_id", type_=Uuid), backup_codes.c.used_at.is_(None)
    )
)


class CodeRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    # -- authenticator apps

    async def totp(self, user_id: UUID, *, confirmed: bool = True) -> TotpSecret | None:
        """A user's authenticator app, or the one that is being set up."""
        values = {"user_id": user_id, "confirmed": confirmed}
        rows = await self.db.fetch(TOTP_OF, values, into=TotpSecret)
        return rows[0] if rows else None

    async def start_totp(self, tx: Tx, user_id: UUID, sealed: Sealed, now: datetime) -> None:
        """Store a secret that is not confirmed yet, in place of another such one."""
        values = {
            "secret_sealed": sealed.data,
            "secret_key_id": sealed.key_id,
            "last_step": 0,
            "created_at": now,
        }
        statement = upsert(totp_secrets).values(user_id=user_id, confirmed=False, **values)
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=[totp_secrets.c.user_id, totp_secrets.c.confirmed], set_=values
            )
        )

    async def confirm_totp(self, tx: Tx, pending: TotpSecret, step: int, now: datetime) -> bool:
        """Make a secret the user's authenticator app; the code that did it is used up.

        False when it is no longer the one that was read.
        """
        mine = totp_secrets.c.user_id == pending.user_id
        await tx.execute(delete(totp_secrets).where(mine, totp_secrets.c.confirmed))
        confirmed = await tx.execute(
            update(totp_secrets)
            .where(
                mine,
                ~totp_secrets.c.confirmed,
                totp_secrets.c.secret_sealed == pending.secret_sealed,
            )
            .values(confirmed=True, last_step=step, created_at=now, last_used_at=now)
        )
        return confirmed.rowcount == 1

    async def take_step(self, tx: Tx, secret: TotpSecret, step: int, now: datetime) -> bool:
        """Use up the code of a time step; False for one that was, or that is older."""
        taken = await tx.execute(
            update(totp_secrets)
            .where(
                totp_secrets.c.user_id == secret.user_id,
                totp_secrets.c.confirmed,
                totp_secrets.c.created_at == secret.created_at,
                totp_secrets.c.last_step < step,
            )
            .values(last_step=step, last_used_at=now)
        )
        return taken.rowcount == 1

    async def remove_totp(self, tx: Tx, user_id: UUID) -> bool:
        """Forget a user's authenticator app, and one being set up; whether there was one."""
        gone = await tx.execute(
            delete(totp_secrets)
            .where(totp_secrets.c.user_id == user_id)
            .returning(totp_secrets.c.confirmed)
        )
        return any(confirmed for (confirmed,) in gone)

    async def forget_unconfirmed(self, tx: Tx, before: datetime) -> None:
        """Delete what was set up before this moment and never confirmed."""
        await tx.execute(
            delete(totp_secrets).where(
                ~totp_secrets.c.confirmed, totp_secrets.c.created_at < before
            )
        )

    # -- backup codes

    async def pepper(self, user_id: UUID) -> Pepper | None:
        """The key under which a user's backup codes are kept."""
        rows = await self.db.fetch(PEPPER_OF, {"user_id": user_id}, into=Pepper)
        return rows[0] if rows else None

    async def left(self, user_id: UUID) -> int:
        """How many of a user's backup codes are good."""
        return int(await self.db.scalar(LEFT, {"user_id": user_id}))

    async def replace_codes(
        self, tx: Tx, user_id: UUID, pepper: Sealed, macs: Collection[bytes]
    ) -> None:
        """Store new backup codes; the old ones are gone."""
        await self.remove_codes(tx, user_id)
        key = {"pepper_sealed": pepper.data, "pepper_key_id": pepper.key_id}
        await tx.execute(insert(backup_peppers).values(user_id=user_id, **key))
        await tx.execute(insert(backup_codes), [{"user_id": user_id, "mac": mac} for mac in macs])

    async def take_code(self, tx: Tx, user_id: UUID, mac: bytes, now: datetime) -> bool:
        """Use up a backup code; False for one that was, or is none."""
        taken = await tx.execute(
            update(backup_codes)
            .where(
                backup_codes.c.user_id == user_id,
                backup_codes.c.mac == mac,
                backup_codes.c.used_at.is_(None),
            )
            .values(used_at=now)
        )
        return taken.rowcount == 1

    async def remove_codes(self, tx: Tx, user_id: UUID) -> None:
        """Forget a user's backup codes."""
        await tx.execute(delete(backup_codes).where(backup_codes.c.user_id == user_id))
        await tx.execute(delete(backup_peppers).where(backup_peppers.c.user_id == user_id))

    # -- what is sealed

    async def totp_sealed_otherwise(self, key_id: str) -> list[TotpSecret]:
        """The secrets that are not sealed with this key."""
        statement = TOTP.where(totp_secrets.c.secret_key_id != bindparam("key_id", type_=Text))
        return await self.db.fetch(statement, {"key_id": key_id}, into=TotpSecret)

    async def peppers_sealed_otherwise(self, key_id: str) -> list[Pepper]:
        """The keys of backup codes that are not sealed with this key."""
        statement = PEPPER.where(backup_peppers.c.pepper_key_id != bindparam("key_id", type_=Text))
        return await self.db.fetch(statement, {"key_id": key_id}, into=Pepper)

    async def reseal_totp(self, tx: Tx, secret: TotpSecret, sealed: Sealed) -> bool:
        """Store the same secret under another key; False when it changed meanwhile."""
        changed = await tx.execute(
            update(totp_secrets)
            .where(
                totp_secrets.c.user_id == secret.user_id,
                totp_secrets.c.secret_sealed == secret.secret_sealed,
            )
            .values(secret_sealed=sealed.data, secret_key_id=sealed.key_id)
        )
        return changed.rowcount == 1

    async def reseal_pepper(self, tx: Tx, pepper: Pepper, sealed: Sealed) -> bool:
        """Likewise for the key of backup codes."""
        changed = await tx.execute(
            update(backup_peppers)
            .where(
                backup_peppers.c.user_id == pepper.user_id,
                backup_peppers.c.pepper_sealed == pepper.pepper_sealed,
            )
            .values(pepper_sealed=sealed.data, pepper_key_id=sealed.key_id)
        )
        return changed.rowcount == 1
