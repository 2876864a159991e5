"""What the counters of items say is what one would count, whatever was written and by how many."""

import asyncio
import contextlib
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from app.catalog.domain import ContentQuery
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM, Scope
from app.core.ids import new_id
from app.core.jobs import Queue
from app.core.statements import Question
from app.items.domain import ItemId, ItemKind, ItemState
from app.items.jobs import FoldCounts, RecountItems
from app.items.repository import counted, visible_items
from app.libraries.domain import LibraryId
from app.movies.domain import MovieQuery, MovieSort
from app.shows.domain import EpisodeQuery, ShowQuery
from tests.auth.people import rows
from tests.faults.scale import dice, scaled
from tests.items.writer import AGES, COLUMNS, INSERT, KINDS, Writer
from tests.server.test_upkeep import carry_out
from tests.support.api import Api
from tests.support.library import Film, Shelves
from tests.support.people import People
from tests.support.series import Series, add_series


def some_scope(dice: random.Random, libraries: list[LibraryId]) -> Scope:
    seen = None if dice.random() < 0.3 else frozenset(dice.sample(libraries, dice.randint(0, 3)))
    return Scope(libraries=seen, max_age=dice.choice((None, 0, 6, 12, 17, 18)), key="any")


async def compare(app: Container, dice: random.Random, libraries: list[LibraryId]) -> None:
    """What is counted and what the counters say, of anything at all and of all there is."""
    for scope in (EVERYTHING, some_scope(dice, libraries), some_scope(dice, libraries)):
        kinds = dice.sample(KINDS, dice.randint(1, len(KINDS)))
        some = None if dice.random() < 0.5 else dice.sample(libraries, dice.randint(0, 3))
        state, age = dice.choice((None, *ItemState)), dice.choice((None, 0, 12, 18))
        item = visible_items(scope, kinds=kinds, libraries=some)
        there = [] if state is None else [item.c.state == state.value]
        there += [] if age is None else [item.c.age <= age]
        said = counted(scope, kinds=kinds, libraries=some, state=state, max_age=age)
        assert int(await app.db.scalar(said)) == await app.db.scalar(
            select(func.count()).select_from(item).where(*there)
        ), (scope, kinds, some, state, age)
    sorts = await rows(
        app, "select library_id, kind, state, age, count(*) from items group by 1, 2, 3, 4"
    )
    kept = await rows(
        app,
        "select library_id, kind, state, age, sum(amount) from item_counts"
        " group by 1, 2, 3, 4 having sum(amount) <> 0",
    )
    assert {row[:4]: row[4] for row in kept} == {row[:4]: row[4] for row in sorts}


async def fold(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.fold_counts(tx)


async def test_they_say_what_one_would_count(
    app: Container, libraries: list[LibraryId], connections: Any
) -> None:
    chance = dice("counters")
    writers = [Writer(c, chance, libraries) for c in await connections(3)]
    hide = "update libraries set deleting = not deleting where id = $1"
    folded = 0
    for number in range(scaled(6000, 1000)):
        if await chance.choice(writers).step():
            await compare(app, chance, libraries)
        if chance.random() < 0.05:
            await fold(app)  # whoever writes meanwhile
            folded += 1
        if chance.random() < 0.01:
            await app.db.pool.execute(hide, chance.choice(libraries))
        if number % 500 == 499:
            async with app.db.write(SYSTEM) as tx:
                assert await app.item_repository.recount(tx) == 0
            for writer in writers:
                await writer.end()
                writer.mine = []
            await app.db.pool.execute("truncate items cascade")
            await compare(app, chance, libraries)
    for writer in writers:
        await writer.end()
    await compare(app, chance, libraries)
    assert folded


async def test_many_at_once_neither_wait_nor_get_lost(
    app: Container, libraries: list[LibraryId], connections: Any
) -> None:
    """All of them count in the same rows, and somebody folds all the time."""
    chance = dice("counters at once")
    writers = [
        Writer(connection, random.Random(chance.random()), libraries[:1])
        for connection in await connections(8)
    ]
    over = asyncio.Event()

    async def write(writer: Writer) -> None:
        for _ in range(scaled(1000, 200)):
            await writer.step()
        await writer.end()

    async def fold_again_and_again() -> None:
        while not over.is_set():
            await fold(app)

    folders = [asyncio.create_task(fold_again_and_again()) for _ in range(2)]
    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*(write(writer) for writer in writers))
    finally:
        over.set()
        await asyncio.gather(*folders)
    await compare(app, chance, libraries)
    await fold(app)
    await compare(app, chance, libraries)


