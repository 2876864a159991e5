"""Random grants, random questions: nobody is told of what he may not see, in no part of an answer.

5,000 steps on each backend with SCALE=full, a twentieth otherwise; SEED plays another game. A step
is a question, its facets and a completion. Each library has words that no other one has, some of
them a letter away from what all have; what is asked is mostly made of the words of titles, those of
hidden ones included.
"""

import os
from collections.abc import AsyncIterator
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

import pytest

from app.container import Container
from app.core.access import Scope
from app.search.domain import (
    Between,
    Document,
    Filters,
    Number,
    OneOf,
    Search,
    SearchBackend,
    SearchKind,
    Sight,
    runs,
)
from app.search.service.collections import COLLECTIONS
from tests.conftest import empty
from tests.faults.scale import FULL, scaled
from tests.search.backends import BACKENDS, filled
from tests.search.oracle import Oracle, counted, sees

STEPS: Final = scaled(5000)
SEED: Final = int(os.environ.get("SEED", "7"))
DEPTH: Final = 1000
ROOT: Final = UUID("01920000-0000-7000-8000-00000000cafe")
LIBRARIES: Final = tuple(uuid5(ROOT, str(n)) for n in range(4))
AGES: Final = (0, 6, 12, 16, 18, None)
DOCUMENTS: Final = 240
SHARED: Final = (
    "harbour", "winter", "station", "garden", "letter", "silver", "mountain", "paper", "amélie",
    "second", "forest", "brother",
)  # fmt: skip
OWN: Final = tuple(
    words.split()
    for words in (
        "harbours latter azurite bramble winters",
        "warden sliver falconry gossamer papery",
        "gardens caper kestrel lapwing seconds",
        "パプリカ 千尋物語 fountain letters росток",
    )
)
GENRES: Final = ("Drama", "Crime", "Family", "War")
NAMES: Final = ("Ada Quist", "Bruno Falk", "Cora Lind", "Dario Rossi", "Edda Vance")
FACETS: Final = ("genre", "year", "library", "department", "active")
pytestmark = [pytest.mark.uncounted, pytest.mark.timeout(3600 if FULL else 240)]


def documents(dice: Random) -> list[Document]:
    """Of all kinds, in all libraries, of all ages."""
    return [_document(dice, number) for number in range(DOCUMENTS)]


def _document(dice: Random, number: int) -> Document:
    kind = dice.choice(tuple(SearchKind))
    sights = _sights(dice, kind)
    places = [LIBRARIES.index(sight.library_id) for sight in sights]
    title = _title(dice, places)
    year = dice.choice((None, *range(1990, 2010)))
    genre = dice.choice((*GENRES, *(f"Genre of {place}" for place in places)))
    name, sorts = COLLECTIONS[kind].titles[0], COLLECTIONS[kind].sorts
    texts = {name: (title,), "overview": (_title(dice, places),)}
    facets: dict[str, tuple[str, ...]] = {"year": (str(year),) if year else ()}
    if kind is SearchKind.PERSON:
        facets["department"] = (f"Department {dice.randrange(3)}",)
    elif kind is SearchKind.USER:
        facets = {"active": (dice.choice(("true", "false")),)}
    else:
        facets["library"] = (str(sights[0].library_id),)
    if kind in {SearchKind.MOVIE, SearchKind.SHOW}:
        facets["genre"], texts["cast"] = (genre,), (dice.choice(NAMES),)
    return Document(
        id=uuid5(ROOT, f"document {number}"),
        kind=kind,
        sights=sights,
        texts={field: said for field, said in texts.items() if field in _fields(kind)},
        facets={facet: values for facet, values in facets.items() if values},
        numbers={Number.YEAR: float(year)} if year and Number.YEAR in sorts else {},
    )


def _fields(kind: SearchKind) -> set[str]:
    return {field.name for field in COLLECTIONS[kind].fields}


def _sights(dice: Random, kind: SearchKind) -> tuple[Sight, ...]:
    if kind is SearchKind.USER:
        return ()
    count = dice.randint(1, 3) if kind is SearchKind.PERSON else 1
    return tuple(Sight(library, dice.choice(AGES)) for library in dice.sample(LIBRARIES, count))


def _title(dice: Random, places: list[int]) -> str:
    """Words that are everywhere, and one that is in none but the first of these libraries."""
    words = [dice.choice(SHARED) for _ in range(dice.randint(1, 3))]
    if len(places) == 1:
        words.append(dice.choice(OWN[places[0]]))
    dice.shuffle(words)
    return " ".join(words)


