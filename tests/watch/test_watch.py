"""Progress: what counts as begun and watched, plays, twins, and whose it is."""

from typing import Any

import pytest

from app.container import Container
from app.core.errors import Code
from app.items.domain import ItemId
from app.rbac.domain import BuiltIn
from app.watch.domain import Progress
from tests.scanning.stage import alter
from tests.support.api import Api
from tests.support.library import START, Film, Shelf, Shelves, films
from tests.support.people import People, Somebody

UPDATE = """mutation($id: ID!, $position: Float!, $duration: Float) {
  updateProgress(id: $id, position: $position, duration: $duration) {
    position duration fraction completed plays completedAt lastWatchedAt } }"""
MARK = """mutation($id: ID!) { markWatched(id: $id) {
  title progress { position fraction completed plays } } }"""
UNMARK = "mutation($id: ID!) { markUnwatched(id: $id) { title progress { plays } } }"
REMOVE = "mutation($id: ID!) { removeProgress(id: $id) { progress { position } } }"
MOVIE = """query($id: ID!) { movie(id: $id) {
  progress { position duration fraction completed plays completedAt } } }"""


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, films(3))  # 6,000 seconds each
    return shelf


async def test_ninety_percent_is_watched(api: Api, admin: Somebody, shelf: Shelf) -> None:
    ref = shelf.movie_refs[0]

    async def at(position: float) -> tuple[bool, int]:
        told = (await api.run(UPDATE, admin, id=ref, position=position))["updateProgress"]
        assert told["position"] == position
        assert told["duration"] == 6000
        return told["completed"], told["plays"]

    assert await at(0) == (False, 0)
    assert await at(5399.9) == (False, 0)
    assert await at(5400) == (True, 1)
    assert await at(5700) == (True, 1), "the same finish"
    assert await at(6000) == (True, 1)
    first = (await api.run(MOVIE, admin, id=ref))["movie"]["progress"]["completedAt"]
    assert await at(10) == (False, 1), "it is watched again"
    assert (await api.run(MOVIE, admin, id=ref))["movie"]["progress"]["completedAt"] == first
    assert await at(5500) == (True, 2)
    assert await at(9999) == (True, 2)
    shown = (await api.run(MOVIE, admin, id=ref))["movie"]["progress"]
    assert shown["fraction"] == 1
    assert shown["completedAt"] == first, "when it was first finished"


async def test_marks(api: Api, admin: Somebody, shelf: Shelf) -> None:
    ref = shelf.movie_refs[0]
    marked = (await api.run(MARK, admin, id=ref))["markWatched"]
    assert marked["progress"] == {
        "position": 6000,
        "fraction": 1,
        "completed": True,
        "plays": 1,
    }
    assert (await api.run(MARK, admin, id=ref))["markWatched"]["progress"]["plays"] == 1
    assert (await api.run(UNMARK, admin, id=ref))["markUnwatched"]["progress"] is None
    assert (await api.run(UNMARK, admin, id=ref))["markUnwatched"]["progress"] is None
    await api.run(UPDATE, admin, id=ref, position=100)
    assert (await api.run(REMOVE, admin, id=ref))["removeProgress"] == {"progress": None}
    assert (await api.run(MOVIE, admin, id=ref))["movie"]["progress"] is None


async def test_a_length_of_ones_own(api: Api, admin: Somebody, shelf: Shelf) -> None:
    ref = shelf.movie_refs[0]
    told = (await api.run(UPDATE, admin, id=ref, position=95, duration=100))["updateProgress"]
    assert (told["completed"], told["duration"], told["fraction"]) == (True, 100, 0.95)


