"""Which film a file is stays the same, whatever else is said of it later."""

from typing import Any

import pytest

from app.catalog.domain import popularity_of, same_years
from app.core.access import EVERYTHING, SYSTEM
from app.libraries.domain import ScanKind
from app.settings.domain import MATCH_THRESHOLD
from tests.movies.test_embedded import look_inside, tagged
from tests.scanning.stage import Stage, StubProber, nfo


async def scan(stage: Stage, *paths: str) -> None:
    for path in paths:
        stage.put(path)
    if not hasattr(stage, "library"):
        await stage.make()
    await stage.scan()


async def shapes(stage: Stage) -> list[tuple[str, int | None, int]]:
    """Title, year and number of versions of every film."""
    rows = await stage.rows(
        """select title, year, count(v.id) as versions from movies m
             left join item_versions v on v.item_id = m.id
            group by m.id order by title, year nulls first, m.id"""
    )
    return [tuple(row) for row in rows]


async def ids_of(stage: Stage) -> list[str]:
    rows = await stage.rows("select source || ' ' || value as id from external_ids order by 1")
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((1990, {1990}), (1990, {1990}), True),
        ((1990, {1990}), (1991, {1991}), False),
        ((1990, {1990, 1991}), (1990, {1990}), True),
        ((1990, {1990, 1991}), (1991, {1991}), True),
        ((None, set()), (None, set()), True),
        ((None, {1990}), (None, set()), True),
        ((None, {1990}), (None, {1991}), False),
        ((None, set()), (1990, {1990}), False),
        ((None, {1990}), (1990, {1990}), True),
    ],
)
def test_years(one: Any, other: Any, same: bool) -> None:
    pair = [(name, frozenset(years)) for name, years in (one, other)]
    assert same_years(*pair) is same
    assert same_years(*reversed(pair)) is same


async def test_a_year_that_an_nfo_corrects(stage: Stage) -> None:
    stage.put("Film (1990)/movie.nfo", nfo("Film", year=1991))
    await scan(stage, "Film (1990)/Film (1990).mkv")
    await scan(stage, "Elsewhere/Film (1990) 2160p.mkv", "Corrected/Film (1991) 720p.mkv")
    assert await shapes(stage) == [("Film", 1991, 3)]


async def test_a_year_that_an_nfo_corrects_at_once(stage: Stage) -> None:
    stage.put("Film (1990)/movie.nfo", nfo("Film", year=1991))
    await scan(stage, "Elsewhere/Film (1990) 2160p.mkv", "Film (1990)/Film (1990).mkv")
    assert await shapes(stage) == [("Film", 1991, 2)]


