"""What mails are about, in PostgreSQL: requests, and the hashes of the tokens in their links."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, func, insert, literal, or_, select, update

from app.auth.domain import Letter, LetterKind
from app.auth.models import account_tokens as letters
from app.core.db import Database
from app.core.tx import Tx
from app.users.repository import accounts


def _letters() -> Select[Any]:
    account = accounts()
    return select(
        letters.c.id,
        letters.c.user_id,
        letters.c.kind,
        letters.c.email,
        letters.c.created_at,
        letters.c.used_at,
        account.c.username,
        account.c.email.label("current_email"),
    ).join_from(letters, account, (account.c.user_id == letters.c.user_id) & account.c.is_active)


LETTERS = _letters()
BY_ID = LETTERS.where(letters.c.id == bindparam("id"))
LINKED = LETTERS.where(
    letters.c.token_hash == bindparam("hash"),
    letters.c.used_at.is_(None),
    letters.c.expires_at > bindparam("now"),
)
PENDING = (
    LETTERS.where(
        letters.c.user_id == bindparam("user_id"),
        or_(
            letters.c.kind == LetterKind.VERIFY_EMAIL.value,
            letters.c.kind == LetterKind.CHANGE_EMAIL.value,
        ),
        letters.c.used_at.is_(None),
    )
    .order_by(letters.c.id.desc())
    .limit(1)
)


class LetterRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_id(self, letter_id: UUID) -> Letter | None:
        """A letter whose account is there and active, whatever has become of it."""
        rows = await self.db.fetch(BY_ID, {"id": letter_id}, into=Letter)
        return rows[0] if rows else None

    async def linked(self, token_hash: bytes, now: datetime) -> Letter | None:
        """The letter whose link has this token and is good."""
        rows = await self.db.fetch(LINKED, {"hash": token_hash, "now": now}, into=Letter)
        return rows[0] if rows else None

    async def pending(self, user_id: UUID) -> Letter | None:
        """The last address that a user gave and has not confirmed."""
        rows = await self.db.fetch(PENDING, {"user_id": user_id}, into=Letter)
        return rows[0] if rows else None

    async def add(self, tx: Tx, values: dict[str, Any]) -> None:
        """Store a letter to be written; older ones of its kind are void."""
        await self.void(tx, values["user_id"], [values["kind"]], values["created_at"])
        await tx.execute(insert(letters).values(values))

    async def add_to_owner(self, tx: Tx, email_key: str, values: dict[str, Any]) -> None:
        """The same for whoever has this address, if anybody; one statement either way."""
        account = accounts()
        owner = select(
            *(literal(value).label(name) for name, value in values.items()),
            account.c.user_id,
            account.c.email,
        ).where(account.c.email_key == email_key, account.c.is_active)
        await tx.execute(insert(letters).from_select([*values, "user_id", "email"], owner))

    async def void(
        self, tx: Tx, user_id: UUID, kinds: Collection[LetterKind], now: datetime
    ) -> int:
        """No link of these kinds that was sent to a user is good any longer; how many were."""
        conditions = (letters.c.user_id == user_id, letters.c.kind.in_(kinds))
        unused = letters.c.used_at.is_(None)
        voided = await tx.execute(update(letters).where(*conditions, unused).values(used_at=now))
        return voided.rowcount

    async def seal(self, tx: Tx, letter: Letter, token_hash: bytes, expires_at: datetime) -> bool:
        """Give a letter its token, instead of any it had; False when it is void by now."""
        changed = await tx.execute(
            update(letters)
            .where(letters.c.id == letter.id, letters.c.used_at.is_(None))
            .values(token_hash=token_hash, expires_at=expires_at)
        )
        return changed.rowcount == 1

    async def use(self, tx: Tx, letter_id: UUID, token_hash: bytes, now: datetime) -> bool:
        """Consume a letter by its token, once."""
        used = await tx.execute(
            update(letters)
            .where(
                letters.c.id == letter_id,
                letters.c.token_hash == token_hash,
                letters.c.used_at.is_(None),
                letters.c.expires_at > now,
            )
            .values(used_at=now)
        )
        return used.rowcount == 1

    async def count_before(self, letter: Letter, since: datetime) -> int:
        """How many letters of its kind went to the same address shortly before this one.

        Of its kind alone: a stranger who names somebody's address keeps no others from it.
        """
        counted = (
            select(func.count())
            .select_from(letters)
            .where(
                letters.c.kind == letter.kind.value,
                func.lower(letters.c.email) == (letter.email or "").lower(),
                letters.c.created_at >= since,
                letters.c.id < letter.id,
            )
        )
        return int(await self.db.scalar(counted))

    async def forget(self, tx: Tx, before: datetime, limit: int) -> int:
        """Delete letters that expired before this moment; says how many, at most `limit`."""
        over = select(letters.c.id).where(letters.c.expires_at < before).limit(limit)
        gone = await tx.execute(delete(letters).where(letters.c.id.in_(over)))
        return gone.rowcount