class Play:
    """Questions of random viewers."""

    def __init__(self, backend: SearchBackend, oracle: Oracle, dice: Random) -> None:
        self.backend, self.oracle, self.dice = backend, oracle, dice
        self.found = self.suggested = self.completed = 0

    async def step(self) -> None:
        """One question, all parts of its answer."""
        scope, asked = self.scope(), self.asked()
        text = f"{scope} {asked}"
        mine = {document.id for document in self.oracle.filtered(scope, asked)}
        found = await self.backend.search(scope, asked, DEPTH)
        ids = [hit.id for hit in found.hits]
        assert set(ids) <= mine, text
        assert len(set(ids)) == len(ids) == found.total, text
        lost = [self.oracle.documents[one] for one in mine - set(ids)]
        assert asked.text or not lost, f"{text} {lost}"
        self._suggested(scope, asked, found.suggestion)
        await self._facets(scope, asked, mine)
        if asked.text:
            await self._completed(scope, asked)
        self.found += bool(ids)

    def _suggested(self, scope: Scope, asked: Search, suggestion: str | None) -> None:
        if suggestion is None:
            return
        self.suggested += 1
        known = self.oracle.words(scope, asked.kinds)
        told = set(runs(suggestion)) - set(runs(asked.text))
        assert told <= known, f"{scope} {asked} {suggestion}"

    async def _facets(self, scope: Scope, asked: Search, mine: set[UUID]) -> None:
        found = await self.backend.facets(scope, asked, FACETS)
        there = counted([self.oracle.documents[one] for one in mine], FACETS)
        for name in FACETS:
            counts = {one.value: one.count for one in found.get(name, ())}
            most = there[name]
            assert all(0 < n <= most[value] for value, n in counts.items()), f"{scope} {asked}"
            assert asked.text or counts == most, f"{scope} {asked}"

    async def _completed(self, scope: Scope, asked: Search) -> None:
        found = await self.backend.complete(scope, asked.text, asked.kinds, 20)
        for one in found:
            document = self.oracle.documents[one.id]
            assert sees(scope, document), f"{scope} {asked}"
            assert document.kind in asked.kinds, f"{scope} {asked}"
            titles = (document.texts.get(name, ()) for name in COLLECTIONS[one.kind].titles)
            assert any(one.title in told for told in titles), f"{scope} {asked}"
        self.completed += bool(found)

    def scope(self) -> Scope:
        """Somebody's."""
        dice = self.dice
        chosen = frozenset(dice.sample(LIBRARIES, dice.randint(0, len(LIBRARIES))))
        libraries = None if dice.random() < 0.2 else chosen
        age = dice.choice((None, None, *AGES))
        shown = "all" if libraries is None else sorted(LIBRARIES.index(one) for one in libraries)
        return Scope(libraries=libraries, max_age=age, key=f"{shown} {age}")

    def asked(self) -> Search:
        """Something, with or without words and filters."""
        dice = self.dice
        kinds = tuple(SearchKind)
        if dice.random() < 0.5:
            kinds = tuple(dice.sample(kinds, dice.randint(1, len(kinds))))
        text = "" if dice.random() < 0.15 else self._text()
        every = all(Number.YEAR in COLLECTIONS[kind].sorts for kind in kinds)
        sort = Number.YEAR if every and dice.random() < 0.3 else None
        return Search(text=text, kinds=kinds, filters=self._filters(kinds), sort=sort)

    def _text(self) -> str:
        dice = self.dice
        pool = (*SHARED, *(word for words in OWN for word in words), *" ".join(NAMES).split())
        words = [dice.choice(pool) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
        way = dice.random()
        if way < 0.25:  # begun
            words[-1] = words[-1][: dice.randint(1, len(words[-1]))]
        elif way < 0.55:  # mistyped
            at = dice.randrange(len(words))
            place = dice.randrange(len(words[at]))
            words[at] = words[at][:place] + dice.choice("aeirnst") + words[at][place + 1 :]
        elif way < 0.65:
            return f'"{" ".join(words)}"'
        elif way < 0.7:
            words.append(str(dice.randrange(1990, 2010)))
        return " ".join(words)

    def _filters(self, kinds: tuple[SearchKind, ...]) -> Filters:
        dice = self.dice
        values: list[OneOf] = []
        ranges: list[Between] = []
        if dice.random() < 0.2:
            pool = (*GENRES, *(f"Genre of {place}" for place in range(len(LIBRARIES))))
            values.append(OneOf("genre", tuple(dice.sample(pool, 2))))
        if dice.random() < 0.1:
            values.append(OneOf("library", (str(dice.choice(LIBRARIES)),)))
        if dice.random() < 0.2:
            ends = sorted(dice.sample(range(1988, 2012), 2))
            ways = ((ends[0], ends[1]), (ends[0], None), (None, ends[1]))
            ranges.append(Between(Number.YEAR, *dice.choice(ways)))
        narrowed = SearchKind.USER not in kinds and dice.random() < 0.3
        chosen = tuple(dice.sample(LIBRARIES, 2)) if narrowed else None
        return Filters(values=tuple(values), ranges=tuple(ranges), libraries=chosen)


@pytest.fixture(scope="module")
def shelf() -> list[Document]:
    """What is searched."""
    return documents(Random(SEED))


@pytest.fixture(scope="module", params=BACKENDS)
async def backend(
    request: pytest.FixtureRequest, shelf: list[Document], opened: Container, housekeeping: Any
) -> AsyncIterator[SearchBackend]:
    """A backend that has it."""
    yield await filled(request, opened, housekeeping, shelf)
    await empty(housekeeping)
    opened.cache.gap()


async def test_nobody_is_told_of_what_is_hidden(
    backend: SearchBackend, shelf: list[Document]
) -> None:
    print(f"SEED={SEED}")
    play = Play(backend, Oracle(shelf), Random(SEED + 1))
    for _ in range(STEPS):
        await play.step()
    # It was about something.
    assert play.found > STEPS / 5
    assert play.suggested > STEPS / 50
    assert play.completed > STEPS / 5