async def test_an_open_transaction_holds_up_nobody(
    app: Container, libraries: list[LibraryId], connections: Any
) -> None:
    """Two that change one sort of item, and each its own item, do not meet."""
    one, other = await connections(2)
    row = ("movie", libraries[0], None, 12, "available")
    first, second = new_id(), new_id()
    for item in (first, second):
        await one.execute(INSERT, item, *row)
    async with contextlib.AsyncExitStack() as left_open:
        await left_open.enter_async_context(one.transaction())
        await one.execute("update items set age = 18 where id = $1", first)
        async with other.transaction():
            await other.execute("update items set age = 18 where id = $1", second)
        await fold(app)
        found = counted(EVERYTHING, kinds=KINDS, max_age=12)
        assert int(await app.db.scalar(found)) == 1  # of the other nobody knows yet
    assert int(await app.db.scalar(found)) == 0


# -- upkeep


async def test_folding_leaves_a_row_for_each_sort_and_then_nothing_to_do(
    app: Container, libraries: list[LibraryId], connections: Any
) -> None:
    (connection,) = await connections(1)
    made = [new_id() for _ in range(9)]
    for number, item in enumerate(made):  # a statement for each is a row for each
        sort = ("movie", libraries[0], None, None if number % 3 == 0 else 12, "available")
        await connection.execute(INSERT, item, *sort)
    await connection.execute("delete from items where id = $1", made[1])
    await connection.execute(INSERT, new_id(), "movie", libraries[1], None, 6, "missing")
    await connection.execute("delete from items where library_id = $1", libraries[1])
    assert len(await rows(app, "select 1 from item_counts")) == 12
    assert await carry_out(app, FoldCounts()) == "completed"
    kept = "select id, library_id, age, amount from item_counts order by age"
    first = await rows(app, kept)
    assert [row[1:] for row in first] == [(libraries[0], 12, 5), (libraries[0], None, 3)]
    assert await carry_out(app, FoldCounts()) == "completed"
    assert await rows(app, kept) == first, "what needs no folding is not written again"


TWICE = """insert into item_counts (library_id, kind, state, age, amount)
           select library_id, kind, state, age, amount from item_counts"""
OLDER = "update item_counts set age = 6 where age = 0"


