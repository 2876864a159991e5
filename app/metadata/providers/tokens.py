"""Tokens that a provider gives to whoever signs in with its keys."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Final, TypeVar

from msgspec import Struct, structs

from app.metadata.domain import DAY, ProviderRefused
from app.metadata.providers.asking import Asking, Question

T = TypeVar("T")
LONGEST: Final = DAY
EARLY: Final = 1 / 24  # of its time: an hour of a day


class Held(Struct, frozen=True):
    """A token, the credentials that it was given for, and until when it is used."""

    token: str
    mark: str
    until: float

    def __repr__(self) -> str:
        return "Held()"  # neither is ever shown


class Token:
    """One token in memory, until shortly before it ends; a day at most. `fetch` answers it and the
    seconds that it is good for, `mark` says which credentials are set now: a token is used for no
    others. Whoever needs it while it is fetched waits for that one.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[tuple[str, float]]],
        mark: Callable[[], str],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._mark, self._now = fetch, mark, now
        self._held: Held | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> str:
        """The token. Raises what `fetch` raises."""
        found = self._good()
        if found is not None:
            return found
        async with self._one_at_a_time:
            return self._good() or await self._fetched()

    async def ask(self, asking: Asking, into: type[T], question: Question) -> T | None:
        """The answer to whoever has the token; one that is not accepted any more is given up for
        another, once. Raises ProviderFailed.
        """
        token = await self.get()
        try:
            return await asking.ask(into, _signed(question, token))
        except ProviderRefused:
            self.forget(token)
        return await asking.ask(into, _signed(question, await self.get()))

    def forget(self, token: str) -> None:
        """It was not accepted; one that came in its place stays."""
        if self._held is not None and compare_digest(self._held.token, token):
            self._held = None

    def _good(self) -> str | None:
        held = self._held
        if held is not None and held.mark == self._mark() and self._now() < held.until:
            return held.token
        return None

    async def _fetched(self) -> str:
        # The time and the credentials are those before it is asked for, not those after.
        mark, started = self._mark(), self._now()
        token, seconds = await self._fetch()
        lasts = min(max(seconds, 0), LONGEST) * (1 - EARLY)
        self._held = Held(token, mark, started + lasts)
        return token


def _signed(question: Question, token: str) -> Question:
    return structs.replace(question, headers={"authorization": f"Bearer {token}"})
