"""What lies beside films: pictures, and nfo files good and bad."""

import pytest

from app.core.access import EVERYTHING, Viewer
from tests.movies.scans import film, genres, pictures, scanned
from tests.scanning.stage import Stage, completed, nfo, reasons


async def test_pictures_of_folders_and_of_files(stage: Stage) -> None:
    await scanned(
        stage,
        "Film (1990)/Film (1990).mkv",
        "Film (1990)/poster.jpg",
        "Film (1990)/fanart.jpg",
        "Film (1990)/Film (1990)-logo.png",
        "Film (1990)/screenshot.jpg",
        "Flat/One (1991).mkv",
        "Flat/Two (1992).mkv",
        "Flat/One (1991)-poster.jpg",
        "Flat/Two (1992).jpg",
        "Flat/poster.jpg",
        "Root (1993).mkv",
        "poster.jpg",
        "Root (1993)-fanart.jpg",
    )
    assert await pictures(stage) == {
        "Film": [
            ("logo", "Film (1990)-logo.png"),
            ("backdrop", "fanart.jpg"),
            ("poster", "poster.jpg"),
        ],
        "One": [("poster", "One (1991)-poster.jpg")],
        "Two": [("poster", "Two (1992).jpg")],
        "Root": [("backdrop", "Root (1993)-fanart.jpg")],
    }


async def test_pictures_that_come_and_go(stage: Stage) -> None:
    from app.images.graphql import artwork_by_item

    await scanned(stage, "Film (1990)/Film (1990).mkv", "Film (1990)/poster.jpg")
    stage.put("Second/Film (1990) 720p.mkv")
    stage.put("Second/fanart.jpg")
    await stage.scan()
    assert await pictures(stage) == {
        "Film": [("poster", "poster.jpg"), ("backdrop", "fanart.jpg")]
    }, "another folder's news do not take away what is here"
    ids = list((await stage.film_ids()).values())

    async def shown() -> list[str]:
        found = await artwork_by_item(stage.app, Viewer(scope=EVERYTHING), ids)
        return [shown.picture.kind.value for shown in found.get(ids[0], ())]

    (stage.root / "Film (1990)/poster.jpg").unlink()
    await stage.scan()
    assert await shown() == ["backdrop"]
    stage.put("Film (1990)/poster.jpg")
    await stage.scan()
    assert sorted(await shown()) == ["backdrop", "poster"]
    stage.put("Film (1990)/Another Film (1999).mkv")
    await stage.scan()
    assert await shown() == ["backdrop"], "the poster of a folder with two films is nobody's"


async def test_nfo_of_the_folder_and_of_the_file(stage: Stage) -> None:
    stage.put("Film (1990)/movie.nfo", nfo("Said Title", genres=["Drama"], year=1991))
    stage.put("Two (1992)/movie.nfo", nfo("Wrong"))
    stage.put("Two (1992)/Two (1992).nfo", nfo("Right", genres=["War"]))
    stage.put("Flat/One (1993).nfo", nfo("First of the flat"))
    stage.put("Flat/movie.nfo", nfo("Nobody's"))
    await scanned(
        stage,
        "Film (1990)/Film (1990).mkv",
        "Two (1992)/Two (1992).mkv",
        "Flat/One (1993).mkv",
        "Flat/Other (1994).mkv",
    )
    assert await stage.titles() == [
        ("First of the flat", 1993),
        ("Other", 1994),
        ("Right", 1992),
        ("Said Title", 1991),
    ]
    assert await genres(stage, "Right") == ["War"]


async def test_the_neighbours_nfo_is_not_taken(stage: Stage) -> None:
    """A film that comes later into a flat folder is not the film whose NFO lies there."""
    stage.put("Flat/One (1993).nfo", nfo("One", genres=["Drama"], more="<id>tt0000001</id>"))
    await scanned(stage, "Flat/One (1993).mkv")
    stage.put("Flat/Other (1994).mkv")
    await stage.scan()
    assert await stage.titles() == [("One", 1993), ("Other", 1994)]
    assert await genres(stage, "Other") == []


async def test_an_nfo_that_changes_later(stage: Stage) -> None:
    stage.put(
        "Film (1990)/movie.nfo",
        nfo("Old", genres=["Drama", "War"], more="<mpaa>PG</mpaa><actor><name>A</name></actor>"),
    )
    await scanned(stage, "Film (1990)/Film (1990).mkv")
    ids = await stage.film_ids()
    stage.put(
        "Film (1990)/movie.nfo",
        nfo("New Title", genres=["War", "Comedy"], more="<mpaa>R</mpaa><set>Saga</set>"),
    )
    scan = completed(await stage.scan())
    assert scan.updated == 1
    assert list((await stage.film_ids()).values()) == list(ids.values())
    assert (await film(stage, "New Title"))["sort_title"]
    assert await genres(stage, "New Title") == ["War", "Comedy"]
    assert await stage.rows("select 1 from credits") == []
    (item,) = await stage.rows("select certification, age from items")
    assert tuple(item) == ("R", 17)
    (collection,) = await stage.rows("select name from collections")
    assert collection["name"] == "Saga"


