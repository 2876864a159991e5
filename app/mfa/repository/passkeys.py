"""Passkeys and their challenges in PostgreSQL; never cached."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Select,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.core.db import Database
from app.core.tx import Tx
from app.mfa.domain import (
    Asked,
    Assertion,
    Credential,
    Enrolled,
    NewPasskey,
    Passkey,
    PasskeyId,
    PasskeyKnown,
    Purpose,
)
from app.mfa.models import backup_codes, passkey_challenges, passkeys, totp_secrets
from app.users.repository import accounts

PASSKEY = (
    passkeys.c.id,
    passkeys.c.user_id,
    passkeys.c.name,
    passkeys.c.rp_id,
    passkeys.c.aaguid,
    passkeys.c.transports,
    passkeys.c.synced,
    passkeys.c.backed_up,
    passkeys.c.created_at,
    passkeys.c.last_used_at,
    passkeys.c.cloned_at,
)
USER = bindparam("user_id", type_=Uuid)
OF_USER = select(*PASSKEY).where(passkeys.c.user_id == USER).order_by(passkeys.c.id)


def _credentials() -> Select[Any]:
    account = accounts()
    return select(
        passkeys.c.id,
        passkeys.c.user_id,
        account.c.username,
        passkeys.c.rp_id,
        passkeys.c.credential_id,
        passkeys.c.public_key,
        passkeys.c.transports,
        passkeys.c.cloned_at,
    ).join_from(passkeys, account, account.c.user_id == passkeys.c.user_id)


CREDENTIALS = _credentials().where(passkeys.c.user_id == USER).order_by(passkeys.c.id)
CREDENTIAL = _credentials().where(
    passkeys.c.credential_id == bindparam("credential_id", type_=LargeBinary)
)
HOLDERS = (
    select(passkeys.c.user_id)
    .where(
        passkeys.c.user_id == any_(bindparam("user_ids", type_=ARRAY(Uuid))),
        passkeys.c.cloned_at.is_(None),
    )
    .distinct()
)
ENROLLED = select(
    exists().where(totp_secrets.c.user_id == USER, totp_secrets.c.confirmed).label("totp"),
    select(func.count())
    .select_from(passkeys)
    .where(passkeys.c.user_id == USER)  # a copied one, too: it does not open the account
    .scalar_subquery()
    .label("passkeys"),
    select(func.count())
    .select_from(backup_codes)
    .where(backup_codes.c.user_id == USER, backup_codes.c.used_at.is_(None))
    .scalar_subquery()
    .label("backup_codes"),
)


class PasskeyRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def enrolled(self, user_id: UUID, tx: Tx | None = None) -> Enrolled:
        """Which factors a user has; within a transaction, as it sees them."""
        if tx is None:
            return (await self.db.fetch(ENROLLED, {"user_id": user_id}, into=Enrolled))[0]
        row = (await tx.execute(ENROLLED, {"user_id": user_id})).mappings().one()
        return msgspec.convert(_plain(row), Enrolled)

    async def of_user(self, user_id: UUID) -> tuple[Passkey, ...]:
        """A user's passkeys, the oldest first."""
        return tuple(await self.db.fetch(OF_USER, {"user_id": user_id}, into=Passkey))

    async def credentials(self, user_id: UUID) -> list[Credential]:
        """What a user's passkeys are checked with."""
        return await self.db.fetch(CREDENTIALS, {"user_id": user_id}, into=Credential)

    async def credential(self, credential_id: bytes) -> Credential | None:
        """The passkey that an authenticator names."""
        values = {"credential_id": credential_id}
        rows = await self.db.fetch(CREDENTIAL, values, into=Credential)
        return rows[0] if rows else None

    async def who_comes_in(self, tx: Tx, user_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these users who have a passkey that is accepted."""
        found = await tx.execute(HOLDERS, {"user_ids": list(user_ids)})
        return frozenset(found.scalars())

    async def add(self, tx: Tx, passkey: Passkey, new: NewPasskey) -> None:
        """Store a passkey. Raises PasskeyKnown."""
        values = msgspec.structs.asdict(passkey) | {
            "credential_id": new.credential_id,
            "public_key": new.public_key,
            "sign_count": new.sign_count,
            "transports": list(passkey.transports),
        }
        try:
            await tx.execute(insert(passkeys).values(values))
        except IntegrityError as error:
            if "uq_passkeys_credential_id" in str(error.orig):
                raise PasskeyKnown from None
            raise

    async def count(self, tx: Tx, user_id: UUID) -> int:
        """How many passkeys a user has, copied ones too."""
        mine = select(func.count()).select_from(passkeys).where(passkeys.c.user_id == user_id)
        return int((await tx.execute(mine)).scalar_one())

    async def use(self, tx: Tx, assertion: Assertion, now: datetime) -> bool:
        """Note a use; False when the counter did not rise as it must, or a copy is known of."""
        count = assertion.sign_count
        # One that stays at zero does not count at all.
        rises = passkeys.c.sign_count < count if count else passkeys.c.sign_count == 0
        used = await tx.execute(
            update(passkeys)
            .where(passkeys.c.id == assertion.passkey.id, passkeys.c.cloned_at.is_(None), rises)
            .values(sign_count=count, backed_up=assertion.backed_up, last_used_at=now)
        )
        return used.rowcount == 1

    async def mark_cloned(self, tx: Tx, passkey_id: PasskeyId, now: datetime) -> bool:
        """Note that there is a copy; False when it was known, or the passkey is gone."""
        marked = await tx.execute(
            update(passkeys)
            .where(passkeys.c.id == passkey_id, passkeys.c.cloned_at.is_(None))
            .values(cloned_at=now)
        )
        return marked.rowcount == 1

    async def rename(
        self, tx: Tx, user_id: UUID, passkey_id: PasskeyId, name: str
    ) -> Passkey | None:
        """Give a user's own passkey another name; None where it is not theirs."""
        row = (
            (
                await tx.execute(
                    update(passkeys)
                    .where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id)
                    .values(name=name)
                    .returning(*PASSKEY)
                )
            )
            .mappings()
            .one_or_none()
        )
        return None if row is None else msgspec.convert(_plain(row), Passkey)

    async def remove(self, tx: Tx, user_id: UUID, passkey_id: PasskeyId) -> bool:
        """Delete a user's own passkey; False where it is not theirs."""
        gone = await tx.execute(
            delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id)
        )
        return gone.rowcount == 1

    async def remove_all(self, tx: Tx, user_id: UUID) -> int:
        """Delete all of a user's passkeys; says how many."""
        gone = await tx.execute(delete(passkeys).where(passkeys.c.user_id == user_id))
        return gone.rowcount

    # -- challenges

    async def ask(self, tx: Tx, digest: bytes, asked: Asked, expires_at: datetime) -> None:
        """Store a challenge by its hash."""
        values = msgspec.structs.asdict(asked)
        values |= {"purpose": asked.purpose.value, "origins": list(asked.origins)}
        values |= {"hash": digest, "expires_at": expires_at}
        await tx.execute(insert(passkey_challenges).values(values))

    async def answer(self, tx: Tx, digest: bytes, purpose: Purpose, now: datetime) -> Asked | None:
        """Use a challenge up; None where there is none for this purpose any more."""
        columns: Sequence[Any] = [
            c for c in passkey_challenges.c if c.name not in ("hash", "expires_at")
        ]
        row = (
            (
                await tx.execute(
                    delete(passkey_challenges)
                    .where(
                        passkey_challenges.c.hash == digest,
                        passkey_challenges.c.purpose == purpose.value,
                        passkey_challenges.c.expires_at > now,
                    )
                    .returning(*columns)
                )
            )
            .mappings()
            .one_or_none()
        )
        return None if row is None else msgspec.convert(_plain(row), Asked)

    async def forget_challenges(self, tx: Tx, now: datetime) -> None:
        """Delete challenges that nobody answered in time."""
        expired = passkey_challenges.c.expires_at < now
        await tx.execute(delete(passkey_challenges).where(expired))


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as msgspec takes it: the names of columns are a kind of string of their own."""
    return {str(name): value for name, value in row.items()}
