"""Search by PostgreSQL: what there always is."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.core.access import Scope, within
from app.core.db import Database
from app.search.domain import (
    Completion,
    Count,
    Facets,
    Filters,
    Found,
    Hit,
    Search,
    SearchCollection,
    SearchKind,
    Word,
    Words,
    key_of,
    words_in,
)
from app.search.domain.vocabulary import LEAD
from app.search.repository import statements
from app.search.repository.questions import Known, Readings, begins_with
from app.search.repository.rows import alternatives
from app.search.repository.scoping import seen_by
from app.search.repository.statements import By, Shape
from app.search.repository.words import VocabularyRepository

MOST_STARTS: Final = 12
MANY_TITLES: Final = 500
PLENTY: Final = SearchKind.MOVIE  # without it, a word may be frequent and hardly of what is asked
READINGS: Final = 500  # that are kept: hits, facets and further pages of a question share one
AT_ONCE: Final = 4  # questions: words that half of all titles have leave connections to others


class PostgresBackend:
    """Answers out of the documents in PostgreSQL."""

    name = "postgresql"
    configured = True

    def __init__(
        self,
        db: Database,
        words: VocabularyRepository,
        collections: Mapping[SearchKind, SearchCollection],
    ) -> None:
        self._db, self._words = db, words
        self._codes = {f.name: f.code for one in collections.values() for f in one.facets}
        self._readings: dict[tuple[Any, ...], Readings] = {}
        self._read_at = -1  # the version of the words that they are of
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        """The first hits. Raises Invalid for a query that is none."""
        scope = within(scope, asked.filters.libraries)
        shape, given = _shape(scope, asked, self._codes)
        given["depth"] = depth
        if not asked.text:
            plain = msgspec.structs.replace(shape, by=By.NOTHING)
            return self._found(await self._records(statements.hits(plain), given))
        read = await self._read(scope, asked)
        given |= _given(read.words)
        for reading in read:
            statement = statements.hits(msgspec.structs.replace(shape, by=reading.by))
            rows = await self._records(statement, given | reading.given())
            if rows and rows[0]["total"] >= reading.enough:
                best = max(row["score"] for row in rows)
                corrected = best < statements.WORDS or best == statements.MEANT
                told = corrected and await self._finds(shape, given, reading.suggested)
                return self._found(rows, reading.suggestion if told else "")
        return self._found([])

    async def _finds(self, shape: Shape, given: Mapping[str, Any], query: str) -> bool:
        """Whether what would be suggested finds something for this viewer: the words that are known
        may be those of titles that are hidden, or gone, by now.
        """
        if not query:
            return False
        rows = await self._records(statements.found(shape), {**given, "query": query})
        return bool(rows[0]["total"])

    async def _records(self, statement: Any, given: Mapping[str, Any]) -> list[Any]:
        async with self._turns:
            return await self._db.records(statement, given)

    async def _read(self, scope: Scope, asked: Search) -> Readings:
        """How a query may be read; hits and facets of one question are asked for together."""
        vocabulary = await self._words.latest()
        if self._read_at != self._words.version:  # they would keep the words of before, all of them
            self._readings.clear()
            self._read_at = self._words.version
        key = (asked.text, SearchKind.USER in asked.kinds, scope.key)
        found = self._readings.get(key)
        if found is None:
            known = Known(vocabulary, self._words.seen(scope, asked.kinds))
            found = self._readings[key] = Readings(words_in(asked.text), known)
            if len(self._readings) > READINGS:
                del self._readings[next(iter(self._readings))]
        return found

    def _found(self, rows: list[Any], suggestion: str = "") -> Found:
        return Found(
            hits=tuple(
                [Hit(SearchKind(row["kind"]), row["id"], float(row["score"])) for row in rows]
            ),
            total=rows[0]["total"] if rows else 0,
            suggestion=suggestion or None,
            backend=self.name,
        )

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        """The most frequent values of facets among all hits."""
        scope = within(scope, asked.filters.libraries)
        shape, given = _shape(scope, msgspec.structs.replace(asked, sort=None), self._codes)
        codes = {self._codes[name]: name for name in names}
        given["codes"] = [0, *codes]
        if not asked.text:
            plain = msgspec.structs.replace(shape, by=By.NOTHING)
            return _counted(codes, await self._records(statements.counts(plain), given))
        read = await self._read(scope, asked)
        for reading in read:
            statement = statements.counts(msgspec.structs.replace(shape, by=reading.by))
            rows = await self._records(statement, given | reading.given())
            if any(row["code"] is None and row["often"] >= reading.enough for row in rows):
                return _counted(codes, rows)
        return _counted(codes, [])

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        """Titles and names that begin so, or go on so."""
        known = Known(await self._words.latest(), self._words.seen(scope, kinds))
        words = [word for word in words_in(prefix).words if not word.needless or word.partial]
        shape, given = _shape(scope, Search(text="", kinds=kinds), self._codes)
        shape = msgspec.structs.replace(shape, by=By.NOTHING)
        key = key_of(prefix)
        given |= {"begins": begins_with(words), "key": key, "title": key, "depth": limit}
        if _frequent(words, known) and PLENTY in kinds:
            rows = await self._records(statements.frequent(shape), given)
            if len(rows) >= limit:
                each = {row["id"]: row for row in reversed(rows)}
                return tuple([_completion(row) for row in reversed(each.values())][:limit])
        for titles in _beginnings(words, known, limit):
            rows = await self._records(statements.completions(shape), given | {"titles": titles})
            if rows:
                return tuple([_completion(row) for row in rows])
        return ()


def _frequent(words: list[Word], known: Known) -> bool:
    """Whether many titles begin with the one word there is."""
    if len(words) > 1:
        return False
    leads = known.vocabulary.completions(LEAD + words[0].text, known.seen, MOST_STARTS)
    return any(known.vocabulary.count(lead, known.seen) > MANY_TITLES for lead in leads)


def _completion(row: Any) -> Completion:
    return Completion(
        kind=SearchKind(row["kind"]),
        id=row["id"],
        title=row["name"],
        year=None if row["year"] is None else int(row["year"]),
        score=float(row["worth"]),
    )


def _beginnings(words: list[Word], known: Known, limit: int) -> list[str]:
    """Queries for titles that go on from a prefix; the later ones with a letter that is wrong."""
    *before, last = words
    vocabulary, seen = known.vocabulary, known.seen
    most = max(limit, MOST_STARTS)
    ends = known.few(vocabulary.completions(last.text, seen, most), last.text)
    if before:
        exact = [alternatives(word.forms) for word in before]
        almost = [alternatives((*word.forms, *known.corrections(word))) for word in before]
        near = ends or vocabulary.beginnings(last.text, seen, most)
        found = [(exact, ends), (almost, near)]
        return [" & ".join([*some, alternatives(words)]) for some, words in found if words]
    leads = known.few(vocabulary.completions(LEAD + last.text, seen, most), last.text)
    near = vocabulary.beginnings(last.text, seen, most) if not ends else []
    return [alternatives(some) for some in ([*leads, *ends], near) if some]


def _shape(scope: Scope, asked: Search, codes: Mapping[str, int]) -> tuple[Shape, dict[str, Any]]:
    filters = asked.filters
    _, given = seen_by(scope)
    shape = Shape(
        chosen=scope.libraries is not None,
        aged=scope.max_age is not None,
        facets=len(filters.values),
        ranges=tuple(
            (one.number, one.least is not None, one.most is not None) for one in filters.ranges
        ),
        sort=asked.sort,
        descending=asked.descending,
    )
    return shape, {
        **given,
        "kinds": [kind.value for kind in asked.kinds],
        **_filtered(filters, codes),
    }


def _filtered(filters: Filters, codes: Mapping[str, int]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for n, one in enumerate(filters.values):
        given[f"code{n}"], given[f"facet{n}"] = codes[one.facet], list(one.values)
    for n, between in enumerate(filters.ranges):
        if between.least is not None:
            given[f"least{n}"] = between.least
        if between.most is not None:
            given[f"most{n}"] = between.most
    return given


def _given(words: Words) -> dict[str, Any]:
    return {
        "key": words.key,
        "size": float(max(1, len(words.key))),
        "year": None if words.year is None else float(words.year),
        "yearless": words.yearless,
    }


def _counted(codes: Mapping[int, str], rows: list[Any]) -> Facets:
    found: dict[str, list[Count]] = {name: [] for name in codes.values()}
    for row in rows:
        if row["code"] is not None:
            found[codes[row["code"]]].append(Count(row["value"], row["often"]))
    return {name: tuple(some) for name, some in found.items()}
