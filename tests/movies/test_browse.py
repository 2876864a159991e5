"""Lists of movies through the API: every filter, every order, every page."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id
from app.items.domain import ItemId
from app.rbac.domain import BuiltIn
from tests.support.api import Api
from tests.support.library import START, Film, Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.statements import caused

COUNT = 60
PAGE = """query($filter: MovieFilter, $sort: MovieSort! = TITLE, $descending: Boolean,
    $seed: String! = "", $first: Int! = 100, $after: String) {
  movies(filter: $filter, sort: $sort, descending: $descending, seed: $seed,
         first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { title year rating popularity addedAt sortTitle } } }"""
SORTS = ("TITLE", "YEAR", "ADDED", "RATING", "POPULARITY", "RANDOM")


@dataclass
class Shop:
    """Sixty films with ties and gaps in everything that one can sort by."""

    api: Api
    app: Container
    shelf: Shelf
    admin: Somebody

    async def titles(self, **given: Any) -> list[str]:
        """Titles of one page."""
        page = (await self.api.run(PAGE, self.admin, **given))["movies"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["title"] for node in page["nodes"]]

    async def filtered(self, **conditions: Any) -> set[int]:
        """The numbers of the films that fit."""
        return {int(t.split()[1]) for t in await self.titles(filter=conditions)}


@pytest.fixture
async def shop(api: Api, app: Container, people: People, shelves: Shelves) -> Shop:
    shelf = await shelves.library("Films")
    films = [
        Film(
            title=f"Film {n:03}",
            year=None if n % 10 == 9 else 1990 + n % 4,
            age=None if n % 6 == 5 else n % 6 * 3,
            certification=None,
            genres=("Drama",) if n % 2 else ("War", f"Rare {n % 8}"),
            collection=f"Saga {n % 3}" if n < 30 else None,
            height=(480, 720, 1080, 2160)[n % 4],
            hdr=("sdr", "hdr10", None)[n % 3],
        )
        for n in range(COUNT)
    ]
    await shelves.fill(shelf, films)
    for number, movie in enumerate(shelf.movies):
        await app.db.pool.execute(
            """update movies set rating = $2, votes = $3, popularity = $4, sort_title = $5
                where id = $1""",
            movie,
            None if number % 7 == 6 else number % 7 + 0.5,
            None if number % 5 == 4 else number * 10,
            None if number % 3 == 2 else float(number % 3),
            f"film {number // 3:03}",
        )
    await app.db.pool.execute("update items set state = 'missing' where id = $1", shelf.movies[59])
    return Shop(api, app, shelf, await people.admin())


def numbers(fits: Any) -> set[int]:
    return {n for n in range(COUNT - 1) if fits(n)}


EVERYONE = numbers(lambda n: n >= 0)


def year(number: int) -> int | None:
    return None if number % 10 == 9 else 1990 + number % 4


async def test_filters(shop: Shop) -> None:
    assert await shop.filtered() == EVERYONE
    assert await shop.filtered(yearFrom=1992) == numbers(lambda n: (year(n) or 0) >= 1992)
    assert await shop.filtered(yearFrom=1991, yearTo=1991) == numbers(lambda n: year(n) == 1991)
    assert await shop.filtered(yearTo=1990) == numbers(lambda n: year(n) == 1990)
    assert await shop.filtered(yearFrom=1993, yearTo=1990) == set()
    assert await shop.filtered(minRating=5.5) == numbers(lambda n: n % 7 == 5)
    assert await shop.filtered(minVotes=300) == numbers(lambda n: n >= 30 and n % 5 != 4)
    assert await shop.filtered(maxAge=6) == numbers(lambda n: n % 6 <= 2)
    assert await shop.filtered(resolutions=["720p", "2160p"]) == numbers(lambda n: n % 2 == 1)
    assert await shop.filtered(resolutions=["8640p"]) == set()
    assert await shop.filtered(hdr=True) == numbers(lambda n: n % 3 == 1)
    assert await shop.filtered(hdr=False) == numbers(lambda n: n % 3 != 1)
    assert await shop.filtered(missing=True) == {59}
    since = (START + timedelta(seconds=40)).isoformat()
    assert await shop.filtered(addedSince=since) == numbers(lambda n: n >= 40)
    both = await shop.filtered(hdr=True, yearFrom=1992, resolutions=["1080p", "2160p"])
    assert both == numbers(lambda n: n % 3 == 1 and (year(n) or 0) >= 1992 and n % 4 >= 2)


async def test_filters_by_id(shop: Shop) -> None:
    war = encode_id("genre", shop.shelf.genres["War"])
    rare = encode_id("genre", shop.shelf.genres["Rare 2"])
    assert await shop.filtered(genreIds=[war]) == numbers(lambda n: n % 2 == 0)
    assert await shop.filtered(genreIds=[rare]) == numbers(lambda n: n % 8 == 2)
    drama = encode_id("genre", shop.shelf.genres["Drama"])
    assert await shop.filtered(genreIds=[rare, drama]) == numbers(
        lambda n: n % 2 == 1 or n % 8 == 2
    )
    saga = encode_id("collection", shop.shelf.collections["Saga 1"])
    assert await shop.filtered(collectionId=saga) == numbers(lambda n: n < 30 and n % 3 == 1)
    assert await shop.filtered(libraryIds=[shop.shelf.ref]) == EVERYONE
    assert await shop.filtered(libraryIds=[]) == set()
    assert await shop.filtered(genreIds=[encode_id("genre", UUID(int=1))]) == set()
    for wrong in ({"genreIds": [shop.shelf.ref]}, {"libraryIds": ["x"]}, {"collectionId": war}):
        error = await shop.api.fails(PAGE, shop.admin, filter=wrong)
        assert error.code is Code.INVALID
        assert error.field == next(iter(wrong))


async def test_watched(shop: Shop, people: People) -> None:
    viewer = await people.viewer(shop.admin)
    seen, begun = shop.shelf.movies[:2], shop.shelf.movies[2:4]
    for movie in seen:
        await shop.app.watch.mark(viewer, ItemId(movie))
    for movie in begun:
        await shop.app.watch.update(viewer, movie, 100, 1000)  # type: ignore[arg-type]
    assert await shop.filtered(watched=True) == {0, 1}
    assert await shop.filtered(watched=False) == numbers(lambda n: n > 1)
    other = await people.admin()
    page = (await shop.api.run(PAGE, other, filter={"watched": True}))["movies"]
    assert page["totalCount"] == 0, "somebody else's"
    await shop.app.watch.remove(viewer, ItemId(seen[0]))
    assert await shop.filtered(watched=True) == {1}


@pytest.mark.parametrize("first", [7, 59])
async def test_every_order_shows_every_film_once(shop: Shop, first: int) -> None:
    """Through ties and gaps, page by page."""
    for sort in SORTS:
        for descending in (False, True, None):
            await _check_order(shop, sort, descending, first)


async def _check_order(shop: Shop, sort: str, descending: bool | None, first: int) -> None:
    given: dict[str, Any] = {"sort": sort, "descending": descending, "seed": "s", "first": first}
    found: list[dict[str, Any]] = []
    after, pages = None, 0
    while True:
        page = (await shop.api.run(PAGE, shop.admin, **given, after=after))["movies"]
        assert page["totalCount"] == COUNT - 1
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += page["nodes"]
        pages += 1
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert pages == -(-(COUNT - 1) // first)
    assert sorted(n["title"] for n in found) == [f"Film {n:03}" for n in range(COUNT - 1)]
    name = {"TITLE": "sortTitle", "ADDED": "addedAt"}.get(sort, sort.lower())
    if sort == "RANDOM":
        return
    falls = descending if descending is not None else sort != "TITLE"
    values = [node[name] for node in found]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=falls)
    assert values == known + [None] * (len(values) - len(known)), "what is unknown comes last"


async def test_random_is_stable_by_its_seed(shop: Shop) -> None:
    one = await shop.titles(sort="RANDOM", seed="one")
    assert await shop.titles(sort="RANDOM", seed="one") == one
    other = await shop.titles(sort="RANDOM", seed="two")
    assert other != one
    assert sorted(other) == sorted(one)
    assert one != sorted(one)


async def test_cursors_belong_to_their_list(shop: Shop) -> None:
    page = (await shop.api.run(PAGE, shop.admin, sort="YEAR", first=3))["movies"]
    cursor = page["pageInfo"]["endCursor"]
    for given in ({"sort": "RATING"}, {"sort": "YEAR", "descending": False}, {"sort": "RANDOM"}):
        error = await shop.api.fails(PAGE, shop.admin, after=cursor, **given)
        assert (error.code, error.field) == (Code.INVALID, "after")
    for wrong in ("", "x", "\u00e9", cursor[:-4], "A" * 500):
        error = await shop.api.fails(PAGE, shop.admin, after=wrong, sort="YEAR")
        assert error.code is Code.INVALID, wrong


async def test_values_out_of_range_are_refused(shop: Shop) -> None:
    for wrong in (
        {"yearFrom": 2**31 - 1},
        {"yearTo": -(2**31)},
        {"maxAge": 40_000},
        {"resolutions": ["x" * 21]},
        {"resolutions": ["720p"] * 101},
        {"genreIds": ["genre_" + "0" * 32] * 101},
    ):
        error = await shop.api.fails(PAGE, shop.admin, filter=wrong)
        assert error.code is Code.INVALID, wrong


async def test_extreme_but_legal_values(shop: Shop) -> None:
    assert await shop.filtered(minVotes=-(2**31)) == numbers(lambda n: n % 5 != 4)
    assert await shop.filtered(minRating=-1e308) == numbers(lambda n: n % 7 != 6)
    assert await shop.filtered(minRating=1e308) == set()
    assert await shop.filtered(addedSince="9000-12-31T23:59:59Z") == set()
    assert await shop.filtered(addedSince="1000-01-01T00:00:00Z") == EVERYONE
    assert await shop.filtered(resolutions=["%", "_", "'"]) == set()


GENRES = "{ genres(first: 100) { totalCount nodes { name slug } } }"
COLLECTIONS = """{ collections(first: 100) { totalCount nodes { id name } } }"""
SIMILAR = """query($id: ID!) { movie(id: $id) { title similar(first: 50) { title } } }"""


async def test_genres_and_collections(shop: Shop) -> None:
    genres = (await shop.api.run(GENRES, shop.admin))["genres"]
    names = [node["slug"] for node in genres["nodes"]]
    assert names == ["drama", "rare-0", "rare-2", "rare-4", "rare-6", "war"]
    assert genres["totalCount"] == 6
    collections = (await shop.api.run(COLLECTIONS, shop.admin))["collections"]
    assert [node["name"] for node in collections["nodes"]] == ["Saga 0", "Saga 1", "Saga 2"]
    query = "query($id: ID!) { collection(id: $id) { name overview } }"
    ref = collections["nodes"][0]["id"]
    assert (await shop.api.run(query, shop.admin, id=ref))["collection"]["name"] == "Saga 0"
    unknown = encode_id("collection", UUID(int=5))
    assert (await shop.api.run(query, shop.admin, id=unknown))["collection"] is None


async def test_similar_films_in_one_statement(shop: Shop, shelves: Shelves) -> None:
    small = await shelves.library("Small")
    await shelves.fill(
        small,
        [
            Film("Centre", genres=("G1", "G2"), cast=("P1", "P2"), crew=("P3",), collection="C"),
            Film("Same Collection", genres=(), cast=(), crew=(), collection="C"),
            Film("Three People", genres=(), cast=("P1", "P2", "P3"), crew=(), collection=None),
            Film("One Person", genres=("G1",), cast=("P2", "P2"), crew=("P2",), collection=None),
            Film("Two Genres", genres=("G1", "G2"), cast=(), crew=(), collection=None),
            Film("Nothing", genres=("G9",), cast=("P9",), crew=(), collection=None),
        ],
    )
    ref = small.movie_refs[0]
    seen: list[str] = []
    shop.app.db.statements = caused(seen)
    try:
        found = (await shop.api.run(SIMILAR, shop.admin, id=ref))["movie"]["similar"]
        first, seen[:] = list(seen), []
        assert (await shop.api.run(SIMILAR, shop.admin, id=ref))["movie"]["similar"] == found
    finally:
        shop.app.db.statements = None
    assert [node["title"] for node in found] == [
        "Same Collection",
        "Three People",
        "One Person",
        "Two Genres",
    ]
    assert sum("lateral" in statement.lower() for statement in first) == 1
    assert seen == [], "films and all else came from the cache"


async def test_similar_stays_within_the_scope(shop: Shop, shelves: Shelves, people: People) -> None:
    one, two = await shelves.library("One"), await shelves.library("Two")
    await shelves.fill(one, [Film("Mine", collection="X", age=10)])
    await shelves.fill(two, [Film("Hidden", collection="X", age=10)])
    user = await people.make(BuiltIn.USER, libraries=[one.id])
    found = await shop.api.run(SIMILAR, user, id=one.movie_refs[0])
    assert found["movie"]["similar"] == []
    await shop.app.rbac.grant(SYSTEM, user.id, two.id)
    found = await shop.api.run(SIMILAR, user, id=one.movie_refs[0])
    assert found["movie"]["similar"] == [{"title": "Hidden"}]


async def test_hidden_films_crowd_out_nothing(
    shop: Shop, shelves: Shelves, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a viewer may not see does not count among the neighbours that are weighed."""
    monkeypatch.setattr("app.catalog.repository.reading.MOST_NEIGHBOURS", 2)
    hidden, mine = await shelves.library("Hidden"), await shelves.library("Mine")
    await shelves.fill(hidden, [Film(f"Hidden {n}", collection="X", age=10) for n in range(9)])
    await shelves.fill(mine, [Film(name, collection="X", age=10) for name in ("One", "Two")])
    user = await people.make(BuiltIn.USER, libraries=[mine.id])
    found = await shop.api.run(SIMILAR, user, id=mine.movie_refs[0])
    assert found["movie"]["similar"] == [{"title": "Two"}]


async def test_a_movie_by_its_id(shop: Shop) -> None:
    query = "query($id: ID!) { movie(id: $id) { id title available } }"
    ref = shop.shelf.movie_refs[0]
    assert (await shop.api.run(query, shop.admin, id=ref))["movie"] == {
        "id": ref,
        "title": "Film 000",
        "available": True,
    }
    gone = shop.shelf.movie_refs[59]
    assert (await shop.api.run(query, shop.admin, id=gone))["movie"]["available"] is False
    unknown = encode_id("movie", UUID(int=7))
    assert (await shop.api.run(query, shop.admin, id=unknown))["movie"] is None
    for wrong in (shop.shelf.ref, "", "movie_", "movie_zz", "x" * 300):
        error = await shop.api.fails(query, shop.admin, id=wrong)
        assert error.code is Code.INVALID, wrong
