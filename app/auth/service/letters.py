"""Mails to users: asked for in the transaction of their cause, written by a job.

The job carries the letter's id alone. Its handler makes the token, stores the hash, commits, and
sends; so a token is in the mail and nowhere else.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from app.auth.domain import BadLink, Letter, LetterKind
from app.auth.jobs import SendLetter
from app.auth.repository import LetterRepository
from app.core.clock import Clock
from app.core.crypto import new_token, token_hash
from app.core.db import Database
from app.core.errors import Conflict, RateLimited
from app.core.ids import new_id
from app.core.jobs.run import Run
from app.core.tx import Tx
from app.mail.domain import Message, address_key
from app.mail.service import Mail
from app.settings.service import UserSettings
from app.users.repository import UserRepository

PREFIX: Final = "rvm"
PATHS: Final = {
    LetterKind.VERIFY_EMAIL: "/verify-email",
    LetterKind.CHANGE_EMAIL: "/verify-email",
    LetterKind.RESET_PASSWORD: "/reset-password",
    LetterKind.FORCE_RESET: "/reset-password",
    LetterKind.INVITATION: "/reset-password",
}
ADDRESSES: Final = (LetterKind.VERIFY_EMAIL, LetterKind.CHANGE_EMAIL)
RESETS: Final = (LetterKind.RESET_PASSWORD, LetterKind.FORCE_RESET)
CHOICES: Final = (*RESETS, LetterKind.INVITATION)  # what a link to choose a password comes from
OPENINGS: Final = (*CHOICES, LetterKind.CHANGE_EMAIL)  # what whoever is inside could have asked for
LASTS: Final = {
    LetterKind.VERIFY_EMAIL: timedelta(hours=24),
    LetterKind.CHANGE_EMAIL: timedelta(hours=24),
    LetterKind.RESET_PASSWORD: timedelta(hours=1),
    LetterKind.FORCE_RESET: timedelta(hours=1),
    LetterKind.INVITATION: timedelta(days=7),
}
ASKED_FOR: Final = timedelta(days=1)  # a letter that nobody could send until then is not written
KEPT: Final = timedelta(days=30)  # an address that waits to be confirmed can be written to again
MOST_AN_HOUR: Final = 5
MOST_TOKEN: Final = 200
BATCH: Final = 5000


class LettersDependencies(Protocol):
    """What letters are written with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def mail(self) -> Mail: ...
    @property
    def letter_repository(self) -> LetterRepository: ...
    @property
    def user_repository(self) -> UserRepository: ...
    @property
    def user_settings(self) -> UserSettings: ...


