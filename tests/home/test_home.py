"""What a home page shows: recent additions, what was begun, what was watched."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.container import Container
from app.core.access import EVERYTHING
from app.core.clock import SteppedClock
from app.core.ids import encode_id
from app.rbac.domain import BuiltIn
from tests.gql.world import librarian
from tests.scanning.stage import alter
from tests.support.api import Api
from tests.support.library import Film, Shelf, Shelves, films
from tests.support.people import People, Somebody
from tests.support.series import Series, add_series

RECENT = """query($ids: [ID!], $first: Int! = 50, $after: String) {
  recentlyAdded(libraryIds: $ids, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { __typename id title year addedAt library { name } artwork { kind }
            progress { fraction } ... on Movie { runtime } } } }"""
LIST = """query($first: Int! = 50, $after: String) { %s(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { title progress { position fraction completed plays } } } }"""
CONTINUE, HISTORY = LIST % "continueWatching", LIST % "watchHistory"
UPDATE = """mutation($id: ID!, $position: Float!, $duration: Float) {
  updateProgress(id: $id, position: $position, duration: $duration) {
    position fraction completed plays } }"""


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, films(12))
    return shelf


@pytest.fixture
def clock(app: Container, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    clock = SteppedClock(datetime(2026, 5, 1, tzinfo=UTC))
    watch: Any = app.watch
    monkeypatch.setattr(watch, "_clock", clock)
    return clock


async def test_recently_added(api: Api, app: Container, admin: Somebody, shelf: Shelf) -> None:
    found = (await api.run(RECENT, admin))["recentlyAdded"]
    assert found["totalCount"] == 12
    assert [n["title"] for n in found["nodes"]] == [f"Film {n:04}" for n in reversed(range(12))]
    node = found["nodes"][0]
    assert node["__typename"] == "Movie"
    assert node["id"] == encode_id("movie", shelf.movies[11])
    assert (node["library"], node["artwork"], node["progress"], node["runtime"]) == (
        {"name": "Films"},
        [{"kind": "POSTER"}],
        None,
        6000,
    )
    other = await Shelves(app).library("Empty")
    only = (await api.run(RECENT, admin, ids=[other.ref]))["recentlyAdded"]
    assert (only["totalCount"], only["nodes"]) == (0, [])
    last = shelf.movies[11]
    await alter(app, f"update items set state = 'missing' where id = '{last}'", "items")
    titles = [n["title"] for n in (await api.run(RECENT, admin))["recentlyAdded"]["nodes"]]
    assert titles[0] == "Film 0010", "what cannot be played is no news"


async def test_recent_episodes_are_for_those_who_may_list_shows(
    api: Api, app: Container, people: People, admin: Somebody, shelf: Shelf
) -> None:
    await add_series(app, shelf, [Series("Show", {1: 2})])
    librarian_of_films = await librarian(app, people, shelf.id)
    found = {}
    for somebody in (admin, librarian_of_films):
        page = (await api.run(RECENT, somebody))["recentlyAdded"]
        assert page["totalCount"] == len(page["nodes"])
        kinds = Counter(node["__typename"] for node in page["nodes"])
        found[somebody.username] = (kinds["Movie"], kinds["Episode"])
    assert list(found.values()) == [(12, 2), (12, 0)]


async def test_pages_of_additions_at_one_moment(
    api: Api, app: Container, admin: Somebody, shelf: Shelf
) -> None:
    await app.db.pool.execute("update items set added_at = now()")
    seen: list[str] = []
    after = None
    while True:
        page = (await api.run(RECENT, admin, first=5, after=after))["recentlyAdded"]
        seen += [n["title"] for n in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == [f"Film {n:04}" for n in range(12)]


async def test_continue_watching_and_history(
    api: Api, admin: Somebody, shelf: Shelf, clock: SteppedClock
) -> None:
    for movie, position in ((0, 299), (1, 300), (2, 3000), (3, 5399), (4, 5400), (5, 1000)):
        clock.advance(timedelta(minutes=1))
        ref = shelf.movie_refs[movie]
        await api.run(UPDATE, admin, id=ref, position=position)
    begun = (await api.run(CONTINUE, admin))["continueWatching"]
    assert [n["title"] for n in begun["nodes"]] == [f"Film {n:04}" for n in (5, 3, 2, 1)]
    assert begun["totalCount"] == 4
    history = (await api.run(HISTORY, admin))["watchHistory"]
    assert [n["title"] for n in history["nodes"]] == [f"Film {n:04}" for n in (5, 4, 3, 2, 1, 0)]
    assert history["totalCount"] == 6
    clock.advance(timedelta(minutes=1))
    await api.run(UPDATE, admin, id=shelf.movie_refs[1], position=400)
    again = (await api.run(CONTINUE, admin))["continueWatching"]["nodes"]
    assert [n["title"] for n in again] == [f"Film {n:04}" for n in (1, 5, 3, 2)]
    page = (await api.run(CONTINUE, admin, first=2))["continueWatching"]
    rest = await api.run(CONTINUE, admin, first=2, after=page["pageInfo"]["endCursor"])
    assert [n["title"] for n in page["nodes"] + rest["continueWatching"]["nodes"]] == [
        n["title"] for n in again
    ]


async def test_what_others_watch_is_theirs(
    api: Api, people: People, admin: Somebody, shelf: Shelf
) -> None:
    await api.run(UPDATE, admin, id=shelf.movie_refs[0], position=3000)
    other = await people.make(BuiltIn.USER, libraries=[shelf.id])
    for query, root in ((CONTINUE, "continueWatching"), (HISTORY, "watchHistory")):
        assert (await api.run(query, other))[root] == {
            "totalCount": 0,
            "pageInfo": {"hasNextPage": False, "endCursor": None},
            "nodes": [],
        }
    nodes = (await api.run(RECENT, other))["recentlyAdded"]["nodes"]
    assert all(node["progress"] is None for node in nodes)


async def test_only_what_one_may_see(
    api: Api, app: Container, people: People, shelf: Shelf
) -> None:
    shelves = Shelves(app)
    hidden = await shelves.library("Hidden")
    await shelves.fill(hidden, [Film("Secret", age=6)])
    await shelves.fill(shelf, [Film("Adults", age=18), Film("Unrated", age=None)])
    child = await people.make(BuiltIn.USER, libraries=[shelf.id], max_age=13)
    nodes = (await api.run(RECENT, child))["recentlyAdded"]
    assert nodes["totalCount"] == 12
    assert not {"Secret", "Adults", "Unrated"} & {n["title"] for n in nodes["nodes"]}
    asked = (await api.run(RECENT, child, ids=[hidden.ref]))["recentlyAdded"]
    assert asked["nodes"] == []


LISTS = ((CONTINUE, "continueWatching"), (HISTORY, "watchHistory"))


async def test_a_film_in_two_libraries_is_one_row(
    api: Api, app: Container, people: People, clock: SteppedClock
) -> None:
    shelves = Shelves(app)
    one, two, hidden = [await shelves.library(name) for name in ("One", "Two", "Hidden")]
    for library in (one, two, hidden):
        named = [Film(f"{title} in {library.id}", external=title) for title in ("tt1", "tt2")]
        await shelves.fill(library, named)
    user = await people.make(BuiltIn.USER, libraries=[one.id, two.id])
    everyone = await people.make(BuiltIn.USER, libraries=[one.id, two.id, hidden.id])

    async def listed(query: str, root: str, who: Somebody = user) -> list[str]:
        found = (await api.run(query, who))[root]
        assert found["totalCount"] == len(found["nodes"])
        return [n["title"] for n in found["nodes"]]

    for number in (0, 1):
        clock.advance(timedelta(minutes=1))
        for who in (user, everyone):
            await api.run(UPDATE, who, id=one.movie_refs[number], position=3000)
    for query, root in LISTS:
        for who in (user, everyone):
            titles = [title.partition(" ")[0] for title in await listed(query, root, who)]
            assert titles == ["tt2", "tt1"], root
    # The one watched last, whichever it is.
    await shelves.watched(user.id, [one.movies[0]])
    for query, root in LISTS:
        assert await listed(query, root) == [f"tt2 in {two.id}", f"tt1 in {two.id}"]
    # One that can be played, however long ago it was watched.
    gone = two.movies[0]
    await alter(app, f"update items set state = 'missing' where id = '{gone}'", "items")
    for query, root in LISTS:
        assert f"tt1 in {one.id}" in await listed(query, root)
    await alter(app, f"update items set state = 'missing' where id = '{one.movies[0]}'", "items")
    assert await listed(*LISTS[0]) == [f"tt2 in {two.id}"]
    assert await listed(*LISTS[1]) == [f"tt2 in {two.id}", f"tt1 in {two.id}"]


async def test_pages_over_many_twins(
    api: Api, app: Container, admin: Somebody, shelf: Shelf
) -> None:
    """Every film once, in order, whatever the size of the page; a film and a show are two."""
    shelves = Shelves(app)
    one, two = await shelves.library("One"), await shelves.library("Two")
    for library in (one, two):
        await shelves.fill(library, [Film(f"Twin {n:02}", external=f"tt{n}") for n in range(30)])
    await shelves.watched(admin.id, one.movies)
    await shelves.watched(admin.id, two.movies[::2])
    await shelves.watched(admin.id, shelf.movies)
    for query, root in LISTS:
        whole = (await api.run(query, admin))[root]
        titles = [node["title"] for node in whole["nodes"]]
        assert whole["totalCount"] == len(titles) == len(set(titles)) == 42
        for first in (1, 7, 41):
            seen, after = [], None
            while True:
                page = (await api.run(query, admin, first=first, after=after))[root]
                seen += [node["title"] for node in page["nodes"]]
                after = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
            assert seen == titles
    await alter(app, f"update items set kind = 'show' where library_id = '{two.id}'", "items")
    counted = await app.watch_repository.count(admin.id, EVERYTHING, unfinished=False)
    assert counted == 42 + 15
