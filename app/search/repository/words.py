"""The vocabulary as PostgreSQL has it, followed by this process."""

import asyncio
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, bindparam, select

from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import seconds
from app.core.db import Database
from app.core.errors import TimedOut, Unavailable
from app.core.logging import get_logger
from app.core.pgfaults import translated
from app.core.tasks import end
from app.search.domain import SearchKind
from app.search.domain.vocabulary import Place, Vocabulary
from app.search.models import documents
from app.search.repository.documents import INDEXED

log = get_logger(__name__)
LATEST: Final = "latest"
FAULTS: Final = (TimedOut, Unavailable)
PATIENCE: Final = 1.0  # seconds that a question waits for new words,
AT_FIRST: Final = 5.0  # and for any at all: without them it would not be read as it is meant
MOST_BEHIND: Final = 5000  # changes that are read one by one; with more, all is read anew
MOST_SECONDS: Final = 60  # for all words
AT_ONCE: Final = 2000  # rows that are taken in before others get their turn
FEW: Final = 50  # changes, likewise
OLD: Final = 50_000  # changes after which words that are no more are let go of
ALL: Final = (
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
        self._reading: asyncio.Task[None] | None = None
        self._seen: dict[tuple[str, bool, int], frozenset[Place]] = {}

    async def latest(self) -> Vocabulary:
        """The vocabulary with all that is committed; with less, where that takes long to read."""
        last = (await self._last([LATEST]))[LATEST]
        if last > self.version:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._follow(last), name="search.vocabulary")
            patience = AT_FIRST if self.version < 0 else PATIENCE
            await asyncio.wait([self._reading], timeout=patience)
        return self._vocabulary

    async def close(self) -> None:
        """Read no further."""
        if self._reading is not None:
            await end([self._reading])

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
        try:
            if not (self.version >= 0 and last - self._read_at < OLD and await self._read_later()):
                await self._read_all(last)
        except FAULTS as error:  # words are as they were; the next question tries again
            log.warning("search.vocabulary", error=error.message)

    async def _read_later(self) -> bool:
        """Take in what has changed; whether that was all of it."""
        given = {"version": self.version, "most": MOST_BEHIND}
        behind = await self.db.records(LATER, given)
        if len(behind) == MOST_BEHIND:
            return False
        for number, row in enumerate(behind, 1):
            if number % FEW == 0:
                await asyncio.sleep(0)
            top = float(row["popularity"] or 0)
            for place in _places(row):
                for word in row["words"]:
                    self._vocabulary.add(word, place, 1, top)
            self.version = max(self.version, row["version"])
        return True

    async def _read_all(self, last: int) -> None:
        fresh = Vocabulary()
        with translated():
            async with self.db.pool.acquire() as connection, connection.transaction():
                # Counting the words of a million titles takes longer than a question may.
                await connection.execute(f"set local statement_timeout = {MOST_SECONDS * 1000}")
                rows = await connection.cursor(ALL, timeout=MOST_SECONDS)
                while some := await rows.fetch(AT_ONCE, timeout=MOST_SECONDS):
                    fresh.load(
                        (word, (library, age), n, top) for word, library, age, n, top in some
                    )
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
