"""Shows, seasons and episodes through the API: lists, filters, orders and what hangs together."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.items.domain import ItemId
from app.rbac.domain import BuiltIn
from tests.support.api import Api
from tests.support.library import START, Film, Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.series import Made, Series, add_series

SHOWS = """query($filter: ShowFilter, $sort: ShowSort! = TITLE, $descending: Boolean,
    $first: Int! = 100, $after: String) {
  shows(filter: $filter, sort: $sort, descending: $descending, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { title } } }"""
EPISODES = """query($show: ID, $season: ID, $first: Int! = 100, $after: String) {
  episodes(showId: $show, seasonId: $season, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { title seasonNumber number } } }"""
SORTS = ("TITLE", "YEAR", "ADDED", "LATEST", "RATING", "POPULARITY", "RANDOM")


@dataclass
class Channel:
    """A library of shows, and somebody who sees everything."""

    api: Api
    app: Container
    shelves: Shelves
    shelf: Shelf
    admin: Somebody

    async def add(self, *series: Series) -> list[Made]:
        return await add_series(self.app, self.shelf, series)

    async def titles(self, **given: Any) -> list[str]:
        """Titles of one page, all there is."""
        page = (await self.api.run(SHOWS, self.admin, **given))["shows"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["title"] for node in page["nodes"]]

    async def filtered(self, **conditions: Any) -> set[str]:
        return set(await self.titles(filter=conditions))


@pytest.fixture
async def channel(api: Api, app: Container, people: People) -> Channel:
    shelves = Shelves(app)
    shelf = await shelves.library("Television")
    return Channel(api, app, shelves, shelf, await people.admin())


# -- one show


SHOW = """query($id: ID!) { show(id: $id) {
  id title originalTitle sortTitle year firstAirDate lastAirDate overview tagline status ordering
  runtime rating votes popularity certification trailerUrl available addedAt episodeCount
  library { id } genres { name } networks { name slug } cast { person { name } character }
  crew { job } externalIds { source value } artwork { kind } texts { language title }
  progress { position } episodes(first: 4) { seasonNumber number }
  seasons { id number title year airDate overview available episodeCount show { title }
    artwork { kind } episodes { id number title } } } }"""


async def test_a_show_and_its_seasons(channel: Channel) -> None:
    (made,) = await channel.add(Series("Long Run", {0: 2, 1: 3, 2: 2}, networks=("ABC", "BBC")))
    show = (await channel.api.run(SHOW, channel.admin, id=made.ref))["show"]
    assert show["id"] == made.ref
    assert (show["title"], show["year"], show["status"]) == ("Long Run", 2001, "ENDED")
    assert (show["firstAirDate"], show["lastAirDate"]) == ("2001-01-07", "2003-01-14")
    assert (show["ordering"], show["runtime"], show["available"]) == ("STANDARD", 1800, True)
    assert show["networks"] == [{"name": "ABC", "slug": "abc"}, {"name": "BBC", "slug": "bbc"}]
    assert show["cast"] == [{"person": {"name": "Ann Actor"}, "character": "Role 0"}]
    assert show["crew"] == [{"job": "Director"}]
    assert show["texts"] == [{"language": "de", "title": "Titel"}]
    assert show["episodeCount"] == 5
    assert show["progress"] is None
    shown = [(s["number"], s["title"], s["year"], s["episodeCount"]) for s in show["seasons"]]
    assert shown == [(1, "Season 1", 2002, 3), (2, "Season 2", 2003, 2), (0, "Specials", 2001, 2)]
    for season in show["seasons"]:
        assert season["id"] == made.season(season["number"])
        assert season["show"] == {"title": "Long Run"}
        assert [e["number"] for e in season["episodes"]] == [
            *range(1, made.series.seasons[season["number"]] + 1)
        ]
    first = [(e["seasonNumber"], e["number"]) for e in show["episodes"]]
    assert first == [(1, 1), (1, 2), (1, 3), (2, 1)]


EPISODE = """query($id: ID!) { episode(id: $id) {
  id title number seasonNumber absoluteNumber airDate year overview runtime rating votes
  certification available show { title } season { number } library { id }
  guestStars { person { name } character } cast { person { name } } crew { job }
  externalIds { source } artwork { kind } texts { language } progress { position fraction }
  versions { resolution parts { file { id } } } previous { id } next { id } } }"""


async def test_an_episode(channel: Channel) -> None:
    (made,) = await channel.add(Series("Pair", {1: 4}, joined=[[(1, 1), (1, 2)]], absent=[(1, 4)]))
    await channel.shelves.watched(channel.admin.id, [made.episodes[1, 2]], 0.5)
    shown = {}
    for number in range(1, 5):
        data = await channel.api.run(EPISODE, channel.admin, id=made.episode(1, number))
        shown[number] = data["episode"]
    one, two, three, four = shown.values()
    assert (one["title"], one["number"], one["seasonNumber"]) == ("Pair 1x01", 1, 1)
    assert (three["absoluteNumber"], three["airDate"], three["year"]) == (3, "2002-01-21", 2002)
    assert one["guestStars"] == [{"person": {"name": "Gus Guest"}, "character": "Role 0"}]
    assert one["cast"] == [{"person": {"name": "Ann Actor"}}]
    assert (one["show"], one["season"]) == ({"title": "Pair"}, {"number": 1})
    assert one["versions"] == two["versions"] != three["versions"]  # one file with both
    assert two["progress"] == {"position": 3000.0, "fraction": 0.5}
    assert one["progress"] is None
    assert [e["available"] for e in shown.values()] == [True, True, True, False]
    assert four["versions"] == []
    assert three["next"] == {"id": made.episode(1, 4)}  # whether or not its file is there


async def test_what_comes_before_and_after(channel: Channel) -> None:
    made, other = await channel.add(Series("A", {0: 2, 1: 2, 2: 1}), Series("B", {1: 1}))
    between = {}
    for place in made.episodes:
        data = await channel.api.run(EPISODE, channel.admin, id=made.episode(*place))
        between[place] = tuple((data["episode"][n] or {}).get("id") for n in ("previous", "next"))
    assert between == {
        (0, 1): (None, made.episode(0, 2)),
        (0, 2): (made.episode(0, 1), None),
        (1, 1): (None, made.episode(1, 2)),
        (1, 2): (made.episode(1, 1), made.episode(2, 1)),
        (2, 1): (made.episode(1, 2), None),
    }
    data = await channel.api.run(EPISODE, channel.admin, id=other.episode(1, 1))
    assert (data["episode"]["previous"], data["episode"]["next"]) == (None, None)


async def test_ids_of_nothing_and_of_other_kinds(channel: Channel) -> None:
    (made,) = await channel.add(Series("A"))
    for name in ("show", "season", "episode"):
        document = f"query($id: ID!) {{ {name}(id: $id) {{ id }} }}"
        data = await channel.api.run(document, channel.admin, id=encode_id(name, new_id()))
        assert data == {name: None}
        wrong = made.episode(1, 1) if name != "episode" else made.ref
        assert (await channel.api.fails(document, channel.admin, id=wrong)).code == "INVALID"


async def test_nodes(channel: Channel) -> None:
    (made,) = await channel.add(Series("A"))
    network = encode_id("network", made.networks["ABC"])
    ids = [made.ref, made.season(1), made.episode(1, 1), network]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    data = await channel.api.run(document, channel.admin, ids=ids)
    assert [(n["__typename"], n["id"]) for n in data["nodes"]] == [
        ("Show", ids[0]), ("Season", ids[1]), ("Episode", ids[2]), ("Network", ids[3]),
    ]  # fmt: skip


# -- lists


async def test_pages_of_episodes_in_order(channel: Channel) -> None:
    made, _ = await channel.add(Series("A", {0: 2, 1: 3, 2: 2}), Series("B", {1: 2}))
    wanted = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (0, 1), (0, 2)]
    found: list[tuple[int, int]] = []
    after = None
    while True:
        given = {"show": made.ref, "first": 2, "after": after}
        page = (await channel.api.run(EPISODES, channel.admin, **given))["episodes"]
        assert page["totalCount"] == 7
        found += [(e["seasonNumber"], e["number"]) for e in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == wanted
    page = (await channel.api.run(EPISODES, channel.admin, season=made.season(2)))["episodes"]
    assert [(e["seasonNumber"], e["number"]) for e in page["nodes"]] == [(2, 1), (2, 2)]
    assert (await channel.api.run(EPISODES, channel.admin))["episodes"]["totalCount"] == 9


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [False, True])
async def test_every_order_in_pages(channel: Channel, sort: str, descending: bool) -> None:
    await channel.add(
        *(
            Series(
                f"Show {n:02}",
                {1: 1},
                year=None if n % 5 == 4 else 2000 + n % 3,
                rating=None if n % 4 == 3 else n % 3,
                added=n % 4,
                later={(1, 1): 10 - n % 3},
            )
            for n in range(12)
        )
    )
    whole = await channel.titles(sort=sort, descending=descending)
    found: list[str] = []
    after = None
    for _ in range(3):
        given = {"sort": sort, "descending": descending, "first": 5, "after": after}
        page = (await channel.api.run(SHOWS, channel.admin, **given))["shows"]
        found += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert found == whole
    assert len(set(whole)) == 12


async def test_every_filter(channel: Channel) -> None:
    one, two, _, _ = await channel.add(
        Series("One", year=1990, status="ended", genres=("War",), networks=("ABC",), rating=3.0),
        Series("Two", year=2000, status="continuing", genres=("Drama",), networks=("BBC",)),
        Series("Three", year=2010, status=None, age=16, added=100, networks=("ABC", "BBC")),
        Series("Gone", absent=[(1, 1), (1, 2), (1, 3)]),
    )
    everything = {"One", "Two", "Three"}
    war = encode_id("genre", one.genres["War"])
    bbc = encode_id("network", two.networks["BBC"])
    abc = encode_id("network", one.networks["ABC"])
    assert await channel.filtered() == everything
    assert await channel.filtered(missing=True) == {"Gone"}
    assert await channel.filtered(genreIds=[war]) == {"One"}
    assert await channel.filtered(networkIds=[bbc]) == {"Two", "Three"}
    assert await channel.filtered(networkIds=[abc, bbc]) == everything
    assert await channel.filtered(statuses=["ENDED"]) == {"One"}
    assert await channel.filtered(statuses=["ENDED", "CONTINUING"]) == {"One", "Two"}
    assert await channel.filtered(yearFrom=2000) == {"Two", "Three"}
    assert await channel.filtered(yearTo=2000) == {"One", "Two"}
    assert await channel.filtered(minRating=5) == {"Two", "Three"}
    assert await channel.filtered(minVotes=101) == set()
    assert await channel.filtered(maxAge=10) == {"One", "Two"}
    since = (START + timedelta(seconds=50)).isoformat()
    assert await channel.filtered(addedSince=since) == {"Three"}
    assert await channel.filtered(libraryIds=[channel.shelf.ref]) == everything
    assert await channel.filtered(libraryIds=[encode_id("library", new_id())]) == set()


async def test_watched_is_all_that_has_aired_and_is_there(channel: Channel) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    series = Series(
        "Seen",
        {0: 1, 1: 5},
        absent=[(1, 4)],
        aired={(1, 1): None, (1, 5): tomorrow},
    )
    made, begun, new, special = await channel.add(
        series, Series("Begun"), Series("New"), Series("Special", {0: 1})
    )
    every = [made.episodes[1, n] for n in (1, 2, 3)]
    every += [begun.episodes[1, 1], special.episodes[0, 1]]
    await channel.shelves.watched(channel.admin.id, every, 1.0)
    await channel.shelves.watched(channel.admin.id, [new.episodes[1, 1]], 0.5)
    assert await channel.filtered(watched=True) == {"Seen"}
    assert await channel.filtered(watched=False) == {"Begun", "New", "Special"}


async def test_watched_asks_only_for_what_one_may_see(channel: Channel, people: People) -> None:
    (made,) = await channel.add(Series("Mixed", {1: 2}, age=6))
    async with channel.app.db.write(SYSTEM) as tx:
        await channel.app.item_repository.rate(tx, [(ItemId(made.episodes[1, 2]), "R", 17)])
    child = await people.make(libraries=[channel.shelf.id], max_age=12)
    for somebody in (child, channel.admin):
        await channel.shelves.watched(somebody.id, [made.episodes[1, 1]], 1.0)
    filtered = {"filter": {"watched": True}}
    data = await channel.api.run(SHOWS, child, **filtered)
    assert data["shows"]["totalCount"] == 1
    assert (await channel.api.run(SHOWS, channel.admin, **filtered))["shows"]["totalCount"] == 0


async def test_recently_added_is_by_the_newest_episode(channel: Channel) -> None:
    await channel.add(
        Series("Old", {1: 2}, added=0, later={(1, 2): 300}),
        Series("Middle", {1: 1}, added=100),
        Series("New", {1: 1}, added=200),
        Series("Gone", {1: 1}, added=900, absent=[(1, 1)]),
    )
    document = """query($ids: [ID!]) {
      recentlyAddedShows(libraryIds: $ids) { totalCount nodes { title } } }"""
    shown = (await channel.api.run(document, channel.admin))["recentlyAddedShows"]
    assert [n["title"] for n in shown["nodes"]] == ["Old", "New", "Middle"]
    assert shown["totalCount"] == 3
    none = await channel.api.run(document, channel.admin, ids=[encode_id("library", new_id())])
    assert none["recentlyAddedShows"]["nodes"] == []


async def test_episodes_by_their_day(channel: Channel) -> None:
    today = datetime.now(UTC).date()
    days = {"long ago": -400, "yesterday": -1, "today": 0, "tomorrow": 1, "month": 30, "far": 31}
    aired: dict[tuple[int, int], date | None] = {
        (1, n): today + timedelta(days=d) for n, d in enumerate(days.values(), 1)
    }
    await channel.add(
        Series("S", {1: 7}, absent=[(1, 2), (1, 4), (1, 5)], aired={**aired, (1, 7): None})
    )
    document = "query($days: Int! = 30) { recentEpisodes { totalCount nodes { number } }"
    document += " upcomingEpisodes(days: $days) { totalCount nodes { number } } }"

    async def numbers(**given: int) -> list[list[int]]:
        data = await channel.api.run(document, channel.admin, **given)
        for page in data.values():
            assert page["totalCount"] == len(page["nodes"])
        return [[n["number"] for n in page["nodes"]] for page in data.values()]

    assert await numbers() == [[3, 1], [3, 4, 5]]
    assert await numbers(days=1) == [[3, 1], [3, 4]]
    assert await numbers(days=365) == [[3, 1], [3, 4, 5, 6]]
    for outside in (0, 366):
        assert (await channel.api.fails(document, channel.admin, days=outside)).code == "INVALID"


async def test_days_are_paged(channel: Channel) -> None:
    await channel.add(*(Series(f"S{n}", {1: 3}) for n in range(3)))
    document = """query($after: String) { recentEpisodes(first: 4, after: $after) {
      nodes { id airDate } pageInfo { endCursor hasNextPage } } }"""
    found: list[dict[str, Any]] = []
    after = None
    for _ in range(3):
        page = (await channel.api.run(document, channel.admin, after=after))["recentEpisodes"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    assert len({n["id"] for n in found}) == 9
    assert [n["airDate"] for n in found] == sorted((n["airDate"] for n in found), reverse=True)


async def test_genres_and_networks_of_shows(channel: Channel) -> None:
    await channel.shelves.fill(channel.shelf, [Film("Film", genres=("War", "Noir"))])
    await channel.add(
        Series("A", genres=("War", "Drama"), networks=("BBC",)),
        Series("B", genres=("Gone",), networks=("Gone",), absent=[(1, 1), (1, 2), (1, 3)]),
    )
    document = """{ genres { nodes { name } } showGenres { totalCount nodes { name } }
      networks { totalCount nodes { id name slug } } }"""
    data = await channel.api.run(document, channel.admin)
    assert [n["name"] for n in data["genres"]["nodes"]] == ["Drama", "Film Noir", "War"]
    assert [n["name"] for n in data["showGenres"]["nodes"]] == ["Drama", "War"]
    assert [n["name"] for n in data["networks"]["nodes"]] == ["BBC"]
    assert data["showGenres"]["totalCount"] == 2
    assert data["networks"]["totalCount"] == 1


async def test_similar_are_of_one_kind(channel: Channel) -> None:
    await channel.shelves.fill(channel.shelf, [Film("Film", genres=("War",)), Film("Other")])
    made, *_ = await channel.add(
        Series("A", genres=("War",)), Series("B", genres=("War",)), Series("C", cast=("X",))
    )
    document = "query($id: ID!) { show(id: $id) { similar { title } } }"
    data = await channel.api.run(document, channel.admin, id=made.ref)
    # "B" shares its people and its genre, "C" only who is behind the camera.
    assert [s["title"] for s in data["show"]["similar"]] == ["B", "C"]
    movie = channel.shelf.movie_refs[1]
    document = "query($id: ID!) { movie(id: $id) { similar(first: 1) { title } } }"
    data = await channel.api.run(document, channel.admin, id=movie)
    assert [m["title"] for m in data["movie"]["similar"]] == ["Film"]


async def test_what_one_may_not_see_is_nowhere(channel: Channel, people: People) -> None:
    made, _ = await channel.add(Series("Mixed", {1: 3}, age=6), Series("Adult", {1: 1}, age=18))
    async with channel.app.db.write(SYSTEM) as tx:
        await channel.app.item_repository.rate(tx, [(ItemId(made.episodes[1, 2]), "R", 17)])
    child = await people.make(BuiltIn.USER, libraries=[channel.shelf.id], max_age=12)
    show = (await channel.api.run(SHOW, child, id=made.ref))["show"]
    assert [e["number"] for e in show["seasons"][0]["episodes"]] == [1, 3]
    assert (show["episodeCount"], show["seasons"][0]["episodeCount"]) == (2, 2)
    assert [e["number"] for e in show["episodes"]] == [1, 3]
    first = (await channel.api.run(EPISODE, child, id=made.episode(1, 1)))["episode"]
    assert first["next"] == {"id": made.episode(1, 3)}
    hidden = await channel.api.run(EPISODE, child, id=made.episode(1, 2))
    assert hidden == {"episode": None}
    page = (await channel.api.run(EPISODES, child))["episodes"]
    assert [e["number"] for e in page["nodes"]] == [1, 3]
    assert page["totalCount"] == 2
