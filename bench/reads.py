"""What a read costs: `python -m bench.reads [--rounds 15] [--profile A]`.

The CPU of this process for a read, through the repositories without any cache ("cold"), with all
of it in process ("warm"), and by asyncpg alone as one would write it by hand. All take turns in one
run, so that ratios hold on a busy machine, too.
"""

import argparse
import asyncio
import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import asyncpg
import uvloop

from app.catalog.domain import CreditKind
from app.cli.processes import settle
from app.container import Container
from app.core.access import EVERYTHING
from app.core.config import load_config
from app.core.db import dsn
from app.core.page import Keyset
from app.movies.domain import MovieId, MovieQuery, MovieSort
from bench.servers import servers
from bench.shelf import seed

EACH: Final = 10  # reads of a kind in a row
GOAL: Final = 1.6
FIRST: Final = 50
CAST: Final = 5
BY_TITLE: Final = MovieQuery()
FILTERED: Final = MovieQuery(
    year_from=1990, year_to=2010, rating_from=5.0, sort=MovieSort.RATING, descending=True
)
Read = Callable[[], Awaitable[object]]

COLUMNS: Final = """m.id, i.library_id, m.title, m.sort_title, m.original_title, m.year,
 m.release_date, m.overview, m.tagline, m.runtime, m.rating, m.votes, m.popularity, m.trailer_url,
 i.certification, i.age, i.state, i.added_at"""
FROM: Final = """ from movies m join items i on i.id = m.id
 join libraries l on l.id = i.library_id and not l.deleting and l.enabled
 where i.state = 'available' and i.kind = 'movie'"""
PAGE: Final = f"select {COLUMNS} {FROM} order by m.sort_title, m.id limit 51"
ONE: Final = f"select {COLUMNS} {FROM} and m.id = $1"
WHERE: Final = " and m.year >= $1 and m.year <= $2 and m.rating >= $3"
SEARCH: Final = f"select {COLUMNS} {FROM} {WHERE} order by m.rating desc, m.id desc limit 51"
COUNT: Final = f"select count(*) {FROM} {WHERE}"
GENRES: Final = """select g.item_id, n.id, n.name, n.slug from item_genres g
 join genres n on n.id = g.genre_id where g.item_id = any($1) order by g.item_id, g.position"""
CREDITS: Final = """select c.item_id, c.character, p.id, p.name, p.portrait_url from credits c
 join people p on p.id = c.person_id
 where c.item_id = any($1) and c.kind = 'cast' and c.position < $2
 order by c.item_id, c.position"""