async def test_what_is_wrong_is_put_right(
    app: Container, shelves: Shelves, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a restore that loaded both tables with the triggers on, or one of them."""
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film(f"Film {n}", age=n % 2 * 12) for n in range(6)])
    query = MovieQuery()
    for harm, seen in ((TWICE, 12), ("delete from item_counts", 0), (OLDER, 6)):
        await fold(app)
        await app.db.pool.execute(harm)
        app.cache.gap()
        await app.redis.client.flushdb()
        assert await app.movie_repository.count(EVERYTHING, query) == seen
        assert await app.movie_repository.count(EVERYTHING, MovieQuery(max_age=0)) != 3
        caplog.clear()
        assert await carry_out(app, RecountItems()) == "completed"
        assert "'items': 6" in caplog.text
        assert await app.movie_repository.count(EVERYTHING, query) == 6
        assert await app.movie_repository.count(EVERYTHING, MovieQuery(max_age=0)) == 3
        caplog.clear()
        assert await carry_out(app, RecountItems()) == "completed"
        assert not caplog.text


def test_upkeep_is_periodic(app: Container) -> None:
    periodic = {policy.name: policy for policy in app.registry.periodic()}
    for name, every in (
        ("items.fold_counts", timedelta(minutes=5)),
        ("items.recount", timedelta(hours=24)),
    ):
        assert (periodic[name].queue, periodic[name].every) == (Queue.LOW, every)


# -- what reads them


COUNTS = """query($libraries: [ID!]) {
  movies(filter: {libraryIds: $libraries}) { totalCount }
  missing: movies(filter: {libraryIds: $libraries, missing: true, maxAge: 12}) { totalCount }
  sorted: movies(sort: RANDOM, seed: "s", descending: true) { totalCount }
  shows(filter: {libraryIds: $libraries}) { totalCount }
  unwatched: shows(filter: {missing: true, maxAge: 12}) { totalCount }
  recentlyAddedShows(libraryIds: $libraries) { totalCount }
  recentlyAdded(libraryIds: $libraries) { totalCount }
  episodes { totalCount } }"""


async def test_totals_are_of_what_the_lists_show(
    app: Container, api: Api, people: People, shelves: Shelves
) -> None:
    """Those of viewers who see everything, one library, and what is for children."""
    films, more = await shelves.library("Films"), await shelves.library("More")
    for shelf, most in ((films, 5), (more, 3)):
        await shelves.fill(
            shelf,
            [Film(f"F{n}", age=(None, 6, 18)[n % 3], certification=None) for n in range(most)],
        )
    made = await add_series(
        app, films, [Series("Young", age=6), Series("Old", age=18), Series("Gone", age=6)]
    )
    await app.db.pool.execute(
        "update items set state = 'missing' where id = any($1)",
        [films.movies[1], films.movies[2], made[2].id, *made[2].episodes.values()],
    )
    viewers = [
        await people.admin(),
        await people.make(libraries=[films.id]),
        await people.make(libraries=[films.id, more.id], max_age=12),
    ]
    for who in viewers:
        listed = COUNTS.replace("totalCount", "totalCount nodes { id }")
        for libraries in (None, [films.ref], [more.ref], [films.ref, more.ref]):
            found = await api.run(listed, who, libraries=libraries)
            for field, page in found.items():
                assert page["totalCount"] == len(page["nodes"]), (who.username, libraries, field)
    assert found["recentlyAdded"]["totalCount"] > found["movies"]["totalCount"] > 0


async def test_no_list_that_is_not_filtered_is_counted(
    app: Container, api: Api, people: People, shelves: Shelves
) -> None:
    """The statements name no table that grows with the library, and cost what they cost before."""
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film("Alone")])
    admin = await people.admin()
    costs: list[list[float]] = []
    for more in (0, scaled(20_000, 2000)):
        new = [(new_id(), "movie", shelf.id, datetime.now(UTC)) for _ in range(more)]
        columns = ["id", "kind", "library_id", "added_at"]
        async with app.db.write(SYSTEM) as tx:
            await tx.copy("items", columns, new)
            tx.touch("items")
        await fold(app)
        await app.db.analyze()
        asked: list[Question] = []
        app.db.compile, compile_ = _noting(asked, app.db.compile), app.db.compile  # type: ignore[method-assign]
        try:
            counts = await api.run(COUNTS, admin, libraries=[shelf.ref])
        finally:
            app.db.compile = compile_  # type: ignore[method-assign]
        assert counts["movies"]["totalCount"] == more + 1
        sums = [one for one in asked if "item_counts" in one.sql]
        assert len(sums) == len(counts)
        assert not [one.sql for one in asked if "count(" in one.sql], "nothing is counted"
        explained = [
            orjson.loads(await app.db.pool.fetchval(f"explain (format json) {one.sql}", *one.args))
            for one in sums
        ]
        assert all(relations(plan) == {"item_counts", "libraries"} for plan in explained)
        costs.append([plan[0]["Plan"]["Total Cost"] for plan in explained])
    few, many = costs
    assert all(then < now * 1.5 + 1 for now, then in zip(few, many, strict=True)), costs


def _noting(asked: list[Question], compile_: Any) -> Any:
    def note(*args: Any) -> Any:
        asked.append(compile_(*args))
        return asked[-1]

    return note


def relations(plan: Any) -> set[str]:
    """The tables of a plan."""
    if isinstance(plan, list):
        return {name for part in plan for name in relations(part)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["Relation Name"]} if "Relation Name" in plan else set()
    return own | {name for part in plan.values() for name in relations(part)}


def test_what_nobody_keeps_is_counted() -> None:
    """Every field of a query but these narrows it; a new one does as well."""
    free: dict[str, Any] = {"libraries": (new_id(),), "max_age": 12, "missing": True}
    free |= {"descending": True, "seed": "s", "sort": MovieSort.RANDOM}
    several = {"genres", "networks", "statuses", "resolutions"}
    queries: tuple[Any, ...] = (ContentQuery, MovieQuery, ShowQuery)
    for query in queries:
        assert not query().narrowed
        for name in query.__struct_fields__:
            value = free.get(name, ("one",) if name in several else False)
            assert query(**{name: value}).narrowed is (name not in free), name


@pytest.mark.parametrize("kind", [ItemKind.MOVIE, ItemKind.SHOW, ItemKind.EPISODE])
async def test_an_item_is_what_its_kind_says(
    app: Container, shelves: Shelves, kind: ItemKind
) -> None:
    """Counters know kinds, lists the tables of each: they agree as a row of content goes with its
    item and not without it.
    """
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film("One"), Film("Two")])
    (show,) = await add_series(app, shelf, [Series("Show")])
    ids = {
        ItemKind.MOVIE: [ItemId(shelf.movies[0])],
        ItemKind.SHOW: [ItemId(show.id)],
        ItemKind.EPISODE: [ItemId(show.episodes[1, 1])],
    }[kind]
    counts = {
        ItemKind.MOVIE: lambda: app.movie_repository.count(EVERYTHING, MovieQuery()),
        ItemKind.SHOW: lambda: app.show_repository.count(EVERYTHING, ShowQuery()),
        ItemKind.EPISODE: lambda: app.episode_repository.count(EVERYTHING, EpisodeQuery()),
    }
    table = f"{kind.value}s"
    for _ in range(2):
        [(there,)] = await rows(app, f"select count(*) from {table}")
        assert await counts[kind]() == there
        async with app.db.write(SYSTEM) as tx:
            await app.item_repository.delete(tx, ids)


# -- what they cost


@pytest.mark.alone
async def test_writing_items_stays_fast(
    app: Container, libraries: list[LibraryId], connections: Any
) -> None:
    """Copied as scans do it, with the triggers and without."""
    (connection,) = await connections(1)
    taken: dict[str, list[float]] = {"enable": [], "disable": []}
    for number in range(40):
        # What else the machine does can only add to a time: where it did, more of both are taken.
        if number >= 8 and min(taken["enable"]) < 1.5 * min(taken["disable"]):
            break
        for triggers, measured in taken.items():
            await connection.execute(f"alter table items {triggers} trigger user")
            new = [
                (new_id(), "movie", libraries[n % 4], None, AGES[n % 6], "available")
                for n in range(10_000)
            ]
            trial = connection.transaction()
            await trial.start()
            started = time.perf_counter()
            await connection.copy_records_to_table("items", records=new, columns=COLUMNS)
            measured.append(time.perf_counter() - started)
            await trial.rollback()
    await connection.execute("alter table items enable trigger user")
    ratio = min(taken["enable"]) / min(taken["disable"])
    print(f"10,000 items: {ratio:.2f} times as long as without counters")
    assert ratio < 1.5
