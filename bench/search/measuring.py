"""Asking a backend: what it finds of what is right, and how long it takes beside a `SELECT 1`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from app.core.access import EVERYTHING, Scope
from app.search.domain import Completion, Search, SearchBackend, SearchKind, folded, runs
from bench.search.corpus import LIBRARIES
from bench.search.queries import WORKS, Case

FACETS: Final = ("genre", "year", "library", "language")
DEPTH: Final = 20  # hits of a page
COMPLETED: Final = (*WORKS, SearchKind.PERSON)
COMPLETIONS: Final = 10
WARMING: Final = 60  # questions until statements are prepared and pages at hand
# Every other question is of somebody whose libraries are chosen: all of them, so that answers are
# the same.
SCOPES: Final = (
    EVERYTHING,
    Scope(libraries=frozenset(LIBRARIES), max_age=None, key="five"),
)
Ping = Callable[[], Awaitable[object]]


class Asked(Struct, frozen=True):
    """What came of a question: the first place of what is right, from 1 on, if it was found."""

    text: str
    place: int | None
    took: float
    first: str = ""


class Quality(Struct, frozen=True):
    """The figures of a kind of questions; times are seconds."""

    recall_1: float
    recall_10: float
    rank: float  # mean reciprocal
    median: float
    p99: float


class Measured(Struct):
    """All that a backend was asked, by kind, the beginnings that it completed, and the pings."""

    asked: dict[str, list[Asked]]
    completed: list[Asked]
    pings: list[float]

    @property
    def ping(self) -> float:
        """The median of `SELECT 1`, in seconds."""
        return at(self.pings, 0.5)

    @property
    def whole(self) -> Quality:
        """All questions together."""
        return quality([one for some in self.asked.values() for one in some])


def at(times: Iterable[float], share: float) -> float:
    """The quantile: of 0.99 the time that one in a hundred takes longer than."""
    found = sorted(times)
    return found[min(len(found) - 1, int(len(found) * share))]


def quality(asked: Sequence[Asked]) -> Quality:
    """The figures of these."""
    places = [one.place for one in asked]
    times = [one.took for one in asked]
    return Quality(
        recall_1=sum(place == 1 for place in places) / len(places),
        recall_10=sum(place is not None and place <= 10 for place in places) / len(places),
        rank=sum(1 / place for place in places if place) / len(places),
        median=at(times, 0.5),
        p99=at(times, 0.99),
    )


async def measure(
    backend: SearchBackend,
    ping: Ping,
    cases: Mapping[str, Sequence[Case]],
    prefixes: Sequence[str],
) -> Measured:
    """Ask everything, each question after a ping; kinds take turns, so that all meet the same
    machine.
    """
    found = Measured({kind: [] for kind in cases}, [], [])
    turns = max(map(len, cases.values()), default=0)
    for some in cases.values():
        for case in some[: WARMING // len(cases) + 1]:
            await search(backend, case, SCOPES[0])
            await search(backend, case, SCOPES[1])
    for turn in range(turns):
        for kind, some in cases.items():
            if turn < len(some):
                found.pings.append(await timed(ping))
                found.asked[kind].append(await search(backend, some[turn], SCOPES[turn % 2]))
        if turn < len(prefixes):
            found.pings.append(await timed(ping))
            found.completed.append(await complete(backend, prefixes[turn], SCOPES[turn % 2]))
    return found


async def timed(ping: Ping) -> float:
    started = time.perf_counter()
    await ping()
    return time.perf_counter() - started


async def search(backend: SearchBackend, case: Case, scope: Scope) -> Asked:
    """A page of hits and four facets, as a client asks for them: at once."""
    asked = Search(text=case.text, kinds=case.kinds)
    started = time.perf_counter()
    found, _ = await asyncio.gather(
        backend.search(scope, asked, DEPTH), backend.facets(scope, asked, FACETS)
    )
    took = time.perf_counter() - started
    places = (n for n, hit in enumerate(found.hits, 1) if hit.id in case.right)
    return Asked(case.text, next(places, None), took, found.hits[0].id.hex if found.hits else "")


async def complete(backend: SearchBackend, prefix: str, scope: Scope) -> Asked:
    """What a beginning may become; right is what has a word that begins so."""
    started = time.perf_counter()
    found = await backend.complete(scope, prefix, COMPLETED, COMPLETIONS)
    took = time.perf_counter() - started
    places = (n for n, one in enumerate(found, 1) if goes_on(one, prefix))
    return Asked(prefix, next(places, None), took, found[0].title if found else "")


def goes_on(one: Completion, prefix: str) -> bool:
    """Whether the title has the words before the last, and one that begins as the last one does."""
    *before, last = runs(prefix)
    words = list(runs(one.title))
    begun = any(word.startswith(last) for word in words) or last in folded(one.title)
    return begun and set(before) <= set(words)
