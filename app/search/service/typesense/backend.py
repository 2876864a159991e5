"""Search that a Typesense server answers."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from typesense.async_.client import AsyncClient

from app.core.access import Scope
from app.core.errors import Unavailable
from app.core.logging import get_logger
from app.search.domain import (
    MOST_FACET_VALUES,
    Completion,
    Count,
    Facets,
    Found,
    Hit,
    Search,
    SearchCollection,
    SearchKind,
    Words,
    words_in,
)
from app.search.domain.ranking import Tier, tier
from app.search.service.typesense.asking import (
    Asked,
    Sees,
    Way,
    by_starts,
    by_words,
    counting,
    order_of,
    searches,
    sieve_of,
)
from app.search.service.typesense.schema import value_of
from app.search.service.typesense.server import TypesenseServer

log = get_logger(__name__)
AT_ONCE: Final = 45  # searches in one request; the server takes 50
STEPS: Final = 1024
Amount = Annotated[int, Meta(ge=0, lt=1 << 28)]  # of which several are added


class Shown(Struct):
    """What a hit tells of its document."""

    id: UUID
    label: str = ""
    keys: tuple[str, ...] = ()
    year: Annotated[int, Meta(ge=-(1 << 31), lt=1 << 31)] | None = None
    popularity: float | None = None
    added: float | None = None
    released: float | None = None
    rating: float | None = None
    votes: float | None = None
    runtime: float | None = None


class One(Struct):
    """A hit."""

    document: Shown


class Value(Struct):
    """How often a value is there."""

    value: str
    count: Amount


class FacetCounts(Struct):
    """The values of one facet."""

    field_name: str
    counts: tuple[Value, ...] = ()


class Result(Struct):
    """What one search found; `code` is there where it failed."""

    found: Amount = 0
    hits: tuple[One, ...] = ()
    facet_counts: tuple[FacetCounts, ...] = ()
    code: int | None = None
    error: str = ""


class Answers(Struct):
    """What searches that were sent together found, in their order."""

    results: tuple[Result, ...]


class Ranked(NamedTuple):
    """A hit with its place: smaller is better."""

    tier: float
    place: int
    unpopular: float
    kind: SearchKind
    shown: Shown

    @property
    def score(self) -> float:
        return round(Tier.REST + 1 - self.tier - (self.place + 1) / STEPS, 6)


class TypesenseBackend:
    """Asks the aliases of collections, all in one request. Raises Unavailable.

    `hidden` are libraries that are just being deleted: a scope may still name them.
    """

    name = "typesense"

    def __init__(
        self,
        server: TypesenseServer,
        collections: Mapping[SearchKind, SearchCollection],
        hidden: Callable[[], Awaitable[Collection[UUID]]],
    ) -> None:
        self._server, self._collections, self._hidden = server, collections, hidden

    @property
    def configured(self) -> bool:
        """Whether a server is; what is asked of it otherwise raises Unavailable."""
        return self._server.place is not None

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        """The first `depth` hits of all kinds, the best first."""
        words = words_in(asked.text) if asked.text.strip() else None
        sees = await self._sees(scope)
        wanted = [
            one
            for kind in asked.kinds
            for one in searches(self._collections[kind], sees, asked, depth)
        ]
        answers = await self._ask(wanted)
        by_word = {
            one.kind: result.found
            for one, result in zip(wanted, answers, strict=True)
            if one.way is Way.WORDS
        }
        if asked.sort is not None:
            ranked = _by_number(asked, wanted, answers)
        else:
            ranked = _by_match(words, wanted, answers)
        hits = (Hit(one.kind, one.shown.id, one.score) for one in ranked[:depth])
        return Found(hits=tuple(hits), total=sum(by_word.values()), backend=self.name)

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        """The most frequent values among all hits of all kinds."""
        sees = await self._sees(scope)
        each = (counting(self._collections[kind], sees, asked, names) for kind in asked.kinds)
        wanted = [one for one in each if one is not None]
        counted: dict[str, Counter[str]] = {name: Counter() for name in names}
        for result in await self._ask(wanted):
            for facet in result.facet_counts:
                counts = counted.get(facet.field_name.removeprefix("facet_"))
                if counts is not None:
                    counts.update({value_of(one.value): one.count for one in facet.counts})
        return {name: _most(some) for name, some in counted.items()}

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        """Titles and names that begin so; of those whose words do, and with typos, where few do."""
        words = words_in(prefix)
        asked, sees = Search(text=prefix, kinds=kinds), await self._sees(scope)
        wanted = [
            one
            for kind in kinds
            for one in _completing(self._collections[kind], sees, asked, words, limit)
        ]
        ranked = _by_match(words, wanted, await self._ask(wanted))
        return tuple(
            Completion(
                kind=one.kind,
                id=one.shown.id,
                title=one.shown.label,
                year=one.shown.year,
                score=one.score,
            )
            for one in ranked[:limit]
        )

    async def _sees(self, scope: Scope) -> Sees:
        return Sees(scope, frozenset(await self._hidden()))

    async def _ask(self, wanted: Sequence[Asked]) -> list[Result]:
        found: list[Result] = []
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            bodies: Any = {
                "searches": [
                    {"collection": f"{self._server.prefix}_{one.kind.value}", **one.parameters}
                    for one in part
                ]
            }
            raw = await self._server.query(partial(_performed, bodies))
            found += _results(raw, len(part))
        return found


async def _performed(bodies: Any, client: AsyncClient) -> object:
    return await client.multi_search.perform(bodies)


def _results(raw: object, expected: int) -> Sequence[Result]:
    try:
        results = msgspec.convert(raw, Answers).results
    except msgspec.ValidationError as error:
        log.warning("typesense.unusable", why=str(error))
        raise Unavailable("The search server answers something that cannot be used.") from None
    failed = [one for one in results if one.code is not None and one.code >= 400]
    if failed or len(results) != expected:
        log.warning("typesense.not_answered", code=failed[0].code if failed else None)
        raise Unavailable("The search server does not have all that is searched.")
    return results


def _completing(
    collection: SearchCollection, sees: Sees, asked: Search, words: Words, limit: int
) -> Iterable[Asked]:
    sieve = sieve_of(collection, sees, asked.filters)
    if sieve is None:
        return
    ways = [
        *by_starts(collection, words),
        (Way.WORDS, "", by_words(collection, words, titles=True)),
    ]
    for way, more, by in ways:
        filter_by = " && ".join(filter(None, (sieve, more)))
        order = {"sort_by": order_of(collection, asked), "per_page": limit}
        yield Asked(collection.kind, way, {**by, "filter_by": filter_by, **order})


def _by_match(
    words: Words | None, wanted: Sequence[Asked], answers: Sequence[Result]
) -> list[Ranked]:
    """Several lists in one: by how well titles match, then by the place in one's own list.

    Each list begins as a shorter one does, and so does what comes of them: pages fit together.
    """
    ranked: list[Ranked] = []
    places: dict[tuple[SearchKind, Way, str], tuple[int, int]] = {}
    for one, result in zip(wanted, answers, strict=True):
        which = (one.kind, one.way, str(one.parameters["q"]))
        place, least = places.get(which, (0, 0))
        for hit in result.hits:
            shown = hit.document
            if words is not None:
                least = max(least, tier(words, shown.keys, shown.year))
            ranked.append(Ranked(least, place, -(shown.popularity or 0), one.kind, shown))
            place += 1
        places[which] = (place, least)
    return _once(ranked)


def _by_number(asked: Search, wanted: Sequence[Asked], answers: Sequence[Result]) -> list[Ranked]:
    sign = -1 if asked.descending else 1
    ranked: list[Ranked] = []
    for one, result in zip(wanted, answers, strict=True):
        for hit in result.hits:
            value = getattr(hit.document, asked.sort or "")
            last = value is None
            ranked.append(
                Ranked(float(last), 0, 0.0 if last else sign * value, one.kind, hit.document)
            )
    return _once(ranked)


def _once(ranked: Iterable[Ranked]) -> list[Ranked]:
    """In order, each thing where it is best."""
    best: dict[tuple[SearchKind, UUID], Ranked] = {}
    for one in sorted(ranked, key=lambda one: one[:3]):
        best.setdefault((one.kind, one.shown.id), one)
    return list(best.values())


def _most(counts: Counter[str]) -> tuple[Count, ...]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Count(value, count) for value, count in ordered[:MOST_FACET_VALUES])