class ByHand:
    """The same answers as one would write them without any of ours: rows as dictionaries."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self) -> list[dict[str, Any]]:
        async with self._pool.acquire() as connection:
            return await self._whole(connection, await connection.fetch(PAGE))

    async def one(self, movie: UUID) -> list[dict[str, Any]]:
        async with self._pool.acquire() as connection:
            return await self._whole(connection, await connection.fetch(ONE, movie))

    async def search(self) -> tuple[list[dict[str, Any]], int]:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(SEARCH, 1990, 2010, 5.0)
            count = await connection.fetchval(COUNT, 1990, 2010, 5.0)
        return [dict(row) for row in rows], count

    async def _whole(self, connection: Any, rows: list[Any]) -> list[dict[str, Any]]:
        found = {row["id"]: {**row, "genres": [], "cast": []} for row in rows[:FIRST]}
        for row in await connection.fetch(GENRES, list(found)):
            found[row["item_id"]]["genres"].append(dict(row))
        for row in await connection.fetch(CREDITS, list(found), CAST):
            found[row["item_id"]]["cast"].append(dict(row))
        return list(found.values())


class Ours:
    """The reads behind the operations of the GraphQL bench."""

    def __init__(self, app: Container) -> None:
        self._app = app

    async def page(self) -> object:
        """A: a page of films with genres and cast."""
        page = await self._app.movie_repository.page(EVERYTHING, BY_TITLE, Keyset(FIRST))
        assert len(page.ids) == FIRST
        return await self._whole([MovieId(i) for i in page.ids])

    async def one(self, movie: UUID) -> object:
        """B: one film with genres and cast."""
        return await self._whole([MovieId(movie)])

    async def search(self) -> object:
        """D: films narrowed and counted."""
        repository = self._app.movie_repository
        page = await repository.page(EVERYTHING, FILTERED, Keyset(FIRST))
        found = await repository.by_ids(EVERYTHING, [MovieId(i) for i in page.ids])
        assert len(found) == FIRST
        return found, await repository.count(EVERYTHING, FILTERED)

    async def _whole(self, ids: list[Any]) -> object:
        app = self._app
        movies = await app.movie_repository.by_ids(EVERYTHING, ids)
        genres, cast = await asyncio.gather(
            app.catalog_repository.genres_of(EVERYTHING, ids),
            app.catalog_repository.credits_of(EVERYTHING, ids, CreditKind.CAST, CAST),
        )
        wanted = list(dict.fromkeys(c.person_id for of_item in cast.values() for c in of_item))
        people = await app.person_repository.by_ids(EVERYTHING, wanted)
        assert len(movies) == len(genres) == len(cast) == len(ids)
        assert len(people) == len(wanted)
        return movies, genres, cast, people


async def measure(reads: dict[str, Read], rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU per read of every kind, one number a round; the kinds take turns."""
    taken: dict[str, list[float]] = {kind: [] for kind in reads}
    for number in range(rounds + 3):
        for kind, read in reads.items():
            started = time.process_time()
            for _ in range(EACH):
                await read()
            if number >= 3:  # the first ones prepare statements and fill what is kept
                taken[kind].append((time.process_time() - started) / EACH)
    return taken


async def run(environment: dict[str, str], rounds: int, profiled: str) -> bool:
    """Measure all; says whether the goal is met."""
    cold = Container(load_config({**environment, "REVENGE_CACHE__ENABLED": "false"}))
    warm = Container(load_config(environment))
    await cold.open()
    await warm.open()
    try:
        async with asyncpg.create_pool(dsn(environment["REVENGE_DATABASE_URL"])) as pool:
            await seed(pool)
            while not warm.live.healthy:  # noqa: ASYNC110 - until then nothing is kept
                await asyncio.sleep(0.01)
            settle()
            return await compare(ByHand(pool), Ours(cold), Ours(warm), rounds, profiled)
    finally:
        await cold.close()
        await warm.close()


async def compare(hand: ByHand, cold: Ours, warm: Ours, rounds: int, profiled: str) -> bool:
    movie: UUID = (await hand.page())[0]["id"]
    operations: dict[str, dict[str, Read]] = {
        "A": {"by hand": hand.page, "cold": cold.page, "warm": warm.page},
        "B": {
            "by hand": lambda: hand.one(movie),
            "cold": lambda: cold.one(movie),
            "warm": lambda: warm.one(movie),
        },
        "D": {"by hand": hand.search, "cold": cold.search, "warm": warm.search},
    }
    if profiled:
        name, _, kind = profiled.partition(":")
        await profile(operations[name][kind or "cold"])
        return True
    print("| operation | who | CPU | ratio | goal |\n|---|---|---|---|---|")
    good = True
    for name, reads in operations.items():
        taken = await measure(reads, rounds)
        for kind, each in taken.items():
            pairs = zip(each, taken["by hand"], strict=True)
            ratio = statistics.median(one / other for one, other in pairs)
            bound = name == "A" and kind == "cold"
            good = good and (not bound or ratio <= GOAL)
            goal = f"≤ {GOAL}" if bound else ""
            median = statistics.median(each) * 1e6
            print(f"| {name} | {kind} | {median:.0f} µs | {ratio:.2f} | {goal} |")
    return good


async def profile(read: Read) -> None:
    for _ in range(20):
        await read()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(100):
        await read()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--profile", default="", help="A, B or D, with :warm or :by hand")
    given = parser.parse_args()
    with servers() as made, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        met = runner.run(run(made.environment, given.rounds, given.profile))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
