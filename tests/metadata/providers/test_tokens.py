"""Tokens of providers: one fetch for all, in time for the next, never for other credentials."""

import asyncio
from dataclasses import dataclass, field

import pytest

from app.metadata.domain import DAY, HOUR, ProviderFailed
from app.metadata.providers.tokens import Token


@dataclass
class Gate:
    """Where tokens are given out, as slowly as `open` is set."""

    lasts: float = HOUR
    mark: str = "key"
    time: float = 1000.0
    given: list[str] = field(default_factory=list)
    error: Exception | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def fetch(self) -> tuple[str, float]:
        self.given.append(f"{self.mark}-{len(self.given) + 1}")
        mine = self.given[-1]
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return mine, self.lasts

    def token(self) -> Token:
        return Token(self.fetch, lambda: self.mark, now=lambda: self.time)


async def test_all_who_ask_at_once_wait_for_one() -> None:
    gate = Gate()
    token = gate.token()
    gate.open.clear()
    waiting = [asyncio.create_task(token.get()) for _ in range(20)]
    await asyncio.sleep(0)
    gate.open.set()
    assert set(await asyncio.gather(*waiting)) == {"key-1"}
    assert gate.given == ["key-1"]


async def test_one_who_leaves_does_not_take_it_from_the_others() -> None:
    gate = Gate()
    token = gate.token()
    gate.open.clear()
    first, second = (asyncio.create_task(token.get()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.open.set()
    assert await second == "key-2"
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize(
    ("lasts", "used"),
    [
        (HOUR, HOUR - 150),
        (DAY, DAY - HOUR),
        (30 * DAY, DAY - HOUR),
        (float("inf"), DAY - HOUR),
    ],
)
async def test_another_is_fetched_shortly_before_it_ends(lasts: float, used: float) -> None:
    gate = Gate(lasts=lasts)
    token = gate.token()
    start = gate.time
    assert await token.get() == "key-1"
    gate.time = start + used - 1
    assert await token.get() == "key-1"
    gate.time = start + used + 1
    assert await token.get() == "key-2"
    assert await token.get() == "key-2"


@pytest.mark.parametrize("lasts", [0, -5, float("nan")])
async def test_one_that_is_good_for_no_time_is_used_once(lasts: float) -> None:
    gate = Gate(lasts=lasts)
    token = gate.token()
    assert [await token.get(), await token.get()] == ["key-1", "key-2"]


async def test_other_credentials_get_another() -> None:
    gate = Gate()
    token = gate.token()
    assert await token.get() == "key-1"
    gate.mark = "other"
    assert await token.get() == "other-2"
    gate.mark = "key"
    assert await token.get() == "key-3", "what was given for others is gone"


async def test_credentials_that_change_while_it_is_fetched() -> None:
    gate = Gate()
    token = gate.token()
    gate.open.clear()
    early = asyncio.create_task(token.get())
    await asyncio.sleep(0)
    gate.mark = "other"
    gate.open.set()
    assert await early == "key-1"
    assert await token.get() == "other-2"


async def test_one_that_is_not_accepted_is_forgotten_but_not_the_next() -> None:
    gate = Gate()
    token = gate.token()
    first = await token.get()
    token.forget(first)
    assert await token.get() == "key-2"
    token.forget(first)
    assert await token.get() == "key-2"


async def test_a_failure_is_told_and_not_kept() -> None:
    gate = Gate(error=ProviderFailed("x", "No."))
    token = gate.token()
    with pytest.raises(ProviderFailed):
        await token.get()
    gate.error = None
    assert await token.get() == "key-2"
