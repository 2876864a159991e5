"""Search that a Typesense server answers."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
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
    words_in,
)
from app.search.domain.vocabulary import Vocabulary
from app.search.repository import VocabularyRepository
from app.search.repository.questions import Known
from app.search.service.typesense.asking import Asked, Sees, completing, counting, searches
from app.search.service.typesense.reading import Reading, readings
from app.search.service.typesense.results import (
    Listed,
    Result,
    by_match,
    by_number,
    lists_of,
    suggestion_of,
    total_of,
)
from app.search.service.typesense.schema import value_of
from app.search.service.typesense.server import TypesenseServer

log = get_logger(__name__)
AT_ONCE: Final = 45  # searches in one request; the server takes 50
MOST_SECONDS: Final = 0.9
PATIENCE: Final = 0.3  # seconds of them that words are waited for


class Answers(Struct):
    """What searches that were sent together found, in their order."""

    results: tuple[Result, ...]


class TypesenseBackend:
    """Asks the aliases of collections, what belongs together in one request. Raises Unavailable.

    `hidden` are libraries that are just being deleted: a scope may still name them. Without `words`
    at hand it answers by what is written, and by the typos that the server forgives.
    """

    name = "typesense"

    def __init__(
        self,
        server: TypesenseServer,
        collections: Mapping[SearchKind, SearchCollection],
        words: VocabularyRepository,
        hidden: Callable[[], Awaitable[Collection[UUID]]],
    ) -> None:
        self._server, self._collections, self._hidden = server, collections, hidden
        self._words = words

    @property
    def configured(self) -> bool:
        """Whether a server is; what is asked of it otherwise raises Unavailable."""
        return self._server.place is not None

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        """The first `depth` hits of all kinds, the best first."""
        async with _in_time():
            sees = await self._sees(scope)
            for reading in await self._readings(scope, asked):
                wanted = [
                    one
                    for kind in asked.kinds
                    for one in searches(self._collections[kind], sees, asked, reading, depth)
                ]
                lists = lists_of(wanted, await self._ask(wanted))
                if total := total_of(lists):
                    return self._found(asked, lists, min(depth, total))
        return Found(hits=(), total=0, backend=self.name)

    def _found(self, asked: Search, lists: Sequence[Listed], most: int) -> Found:
        ranked = by_match(lists) if asked.sort is None else by_number(asked, lists)
        return Found(
            hits=tuple([Hit(one.kind, one.shown.id, one.score) for one in ranked[:most]]),
            total=total_of(lists),
            suggestion=suggestion_of(lists),
            backend=self.name,
        )

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        """The most frequent values among all hits of all kinds."""
        counted: dict[str, Counter[str]] = {name: Counter() for name in names}
        async with _in_time():
            sees = await self._sees(scope)
            for reading in await self._readings(scope, asked):
                wanted = [
                    one
                    for kind in asked.kinds
                    for one in counting(self._collections[kind], sees, asked, reading, names)
                ]
                results = await self._ask(wanted)
                if any(result.found for result in results):
                    break
            else:
                return dict.fromkeys(names, ())
        for facet in chain.from_iterable(result.facet_counts for result in results):
            counts = counted.get(facet.field_name.removeprefix("facet_"))
            if counts is not None:
                counts.update({value_of(one.value): one.count for one in facet.counts})
        return {name: _most(some) for name, some in counted.items()}

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        """Titles and names that begin so; of those whose words do, and with typos, where few do."""
        words = words_in(prefix)
        asked = Search(text=prefix, kinds=kinds)
        async with _in_time():
            sees = await self._sees(scope)
            wanted = [
                one
                for kind in kinds
                for one in completing(self._collections[kind], sees, asked, words, limit)
            ]
            ranked = by_match(lists_of(wanted, await self._ask(wanted)))
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

    async def _readings(self, scope: Scope, asked: Search) -> Iterable[Reading | None]:
        if not asked.text.strip():
            return (None,)
        return readings(words_in(asked.text), await self._known(scope, asked.kinds))

    async def _known(self, scope: Scope, kinds: Collection[SearchKind]) -> Known:
        try:
            async with asyncio.timeout(PATIENCE):
                vocabulary = await self._words.latest()
        except (TimeoutError, Unavailable):
            return Known(Vocabulary(), frozenset())
        return Known(vocabulary, self._words.seen(scope, kinds))

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


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """However many questions it takes: somebody waits. Raises Unavailable."""
    try:
        async with asyncio.timeout(MOST_SECONDS):
            yield
    except TimeoutError:
        raise Unavailable("The search server does not answer in time.") from None


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


def _most(counts: Counter[str]) -> tuple[Count, ...]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Count(value, count) for value, count in ordered[:MOST_FACET_VALUES])