class Letters:
    """Asks for letters, writes them, and takes their tokens back."""

    def __init__(self, needs: LettersDependencies) -> None:
        self._db, self._clock, self._mail = needs.db, needs.clock, needs.mail
        self._letters, self._users = needs.letter_repository, needs.user_repository
        self._preferences = needs.user_settings

    async def ask(self, tx: Tx, user_id: UUID, kind: LetterKind, email: str) -> bool:
        """Have a letter written to an address; older ones of its kind are void.

        False where no mail is sent: the letter then waits for somebody to ask again.
        """
        values = self._blank(kind) | {"user_id": user_id, "email": email}
        await self._letters.add(tx, values)
        if self._mail.enabled:
            tx.enqueue(SendLetter(values["id"]))
        return self._mail.enabled

    async def ask_owner(self, tx: Tx, email: str, kind: LetterKind) -> None:
        """Have a letter written to whoever has this address; nothing tells whether anybody has.

        The job is there either way, so that the time of the answer does not tell either.
        """
        values = self._blank(kind)
        await self._letters.add_to_owner(tx, address_key(email), values)
        tx.enqueue(SendLetter(values["id"]))

    def _blank(self, kind: LetterKind) -> dict[str, Any]:
        """A letter with a token that nobody knows."""
        now = self._clock.now()
        return {
            "id": new_id(),
            "kind": kind.value,
            "token_hash": token_hash(new_token(PREFIX)),
            "created_at": now,
            "expires_at": now + ASKED_FOR,
        }

    async def written(self, letter_id: UUID, run: Run) -> Message | None:
        """What to send for a letter, its token committed; None where there is nothing to send."""
        letter = await self._letters.by_id(letter_id)
        if letter is None or letter.email is None or not await self._wanted(letter):
            return None
        if letter.kind not in PATHS:
            return await self._message(letter)
        if letter.kind in ADDRESSES:
            owner = await self._users.by_email(letter.email)
            if owner is not None and owner.id != letter.user_id:
                values = {"username": owner.username}
                language = await self._preferences.language(owner.id)
                return Message(
                    template="address_taken", to=letter.email, language=language, values=values
                )
        token = new_token(PREFIX)
        async with run.tx() as tx:
            expires = self._clock.now() + LASTS[letter.kind]
            if not await self._letters.seal(tx, letter, token_hash(token), expires):
                return None
        link = f"{self._mail.public_url}{PATHS[letter.kind]}#token={token}"
        return await self._message(letter, link=link)

    async def _message(self, letter: Letter, **more: str) -> Message:
        assert letter.email is not None  # noqa: S101 - looked at before
        return Message(
            template=letter.kind.value,
            to=letter.email,
            language=await self._preferences.language(letter.user_id),
            values={"username": letter.username, **more},
        )

    async def _wanted(self, letter: Letter) -> bool:
        """Whether it is still to be sent: not void, not late, and no flood to its address."""
        now = self._clock.now()
        if letter.used_at is not None or now - letter.created_at > ASKED_FOR:
            return False
        if letter.kind in RESETS and not _same(letter.email, letter.current_email):
            return False
        if letter.kind not in PATHS:  # it tells what has happened: nobody asks for it
            return True
        since = letter.created_at - timedelta(hours=1)
        return await self._letters.count_before(letter, since) < MOST_AN_HOUR

    async def linked(self, token: str, kinds: tuple[LetterKind, ...]) -> Letter:
        """The letter that a link came from. Raises BadLink."""
        if len(token) > MOST_TOKEN:
            raise BadLink
        letter = await self._letters.linked(token_hash(token), self._clock.now())
        if letter is None or letter.kind not in kinds:
            raise BadLink
        if letter.kind in RESETS and not _same(letter.email, letter.current_email):
            raise BadLink  # the account has another address meanwhile
        return letter

    async def use(self, tx: Tx, letter: Letter, token: str) -> datetime:
        """Consume the token of a link, once, and all the user's others; answers when.

        Raises BadLink.
        """
        now = self._clock.now()
        if not await self._letters.use(tx, letter.id, token_hash(token), now):
            raise BadLink
        await self._letters.void(tx, letter.user_id, tuple(PATHS), now)
        return now

    async def void(self, tx: Tx, user_id: UUID, kinds: tuple[LetterKind, ...]) -> int:
        """No link of these kinds that was sent to a user is good any longer; how many were."""
        return await self._letters.void(tx, user_id, kinds, self._clock.now())

    async def pending(self, user_id: UUID) -> Letter | None:
        """The address that a user gave last and has not confirmed."""
        return await self._letters.pending(user_id)

    async def ask_again(self, tx: Tx, letter: Letter) -> None:
        """Write to an address that waits to be confirmed. Raises RateLimited or Conflict."""
        if letter.email is None:
            raise Conflict("There is no address to confirm.")
        now = self._clock.now()
        since = now - timedelta(hours=1)
        if await self._letters.count_before(_later(letter), since) >= MOST_AN_HOUR:
            message = "Many mails were sent to this address lately; look for them first."
            raise RateLimited(message, retry_after=3600)
        await self.ask(tx, letter.user_id, letter.kind, letter.email)

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of letters that are long over; whether there may be more."""
        before = self._clock.now() - KEPT
        return await self._letters.forget(tx, before, BATCH) == BATCH


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and address_key(one) == address_key(other)


def _later(letter: Letter) -> Letter:
    """The same letter, asked for now."""
    return Letter(
        id=new_id(),
        user_id=letter.user_id,
        kind=letter.kind,
        email=letter.email,
        created_at=letter.created_at,
        used_at=None,
        username=letter.username,
        current_email=letter.current_email,
    )
