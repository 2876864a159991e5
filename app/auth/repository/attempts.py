"""Tries to show a secret, in PostgreSQL: what lockout counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, delete, func, insert, or_, select

from app.auth.domain import Attempt
from app.auth.models import sign_in_attempts as attempts
from app.core.db import Database
from app.core.tx import Tx


class Count(Struct, frozen=True):
    """How many failures there were, and when the last was."""

    number: int
    last: datetime | None


class Counts(Struct, frozen=True):
    """Failures of an account from one address, of the account, and of the address."""

    pair: Count
    account: Count
    address: Count


class AttemptRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def counts(self, tx: Tx, attempt: Attempt, kind: str, since: datetime) -> Counts:
        """What is counted against a try: of an address, only tries of the same kind."""
        account, address = attempt.account, attempt.address
        conditions = (
            and_(attempts.c.account == account, attempts.c.address == address),
            attempts.c.account == account,
            and_(attempts.c.address == address, attempts.c.kind == kind),
        )
        columns = [
            column
            for condition in conditions
            for column in (
                func.count().filter(condition),
                func.max(attempts.c.at).filter(condition),
            )
        ]
        either = or_(attempts.c.account == account, attempts.c.address == address)
        found = await tx.execute(select(*columns).where(attempts.c.at > since, either))
        row: Sequence[Any] = found.one()
        return Counts(Count(row[0], row[1]), Count(row[2], row[3]), Count(row[4], row[5]))

    async def add(self, tx: Tx, attempt: Attempt, kind: str, now: datetime) -> None:
        """Count a try."""
        await tx.execute(
            insert(attempts).values(
                id=attempt.id,
                kind=kind,
                account=attempt.account,
                address=attempt.address,
                at=now,
            )
        )

    async def withdraw(self, tx: Tx, attempt: Attempt) -> None:
        """Take one try back: it was never decided."""
        await tx.execute(delete(attempts).where(attempts.c.id == attempt.id))

    async def clear(self, tx: Tx, attempt: Attempt) -> None:
        """Forget all tries of this account from this address: the right secret was shown."""
        await tx.execute(
            delete(attempts).where(
                attempts.c.account == attempt.account, attempts.c.address == attempt.address
            )
        )

    async def forget(self, tx: Tx, before: datetime, limit: int) -> int:
        """Delete tries from before this moment; says how many, at most `limit`."""
        over = select(attempts.c.id).where(attempts.c.at < before).limit(limit)
        gone = await tx.execute(delete(attempts).where(attempts.c.id.in_(over)))
        return gone.rowcount
