"""Search by PostgreSQL: what there always is."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.core.access import Scope, within
from app.core.db import Database
from app.search.domain import (
    Completion,
    Count,
    Document,
    Facets,
    Filters,
    Found,
    Hit,
    Search,
    SearchCollection,
    SearchKind,
    Word,
    Words,
    forms,
    runs,
    words_in,
)
from app.search.domain.vocabulary import LEAD
from app.search.repository import statements
from app.search.repository.questions import Known, readings
from app.search.repository.rows import alternatives
from app.search.repository.scoping import seen_by
from app.search.repository.statements import Shape
from app.search.repository.words import VocabularyRepository

ALIKE: Final = 50  # hits by the likeness of titles alone
MOST_STARTS: Final = 12


class PostgresBackend:
    """Answers out of the documents in PostgreSQL."""

    name = "postgresql"

    def __init__(
        self,
        db: Database,
        words: VocabularyRepository,
        collections: Mapping[SearchKind, SearchCollection],
    ) -> None:
        self._db, self._words, self._collections = db, words, collections

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        """The first hits. Raises Invalid for a query that is none."""
        scope = within(scope, asked.filters.libraries)
        shape, given = _shape(scope, asked)
        given["depth"] = depth
        if not asked.text:
            plain = msgspec.structs.replace(shape, by="nothing")
            return self._found(await self._db.records(statements.hits(plain), given))
        words = words_in(asked.text)
        known = Known(await self._words.latest(), self._words.seen(scope, asked.kinds))
        given |= _given(words)
        for reading in readings(words, known):
            rows = await self._db.records(statements.hits(shape), given | reading.given())
            if rows:
                best = rows[0]["score"]
                corrected = best < statements.WORDS or best == statements.MEANT
                return self._found(rows, reading.suggestion if corrected else "")
        if words.phrases:
            return self._found([])
        return await self._alike(shape, given, words)

    async def _alike(self, shape: Shape, given: Mapping[str, Any], words: Words) -> Found:
        """The last resort: titles that look like the query."""
        likeness = msgspec.structs.replace(shape, by="likeness")
        asked = {**given, "title": words.key, "depth": min(given["depth"], ALIKE)}
        return self._found(await self._db.records(statements.hits(likeness), asked))

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
        shape, given = _shape(scope, msgspec.structs.replace(asked, sort=None))
        given |= {f"name{n}": f"{name}=" for n, name in enumerate(names)}
        if not asked.text:
            plain = msgspec.structs.replace(shape, by="nothing")
            return _counted(
                names, await self._db.records(statements.counts(plain, len(names)), given)
            )
        words = words_in(asked.text)
        known = Known(await self._words.latest(), self._words.seen(scope, asked.kinds))
        statement = statements.counts(shape, len(names))
        for reading in readings(words, known):
            rows = await self._db.records(statement, given | {"query": reading.query})
            if rows:
                return _counted(names, rows)
        likeness = msgspec.structs.replace(shape, by="likeness")
        statement = statements.counts(likeness, len(names))
        return _counted(names, await self._db.records(statement, given | {"title": words.key}))

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        """Titles and names that begin so, or go on so."""
        known = Known(await self._words.latest(), self._words.seen(scope, kinds))
        words = words_in(prefix)
        shape, given = _shape(scope, Search(text="", kinds=kinds))
        shape = msgspec.structs.replace(shape, by="nothing")
        for titles in _beginnings(prefix, known, limit):
            asked = {**given, "titles": titles, "key": words.key, "depth": limit}
            rows = await self._db.records(statements.completions(shape), asked)
            if rows:
                return tuple([self._completion(row) for row in rows])
        return ()

    def _completion(self, row: Any) -> Completion:
        kind, said = SearchKind(row["kind"]), msgspec.convert(row["body"], Document)
        names = self._collections[kind].titles
        title = next((said.texts[name][0] for name in names if said.texts.get(name)), "")
        year = None if row["year"] is None else int(row["year"])
        score = float(row["begins"])
        return Completion(kind=kind, id=row["id"], title=title, year=year, score=score)


def _beginnings(prefix: str, known: Known, limit: int) -> list[str]:
    """Queries for titles that go on from a prefix; the later ones with a letter that is wrong."""
    *before, last = list(runs(prefix))
    vocabulary, seen = known.vocabulary, known.seen
    most = max(limit, MOST_STARTS)
    ends = vocabulary.completions(last, seen, most)
    if before:
        exact = [alternatives(forms(word)) for word in before]
        almost = [
            alternatives((*forms(word), *known.corrections(Word(forms(word))))) for word in before
        ]
        near = ends or vocabulary.beginnings(last, seen, most)
        found = [(exact, ends), (almost, near)]
        return [" & ".join([*some, alternatives(words)]) for some, words in found if words]
    leads = vocabulary.completions(LEAD + last, seen, most)
    near = vocabulary.beginnings(last, seen, most) if not ends else []
    return [alternatives(some) for some in ([*leads, *ends], near) if some]


def _shape(scope: Scope, asked: Search) -> tuple[Shape, dict[str, Any]]:
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
        **_filtered(filters),
    }


def _filtered(filters: Filters) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for n, one in enumerate(filters.values):
        given[f"facet{n}"] = [f"{one.facet}={value}" for value in one.values]
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


def _counted(names: tuple[str, ...], rows: list[Any]) -> Facets:
    found: dict[str, list[Count]] = defaultdict(list)
    for row in rows:
        name, _, value = row["facet"].partition("=")
        found[name].append(Count(value, row["often"]))
    return {name: tuple(found[name]) for name in names}
