"""Documents follow the content, whatever has changed it."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.domain import CollectionId
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM, Scope
from app.core.ids import new_id
from app.core.jobs import Queue
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import Run
from app.people.domain import PersonEdit, PersonField, PersonId
from app.search.domain import Hit, Search, SearchKind
from app.search.jobs import CompareDocuments, IndexDocuments, ReindexSearch
from app.search.service import COLLECTIONS
from tests.support.jobs import carry_out, carry_out_next
from tests.support.library import Film, Shelves

NEXT = text(
    "update jobs set run_at = case when kind = 'search.index' then now()"
    " else now() + interval '1 day' end where state = 'available'"
)
KINDS = (SearchKind.MOVIE, SearchKind.SHOW, SearchKind.PERSON)


async def follow(app: Container) -> int:
    """Index all that waits, as a worker does; how many runs it took."""
    runs = 0
    while await waiting(app):
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(NEXT)
        await carry_out_next(app, Queue.HIGH)
        runs += 1
    return runs


async def found(app: Container, query: str, scope: Scope = EVERYTHING) -> list[Hit]:
    *_, backend = app.search_backends
    return list((await backend.search(scope, Search(text=query, kinds=KINDS), 20)).hits)


async def ids_of(app: Container, query: str, scope: Scope = EVERYTHING) -> list[UUID]:
    return [hit.id for hit in await found(app, query, scope)]


async def waiting(app: Container) -> int:
    return int(
        await app.db.scalar(
            text("select count(*) from jobs where kind = 'search.index' and state = 'available'")
        )
    )


async def call(app: Container, person: UUID, name: str) -> None:
    """Somebody gives a person another name."""
    async with app.db.write(SYSTEM) as tx:
        edit = PersonEdit(values={PersonField.NAME: name})
        await app.person_repository.edit(tx, PersonId(person), edit)


@pytest.fixture
async def shelves(app: Container) -> Shelves:
    return Shelves(app)


async def test_films_and_those_who_made_them_are_found(app: Container, shelves: Shelves) -> None:
    shelf = await shelves.library("Films")
    [alien, heat] = await shelves.fill(
        shelf, [Film("Alien", cast=["Sigourney Weaver"]), Film("Heat", cast=["Al Pacino"])]
    )
    await follow(app)
    assert (await ids_of(app, "alien"))[0] == alien
    assert await ids_of(app, "pacino") == [shelf.people["Al Pacino"], heat]


async def test_what_waits_is_done_together(app: Container, shelves: Shelves) -> None:
    shelf = await shelves.library("Films")
    for n in range(5):
        await shelves.fill(shelf, [Film(f"Film {n}")])
    assert await waiting(app) >= 5
    assert await follow(app) <= 3, "what waited, and what followed from it"


async def test_a_person_who_is_named_no_more_is_not_found(app: Container, shelves: Shelves) -> None:
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", cast=["Sigourney Weaver"], crew=[])])
    await follow(app)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from credits where item_id = :id"), {"id": film})
        tx.touch(f"item:{film}")
    await follow(app)
    assert await ids_of(app, "weaver") == []


async def test_a_person_is_seen_where_what_they_did_is(app: Container, shelves: Shelves) -> None:
    one, other = await shelves.library("One"), await shelves.library("Other")
    await shelves.fill(one, [Film("Alien", age=16, cast=["Ann Actor"])])
    await follow(app)
    adult = Scope(libraries=frozenset({other.id}), max_age=None, key="other")
    child = Scope(libraries=None, max_age=12, key="child")
    assert await ids_of(app, "actor", adult) == await ids_of(app, "actor", child) == []
    await shelves.fill(other, [Film("Cars", age=0, cast=["Ann Actor"])])
    await follow(app)
    person = other.people["Ann Actor"]
    assert (await ids_of(app, "ann actor", adult))[0] == person
    assert (await ids_of(app, "ann actor", child))[0] == person
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update items set age = 18 where library_id = :l"), {"l": other.id})
        tx.touch(*(f"item:{i}" for i in other.movies))
    await follow(app)
    assert await ids_of(app, "actor", child) == []


async def test_a_new_name_of_a_person_is_that_of_their_films(
    app: Container, shelves: Shelves
) -> None:
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", cast=["Ann Actor"], crew=[])])
    await follow(app)
    person = PersonId(shelf.people["Ann Actor"])
    await call(app, person, "Zoe Newname")
    await follow(app)
    assert await ids_of(app, "newname") == [person, film]


async def test_a_new_name_counts_before_the_person_was_indexed(
    app: Container, shelves: Shelves
) -> None:
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", cast=["Ann Actor"], crew=[])])
    found = await COLLECTIONS[SearchKind.MOVIE].load(app, [film])
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from jobs"))
        await app.documents.lock(tx)
        await app.documents.write(tx, list(found.values()))
    await call(app, shelf.people["Ann Actor"], "Zoe Newname")
    await follow(app)
    assert film in await ids_of(app, "newname")


async def test_a_name_that_is_written_otherwise_is_that_of_their_films(
    app: Container, shelves: Shelves
) -> None:
    """Although it has the same key."""
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", cast=["Ann Actor"], crew=[])])
    await follow(app)
    person = shelf.people["Ann Actor"]
    await call(app, person, "Änn Actor")
    await follow(app)
    assert (await app.documents.by_ids(EVERYTHING, [film]))[film].texts["cast"] == ("Änn Actor",)


async def test_items_are_found_by_a_new_name_of_their_collection(
    app: Container, shelves: Shelves
) -> None:
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", collection="Old Saga")])
    await follow(app)
    assert await ids_of(app, "old saga") == [film]
    saga = CollectionId(shelf.collections["Old Saga"])
    async with app.db.write(SYSTEM) as tx:
        values = {"name": "Xenomorph Cycle"}
        await app.catalog_repository.describe_collection(tx, saga, values, shown=True)
    await follow(app)
    assert await ids_of(app, "xenomorph cycle") == [film]


async def test_those_that_wait_for_their_turn_leave_connections_to_others(
    app: Container, shelves: Shelves
) -> None:
    """Another process holds the lock; there are more runs than connections."""
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien")])
    runs = [await run_of(app, film) for _ in range(app.config.database.write_pool + 1)]
    async with app.db.write(SYSTEM) as tx:
        await app.documents.lock(tx)
        waiting = [
            asyncio.create_task(app.search_indexing.touched(IndexDocuments({"item": (film,)}), run))
            for run in runs
        ]
        await asyncio.sleep(0.3)
        async with asyncio.timeout(2), app.db.write(SYSTEM) as other:
            await other.execute(text("select 1"))
    await asyncio.gather(*waiting)
    assert await ids_of(app, "alien") == [film]


async def run_of(app: Container, film: UUID) -> Run:
    """A run that nobody else knows of, so that none does the work of others."""
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from jobs where state = 'available'"))
        tx.enqueue(IndexDocuments({"item": (film,)}))
    ledger = Ledger(app.db.pool, new_id())
    [mine] = await ledger.claim(IndexDocuments.policy.queue, 1, 30)
    return Run(app.db, app.live, mine, ledger.worker)


async def test_whoever_waits_does_so_for_longer_than_for_a_statement(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        await app.documents.lock(tx)
        told = await tx.execute(text("select current_setting('statement_timeout')"))
        assert told.scalar() == "1min"


async def test_values_that_are_known_take_no_numbers(app: Container, shelves: Shelves) -> None:
    """Of numbers there are as many as three bytes hold, and documents change for ever."""
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", genres=["Horror", "Drama"])])
    await follow(app)
    last = text("select last_value from search_values_id_seq")
    before = await app.db.scalar(last)
    for title in ("One", "Two", "Three"):
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(
                text("update movies set title = :t where id = :id"), {"t": title, "id": film}
            )
            tx.touch(f"item:{film}")
        await follow(app)
    assert await ids_of(app, "three") == [film]
    assert await app.db.scalar(last) == before


async def test_what_is_gone_is_not_found(app: Container, shelves: Shelves) -> None:
    shelf = await shelves.library("Films")
    [film] = await shelves.fill(shelf, [Film("Alien", cast=["Ann Actor"], crew=[])])
    await follow(app)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from items where id = :id"), {"id": film})
        tx.touch("items", f"item:{film}")
    await follow(app)
    assert await ids_of(app, "alien") == await ids_of(app, "actor") == []


async def test_comparing_mends_what_nobody_told(app: Container, shelves: Shelves) -> None:
    shelf = await shelves.library("Films")
    kept, lost = await shelves.fill(shelf, [Film("Alien"), Film("Heat")])
    await follow(app)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update movies set title = 'Aliens' where id = :id"), {"id": kept})
        await tx.execute(text("delete from items where id = :id"), {"id": lost})
    assert await ids_of(app, "heat") == [lost]
    assert await carry_out(app, CompareDocuments()) == "completed"
    assert await ids_of(app, "aliens") == [kept]
    assert await ids_of(app, "heat") == []


async def test_a_reindex_goes_on_where_it_was_stopped(app: Container, shelves: Shelves) -> None:
    shelf = await shelves.library("Films")
    ids = await shelves.fill(shelf, [Film(f"Film {n}") for n in range(4)])
    async with app.db.write(SYSTEM) as tx:
        await app.documents.walked(tx, SearchKind.MOVIE, sorted(ids)[1])
    assert await carry_out(app, ReindexSearch(kinds=(SearchKind.MOVIE,))) == "completed"
    stored = await app.documents.versions(SearchKind.MOVIE, None, 10)
    assert [id_ for id_, _ in stored] == sorted(ids)[2:]
    assert await carry_out(app, ReindexSearch(kinds=(SearchKind.MOVIE,))) == "completed"
    stored = await app.documents.versions(SearchKind.MOVIE, None, 10)
    assert [id_ for id_, _ in stored] == sorted(ids)
