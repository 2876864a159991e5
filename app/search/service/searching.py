"""Searching: who may ask for what, which backend answers, and what was asked for in vain."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from app.core.access import SYSTEM, Permission, Scope, Viewer, within
from app.core.cache import cached_list
from app.core.clock import days, seconds
from app.core.errors import Invalid, Unavailable
from app.core.logging import get_logger
from app.core.tx import Tx
from app.libraries.repository import HIDDEN
from app.search.domain import (
    MOST_QUERY,
    Completion,
    Count,
    Facets,
    Filters,
    Found,
    Search,
    SearchBackend,
    SearchCollection,
    SearchKind,
    folded,
    runs,
    words_in,
)
from app.search.domain.highlights import Highlight, highlights
from app.search.jobs import ReindexSearch
from app.search.repository.misses import MissRepository
from app.search.service.collections import COLLECTIONS

if TYPE_CHECKING:
    from app.container import Container

T = TypeVar("T")
INDEXED: Final = ("search", HIDDEN)
FRESH: Final = seconds(30)
KEPT_MISSES: Final = days(90)
MOST_WAITING: Final = 1000  # queries without results that wait to be written down
# Of whoever it is told to, not all may read it: it is searched, and not shown.
UNTOLD: Final = frozenset({"email"})
log = get_logger(__name__)


class Answered(Struct, Generic[T], frozen=True):
    """An answer, which backend gave it, and whether that was not the one that is preferred."""

    value: T
    backend: str
    degraded: bool


class Searching:
    """Use cases of search. What is asked is cut down to what the viewer may see."""

    def __init__(self, app: "Container") -> None:
        self._app, self.cache = app, app.cache
        self.misses = MissRepository(app.db)
        self._missed: Counter[str] = Counter()

    # -- questions

    async def search(self, viewer: Viewer, asked: Search, depth: int) -> Answered[Found]:
        """The best `depth` hits. Raises Invalid, Forbidden, or Unavailable where no backend is.

        Without `kinds` of all that the viewer may list.
        """
        words_in(asked.text)
        narrowed = _narrowed(viewer, asked)
        scope = viewer.scope
        if not narrowed.kinds:
            return self._nothing(Found(hits=(), total=0))
        found = await self._answered(
            "search",
            lambda: self._search(scope, narrowed, depth),
            lambda backend: backend.search(scope, narrowed, depth),
        )
        scoped = any(COLLECTIONS[kind].scoped for kind in narrowed.kinds)
        if found.value.total == 0 and asked.filters == Filters() and scoped:
            self._note_miss(asked.text)
        return found

    async def facets(
        self, viewer: Viewer, asked: Search, names: Collection[str]
    ) -> Answered[Facets]:
        """The most frequent values of these facets, of all there are where none are named: none of
        what is on no type. Raises Invalid, Forbidden and Unavailable.
        """
        if asked.text:
            words_in(asked.text)
        narrowed = _narrowed(viewer, asked)
        wanted = _facets_of(narrowed.kinds, names)
        told = tuple(names) or _facets_of(_permitted(viewer, asked.kinds), ())
        scope = viewer.scope
        if not wanted:
            return self._nothing(dict.fromkeys(told, ()))
        found = await self._answered(
            "facets",
            lambda: self._facets(scope, narrowed, wanted),
            lambda backend: backend.facets(scope, narrowed, wanted),
        )
        return replace(found, value={name: found.value.get(name, ()) for name in told})

    async def complete(
        self, viewer: Viewer, prefix: str, kinds: Collection[SearchKind], limit: int
    ) -> Answered[tuple[Completion, ...]]:
        """Titles and names that begin so; none for what has no letters yet."""
        text = prefix.replace('"', " ")
        allowed = _permitted(viewer, kinds)
        if not (allowed and runs(text)):
            return self._nothing(())
        scope = viewer.scope
        return await self._answered(
            "autocomplete",
            lambda: self._complete(scope, text, allowed, limit),
            lambda backend: backend.complete(scope, text, allowed, limit),
        )

    async def highlights(
        self, viewer: Viewer, matches: Collection[tuple[str, UUID]]
    ) -> Mapping[tuple[str, UUID], tuple[Highlight, ...]]:
        """Where documents say what was asked for, by the query and the id."""
        ids = list(dict.fromkeys(id_ for _, id_ in matches))
        documents = await self._app.documents.by_ids(viewer.scope, ids)
        words = {text: words_in(text) for text in {text for text, _ in matches}}
        found: dict[tuple[str, UUID], tuple[Highlight, ...]] = {}
        for text, id_ in matches:
            if (document := documents.get(id_)) is not None:
                found[text, id_] = highlights(document, _shown(document.kind), words[text])
                await asyncio.sleep(0)  # long texts take their time: let others have theirs
        return found

    # -- who answers

    @cached_list("search", ttl=FRESH, tags=INDEXED)
    async def _search(self, scope: Scope, asked: Search, depth: int) -> Found:
        return await self._timed("search", self._first, lambda b: b.search(scope, asked, depth))

    @cached_list("search.facets", ttl=FRESH, tags=INDEXED)
    async def _facets(
        self, scope: Scope, asked: Search, names: tuple[str, ...]
    ) -> dict[str, tuple[Count, ...]]:
        found = await self._timed("facets", self._first, lambda b: b.facets(scope, asked, names))
        return dict(found)

    @cached_list("search.complete", ttl=FRESH, tags=INDEXED)
    async def _complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        return await self._timed(
            "autocomplete", self._first, lambda b: b.complete(scope, prefix, kinds, limit)
        )

    async def _answered(
        self,
        type_: str,
        kept: Callable[[], Awaitable[T]],
        ask: Callable[[SearchBackend], Awaitable[T]],
    ) -> Answered[T]:
        """What the preferred backend says, which is kept for a while, else what the next one does.

        Of several failures the first is raised: what is preferred is what has to be mended.
        """
        first, *others = self._backends
        try:
            found = Answered(await kept(), first.name, degraded=False)
        except Unavailable as error:
            found = await self._instead(type_, others, ask, error)
        self._app.metrics.search_queries.labels(type_, found.backend).inc()
        return found

    async def _instead(
        self,
        type_: str,
        others: Sequence[SearchBackend],
        ask: Callable[[SearchBackend], Awaitable[T]],
        error: Unavailable,
    ) -> Answered[T]:
        for backend in others:
            try:
                return Answered(await self._timed(type_, backend, ask), backend.name, degraded=True)
            except Unavailable:
                continue
        raise error

    async def _timed(
        self, type_: str, backend: SearchBackend, ask: Callable[[SearchBackend], Awaitable[T]]
    ) -> T:
        started = time.perf_counter()
        try:
            return await ask(backend)
        finally:
            took = time.perf_counter() - started
            self._app.metrics.search_duration.labels(type_, backend.name).observe(took)

    @property
    def _backends(self) -> Sequence[SearchBackend]:
        """In the order in which they are preferred; there is always one."""
        return [backend for backend in self._app.search_backends if backend.configured]

    @property
    def _first(self) -> SearchBackend:
        return self._backends[0]

    def _nothing(self, value: T) -> Answered[T]:
        """The answer to what needs not be asked: nothing can be found."""
        return Answered(value, self._first.name, degraded=False)

    # -- what is found in vain

    def _note_miss(self, text: str) -> None:
        query = " ".join(folded(text).split())[:MOST_QUERY]
        if query in self._missed or len(self._missed) < MOST_WAITING:
            self._missed[query] += 1

    async def note_misses(self) -> None:
        """Write down what nothing was found for. Losable: nobody waits for it."""
        missed, self._missed = self._missed, Counter()
        if not missed:
            return
        try:
            async with self._app.db.write(SYSTEM) as tx:
                await self.misses.note(tx, missed, self._app.clock.now())
        except Exception as error:  # noqa: BLE001 - statistics alone are lost
            log.warning("search.misses_not_noted", queries=len(missed), error=repr(error))

    async def forget_misses(self, tx: Tx) -> int:
        """Delete what was not asked for in 90 days; says how many."""
        return await self.misses.forget(tx, self._app.clock.now() - KEPT_MISSES)

    # -- the index

    async def reindex(self, viewer: Viewer, kinds: Collection[SearchKind]) -> UUID:
        """Have the index of these types built anew, of all where none are named: the job's id.

        One that waits or runs already is the one.
        """
        viewer.require(Permission.SEARCH_REINDEX)
        async with self._app.db.write(viewer) as tx:
            tx.enqueue(ReindexSearch(_in_order(kinds)))
        job_id = tx.job_ids[0]
        assert job_id is not None  # noqa: S101 - one that is done never stands for another
        return job_id


def _in_order(kinds: Collection[SearchKind]) -> tuple[SearchKind, ...]:
    return tuple(kind for kind in COLLECTIONS if kind in kinds)


def _permitted(viewer: Viewer, kinds: Collection[SearchKind]) -> tuple[SearchKind, ...]:
    """The types that are searched, always in one order. Raises Forbidden for one asked for that the
    viewer may not list.
    """
    for kind in _in_order(kinds):
        viewer.require(COLLECTIONS[kind].permission)
    return _in_order(kinds) or tuple(
        kind for kind, one in COLLECTIONS.items() if viewer.may(one.permission)
    )


def _narrowed(viewer: Viewer, asked: Search) -> Search:
    """The question of those types alone that can fulfil it, and of libraries in the scope.

    Raises Invalid for a filter or a sort that none of them has, and Forbidden.
    """
    kinds = _permitted(viewer, asked.kinds)
    wanted = {one.facet: _with_facet(one.facet) for one in asked.filters.values}
    wanted |= {one.number.value: _with_number(one.number) for one in asked.filters.ranges}
    fitting = [COLLECTIONS[kind] for kind in kinds]
    for name, has in wanted.items():
        _some(fitting, has, f"filtered by {name}", name)
    if asked.sort is not None:
        _some(fitting, _with_number(asked.sort), f"sorted by {asked.sort.value}", "sort")
    libraries = asked.filters.libraries
    if libraries is not None:
        seen = within(viewer.scope, libraries).libraries
        libraries = tuple(sorted(seen or ()))
        fitting = [one for one in fitting if one.scoped] if libraries else []
    left = [one.kind for one in fitting if all(has(one) for has in wanted.values())]
    filters = replace(asked.filters, libraries=libraries)
    return replace(asked, kinds=tuple(left), filters=filters)


def _some(
    collections: Iterable[SearchCollection],
    has: Callable[[SearchCollection], bool],
    done: str,
    field: str,
) -> None:
    known = list(collections)
    if known and not any(map(has, known)):
        kinds = ", ".join(one.kind.name for one in known)
        raise Invalid(f"None of {kinds} can be {done}.", field=field)


def _with_facet(name: str) -> Callable[[SearchCollection], bool]:
    return lambda one: any(facet.name == name for facet in one.facets)


def _with_number(number: object) -> Callable[[SearchCollection], bool]:
    return lambda one: number in one.sorts


def _facets_of(kinds: Collection[SearchKind], names: Collection[str]) -> tuple[str, ...]:
    """Those of these facets that some of the types have, of all where none are named; always in
    one order.
    """
    known = dict.fromkeys(facet.name for kind in kinds for facet in COLLECTIONS[kind].facets)
    return tuple(name for name in known if not names or name in names)


def _shown(kind: SearchKind) -> list[str]:
    """The fields that passages are shown of, the most telling first."""
    return [field.name for field in COLLECTIONS[kind].fields if field.name not in UNTOLD]
