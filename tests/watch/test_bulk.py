"""Marking many at once: a result for each id, one transaction, twins included."""

from typing import Any

import pytest

from app.container import Container
from app.core.errors import Code
from app.core.ids import encode_id, new_id
from app.items.domain import ItemId
from app.rbac.domain import BuiltIn
from tests.support.api import Api
from tests.support.library import Film, Shelf, Shelves, films
from tests.support.people import People, Somebody
from tests.support.statements import caused

MARK = """mutation($ids: [ID!]!, $watched: Boolean! = true) {
  bulkMarkWatched(ids: $ids, watched: $watched) {
    id item { __typename id title progress { completed plays position } }
    error { code message } } }"""


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, films(6))
    return shelf


async def marked(
    api: Api, who: Somebody, ids: list[str], *, watched: bool = True
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.run(MARK, who, ids=ids, watched=watched))[
        "bulkMarkWatched"
    ]
    assert [result["id"] for result in found] == ids
    assert all((r["item"] is None) != (r["error"] is None) for r in found)
    return found


async def test_each_id_has_its_result(
    api: Api, app: Container, people: People, shelf: Shelf
) -> None:
    shelves = Shelves(app)
    hidden = await shelves.library("Hidden")
    await shelves.fill(hidden, [Film("Secret")])
    await shelves.fill(shelf, [Film("Adults", age=18), Film("Unrated", age=None)])
    child = await people.make(BuiltIn.USER, libraries=[shelf.id], max_age=13)
    good = shelf.movie_refs[0]
    wrong = {
        hidden.movie_refs[0]: (Code.NOT_FOUND, "There is no such item."),
        shelf.movie_refs[-1]: (Code.NOT_FOUND, "There is no such item."),
        shelf.movie_refs[-2]: (Code.NOT_FOUND, "There is no such item."),
        encode_id("movie", new_id()): (Code.NOT_FOUND, "There is no such item."),
        encode_id("episode", shelf.movies[1]): (Code.NOT_FOUND, "There is no such item."),
        shelf.ref: (
            Code.INVALID,
            "This is the id of a library; a movie or episode id is expected.",
        ),
        encode_id("show", new_id()): (
            Code.INVALID,
            "This is the id of a show; a movie or episode id is expected.",
        ),
        "nonsense": (Code.INVALID, "'nonsense' is not an id of this server."),
        "": (Code.INVALID, "'' is not an id of this server."),
    }
    found = await marked(api, child, [good, *wrong, good])
    for result in (found[0], found[-1]):
        assert result["item"] == {
            "__typename": "Movie",
            "id": good,
            "title": "Film 0000",
            "progress": {"completed": True, "plays": 1, "position": 6000},
        }
    told = {r["id"]: (Code(r["error"]["code"]), r["error"]["message"]) for r in found[1:-1]}
    assert told == wrong
    kept = await app.db.pool.fetch("select item_id from watch_progress")
    assert [row["item_id"] for row in kept] == [shelf.movies[0]]


async def test_marks_and_takes_them_back(
    api: Api, app: Container, admin: Somebody, shelf: Shelf
) -> None:
    refs = shelf.movie_refs
    before = {r["id"]: r["item"]["progress"] for r in await marked(api, admin, refs[:2])}
    again = {r["id"]: r["item"]["progress"] for r in await marked(api, admin, refs)}
    assert {i: again[i] for i in before} == before, "one play, however often it is said"
    assert all(progress["completed"] for progress in again.values())
    found = await marked(api, admin, [*refs[:4], *refs[:2]], watched=False)
    assert all(result["item"]["progress"] is None for result in found)
    kept = await app.watch_repository.by_items(admin.id, [ItemId(i) for i in shelf.movies])
    assert set(kept) == set(shelf.movies[4:])


@pytest.mark.parametrize("first", ["movie", "episode"])
async def test_one_id_as_two_kinds(api: Api, admin: Somebody, shelf: Shelf, first: str) -> None:
    wrong = encode_id("episode", shelf.movies[0])
    refs = [shelf.movie_refs[0], wrong]
    found = await marked(api, admin, refs if first == "movie" else refs[::-1])
    assert {r["id"]: r["error"] is None for r in found} == {refs[0]: True, wrong: False}


async def test_when_it_was_watched_stays(
    api: Api, app: Container, admin: Somebody, shelf: Shelf
) -> None:
    await marked(api, admin, shelf.movie_refs[:1])
    item = ItemId(shelf.movies[0])
    first = (await app.watch_repository.by_items(admin.id, [item]))[item]
    await marked(api, admin, shelf.movie_refs)
    assert (await app.watch_repository.by_items(admin.id, [item]))[item] == first


async def test_twins_within_the_scope(
    api: Api, app: Container, people: People, shelf: Shelf
) -> None:
    shelves = Shelves(app)
    one, two, hidden = [await shelves.library(n) for n in ("One", "Two", "Hidden")]
    for library in (one, two, hidden):
        await shelves.fill(library, [Film(f"Twin {n}", external=f"tt{n}") for n in range(3)])
    user = await people.make(BuiltIn.USER, libraries=[one.id, two.id])
    await marked(api, user, [*one.movie_refs[:2], two.movie_refs[0]])

    async def seen() -> set[ItemId]:
        rows = await app.db.pool.fetch("select item_id from watch_progress where completed")
        return {row["item_id"] for row in rows}

    assert await seen() == {*one.movies[:2], *two.movies[:2]}
    await marked(api, user, [two.movie_refs[1]], watched=False)
    assert await seen() == {one.movies[0], two.movies[0]}


@pytest.mark.parametrize("count", [0, 501])
async def test_how_many(api: Api, admin: Somebody, shelf: Shelf, count: int) -> None:
    error = await api.fails(MARK, admin, ids=[shelf.movie_refs[0]] * count)
    assert (error.code, error.field) == (Code.INVALID, "ids")


async def test_five_hundred_cost_what_five_do(
    api: Api,
    app: Container,
    admin: Somebody,
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelves = Shelves(app)
    one, two = await shelves.library("One"), await shelves.library("Two")
    for library in (one, two):
        await shelves.fill(
            library, [Film(f"Twin {n}", external=f"tt{n}", collection=None) for n in range(500)]
        )
    await app.db.analyze()
    await marked(api, admin, shelf.movie_refs[:1])  # who asks is known from here on
    await app.db.pool.execute("delete from watch_progress")
    counts = []
    for watched in (True, False):
        for refs in (one.movie_refs[:5], one.movie_refs):
            await app.db.pool.execute("delete from outbox")
            seen: list[str] = []
            monkeypatch.setattr(app.db, "statements", caused(seen))
            found = await marked(api, admin, refs, watched=watched)
            monkeypatch.setattr(app.db, "statements", None)
            assert not [r for r in found if r["error"]]
            counts.append(len(seen))
            events = await app.db.pool.fetchval("select events from outbox")
            told = [event["payload"]["item_ids"] for event in events]
            # Of the thousand, those that were marked before are not marked again.
            expected = 2 * len(refs) - (10 if watched and len(refs) == 500 else 0)
            assert sum(len(ids) for ids in told) == expected
            assert max(len(ids) for ids in told) <= 500
    assert counts[0] == counts[1]
    assert counts[2] == counts[3]
    assert (await app.db.pool.fetchval("select count(*) from watch_progress")) == 0