async def test_a_year_that_only_tags_say(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film.mkv")
    await stage.make()
    await look_inside(stage, prober, path, tagged())
    assert await shapes(stage) == [("Film", 1990, 1)]
    await scan(stage, "more/Film 1080p.mkv", "more/Film (1990) 720p.mkv")
    assert await shapes(stage) == [("Film", 1990, 3)]
    await scan(stage, "more/Film (2012).mkv")
    assert await shapes(stage) == [("Film", 1990, 3), ("Film", 2012, 1)]


async def test_without_a_year_it_is_none_of_two(stage: Stage) -> None:
    await scan(stage, "Dune/Dune (1984).mkv", "Dune/Dune (2021).mkv", "Dune/Dune (2021) 4K.mkv")
    await scan(stage, "Dune/Dune.mkv")
    assert await shapes(stage) == [("Dune", None, 1), ("Dune", 1984, 1), ("Dune", 2021, 2)]


async def test_one_nfo_is_not_of_two_films_of_one_title(stage: Stage) -> None:
    stage.put("Dune/movie.nfo", nfo("Dune", genres=["Drama"]))
    await scan(stage, "Dune/Dune (1984).mkv", "Dune/Dune (2021).mkv")
    assert await stage.rows("select 1 from item_genres") == []


async def test_years_of_two_nfo_files_contradict(stage: Stage) -> None:
    stage.put("a/Film.nfo", nfo("Film", year=1984))
    stage.put("b/Film.nfo", nfo("Film", year=2021))
    await scan(stage, "a/Film.mkv", "b/Film.mkv")
    assert await shapes(stage) == [("Film", 1984, 1), ("Film", 2021, 1)]


async def test_a_better_file_is_the_same_film(stage: Stage) -> None:
    await scan(stage, "Film (1990)/Film (1990) 720p.mkv")
    before = await stage.film_ids()
    await scan(stage, "Film (1990)/Film (1990) 2160p.mkv")
    assert await stage.film_ids() == before
    versions = await stage.app.item_repository.versions(EVERYTHING, list(before.values()))
    (found,) = versions.values()
    assert [(v.resolution, v.is_default) for v in found] == [("2160p", True), ("720p", False)]
    await stage.scan(ScanKind.FULL)
    assert await stage.film_ids() == before
    assert await shapes(stage) == [("Film", 1990, 2)]


async def take_everything(stage: Stage) -> None:
    """However unsure it is."""
    await stage.app.settings.update(SYSTEM, MATCH_THRESHOLD.key, 0.0)


async def test_names_without_meaning_are_films_of_their_own(stage: Stage) -> None:
    await scan(stage, "new/movie.mkv", "unsorted/movie.mkv")
    assert await shapes(stage) == [], "they wait"
    await take_everything(stage)
    await scan(stage, "incoming/movie.mkv")
    assert await shapes(stage) == [("movie", None, 1)]
    await stage.scan(ScanKind.FULL)
    assert await shapes(stage) == [("movie", None, 1)] * 3


async def test_episodes_are_not_versions_of_one_film(stage: Stage) -> None:
    await scan(stage, "Show/Show.S01E01.mkv", "Show/Show.S01E02.mkv")
    assert await shapes(stage) == [], "they wait: this is a library of films"
    await take_everything(stage)
    await stage.scan(ScanKind.FULL)
    assert await shapes(stage) == [("Show.S01E01", None, 1), ("Show.S01E02", None, 1)]


async def test_two_copies_in_parts_are_two_versions(stage: Stage) -> None:
    await scan(
        stage,
        "a/Film (1990) cd1.avi",
        "a/Film (1990) cd2.avi",
        "b/Film (1990) cd1.avi",
        "b/Film (1990) cd2.avi",
        "Discs (1991)/CD1/discs.avi",
        "Discs (1991)/CD2/discs.avi",
    )
    discs, film = await stage.films()
    assert discs[3] == [["discs.avi", "discs.avi"]]
    assert film[3] == [["Film (1990) cd1.avi", "Film (1990) cd2.avi"]] * 2
    dirs = await stage.rows(
        """select array_agg(distinct f.dir) as dirs from version_files p
             join library_files f on f.id = p.file_id where f.name like 'Film%'
            group by p.version_id order by 1"""
    )
    assert [row["dirs"] for row in dirs] == [["a"], ["b"]], "each copy is whole"


async def test_ids_in_the_names_of_later_versions(stage: Stage) -> None:
    await scan(stage, "Film (1990)/Film (1990) 720p.mkv")
    await scan(stage, "Film (1990) {tmdb-603}/Film (1990) 1080p.mkv")
    assert await shapes(stage) == [("Film", 1990, 2)]
    assert await ids_of(stage) == ["tmdb 603"]
    await scan(stage, "Other Title {tmdb-603} [imdbid-tt0133093]/Other Title 2160p.mkv")
    assert await shapes(stage) == [("Film", 1990, 3)]
    assert await ids_of(stage) == ["imdb tt0133093", "tmdb 603"]


async def test_a_later_name_gives_title_and_year(stage: Stage) -> None:
    await scan(stage, "{tmdb-603}/movie.mkv")
    await scan(stage, "more/Film (1999) {tmdb-603}.mkv", "again/Film (1999).mkv")
    assert await shapes(stage) == [("Film", 1999, 3)]
    await scan(stage, "later/Film (1999).mkv")
    assert await shapes(stage) == [("Film", 1999, 4)]


async def test_a_second_nfo_takes_nothing_away(stage: Stage) -> None:
    people = "<actor><name>Ann</name></actor><set>Saga</set>"
    stage.put("one/Film (1990).nfo", nfo("Film", genres=["Drama"], more=people))
    await scan(stage, "one/Film (1990).mkv")
    more = """<actor><name>ann</name><thumb>https://a.test/ann.jpg</thumb></actor>
        <set><name>SAGA</name><overview>Told.</overview></set><plot>Plot.</plot><mpaa>PG-13</mpaa>"""
    stage.put("two/Film (1990) 720p.nfo", nfo("Second", genres=["War"], more=more))
    await scan(stage, "two/Film (1990) 720p.mkv")
    assert await shapes(stage) == [("Film", 1990, 2)]
    genres = await stage.rows("select name from genres g join item_genres i on i.genre_id = g.id")
    assert [row["name"] for row in genres] == ["Drama"]
    (row,) = await stage.rows("select overview from movies")
    assert row["overview"] == "Plot."
    (item,) = await stage.rows("select certification, age from items")
    assert tuple(item) == ("PG-13", 13)


async def test_portraits_and_overviews_that_come_later(stage: Stage) -> None:
    first = "<actor><name>Ann</name></actor><set>Saga</set>"
    stage.put("One (1990)/movie.nfo", nfo("One", more=first))
    await scan(stage, "One (1990)/One (1990).mkv")
    (person,) = await stage.rows("select id from people")
    known = await stage.app.person_repository.by_ids(EVERYTHING, [person["id"]])
    assert known[person["id"]].portrait_url is None, "and now it is cached"
    for number, told in (("Two", "Told."), ("Three", "Told otherwise."), ("Four", "")):
        more = f"""<actor><name>ANN</name><thumb>https://a.test/{number}</thumb></actor>
            <set><name>The saga</name><overview>{told}</overview></set>""".replace(
            "The saga", "saga"
        )
        stage.put(f"{number} (1990)/movie.nfo", nfo(number, more=more))
        await scan(stage, f"{number} (1990)/{number} (1990).mkv")
    known = await stage.app.person_repository.by_ids(EVERYTHING, [person["id"]])
    assert known[person["id"]].portrait_url == "https://a.test/Two"
    (saga,) = await stage.rows("select id, name from collections")
    found = await stage.app.catalog_repository.collections_by_ids(EVERYTHING, [saga["id"]])
    assert (found[saga["id"]].name, found[saga["id"]].overview) == ("Saga", "Told.")


async def test_films_of_a_set_are_not_twins(stage: Stage) -> None:
    """Their NFO files share the id of the set."""
    for number in (1, 2):
        more = f"""<uniqueid type="tmdbSet">263</uniqueid>
            <uniqueid type="tmdb">{number}</uniqueid>"""
        stage.put(f"Film {number} (1990)/movie.nfo", nfo(more=more))
        stage.put(f"Film {number} (1990)/Film {number} (1990).mkv")
    await scan(stage)
    ids = list((await stage.film_ids()).values())
    assert len(ids) == 2
    assert await stage.app.watch_repository.twins(EVERYTHING, ids) == {}


async def rename(stage: Stage, prober: StubProber, old: str, new: str) -> None:
    """Look inside, so that it is known again, and give it another name."""
    path = stage.root / old
    await look_inside(stage, prober, path, tagged())
    (stage.root / new).parent.mkdir(parents=True, exist_ok=True)
    path.rename(stage.root / new)
    await stage.scan()


async def test_who_renames_corrects(stage: Stage, prober: StubProber) -> None:
    stage.put("Flim (1990) {tmdb-1}/Flim (1990).mkv")
    stage.put("Stays (1950)/Stays (1950).mkv")
    await stage.make()
    new = "Film (1991) {tmdb-2}/Film (1991).mkv"
    await rename(stage, prober, "Flim (1990) {tmdb-1}/Flim (1990).mkv", new)
    assert await shapes(stage) == [("Film", 1991, 1), ("Stays", 1950, 1)]
    (file,) = await stage.rows("select id, probe from library_files where name like 'Film%'")
    assert file["probe"] == "done", "it is the same file"
    assert await ids_of(stage) == ["imdb tt0000009", "tmdb 2"]
    await scan(stage, "Film (1991) 4K/Film (1991) 2160p.mkv")
    assert await shapes(stage) == [("Film", 1991, 2), ("Stays", 1950, 1)]


async def test_who_renames_one_of_two_versions_corrects_nothing(
    stage: Stage, prober: StubProber
) -> None:
    stage.put("Film (1990)/Film (1990) 720p.mkv")
    stage.put("Film (1990)/Film (1990) 1080p.mkv")
    await stage.make()
    await rename(stage, prober, "Film (1990)/Film (1990) 720p.mkv", "elsewhere/Flim (1990).mkv")
    assert await shapes(stage) == [("Film", 1990, 2)]


async def test_a_title_of_an_nfo_stays(stage: Stage, prober: StubProber) -> None:
    stage.put("Flim (1990).mkv")
    stage.put("Flim (1990).nfo", nfo("The True Title", year=1989))
    await stage.make()
    await rename(stage, prober, "Flim (1990).mkv", "Film (1990).mkv")
    assert await shapes(stage) == [("The True Title", 1989, 1)]


async def test_popularity(stage: Stage) -> None:
    ratings = {"Loved": (8.5, "1,500,000"), "Known": (6.0, "20000"), "Rare": (9.0, "12")}
    for title, (rating, votes) in ratings.items():
        more = f"<rating>{rating}</rating><votes>{votes}</votes>"
        stage.put(f"{title} (1990)/movie.nfo", nfo(title, more=more))
        stage.put(f"{title} (1990)/{title} (1990).mkv")
    await scan(stage, "Unknown (1990)/Unknown (1990).mkv")
    rows = await stage.rows("select title, popularity from movies order by popularity nulls last")
    assert [row["title"] for row in rows] == ["Rare", "Known", "Loved", "Unknown"]
    assert rows[-1]["popularity"] is None
    stage.put("Rare (1990)/movie.nfo", nfo("Rare", more="<rating>9</rating><votes>9000000</votes>"))
    await scan(stage)
    (row,) = await stage.rows(
        "select title from movies order by popularity desc nulls last limit 1"
    )
    assert row["title"] == "Rare"


@pytest.mark.parametrize(
    ("rating", "votes", "popularity"),
    [(8.0, 999_999, 48.0), (None, 5000, None), (0.0, 5, 0.0), (8.0, None, 2.408), (8.0, 0, 2.408)],
)
def test_popularity_of(rating: float | None, votes: int | None, popularity: float | None) -> None:
    assert popularity_of(rating, votes) == popularity