async def test_an_nfo_that_comes_later(stage: Stage) -> None:
    await scanned(stage, "Film (1990)/Film (1990).mkv", "Root (1991).mkv")
    stage.put("Film (1990)/Film (1990).nfo", nfo("Told", genres=["Drama"]))
    stage.put("movie.nfo", nfo("Not of the only film in the root"))
    await stage.scan()
    assert await stage.titles() == [("Root", 1991), ("Told", 1990)]
    assert await genres(stage, "Told") == ["Drama"]


async def test_accents_are_written_in_two_ways(stage: Stage) -> None:
    stage.put("Flat/Cafe\u0301 (1990).nfo", nfo("Told"))
    stage.put("Flat/Cafe\u0301 (1990)-poster.jpg")
    await scanned(stage, "Flat/Caf\u00e9 (1990).mkv", "Flat/Other (1991).mkv")
    assert await stage.titles() == [("Other", 1991), ("Told", 1990)]
    assert list(await pictures(stage)) == ["Told"]


async def test_movie_nfo_before_film_nfo(stage: Stage) -> None:
    stage.put("Film (1990)/film.nfo", nfo("Second"))
    stage.put("Film (1990)/movie.nfo", nfo("First"))
    await scanned(stage, "Film (1990)/Film (1990).mkv")
    assert await stage.titles() == [("First", 1990)]


BAD: dict[str, tuple[str | bytes, str]] = {
    "entities": ('<!DOCTYPE x [<!ENTITY a "b">]><movie><title>&a;</title></movie>', "entities"),
    "laughs": (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><movie>&b;</movie>',
        "entities",
    ),
    "file": (
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><movie><title>&a;</title></movie>',
        "entities",
    ),
    "large": ("<movie><title>" + "x" * (1 << 20) + "</title></movie>", "too large"),
    "deep": ("<movie>" + "<a>" * 5000 + "</a>" * 5000 + "</movie>", "too many elements"),
    "wide": ("<movie>" + "<genre>x</genre>" * 20_000 + "</movie>", "too many elements"),
    "broken": ("<movie><title>never closed", "not valid XML"),
    "binary": (bytes(range(256)) * 20, "NFO file"),
    "empty": ("", "neither XML nor an address"),
}


@pytest.mark.parametrize("name", BAD)
async def test_hostile_nfo_files_are_reported_and_harmless(stage: Stage, name: str) -> None:
    content, reason = BAD[name]
    path = stage.put("Film (1990)/movie.nfo", content)
    await scanned(stage, "Film (1990)/Film (1990).mkv", "Other (1991)/Other (1991).mkv")
    assert await stage.titles() == [("Film", 1990), ("Other", 1991)]
    (scan,) = await stage.rows("select failed, errors from library_scans")
    assert scan["failed"] == 1
    assert scan["errors"][0]["path"] == str(path)
    assert reason in scan["errors"][0]["reason"]


async def test_numbers_out_of_range_are_left_out(stage: Stage) -> None:
    more = (
        "<runtime>99999999999</runtime><rating>1e999</rating><votes>99999999999999</votes>"
        "<premiered>9999-99-99</premiered><year>123456</year><mpaa>" + "x" * 500 + "</mpaa>"
        "<uniqueid type='tmdb'>99999999999999999999</uniqueid><uniqueid type='evil'>1</uniqueid>"
    )
    stage.put("Film (1990)/movie.nfo", nfo("T" * 3000, more=more))
    scan = await scanned(stage, "Film (1990)/Film (1990).mkv")
    assert reasons(scan) == {}
    (row,) = await stage.rows("select * from movies")
    assert len(row["title"]) == 500
    assert (row["runtime"], row["rating"], row["votes"], row["release_date"]) == (None,) * 4
    assert row["year"] == 1990
    assert await stage.rows("select 1 from external_ids") == []
    (item,) = await stage.rows("select certification, age from items")
    assert (len(item["certification"]), item["age"]) == (40, None)


async def test_people_and_collections_are_shared(stage: Stage) -> None:
    for number in range(3):
        people = "<actor><name>Zoë  Actor</name></actor><director>ZOE ACTOR</director>"
        more = people + f"<set><name>{'The SAGA' if number else 'the saga'}</name></set>"
        stage.put(f"Film {number} (1990)/movie.nfo", nfo(more=more, genres=["Sci-Fi", "sci fi"]))
        stage.put(f"Film {number} (1990)/Film {number} (1990).mkv")
    await scanned(stage)
    assert len(await stage.rows("select 1 from people")) == 1
    assert len(await stage.rows("select 1 from collections")) == 1
    assert len(await stage.rows("select 1 from genres")) == 1
    assert len(await stage.rows("select 1 from credits")) == 6
    assert len(await stage.rows("select 1 from collection_items")) == 3
