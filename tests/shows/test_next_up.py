"""What is watched next: against a naive model, and case by case."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.page import Keyset
from app.items.domain import ItemId
from app.rbac.domain import BuiltIn
from tests.scanning.stage import alter
from tests.shows.stage import LISTED, Sofa
from tests.support.api import Api
from tests.support.people import People
from tests.support.series import Made, Place, Series


@pytest.fixture
async def sofa(api: Api, app: Container, people: People, monkeypatch: pytest.MonkeyPatch) -> Sofa:
    return await Sofa.make(api, app, people, monkeypatch)


async def test_the_one_after_the_last_watched(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show", {0: 2, 1: 3, 2: 2}))
    assert await sofa.listed("nextUp") == []
    assert await sofa.upcoming(made) == "Show 1x01", "the first of a show never watched"
    await sofa.finish(made.episode(0, 1))
    assert await sofa.listed("nextUp") == [], "specials play no part"
    assert await sofa.upcoming(made) == "Show 1x01"
    await sofa.finish(made.episode(1, 1))
    assert await sofa.listed("nextUp") == [await sofa.upcoming(made)] == ["Show 1x02"]
    await sofa.finish(made.episode(1, 3))
    assert await sofa.listed("nextUp") == ["Show 2x01"], "not what was skipped"
    await sofa.finish(made.episode(1, 1))
    assert await sofa.listed("nextUp") == ["Show 1x02"], "after the one watched last, in time"
    await sofa.mark(made.ref)
    assert await sofa.listed("nextUp") == []
    assert await sofa.upcoming(made) is None


async def test_what_is_not_next(sofa: Sofa) -> None:
    tomorrow = sofa.today + timedelta(days=1)
    (made,) = await sofa.add(
        Series(
            "Show",
            {1: 5},
            absent=[(1, 2)],
            aired={(1, 3): tomorrow, (1, 4): None, (1, 5): sofa.today},
        )
    )
    await sofa.finish(made.episode(1, 1))
    assert await sofa.listed("nextUp") == ["Show 1x04"], "there, and nothing says not aired"
    await sofa.finish(made.episode(1, 4))
    assert await sofa.listed("nextUp") == ["Show 1x05"], "aired today"
    await sofa.finish(made.episode(1, 1))
    sofa.clock.advance(timedelta(days=1))
    assert await sofa.listed("nextUp") == ["Show 1x03"], "a day later"


async def test_what_is_under_way_is_to_be_continued(sofa: Sofa) -> None:
    one, two = await sofa.add(Series("One"), Series("Two"))
    for made in (one, two):
        await sofa.finish(made.episode(1, 1))
    assert await sofa.listed("nextUp") == ["Two 1x02", "One 1x02"]
    await sofa.begin(one.episode(1, 2), 89)  # not begun
    assert await sofa.listed("nextUp") == ["Two 1x02", "One 1x02"]
    await sofa.begin(one.episode(1, 2))
    assert await sofa.listed("nextUp") == ["Two 1x02"]
    assert await sofa.listed("continueWatching") == ["One 1x02"]
    assert await sofa.upcoming(one) == "One 1x02", "which is still what comes next"
    gone = one.episodes[1, 2]
    await alter(
        sofa.app, f"update items set state = 'missing' where id = '{gone}'", f"item:{gone}", "items"
    )
    assert await sofa.listed("continueWatching") == []
    assert await sofa.listed("nextUp") == ["Two 1x02", "One 1x03"]


async def test_what_was_given_up_does_not_hide_the_show(sofa: Sofa) -> None:
    (made,) = await sofa.add(Series("Show", {0: 1, 1: 4}))
    await sofa.finish(made.episode(1, 1))
    await sofa.begin(made.episode(1, 2))
    assert await sofa.listed("nextUp") == []
    await sofa.finish(made.episode(1, 3))
    assert await sofa.listed("nextUp") == ["Show 1x04"], "they went on without it"
    assert await sofa.listed("continueWatching") == ["Show 1x02"]
    await sofa.begin(made.episode(0, 1))
    assert await sofa.listed("nextUp") == ["Show 1x04"], "specials play no part"


async def test_a_show_in_two_libraries_is_next_once(sofa: Sofa) -> None:
    other = await sofa.shelves.library("Other")
    (one,) = await sofa.add(Series("One", {1: 2}, external="9"))
    (two,) = await sofa.add(Series("Two", {1: 3}, external="9"), to=other)
    await sofa.finish(one.episode(1, 1))
    (title,) = await sofa.listed("nextUp")
    assert title.endswith("1x02")
    await sofa.finish(one.episode(1, 2))
    assert await sofa.listed("nextUp") == ["Two 1x03"], "where it goes on"
    await sofa.begin(two.episode(1, 3))
    assert await sofa.listed("nextUp") == []
    only = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id])
    sofa.who = only
    await sofa.finish(one.episode(1, 1))
    assert await sofa.listed("nextUp") == ["One 1x02"]


async def test_only_what_one_may_see(sofa: Sofa) -> None:
    hidden = await sofa.shelves.library("Hidden")
    (made,) = await sofa.add(Series("Show", {1: 3}))
    (secret,) = await sofa.add(Series("Secret", {1: 3}), to=hidden)
    user = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id, hidden.id])
    sofa.who = user
    await sofa.finish(made.episode(1, 1))
    await sofa.finish(secret.episode(1, 1))
    assert await sofa.listed("nextUp") == ["Secret 1x02", "Show 1x02"]
    await sofa.app.rbac.revoke(SYSTEM, user.id, hidden.id)
    assert await sofa.listed("nextUp") == ["Show 1x02"]
    adult = made.episodes[1, 2]
    await alter(
        sofa.app, f"update items set age = 18 where id = '{adult}'", f"item:{adult}", "items"
    )
    child = await sofa.people.make(BuiltIn.USER, libraries=[sofa.shelf.id], max_age=13)
    sofa.who = child
    await sofa.finish(made.episode(1, 1))
    assert await sofa.listed("nextUp") == ["Show 1x03"]
    assert await sofa.upcoming(made) == "Show 1x03"


async def test_days_and_counts(sofa: Sofa) -> None:
    """Daily shows go by the day, through the years that are their seasons."""
    (made,) = await sofa.add(Series("Daily", {2024: 2, 2025: 2}, first_aired=date(1, 1, 1)))
    days = {(2024, 1): (3, "2024-01-03"), (2024, 2): (200, "2024-07-18")}
    days |= {(2025, 1): (2, "2025-01-02"), (2025, 2): (90, "2025-03-31")}
    for place, (day, aired) in days.items():
        await alter(
            sofa.app,
            f"update episodes set number = null, absolute = null, position = {day},"
            f" release_date = '{aired}' where id = '{made.episodes[place]}'",
            f"item:{made.episodes[place]}",
            "items",
        )
    for place, following in (((2024, 1), "Daily 2024x02"), ((2024, 2), "Daily 2025x01")):
        await sofa.finish(made.episode(*place))
        assert await sofa.listed("nextUp") == [following]


async def test_pages(sofa: Sofa) -> None:
    """Every show once, in order, whatever the size of the page; also of one moment."""
    shows = await sofa.add(*(Series(f"Show {n:02}", {1: 2}) for n in range(9)))
    for made in shows[:4]:
        await sofa.finish(made.episode(1, 1))
    bulk = "mutation($ids: [ID!]!) { bulkMarkWatched(ids: $ids) { error { code } } }"
    await sofa.api.run(bulk, sofa.who, ids=[made.episode(1, 1) for made in shows[4:]])
    whole = await sofa.listed("nextUp")
    assert sorted(whole) == [f"Show {n:02} 1x02" for n in range(9)]
    assert whole[5:] == [f"Show {n:02} 1x02" for n in (3, 2, 1, 0)]
    for first in (1, 4, 8):
        pages: list[str] = []
        after = None
        while True:
            asked = {"first": first, "after": after}
            page = (await sofa.api.run(LISTED % "nextUp", sofa.who, **asked))["nextUp"]
            pages += [node["title"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert pages == whole


# -- a naive model


class Model:
    """What was done, and what follows from it, said as simply as can be."""

    def __init__(self, shows: list[Made], today: date) -> None:
        self.shows, self.today = shows, today
        self.done: dict[tuple[int, Place], tuple[bool, bool, datetime]] = {}

    def there(self, show: int, place: Place) -> bool:
        return place not in self.shows[show].series.absent

    def aired(self, show: int, place: Place) -> bool:
        day = self.shows[show].series.aired.get(place, date(2002, 1, 1))
        return day is None or day <= self.today

    def next_of(self, show: int) -> Place | None:
        places = sorted(place for place in self.shows[show].episodes if place[0] > 0)
        watched = [
            (self.done[show, p][2], p)
            for p in places
            if (show, p) in self.done and self.done[show, p][0]
        ]
        last = max(watched)[1] if watched else (0, 0)
        seen = {p for _, p in watched}
        following = [
            p
            for p in places
            if p > last and p not in seen and self.there(show, p) and self.aired(show, p)
        ]
        return following[0] if following else None

    def next_up(self) -> list[tuple[int, Place]]:
        found = []
        for show in range(len(self.shows)):
            mine = {p: told for (s, p), told in self.done.items() if s == show}
            times = [told[2] for p, told in mine.items() if told[0] and p[0] > 0]
            begun = any(
                told[1]
                and p[0] > 0
                and self.there(show, p)
                and told[2] > max(times, default=told[2])
                for p, told in mine.items()
            )
            following = self.next_of(show)
            if times and following and not begun:
                found.append((max(times), self.shows[show].id, show, following))
        return [(show, place) for _, _, show, place in sorted(found, reverse=True)]


def some_series(random: Random, number: int) -> Series:
    seasons = {s: random.randint(1, 4) for s in range(random.randint(0, 1), random.randint(2, 4))}
    places = [(s, e) for s, count in seasons.items() for e in range(1, count + 1)]
    late = {p: date(2999, 1, 1) for p in places if random.random() < 0.1}
    unknown = {p: None for p in places if random.random() < 0.1}
    return Series(
        f"Show {number}",
        seasons,
        absent=[p for p in places if random.random() < 0.2],
        aired={**late, **unknown},
        first_aired=date(2002, 1, 1),
    )


async def act(random: Random, sofa: Sofa, viewer: Any, model: Model) -> None:
    """Do something, and note it in the model."""
    watch = sofa.app.watch
    sofa.clock.advance(timedelta(minutes=1))
    now = sofa.clock.now()
    number = random.randrange(len(model.shows))
    show = model.shows[number]
    place = random.choice(list(show.episodes))
    season = {p for p in show.episodes if p[0] == place[0]}
    what = random.random()
    if what < 0.65:
        position = random.choice((20, 900, 1700, 1800))
        await watch.update(viewer, ItemId(show.episodes[place]), position, None)
        model.done[number, place] = (position > 1620, 90 < position < 1620, now)
    elif what < 0.8:
        await watch.mark(viewer, ItemId(show.seasons[place[0]]))
        for p in season:
            day = show.series.aired.get(p, date(2002, 1, 1))
            old = model.done.get((number, p))
            aired = day is not None and day <= model.today
            if (model.there(number, p) or aired) and not (old and old[0]):
                model.done[number, p] = (True, False, now)
    elif what < 0.9:
        await watch.remove(viewer, ItemId(show.seasons[place[0]]))
        for p in season:
            model.done.pop((number, p), None)
    else:
        await watch.remove(viewer, ItemId(show.episodes[place]))
        model.done.pop((number, place), None)


@pytest.mark.parametrize("seed", range(4))
async def test_it_follows_a_naive_model(sofa: Sofa, seed: int) -> None:
    random = Random(seed)
    shows = await sofa.add(*(some_series(random, n) for n in range(6)))
    model, viewer = Model(shows, sofa.today), await sofa.people.viewer(sofa.who)
    repository, today = sofa.app.next_up_repository, model.today
    for _ in range(60):
        await act(random, sofa, viewer, model)
        page = await repository.page(sofa.who.id, EVERYTHING, today, Keyset(100))
        expected = [shows[show].episodes[place] for show, place in model.next_up()]
        assert list(page.ids) == expected
        assert await repository.count(sofa.who.id, EVERYTHING, today) == len(expected)
        found = await repository.of_shows(sofa.who.id, EVERYTHING, [m.id for m in shows], today)
        places = {m.id: model.next_of(n) for n, m in enumerate(shows)}
        assert found == {m.id: m.episodes[p] for m in shows if (p := places[m.id]) is not None}
