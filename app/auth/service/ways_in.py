"""By what people come into their accounts, and that nobody loses the last of it."""

from collections.abc import Collection
from typing import Final, Protocol
from uuid import UUID

from app.auth.repository import AuthRepository
from app.core.tx import Tx

EVERYBODY: Final = "ways-in"


class WayIn(Protocol):
    """A slice above in which people have a way in."""

    async def who_comes_in(self, tx: Tx, user_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these users who can sign in by it, as `tx` has left it."""
        ...


class WaysIn:
    """One rule for all that can be taken away: lock, take it away, and ask who is left outside."""

    def __init__(self, passwords: AuthRepository) -> None:
        self._passwords = passwords
        self.sources: list[WayIn] = []  # the container adds them

    async def lock(self, tx: Tx, user_id: UUID) -> None:
        """Nobody else takes a way in from this user until the end."""
        await tx.lock(EVERYBODY, shared=True)
        await tx.lock(f"{EVERYBODY}:{user_id}")

    async def lock_all(self, tx: Tx) -> None:
        """Nobody else takes a way in from anybody."""
        await tx.lock(EVERYBODY)

    async def stranded(self, tx: Tx, user_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these users who cannot sign in any more, as `tx` has left everything."""
        left = frozenset(user_ids)
        if left:
            left -= await self._passwords.with_passwords(tx, left)
        for source in self.sources:
            if left:
                left -= await source.who_comes_in(tx, left)
        return left
