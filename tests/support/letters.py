"""Letters to users, with a token that the test knows."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.auth.domain import LetterKind
from app.container import Container
from app.core.access import SYSTEM
from app.core.crypto import token_hash
from app.core.ids import new_id


async def letter(
    app: Container,
    user_id: UUID,
    kind: LetterKind,
    token: str,
    *,
    email: str = "linked@example.org",
    lasts: timedelta = timedelta(minutes=5),
) -> None:
    """A letter as if its mail had been sent, to an address that is the account's for a reset."""
    now = app.clock.now()
    values = {
        "id": new_id(),
        "user_id": user_id,
        "kind": kind.value,
        "email": email,
        "token_hash": token_hash(token),
        "created_at": now,
        "expires_at": now + lasts,
    }
    async with app.db.write(SYSTEM) as tx:
        if kind in (LetterKind.RESET_PASSWORD, LetterKind.FORCE_RESET):
            await app.user_repository.set_email(tx, user_id, email, None)
        await tx.execute(
            text("delete from account_tokens where token_hash = :hash"),
            {"hash": values["token_hash"]},
        )
        await app.letter_repository.add(tx, values)