async def test_without_a_length(api: Api, app: Container, admin: Somebody, shelf: Shelf) -> None:
    tags = ("items", *(f"item:{movie}" for movie in shelf.movies))
    await alter(app, "update movies set runtime = null", *tags)
    await alter(app, "update item_versions set duration = null", *tags)
    ref = shelf.movie_refs[0]
    told = (await api.run(UPDATE, admin, id=ref, position=50_000))["updateProgress"]
    assert (told["completed"], told["fraction"], told["duration"]) == (False, None, None)
    marked = (await api.run(MARK, admin, id=ref))["markWatched"]["progress"]
    assert (marked["completed"], marked["fraction"]) == (True, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"position": -0.1}, "position"),
        ({"position": 1e300}, "position"),
        ({"position": 604_801}, "position"),
        ({"position": 1, "duration": 0}, "duration"),
        ({"position": 1, "duration": -5}, "duration"),
        ({"position": 1, "duration": 1e12}, "duration"),
    ],
)
async def test_bad_positions(
    api: Api, admin: Somebody, shelf: Shelf, wrong: dict[str, Any], field: str
) -> None:
    error = await api.fails(UPDATE, admin, id=shelf.movie_refs[0], **wrong)
    assert (error.code, error.field) == (Code.INVALID, field)
    assert (await api.run(MOVIE, admin, id=shelf.movie_refs[0]))["movie"]["progress"] is None


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_are_none(api: Api, admin: Somebody, shelf: Shelf, text: str) -> None:
    """JSON has no such numbers; the ones Python's own parser would take are refused."""
    body = '{"query": %s, "variables": {"id": "%s", "position": %s}}'
    import orjson

    raw = body % (orjson.dumps(UPDATE).decode(), shelf.movie_refs[0], text)
    headers = {"content-type": "application/json", "authorization": admin.authorization}
    answer = await api.http.post("/graphql", content=raw.encode(), headers=headers)
    assert answer.status_code < 500
    assert orjson.loads(answer.content)["errors"]
    viewer = await People(api.app).viewer(admin)
    for value in (float("nan"), float("inf")):
        with pytest.raises(Exception, match="seconds"):
            await api.app.watch.update(viewer, ItemId(shelf.movies[0]), value, None)
        with pytest.raises(Exception, match="seconds"):
            await api.app.watch.update(viewer, ItemId(shelf.movies[0]), 1, value)


async def test_twins_share_progress_within_the_scope(
    api: Api, app: Container, people: People, shelf: Shelf
) -> None:
    shelves = Shelves(app)
    one, two, hidden = [await shelves.library(n) for n in ("One", "Two", "Hidden")]
    for library in (one, two, hidden):
        await shelves.fill(library, [Film("Twin", external="tt1", age=6)])
    user = await people.make(BuiltIn.USER, libraries=[one.id, two.id])
    await api.run(UPDATE, user, id=one.movie_refs[0], position=3000)

    async def position(shelf: Shelf) -> float | None:
        query = {"id": shelf.movie_refs[0]}
        found = (await api.run(MOVIE, user, **query))["movie"]
        return float(found["progress"]["position"]) if found["progress"] else None

    assert await position(two) == 3000
    kept = await app.watch_repository.by_items(user.id, [ItemId(hidden.movies[0])])
    assert kept == {}, "nothing is written to what one may not see"
    await api.run(MARK, user, id=two.movie_refs[0])
    assert await position(one) == 6000
    await api.run(REMOVE, user, id=one.movie_refs[0])
    assert await position(two) is None
    error = await api.fails(UPDATE, user, id=hidden.movie_refs[0], position=1)
    assert error.code is Code.NOT_FOUND


async def test_other_kinds_of_one_number_are_no_twins(app: Container, shelf: Shelf) -> None:
    """A show and a film may have the same number at one source."""
    from app.core.access import EVERYTHING

    shelves = Shelves(app)
    await shelves.fill(shelf, [Film("A", external="tt5"), Film("B", external="tt5")])
    one, two = (ItemId(i) for i in shelf.movies[-2:])
    assert await app.watch_repository.twins(EVERYTHING, [one]) == {one: frozenset({two})}
    await alter(app, f"update items set kind = 'show' where id = '{two}'", f"item:{two}")
    assert await app.watch_repository.twins(EVERYTHING, [one]) == {}


async def test_progress_is_ones_own(
    api: Api, people: People, admin: Somebody, shelf: Shelf
) -> None:
    other = await people.make(BuiltIn.USER, libraries=[shelf.id])
    await api.run(UPDATE, admin, id=shelf.movie_refs[0], position=3000)
    assert (await api.run(MOVIE, other, id=shelf.movie_refs[0]))["movie"]["progress"] is None
    await api.run(REMOVE, other, id=shelf.movie_refs[0])
    kept = (await api.run(MOVIE, admin, id=shelf.movie_refs[0]))["movie"]["progress"]
    assert kept["position"] == 3000


async def test_many_at_once_count_one_play(api: Api, admin: Somebody, shelf: Shelf) -> None:
    import asyncio

    ref = shelf.movie_refs[0]
    await asyncio.gather(*(api.run(UPDATE, admin, id=ref, position=5400 + n) for n in range(20)))
    assert (await api.run(MOVIE, admin, id=ref))["movie"]["progress"]["plays"] == 1


@pytest.mark.parametrize(
    ("duration", "completed", "fraction"),
    [
        (100.0, False, 0.5),
        (None, False, None),
        (None, True, 1.0),
        (25.0, True, 1.0),
        (0.0, True, 1.0),
    ],
)
def test_fractions(duration: float | None, completed: bool, fraction: float | None) -> None:
    from app.core.ids import new_id

    progress = Progress(
        user_id=new_id(),
        item_id=ItemId(new_id()),
        position=50,
        duration=duration,
        completed=completed,
        plays=1,
        last_watched_at=START,
    )
    assert progress.fraction == fraction
