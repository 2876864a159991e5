"""Sessions in PostgreSQL; their tokens are known here by their SHA-256 only."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from app.auth.domain import PrincipalRow, Seen, Session
from app.auth.models import refresh_tokens, sessions, user_passwords
from app.core.access import Client
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.rbac.repository import rights_columns
from app.settings.repository import preferred_language
from app.users.repository import accounts

SESSION = tuple(sessions.c[name] for name in Session.__struct_fields__)
NEWEST = (Order(sessions.c.created_at, descending=True), Order(sessions.c.id, descending=True))


def is_open(session_id: ColumnElement[UUID], now: datetime) -> ColumnElement[bool]:
    """Whether there is a session of this id that goes on, for a statement of a slice above."""
    return (
        select(sessions.c.id)
        .where(
            sessions.c.id == session_id,
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > now,
        )
        .correlate_except(sessions)
        .exists()
    )


def _principal() -> Select[Any]:
    """Everything a viewer is made of, in one statement."""
    account = accounts()
    # Who came in by other means does not have to know a password.
    must_change = and_(
        sessions.c.method.startswith("password"),
        select(user_passwords.c.must_change)
        .where(user_passwords.c.user_id == account.c.user_id)
        .scalar_subquery()
        .is_(True),
    )
    return (
        select(
            sessions.c.id.label("credential_id"),
            func.least(sessions.c.access_expires_at, sessions.c.expires_at).label("expires_at"),
            sessions.c.factor,
            must_change.label("must_change"),
            account.c.user_id,
            account.c.username,
            account.c.max_age,
            preferred_language(account.c.user_id).label("language"),
            *rights_columns(account.c.user_id),
        )
        .join_from(sessions, account, account.c.user_id == sessions.c.user_id)
        .where(sessions.c.revoked_at.is_(None), account.c.is_active)
    )


BY_TOKEN = _principal().where(sessions.c.token_hash == bindparam("token_hash", type_=LargeBinary))
BY_SESSION = _principal().where(sessions.c.id == bindparam("id"))
SESSIONS_BY_IDS = select(*SESSION).where(sessions.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


SEEN = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"), sessions.c.last_active_at < bindparam("at"))
    .values(
        last_active_at=bindparam("at"),
        address=func.coalesce(func.nullif(bindparam("from"), ""), sessions.c.address),
        network=func.coalesce(func.nullif(bindparam("net"), ""), sessions.c.network),
    )
)


class SessionRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_token(self, token_hash: bytes) -> PrincipalRow | None:
        """The unrevoked session of this token, if its user is active; expiry is the caller's."""
        rows = await self.db.fetch(BY_TOKEN, {"token_hash": token_hash}, into=PrincipalRow)
        return rows[0] if rows else None

    async def by_session(self, session_id: UUID) -> PrincipalRow | None:
        """The same by the session's id, whatever its token is by now."""
        rows = await self.db.fetch(BY_SESSION, {"id": session_id}, into=PrincipalRow)
        return rows[0] if rows else None

    async def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, Session]:
        """Sessions by their ids, whatever has become of them."""
        rows = await self.db.fetch(SESSIONS_BY_IDS, {"ids": list(ids)}, into=Session)
        return {session.id: session for session in rows}

    async def page(self, user_id: UUID, now: datetime, page: Keyset) -> Page[UUID]:
        """A user's valid sessions, newest first."""
        statement = select(sessions.c.id).where(_valid(user_id, now))
        return await self.db.page(Sorted(statement, NEWEST), "sessions", page)

    async def count(self, user_id: UUID, now: datetime) -> int:
        """How many valid sessions a user has."""
        found = select(func.count()).select_from(sessions).where(_valid(user_id, now))
        return int(await self.db.scalar(found))

    async def add(self, tx: Tx, session: Session, access: bytes, refresh: bytes) -> None:
        """Store a sign-in with the hashes of its tokens."""
        await tx.execute(
            insert(sessions).values(
                **msgspec.structs.asdict(session),
                network=Client(session.address or "").network or None,
                token_hash=access,
            )
        )
        await tx.execute(insert(refresh_tokens).values(token_hash=refresh, session_id=session.id))

    async def take_refresh(self, tx: Tx, refresh: bytes, now: datetime) -> UUID | None:
        """Use a refresh token, once; the session it belongs to."""
        used = await tx.execute(
            update(refresh_tokens)
            .where(refresh_tokens.c.token_hash == refresh, refresh_tokens.c.used_at.is_(None))
            .values(used_at=now)
            .returning(refresh_tokens.c.session_id)
        )
        return used.scalar_one_or_none()

    async def owner_of_refresh(self, tx: Tx, refresh: bytes) -> tuple[UUID, UUID] | None:
        """The session and user of a refresh token that was used before."""
        found = await tx.execute(
            select(sessions.c.id, sessions.c.user_id)
            .join_from(refresh_tokens, sessions, sessions.c.id == refresh_tokens.c.session_id)
            .where(refresh_tokens.c.token_hash == refresh)
        )
        row = found.first()
        return None if row is None else (row.id, row.user_id)

    async def renew(
        self, tx: Tx, session_id: UUID, now: datetime, fresh: Mapping[str, Any]
    ) -> Session | None:
        """Give a session other values, if it is valid and its user active."""
        account = accounts()
        active = select(account.c.user_id).where(
            account.c.user_id == sessions.c.user_id, account.c.is_active
        )
        renewed = await tx.execute(
            update(sessions)
            .where(
                sessions.c.id == session_id,
                sessions.c.revoked_at.is_(None),
                sessions.c.expires_at > now,
                active.exists(),
            )
            .values(**fresh)
            .returning(*SESSION)
        )
        row = renewed.mappings().one_or_none()
        return None if row is None else Session(**row)

    async def add_refresh(self, tx: Tx, session_id: UUID, refresh: bytes) -> None:
        """Store the next refresh token of a session."""
        await tx.execute(insert(refresh_tokens).values(token_hash=refresh, session_id=session_id))

    async def revoke(
        self, tx: Tx, user_id: UUID, ids: Collection[UUID], now: datetime, reason: str
    ) -> tuple[UUID, ...]:
        """End these sessions of a user; those that were not over already."""
        return await self._end(tx, user_id, now, reason, sessions.c.id.in_(list(ids)))

    async def revoke_others(
        self, tx: Tx, user_id: UUID, keep: UUID | None, now: datetime, reason: str
    ) -> tuple[UUID, ...]:
        """End a user's sessions but for `keep`."""
        others = sessions.c.id != keep if keep is not None else sessions.c.id.is_not(None)
        return await self._end(tx, user_id, now, reason, others)

    async def revoke_oldest(
        self, tx: Tx, user_id: UUID, keep: int, now: datetime
    ) -> tuple[UUID, ...]:
        """End what a user has beyond so many sessions, longest unused first."""
        surplus = (
            select(sessions.c.id)
            .where(_valid(user_id, now))
            .order_by(sessions.c.last_active_at.desc(), sessions.c.id.desc())
            .offset(keep)
        )
        return await self._end(tx, user_id, now, "too many", sessions.c.id.in_(surplus))

    async def _end(
        self, tx: Tx, user_id: UUID, now: datetime, reason: str, which: Any
    ) -> tuple[UUID, ...]:
        ended = await tx.execute(
            update(sessions)
            .where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None), which)
            .values(revoked_at=now, revoke_reason=reason)
            .returning(sessions.c.id)
        )
        return tuple(ended.scalars())

    async def note_seen(self, tx: Tx, seen: Mapping[UUID, Seen]) -> None:
        """Write down when sessions were last used, all of them at once."""
        # Rows that somebody is about to end are left alone: nobody waits for anybody.
        free = await tx.execute(
            select(sessions.c.id)
            .where(sessions.c.id.in_(list(seen)))
            .with_for_update(key_share=True, skip_locked=True)
        )
        told = [
            {
                "session": session_id,
                "at": seen[session_id].at,
                "from": seen[session_id].address,
                "net": Client(seen[session_id].address).network,
            }
            for session_id in free.scalars()
        ]
        if told:
            await tx.execute(SEEN, told)

    async def knows_address(self, tx: Tx, user_id: UUID, network: str, since: datetime) -> bool:
        """Whether the user was signed in from this network lately."""
        found = await tx.execute(
            select(sessions.c.id)
            .where(
                sessions.c.user_id == user_id,
                sessions.c.network == network,
                sessions.c.last_active_at > since,
            )
            .limit(1)
        )
        return found.first() is not None

    async def forget(self, tx: Tx, before: datetime, limit: int) -> list[tuple[UUID, bool]]:
        """Delete at most `limit` sessions that ended before this moment.

        Answers their ids, and of each whether it ran out by itself.
        """
        over = (
            select(sessions.c.id)
            .where(or_(sessions.c.expires_at < before, sessions.c.revoked_at < before))
            .limit(limit)
        )
        ended = (sessions.c.id, sessions.c.revoked_at.is_(None).label("by_itself"))
        gone = await tx.execute(delete(sessions).where(sessions.c.id.in_(over)).returning(*ended))
        return [(row.id, row.by_itself) for row in gone]

    async def count_active(self, now: datetime) -> int:
        """How many sessions are valid."""
        valid = select(func.count()).select_from(sessions)
        valid = valid.where(sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)
        return int(await self.db.scalar(valid))


def _valid(user_id: UUID, now: datetime) -> Any:
    return (
        (sessions.c.user_id == user_id)
        & sessions.c.revoked_at.is_(None)
        & (sessions.c.expires_at > now)
    )
