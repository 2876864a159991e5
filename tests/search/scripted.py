"""Search backends of tests: one that answers what it is told to, and one that does not answer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.access import Scope
from app.core.errors import Unavailable
from app.search.domain import Completion, Count, Facets, Found, Hit, Search, SearchKind


class Scripted:
    """Answers with these hits, whoever asks, and notes the questions."""

    name = "scripted"
    configured = True

    def __init__(
        self, hits: Sequence[tuple[SearchKind, UUID]] = (), total: int | None = None
    ) -> None:
        self.hits, self.total = hits, len(hits) if total is None else total
        self.asked: list[Any] = []

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        self.asked.append((scope, asked, depth))
        hits = [Hit(kind, id_, 1 / n) for n, (kind, id_) in enumerate(self.hits, 1)]
        return Found(hits=tuple(hits[:depth]), total=self.total, backend=self.name)

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        self.asked.append((scope, asked, names))
        return {name: (Count("x", 1),) for name in names if name != "library"}

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        self.asked.append((scope, prefix, kinds))
        found = [Completion(kind=kind, id=id_, title="Told") for kind, id_ in self.hits]
        return tuple(found[:limit])


class Away:
    """A server that does not answer."""

    name = "away"
    configured = True

    def __init__(self) -> None:
        self.asked = 0

    async def search(self, scope: Scope, asked: Search, depth: int) -> Found:
        raise self._gone()

    async def facets(self, scope: Scope, asked: Search, names: tuple[str, ...]) -> Facets:
        raise self._gone()

    async def complete(
        self, scope: Scope, prefix: str, kinds: tuple[SearchKind, ...], limit: int
    ) -> tuple[Completion, ...]:
        raise self._gone()

    def _gone(self) -> Unavailable:
        self.asked += 1
        return Unavailable("It does not answer.")
