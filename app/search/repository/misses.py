"""SQL of queries that nothing was found for."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, cast

from msgspec import Struct
from sqlalchemy import ARRAY, Text, any_, bindparam, delete, func, select, text

from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.search.models import misses

MOST_MISSES: Final = 10_000  # rows; those that were asked for longest ago go
NOTE: Final = text("""
insert into search_misses (query, times, last_at)
select query, times, :at
  from unnest(cast(:queries as text[]), cast(:times as bigint[])) as noted (query, times)
 order by query
on conflict (query) do update
   set times = search_misses.times + excluded.times,
       last_at = greatest(search_misses.last_at, excluded.last_at)
""")
TRIM: Final = text("""
delete from search_misses where query in (
  select query from search_misses order by last_at desc, query offset :most)
""")
BY_QUERIES: Final = select(misses).where(
    misses.c.query == any_(bindparam("queries", type_=ARRAY(Text)))
)
OFTENEST: Final = Sorted(
    select(misses.c.query), (Order(misses.c.times, descending=True), Order(misses.c.query))
)
COUNT: Final = select(func.count()).select_from(misses)


class Miss(Struct, frozen=True, kw_only=True):
    """A query, folded, that nothing was found for, how often, and when last."""

    query: str
    times: int
    last_at: datetime


class MissRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def note(self, tx: Tx, queries: Mapping[str, int], at: datetime) -> None:
        """Count these queries, so many times each; the oldest make room."""
        given = {"queries": list(queries), "times": list(queries.values()), "at": at}
        await tx.execute(NOTE, given)
        await tx.execute(TRIM, {"most": MOST_MISSES})

    async def page(self, page: Keyset) -> Page[str]:
        """Queries, the most frequent first."""
        return cast("Page[Any]", await self.db.page(OFTENEST, "search.misses", page))

    async def by_queries(self, queries: Collection[str]) -> Mapping[str, Miss]:
        """What is known of queries."""
        rows = await self.db.fetch(BY_QUERIES, {"queries": list(queries)}, into=Miss)
        return {miss.query: miss for miss in rows}

    async def count(self) -> int:
        """How many there are."""
        return int(await self.db.scalar(COUNT))

    async def forget(self, tx: Tx, before: datetime) -> int:
        """Delete what nobody has asked for since; says how many."""
        return (await tx.execute(delete(misses).where(misses.c.last_at < before))).rowcount
