"""Sign-ins that wait for a second factor, in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from app.auth.domain import Challenge, Entry
from app.auth.models import sign_in_challenges as challenges
from app.core.db import Database
from app.core.tx import Tx
from app.users.repository import accounts


class ChallengeRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def add(self, tx: Tx, challenge: Challenge, token_hash: bytes) -> None:
        """Store a challenge."""
        await tx.execute(
            insert(challenges).values(
                id=challenge.id,
                user_id=challenge.user_id,
                token_hash=token_hash,
                method=challenge.method,
                device_name=challenge.entry.device_name,
                cookies=challenge.entry.cookies,
                expires_at=challenge.expires_at,
            )
        )

    async def try_(self, tx: Tx, token_hash: bytes, now: datetime, most: int) -> Challenge | None:
        """Count a try of an open challenge and answer it; None for any that is not good."""
        account = accounts()
        tried = await tx.execute(
            update(challenges)
            .where(
                challenges.c.token_hash == token_hash,
                challenges.c.used_at.is_(None),
                challenges.c.expires_at > now,
                challenges.c.tries < most,
                account.c.user_id == challenges.c.user_id,
                account.c.is_active,
            )
            .values(tries=challenges.c.tries + 1)
            .returning(
                challenges.c.id,
                challenges.c.user_id,
                account.c.username,
                challenges.c.method,
                challenges.c.device_name,
                challenges.c.cookies,
                challenges.c.expires_at,
            )
        )
        row = tried.one_or_none()
        return None if row is None else _challenge(row)

    async def use(self, tx: Tx, challenge_id: UUID, now: datetime) -> bool:
        """Consume a challenge, once."""
        used = await tx.execute(
            update(challenges)
            .where(
                challenges.c.id == challenge_id,
                challenges.c.used_at.is_(None),
                challenges.c.expires_at > now,
            )
            .values(used_at=now)
        )
        return used.rowcount == 1

    async def void(self, tx: Tx, user_id: UUID) -> None:
        """Nothing of this user's waits any longer: the first proof is no longer good."""
        await tx.execute(delete(challenges).where(challenges.c.user_id == user_id))

    async def forget(self, tx: Tx, before: datetime, limit: int) -> int:
        """Delete challenges that expired before this moment; says how many, at most `limit`."""
        over = select(challenges.c.id).where(challenges.c.expires_at < before).limit(limit)
        gone = await tx.execute(delete(challenges).where(challenges.c.id.in_(over)))
        return gone.rowcount


def _challenge(row: Any) -> Challenge:
    return Challenge(
        id=row.id,
        user_id=row.user_id,
        username=row.username,
        method=row.method,
        # The session takes the challenge's id over.
        entry=Entry(device_name=row.device_name, cookies=row.cookies, session_id=row.id),
        expires_at=row.expires_at,
    )
