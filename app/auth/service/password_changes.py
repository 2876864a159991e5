"""What a new password ends: everything that was opened with the one before."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from app.auth.domain import LetterKind
from app.auth.events import PasswordChanged
from app.auth.repository import ChallengeRepository
from app.auth.service.letters import OPENINGS, Letters
from app.auth.service.sessions import Sessions
from app.core.tx import Tx
from app.users.domain import User

Ending = Callable[[Tx, UUID], Awaitable[object]]


class PasswordChangesDependencies(Protocol):
    """What ends with a password is kept in these; the container has it all."""

    @property
    def challenge_repository(self) -> ChallengeRepository: ...
    @property
    def letters(self) -> Letters: ...
    @property
    def sessions(self) -> Sessions: ...


class PasswordChanges:
    """One list of endings, whoever changed the password and how."""

    def __init__(self, needs: PasswordChangesDependencies) -> None:
        self._challenges, self._letters = needs.challenge_repository, needs.letters
        self._sessions = needs.sessions
        # Of slices above; the container adds them. `resets` are for who may have been robbed.
        self.endings: list[Ending] = []
        self.resets: list[Ending] = []

    async def record(self, tx: Tx, user_id: UUID, reason: str, *, keep: UUID | None = None) -> None:
        """The password is another one: sessions but `keep`, challenges, links and devices end.

        Where no session is kept the account is being recovered: its API keys end, too.
        Call `principals.forget` after the commit.
        """
        # Challenges first: one that is being completed is waited for, and its session then seen.
        await self._challenges.void(tx, user_id)
        await self._letters.void(tx, user_id, OPENINGS)
        await self._sessions.end_all(tx, user_id, reason, keep=keep)
        for end in self.endings if keep is not None else (*self.endings, *self.resets):
            await end(tx, user_id)
        tx.emit(PasswordChanged(user_id=user_id))

    async def tell(self, tx: Tx, user: User) -> None:
        """Let the owner of the address know, in case it was somebody else."""
        if user.email is not None:
            await self._letters.ask(tx, user.id, LetterKind.PASSWORD_CHANGED, user.email)
