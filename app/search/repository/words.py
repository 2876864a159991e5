"""The vocabulary as PostgreSQL has it, followed by this process."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, bindparam, select, text

from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import seconds
from app.core.db import Database
from app.core.rows import Record
from app.search.domain import SearchKind
from app.search.domain.vocabulary import Place, Vocabulary
from app.search.models import documents
from app.search.repository.documents import INDEXED

LATEST: Final = "latest"
MOST_BEHIND: Final = 5000  # changes that are read one by one; with more, all is read anew
AT_ONCE: Final = 2000  # rows that are taken in before others get their turn
OLD: Final = 50_000  # changes after which words that are no more are let go of
ALL: Final = text(
    "select word, s.library_id, s.age, count(*) as count, max(coalesce(d.popularity, 0)) as top"
    " from search_documents d cross join lateral unnest(d.words) word cross join lateral ("
    " select d.library_id, d.age where d.libraries is null union all"
    " select * from unnest(d.libraries, d.ages)) as s(library_id, age)"
    " where not d.gone and (s.library_id is not null or d.kind = 'user') group by 1, 2, 3"
)
LATER: Final = (
    select(
        documents.c.version,
        documents.c.kind,
        documents.c.library_id,
        documents.c.age,
        documents.c.libraries,
        documents.c.ages,
        documents.c.words,
        documents.c.popularity,
    )
    .where(documents.c.version > bindparam("version", type_=BigInteger), ~documents.c.gone)
    .order_by(documents.c.version)
    .limit(bindparam("most", type_=Integer))
)
LAST: Final = select(documents.c.version).order_by(documents.c.version.desc()).limit(1)


class VocabularyRepository:
    """The vocabulary of this process, as far as it has been read."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache
        self._vocabulary = Vocabulary()
        self.version = self._read_at = -1
        self._reading: asyncio.Lock = asyncio.Lock()
        self._seen: dict[tuple[str, bool, int], frozenset[Place]] = {}

    async def latest(self) -> Vocabulary:
        """The vocabulary with all that is committed."""
        last = (await self._last([LATEST]))[LATEST]
        if last > self.version:
            async with self._reading:
                await self._follow(last)
        return self._vocabulary

    def seen(self, scope: Scope, kinds: Collection[SearchKind]) -> frozenset[Place]:
        """The places whose words a viewer may see."""
        accounts = SearchKind.USER in kinds
        key = (scope.key, accounts, len(self._vocabulary.places))
        found = self._seen.get(key)
        if found is None:
            if len(self._seen) > 1000:
                self._seen.clear()
            found = self._seen[key] = self._vocabulary.seen(scope, accounts=accounts)
        return found

    @cached("search.version", ttl=seconds(30), tags=(INDEXED,))
    async def _last(self, ids: Collection[str]) -> dict[str, int]:
        return dict.fromkeys(ids, int(await self.db.scalar(LAST) or 0))

    async def _follow(self, last: int) -> None:
        if self.version >= last:  # who held the lock has read it
            return
        behind: Sequence[Record] = ()
        if self.version >= 0 and last - self._read_at < OLD:
            given = {"version": self.version, "most": MOST_BEHIND}
            behind = await self.db.records(LATER, given)
        if not behind or len(behind) == MOST_BEHIND:
            await self._read_all(last)
            return
        for row in behind:
            top = float(row["popularity"] or 0)
            for place in _places(row):
                for word in row["words"]:
                    self._vocabulary.add(word, place, 1, top)
        self.version = max(last, behind[-1]["version"])

    async def _read_all(self, last: int) -> None:
        rows = await self.db.records(ALL)
        fresh = Vocabulary()
        for start in range(0, len(rows), AT_ONCE):
            fresh.load(
                (row["word"], (row["library_id"], row["age"]), row["count"], row["top"])
                for row in rows[start : start + AT_ONCE]
            )
            await asyncio.sleep(0)
        for _ in fresh.order():
            await asyncio.sleep(0)
        self._vocabulary, self.version, self._read_at = fresh, last, last
        self._seen.clear()


def _places(row: Any) -> Iterator[Place]:
    if row["libraries"] is None:
        if row["library_id"] is not None or row["kind"] == SearchKind.USER:
            yield row["library_id"], row["age"]
    else:
        yield from zip(row["libraries"], row["ages"], strict=True)
