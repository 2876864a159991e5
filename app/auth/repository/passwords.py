"""Passwords in PostgreSQL, and accounts as signing in sees them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Select,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.auth.domain import Secret, Standing
from app.auth.models import user_passwords
from app.core.db import Database
from app.core.tx import Tx
from app.mail.domain import address_key
from app.rbac.repository import rights_columns
from app.users.repository import accounts, username_key


def password_mark(user_id: ColumnElement[UUID]) -> ColumnElement[bytes]:
    """What names a user's present password and changes with it, for a statement of a slice above;
    empty where there is none.
    """
    hashed = select(func.sha256(func.convert_to(user_passwords.c.hash, "UTF8"))).where(
        user_passwords.c.user_id == user_id
    )
    return func.coalesce(
        hashed.correlate_except(user_passwords).scalar_subquery(), literal(b"", LargeBinary)
    )


def _secrets() -> Select[Any]:
    account = accounts()
    return select(
        account.c.user_id,
        account.c.username,
        account.c.username_key,
        account.c.email_key,
        account.c.is_active,
        user_passwords.c.hash,
        func.coalesce(user_passwords.c.one_time, False).label("one_time"),
    ).join_from(
        account, user_passwords, user_passwords.c.user_id == account.c.user_id, isouter=True
    )


def _standing() -> Select[Any]:
    account = accounts()
    return (
        select(
            account.c.user_id,
            account.c.username,
            account.c.is_active,
            account.c.max_age,
            func.coalesce(user_passwords.c.one_time, False).label("one_time"),
            *rights_columns(account.c.user_id),
        )
        .join_from(
            account, user_passwords, user_passwords.c.user_id == account.c.user_id, isouter=True
        )
        .where(account.c.user_id == bindparam("user_id"))
    )


_SECRETS = _secrets().subquery("secret")
SECRETS = select(
    _SECRETS.c.user_id,
    _SECRETS.c.username,
    _SECRETS.c.is_active,
    _SECRETS.c.hash,
    _SECRETS.c.one_time,
)
SECRET_BY_NAME = SECRETS.where(_SECRETS.c.username_key == bindparam("key"))
SECRET_BY_EMAIL = SECRETS.where(_SECRETS.c.email_key == bindparam("key"))
SECRET_BY_ID = SECRETS.where(_SECRETS.c.user_id == bindparam("user_id"))
STANDING = _standing()


class AuthRepository:
    """What takes `tx` writes; nothing here is cached."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def secret_by_name(self, username: str) -> Secret | None:
        """The password of who signs in by this name, or by this e-mail address."""
        if "@" in username:  # no user name has one
            rows = await self.db.fetch(SECRET_BY_EMAIL, {"key": address_key(username)}, into=Secret)
        else:
            rows = await self.db.fetch(SECRET_BY_NAME, {"key": username_key(username)}, into=Secret)
        return rows[0] if rows else None

    async def secret(self, user_id: UUID) -> Secret | None:
        """A user's password."""
        rows = await self.db.fetch(SECRET_BY_ID, {"user_id": user_id}, into=Secret)
        return rows[0] if rows else None

    async def standing(self, user_id: UUID) -> Standing | None:
        """A user's rights, and whether the password is a one-time one."""
        rows = await self.db.fetch(STANDING, {"user_id": user_id}, into=Standing)
        return rows[0] if rows else None

    async def password_stands(self, tx: Tx, secret: Secret, *, renewing: bool = False) -> bool:
        """Whether the user is active and the password still this one.

        Holds the row until the end, so that no session can slip in beside a change of password;
        `renewing` holds it to be written.
        """
        account = accounts()
        locked = await tx.execute(
            select(user_passwords.c.user_id)
            .where(
                user_passwords.c.user_id == secret.user_id,
                user_passwords.c.hash == secret.hash,
                select(account.c.is_active)
                .where(account.c.user_id == user_passwords.c.user_id)
                .scalar_subquery(),
            )
            # Two who share the row and then both write it would wait for each other for ever.
            .with_for_update(read=not renewing, key_share=renewing)
        )
        return locked.first() is not None

    async def with_passwords(self, tx: Tx, user_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these users who have a password."""
        found = await tx.execute(
            select(user_passwords.c.user_id).where(
                user_passwords.c.user_id == any_(literal(list(user_ids), ARRAY(Uuid)))
            )
        )
        return frozenset(found.scalars())

    async def set_password(
        self, tx: Tx, user_id: UUID, hash_: str, *, one_time: bool, must_change: bool = False
    ) -> None:
        """Store a password whatever it was before."""
        values = {"hash": hash_, "one_time": one_time, "must_change": must_change}
        statement = upsert(user_passwords).values(user_id=user_id, **values)
        await tx.execute(
            statement.on_conflict_do_update(index_elements=[user_passwords.c.user_id], set_=values)
        )

    async def replace_password(self, tx: Tx, secret: Secret, hash_: str) -> bool:
        """Store a password chosen by its user; False when it is no longer the one read before."""
        changed = await tx.execute(
            update(user_passwords)
            .where(user_passwords.c.user_id == secret.user_id, user_passwords.c.hash == secret.hash)
            .values(hash=hash_, one_time=False, must_change=False)
        )
        return changed.rowcount == 1

    async def void_password(self, tx: Tx, user_id: UUID) -> None:
        """No password is the user's any longer, until one is set."""
        await tx.execute(delete(user_passwords).where(user_passwords.c.user_id == user_id))

    async def renew_hash(self, tx: Tx, secret: Secret, hash_: str) -> None:
        """Store the same password under today's parameters."""
        await tx.execute(
            update(user_passwords)
            .where(user_passwords.c.user_id == secret.user_id, user_passwords.c.hash == secret.hash)
            .values(hash=hash_)
        )
