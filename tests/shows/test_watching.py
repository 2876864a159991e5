"""Marking episodes, seasons and shows, twins of episodes, and how far one is."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id
from app.items.domain import ItemId
from app.rbac.domain import BuiltIn
from tests.scanning.stage import alter
from tests.shows.stage import MARK, REMOVE, UPDATE, Sofa
from tests.support.api import Api
from tests.support.library import Film, films
from tests.support.people import People
from tests.support.series import Made, Place, Series
from tests.support.statements import caused


@pytest.fixture
async def sofa(api: Api, app: Container, people: People, monkeypatch: pytest.MonkeyPatch) -> Sofa:
    return await Sofa.make(api, app, people, monkeypatch)


async def seen(sofa: Sofa, made: Made) -> set[Place]:
    """The episodes that are watched."""
    ids = {i: place for place, i in made.episodes.items()}
    found = await sofa.app.watch_repository.by_items(sofa.who.id, [ItemId(i) for i in ids])
    return {place for i, place in ids.items() if i in found and found[ItemId(i)].completed}


async def test_progress_with_an_episode(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show"))
    ref = made.episode(1, 1)
    assert await sofa.begin(ref, 900) == {"position": 900, "duration": 1800, "completed": False}
    assert await sofa.begin(ref, 1620) == {"position": 1620, "duration": 1800, "completed": True}
    assert await sofa.mark(made.episode(1, 2)) == {
        "__typename": "Episode",
        "id": made.episode(1, 2),
        "title": "Show 1x02",
    }
    assert await seen(sofa, made) == {(1, 1), (1, 2)}
    await sofa.unmark(ref)
    assert await seen(sofa, made) == {(1, 2)}


async def test_a_length_that_only_the_show_says(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show"))
    await alter(sofa.app, "update episodes set runtime = null", "items")
    assert (await sofa.begin(made.episode(1, 1)))["duration"] == 1800
    await alter(sofa.app, "update shows set runtime = null", "items")
    assert (await sofa.begin(made.episode(1, 2)))["duration"] is None


async def test_what_has_no_position(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show"))
    for ref in (made.ref, made.season(1), sofa.shelf.ref):
        error = await sofa.api.fails(UPDATE, sofa.who, id=ref, position=1)
        kind = ref.partition("_")[0]
        assert (error.code, error.field) == (Code.INVALID, "id")
        assert error.message == f"This is the id of a {kind}; a movie or episode id is expected."
    error = await sofa.api.fails(MARK, sofa.who, id=sofa.shelf.ref)
    assert error.message.endswith("a movie, show, season or episode id is expected.")


async def test_an_id_says_what_it_is(sofa: Sofa) -> None:
    """The id of an episode that calls itself a movie is nothing's."""
    (made,) = await sofa.add(Series("Show"))
    for kind in ("movie", "season", "show"):
        wrong = encode_id(kind, made.episodes[1, 1])
        for query in (MARK, REMOVE):
            assert (await sofa.api.fails(query, sofa.who, id=wrong)).code is Code.NOT_FOUND
    assert await seen(sofa, made) == set()


async def test_a_season_and_a_show(sofa: Sofa) -> None:
    later = sofa.today + timedelta(days=1)
    made, other = await sofa.add(
        Series(
            "Show",
            {0: 2, 1: 3, 2: 3},
            # 1x02 was aired and is gone, 2x01 is there before its time, 2x02 is neither; of 2x03
            # nobody knows.
            absent=[(1, 2), (2, 2), (2, 3)],
            aired={(2, 1): later, (2, 2): later, (2, 3): None},
        ),
        Series("Other"),
    )
    marked = await sofa.mark(made.season(1))
    assert marked == {"__typename": "Season", "id": made.season(1), "title": "Season 1"}
    assert await seen(sofa, made) == {(1, 1), (1, 2), (1, 3)}
    first = await sofa.app.watch_repository.by_items(sofa.who.id, made.items)
    marked = await sofa.mark(made.ref)
    assert marked == {"__typename": "Show", "id": made.ref, "title": "Show"}
    assert await seen(sofa, made) == {(0, 1), (0, 2), (1, 1), (1, 2), (1, 3), (2, 1)}
    again = await sofa.app.watch_repository.by_items(sofa.who.id, made.items)
    assert {i: again[i] for i in first} == first, "what was watched stays as it was"
    await sofa.begin(made.episode(2, 3))
    await sofa.unmark(made.season(2))
    assert await seen(sofa, made) == {(0, 1), (0, 2), (1, 1), (1, 2), (1, 3)}
    await sofa.begin(other.episode(1, 1))
    await sofa.begin(made.episode(2, 3))
    removed = await sofa.api.run(REMOVE, sofa.who, id=made.ref)
    assert removed["removeProgress"]["id"] == made.ref
    rows = await sofa.app.db.pool.fetch("select item_id from watch_progress")
    assert [row["item_id"] for row in rows] == [other.episodes[1, 1]]


