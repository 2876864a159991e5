"""Sessions and passwords in PostgreSQL; tokens are known here by their SHA-256 only."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    LargeBinary,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.auth.domain import Secret, Session, SessionRow, Standing
from app.auth.models import sessions, user_passwords
from app.core.db import Database
from app.core.tx import Tx
from app.rbac.repository import rights_columns
from app.users.repository import accounts, username_key

SESSION = (sessions.c.id, sessions.c.user_id, sessions.c.created_at, sessions.c.expires_at)


def _by_token() -> Select[Any]:
    """Everything a viewer is made of, in one statement."""
    account = accounts()
    return (
        select(
            sessions.c.id.label("session_id"),
            sessions.c.expires_at,
            account.c.user_id,
            account.c.username,
            account.c.max_age,
            *rights_columns(account.c.user_id),
        )
        .join_from(sessions, account, account.c.user_id == sessions.c.user_id)
        .where(
            sessions.c.token_hash == bindparam("token_hash", type_=LargeBinary),
            sessions.c.revoked_at.is_(None),
            account.c.is_active,
        )
    )


def _secrets() -> Select[Any]:
    account = accounts()
    return select(
        account.c.user_id,
        account.c.username,
        account.c.username_key,
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
            *rights_columns(account.c.user_id),
            func.coalesce(user_passwords.c.one_time, False).label("one_time"),
        )
        .join_from(
            account, user_passwords, user_passwords.c.user_id == account.c.user_id, isouter=True
        )
        .where(account.c.user_id == bindparam("user_id"))
    )


BY_TOKEN = _by_token()
_SECRETS = _secrets().subquery("secret")
SECRETS = select(
    _SECRETS.c.user_id,
    _SECRETS.c.username,
    _SECRETS.c.is_active,
    _SECRETS.c.hash,
    _SECRETS.c.one_time,
)
SECRET_BY_NAME = SECRETS.where(_SECRETS.c.username_key == bindparam("key"))
SECRET_BY_ID = SECRETS.where(_SECRETS.c.user_id == bindparam("user_id"))
STANDING = _standing()
SESSION_BY_ID = select(*SESSION).where(sessions.c.id == bindparam("id"))


class AuthRepository:
    """What takes `tx` writes; nothing here is cached."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_token(self, token_hash: bytes) -> SessionRow | None:
        """The unrevoked session of this token, if its user is active; expiry is the caller's."""
        rows = await self.db.fetch(BY_TOKEN, {"token_hash": token_hash}, into=SessionRow)
        return rows[0] if rows else None

    async def secret_by_name(self, username: str) -> Secret | None:
        """The password of who signs in by this name."""
        rows = await self.db.fetch(SECRET_BY_NAME, {"key": username_key(username)}, into=Secret)
        return rows[0] if rows else None

    async def secret(self, user_id: UUID) -> Secret | None:
        """A user's password."""
        rows = await self.db.fetch(SECRET_BY_ID, {"user_id": user_id}, into=Secret)
        return rows[0] if rows else None

    async def standing(self, user_id: UUID) -> Standing | None:
        """A user's roles, and whether the password is a one-time one."""
        rows = await self.db.fetch(STANDING, {"user_id": user_id}, into=Standing)
        return rows[0] if rows else None

    async def session(self, session_id: UUID) -> Session | None:
        """A session by its id, whatever has become of it."""
        rows = await self.db.fetch(SESSION_BY_ID, {"id": session_id}, into=Session)
        return rows[0] if rows else None

    async def password_stands(self, tx: Tx, secret: Secret) -> bool:
        """Whether the user is active and the password still this one.

        Holds the row until the end, so that no session can slip in beside a change of password.
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
            .with_for_update(read=True)
        )
        return locked.first() is not None

    async def add_session(self, tx: Tx, session: Session, token_hash: bytes) -> None:
        """Store a sign-in."""
        values = {**msgspec.structs.asdict(session), "token_hash": token_hash}
        await tx.execute(insert(sessions).values(values))

    async def revoke(self, tx: Tx, session_id: UUID, now: datetime) -> bool:
        """End one session; False when it was over already."""
        ended = await tx.execute(
            update(sessions)
            .where(sessions.c.id == session_id, sessions.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return ended.rowcount == 1

    async def revoke_others(self, tx: Tx, user_id: UUID, keep: UUID | None, now: datetime) -> int:
        """End a user's sessions but for `keep`; says how many."""
        conditions = [sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None)]
        if keep is not None:
            conditions.append(sessions.c.id != keep)
        ended = await tx.execute(update(sessions).where(*conditions).values(revoked_at=now))
        return ended.rowcount

    async def set_password(self, tx: Tx, user_id: UUID, hash_: str, *, one_time: bool) -> None:
        """Store a password whatever it was before."""
        values = {"hash": hash_, "one_time": one_time}
        statement = upsert(user_passwords).values(user_id=user_id, **values)
        await tx.execute(
            statement.on_conflict_do_update(index_elements=[user_passwords.c.user_id], set_=values)
        )

    async def replace_password(self, tx: Tx, secret: Secret, hash_: str) -> bool:
        """Store a password chosen by its user; False when it is no longer the one read before."""
        changed = await tx.execute(
            update(user_passwords)
            .where(user_passwords.c.user_id == secret.user_id, user_passwords.c.hash == secret.hash)
            .values(hash=hash_, one_time=False)
        )
        return changed.rowcount == 1

    async def renew_hash(self, tx: Tx, secret: Secret, hash_: str) -> None:
        """Store the same password under today's parameters."""
        await tx.execute(
            update(user_passwords)
            .where(user_passwords.c.user_id == secret.user_id, user_passwords.c.hash == secret.hash)
            .values(hash=hash_)
        )

    async def forget_sessions(self, tx: Tx, before: datetime, limit: int) -> int:
        """Delete sessions that ended before this moment; says how many, at most `limit`."""
        over: ScalarSelect[Any] = (
            select(sessions.c.id)
            .where(or_(sessions.c.expires_at < before, sessions.c.revoked_at < before))
            .limit(limit)
            .scalar_subquery()
        )
        gone = await tx.execute(delete(sessions).where(sessions.c.id.in_(over)))
        return gone.rowcount

    async def count_active(self, now: datetime) -> int:
        """How many sessions are valid."""
        valid = and_(sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)
        return int(await self.db.scalar(select(func.count()).select_from(sessions).where(valid)))