async def test_only_what_one_may_see_is_marked(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show", {1: 3}))
    hidden = await sofa.shelves.library("Hidden")
    (secret,) = await sofa.add(Series("Secret"), to=hidden)
    adult = made.episodes[1, 2]
    await alter(sofa.app, f"update items set age = 18 where id = '{adult}'", f"item:{adult}")
    sofa.who = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id], max_age=13)
    await sofa.mark(made.ref)
    assert await seen(sofa, made) == {(1, 1), (1, 3)}
    for ref in (secret.ref, secret.season(1), secret.episode(1, 1), made.episode(1, 2)):
        for query in (MARK, REMOVE):
            assert (await sofa.api.fails(query, sofa.who, id=ref)).code is Code.NOT_FOUND
    assert await seen(sofa, secret) == set()


async def test_one_statement_more_or_less(sofa: Sofa, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long show costs as many statements as a short one, and tells of 500 at a time."""
    short, long = await sofa.add(Series("Short", {1: 2}), Series("Long", {1: 300, 2: 320}))
    await sofa.mark(short.episode(1, 1))
    counts = []
    for query in (sofa.mark, sofa.unmark):
        for made in (short, long):
            statements: list[str] = []
            await sofa.app.db.pool.execute("delete from outbox")
            monkeypatch.setattr(sofa.app.db, "statements", caused(statements))
            await query(made.ref)
            monkeypatch.setattr(sofa.app.db, "statements", None)
            counts.append(len(statements))
    assert counts[1] <= counts[0]
    assert counts[3] <= counts[2]
    events = await sofa.app.db.pool.fetchval("select events from outbox")
    assert sorted(len(event["payload"]["item_ids"]) for event in events) == [120, 500]


async def test_two_devices(sofa: Sofa) -> None:
    """Marking a show while another device plays it: no deadlock, nothing counted twice."""
    (made,) = await sofa.add(Series("Show", {1: 30}))
    refs = [made.episode(*place) for place in made.episodes]
    bulk = "mutation($ids: [ID!]!) { bulkMarkWatched(ids: $ids) { error { code } } }"
    await asyncio.gather(
        sofa.api.run(MARK, sofa.who, id=made.ref),
        sofa.api.run(MARK, sofa.who, id=made.season(1)),
        sofa.api.run(bulk, sofa.who, ids=refs[::-1]),
        sofa.api.run(bulk, sofa.who, ids=refs),
        *(sofa.api.run(UPDATE, sofa.who, id=ref, position=1800) for ref in refs[:6]),
    )
    assert await seen(sofa, made) == set(made.episodes)
    plays = await sofa.app.db.pool.fetch("select plays from watch_progress")
    assert {row["plays"] for row in plays} == {1}


async def test_marked_while_the_show_goes_away(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show", {1: 3}))
    viewer = await sofa.people.viewer(sofa.who)
    watch: Any = sofa.app.watch
    contents = watch._contents

    class Late:
        async def within(self, *given: Any) -> Any:
            found = await contents.within(*given)
            async with sofa.app.db.write(SYSTEM) as tx:
                gone = {"id": made.episodes[1, 2]}
                await tx.execute(text("delete from items where id = :id"), gone)
            return found

    watch._contents = Late()
    await watch.mark(viewer, ItemId(made.id))
    watch._contents = contents
    assert await seen(sofa, made) == {(1, 1), (1, 3)}


# -- twins


async def twins_of(sofa: Sofa, item: Any) -> set[ItemId]:
    found = await sofa.app.watch_repository.twins(EVERYTHING, [ItemId(item)])
    return set(found.get(ItemId(item), ()))


async def test_episodes_of_one_show_in_two_libraries(sofa: Sofa) -> None:
    other, hidden = await sofa.shelves.library("Other"), await sofa.shelves.library("Hidden")
    (one,) = await sofa.add(Series("One", {0: 1, 1: 2}, external="77"))
    (two,) = await sofa.add(Series("Two", {0: 1, 1: 3}, external="77"), to=other)
    (three,) = await sofa.add(Series("Three", {0: 1, 1: 3}, external="77"), to=hidden)
    (stranger,) = await sofa.add(Series("Stranger", {0: 1, 1: 3}), to=other)
    assert await twins_of(sofa, one.episodes[1, 2]) == {two.episodes[1, 2], three.episodes[1, 2]}
    assert await twins_of(sofa, one.episodes[0, 1]) == {two.episodes[0, 1], three.episodes[0, 1]}
    assert await twins_of(sofa, stranger.episodes[1, 1]) == set()
    assert await twins_of(sofa, one.id) == {two.id, three.id}
    sofa.who = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id, other.id])
    await sofa.begin(one.episode(1, 1), 600)
    kept = await sofa.app.watch_repository.by_items(sofa.who.id, [*two.items, *three.items])
    assert {i: p.position for i, p in kept.items()} == {two.episodes[1, 1]: 600}
    await sofa.mark(one.ref)
    assert await seen(sofa, two) == {(0, 1), (1, 1), (1, 2)}
    assert await seen(sofa, three) == set()
    await sofa.unmark(two.season(1))
    assert await seen(sofa, one) == await seen(sofa, two) == {(0, 1)}


@pytest.mark.parametrize(
    ("own", "theirs", "same"),
    [
        # The count through the show decides where both have one, whatever the seasons.
        ("season = 1, number = 13, absolute = 13", "season = 2, number = 1, absolute = 13", True),
        ("season = 1, number = 5, absolute = 5", "season = 1, number = 5, absolute = 6", False),
        ("season = 1, number = 5, absolute = null", "season = 1, number = 5, absolute = 6", True),
        ("season = 1, number = 5, absolute = null", "season = 2, number = 5", False),
        # The day, where one of them has nothing else.
        (
            "number = null, absolute = null, release_date = '2020-01-02'",
            "season = 4, number = 7, release_date = '2020-01-02'",
            True,
        ),
        (
            "number = null, absolute = null, release_date = '2020-01-02'",
            "season = 4, number = 7, release_date = '2020-01-03'",
            False,
        ),
        (
            "number = null, absolute = null, release_date = '2020-01-02'",
            "season = 0, number = 7, release_date = '2020-01-02'",
            False,
        ),
        ("number = null, absolute = null, release_date = null", "release_date = null", False),
    ],
)
async def test_which_episodes_are_the_same(
    sofa: Sofa, own: str, theirs: str, *, same: bool
) -> None:
    other = await sofa.shelves.library("Other")
    (one,) = await sofa.add(Series("One", {1: 1}, external="5"))
    (two,) = await sofa.add(Series("Two", {1: 1}, external="5"), to=other)
    mine, yours = one.episodes[1, 1], two.episodes[1, 1]
    await alter(sofa.app, f"update episodes set {own} where id = '{mine}'", "items")
    await alter(sofa.app, f"update episodes set {theirs} where id = '{yours}'", "items")
    assert await twins_of(sofa, mine) == ({yours} if same else set())
    assert await twins_of(sofa, yours) == ({mine} if same else set())


async def test_episodes_of_one_id_without_it(sofa: Sofa) -> None:
    """Two episodes may share an id while their shows do not; a film with that number is none."""
    one, two = await sofa.add(Series("One", {1: 1}), Series("Two", {1: 1}))
    await sofa.shelves.fill(sofa.shelf, [Film("Film", external="tt1")])
    ids = [one.episodes[1, 1], two.episodes[1, 1]]
    rows = ", ".join(f"('{i}', 'imdb', 'tt1')" for i in ids)
    await alter(sofa.app, f"insert into external_ids (item_id, source, value) values {rows}")
    assert await twins_of(sofa, ids[0]) == {ids[1]}


# -- how far one is


async def test_stats(sofa: Sofa) -> None:
    made, other = await sofa.add(
        Series("Show", {0: 2, 1: 3, 2: 2}, absent=[(1, 3)]), Series("Other")
    )
    none = {"episodes": 4, "watched": 0, "started": 0, "lastWatchedAt": None}
    assert (await sofa.show(made))["watchStats"] == none
    await sofa.finish(made.episode(1, 1))
    await sofa.finish(made.episode(1, 3))  # gone since
    await sofa.finish(made.episode(0, 1))
    await sofa.begin(made.episode(1, 2))
    await sofa.begin(made.episode(2, 1), 10)  # not even begun
    found = await sofa.show(made)
    last = sofa.clock.now().isoformat(timespec="milliseconds")[:23]
    assert found["watchStats"]["lastWatchedAt"].startswith(last)
    del found["watchStats"]["lastWatchedAt"]
    assert found["watchStats"] == {"episodes": 4, "watched": 1, "started": 1}
    assert {s["number"]: tuple(s["watchStats"].values()) for s in found["seasons"]} == {
        0: (2, 1, 0),
        1: (2, 1, 1),
        2: (2, 0, 0),
    }
    assert (await sofa.show(other))["watchStats"]["watched"] == 0


async def test_stats_are_ones_own_and_in_scope(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show", {1: 4}))
    await sofa.mark(made.ref)
    adult = made.episodes[1, 2]
    await alter(sofa.app, f"update items set age = 18 where id = '{adult}'", f"item:{adult}")
    child = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id], max_age=13)
    found = (await sofa.show(made, child))["watchStats"]
    assert found == {"episodes": 3, "watched": 0, "started": 0, "lastWatchedAt": None}


# -- lists of both kinds


async def test_c11_continue_watching_is_one_list_by_when(sofa: Sofa) -> None:
    one, two = await sofa.add(Series("One", {1: 3}), Series("Two", {1: 3}))
    await sofa.shelves.fill(sofa.shelf, films(2))
    film = sofa.shelf.movie_refs
    await sofa.begin(film[1], 3000)
    for made, number in ((two, 1), (one, 3), (one, 1)):
        await sofa.begin(made.episode(1, number))
    await sofa.begin(film[0], 3000)
    # Not by id, and of a show that which was watched last.
    assert await sofa.listed("continueWatching") == [
        "Film 0000", "One 1x01", "Two 1x01", "Film 0001",
    ]  # fmt: skip
    await sofa.finish(one.episode(1, 1))
    assert await sofa.listed("continueWatching") == [
        "Film 0000", "One 1x03", "Two 1x01", "Film 0001",
    ]  # fmt: skip
    assert await sofa.listed("watchHistory") == [
        "One 1x01", "Film 0000", "One 1x03", "Two 1x01", "Film 0001",
    ]  # fmt: skip
    await alter(sofa.app, "update items set state = 'missing' where kind = 'episode'", "items")
    assert await sofa.listed("continueWatching") == ["Film 0000", "Film 0001"]
    assert len(await sofa.listed("watchHistory")) == 5


async def test_a_show_in_two_libraries_is_continued_once(sofa: Sofa) -> None:
    other = await sofa.shelves.library("Other")
    (one,) = await sofa.add(Series("One", {1: 2}, external="9"))
    (two,) = await sofa.add(Series("Two", {1: 3}, external="9"), to=other)
    await sofa.begin(one.episode(1, 1))
    await sofa.begin(two.episode(1, 3))  # which only the other library has
    assert await sofa.listed("continueWatching") == ["Two 1x03"]
    history = await sofa.listed("watchHistory")
    assert [title.partition(" ")[2] for title in history] == ["1x03", "1x01"]
    only = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id])
    assert await sofa.listed("continueWatching", only) == []
    sofa.clock.advance(timedelta(minutes=1))
    gone = two.episodes[1, 3]
    await alter(sofa.app, f"update items set state = 'missing' where id = '{gone}'", "items")
    assert [t.partition(" ")[2] for t in await sofa.listed("continueWatching")] == ["1x01"]
