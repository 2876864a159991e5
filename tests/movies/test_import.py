"""Which films files become: versions, parts, ids, flat folders, what lies beside them."""

from typing import Any

import pytest

from app.core.access import EVERYTHING, Viewer
from app.items.graphql import versions_by_item
from tests.scanning.stage import Stage, StubProber, completed, nfo, reasons


async def scanned(stage: Stage, *paths: str) -> Any:
    for path in paths:
        stage.put(path)
    await stage.make()
    return completed(await stage.scan())


async def test_versions_and_parts(stage: Stage) -> None:
    await scanned(
        stage,
        "Film (1990)/Film (1990) - 2160p.mkv",
        "Film (1990)/Film (1990) - 1080p.mkv",
        "Film (1990)/Film (1990) {edition-Director's Cut} 1080p.mkv",
        "Parts (1991)/Parts (1991) - part1.mkv",
        "Parts (1991)/Parts (1991) - part2.mkv",
        "Discs (1992)/Discs (1992) cd1.avi",
        "Discs (1992)/Discs (1992) cd2.avi",
        "Discs (1992)/Discs (1992) 1080p.mkv",
    )
    assert await stage.films() == [
        (
            "Discs",
            1992,
            "available",
            [["Discs (1992) 1080p.mkv"], ["Discs (1992) cd1.avi", "Discs (1992) cd2.avi"]],
        ),
        (
            "Film",
            1990,
            "available",
            [
                ["Film (1990) - 1080p.mkv"],
                ["Film (1990) - 2160p.mkv"],
                ["Film (1990) {edition-Director's Cut} 1080p.mkv"],
            ],
        ),
        (
            "Parts",
            1991,
            "available",
            [["Parts (1991) - part1.mkv", "Parts (1991) - part2.mkv"]],
        ),
    ]
    ids = list((await stage.film_ids()).values())
    versions = await stage.app.item_repository.versions(EVERYTHING, ids)
    film = versions[(await stage.film_ids())["Film"]]
    assert [(v.edition, v.resolution, v.is_default) for v in film] == [
        (None, "2160p", True),
        (None, "1080p", False),
        ("Director's Cut", "1080p", False),
    ]


async def test_a_part_that_comes_later_joins(stage: Stage) -> None:
    await scanned(stage, "Film (1990)/Film (1990) cd1.avi")
    stage.put("Film (1990)/Film (1990) cd2.avi")
    await stage.scan()
    assert [f[3] for f in await stage.films()] == [[["Film (1990) cd1.avi", "Film (1990) cd2.avi"]]]


async def test_a_version_that_comes_later_joins(stage: Stage) -> None:
    await scanned(stage, "Film (1990)/Film (1990) 720p.mkv")
    ids = await stage.film_ids()
    stage.put("Elsewhere/Film.1990.2160p.BluRay.x265-GRP.mkv")
    await stage.scan()
    assert await stage.film_ids() == ids
    assert [len(f[3]) for f in await stage.films()] == [2]


async def test_the_vanished_version_is_not_offered(stage: Stage) -> None:
    big = stage.put("Film (1990)/Film (1990) 2160p.mkv")
    await scanned(stage, "Film (1990)/Film (1990) 720p.mkv")
    big.unlink()
    await stage.scan()
    ids = list((await stage.film_ids()).values())
    shown = await versions_by_item(stage.app, Viewer(scope=EVERYTHING), ids)
    assert [(v.resolution, v.is_default) for v in shown[ids[0]]] == [("720p", True)]
    (stage.root / "Film (1990)/Film (1990) 720p.mkv").unlink()
    await stage.scan()
    shown = await versions_by_item(stage.app, Viewer(scope=EVERYTHING), ids)
    assert len(shown[ids[0]]) == 2, "of a missing film all of them are"


async def test_ids_in_names_win(stage: Stage) -> None:
    await scanned(
        stage,
        "The Film (1990) {tmdb-603}/The Film (1990) {tmdb-603}.mkv",
        "Der Film (1990) {tmdb-603}/Der Film (1990).mkv",
        "Le Film (1991) [imdbid-tt0133093]/Le Film.mkv",
    )
    assert len(await stage.films()) == 2
    stage.put("Il Film (1992) [imdbid-tt0133093]/Il Film.mkv")
    await stage.scan()
    assert len(await stage.films()) == 2
    rows = await stage.rows("select source, value from external_ids order by 1")
    assert [tuple(r) for r in rows] == [("imdb", "tt0133093"), ("tmdb", "603")]


@pytest.mark.parametrize("together", [True, False])
async def test_other_ids_are_other_films(stage: Stage, together: bool) -> None:
    """Two films of one title in one year: only their ids tell them apart."""
    first = "Pinocchio (2022) {tmdb-1}/Pinocchio (2022).mkv"
    second = "Pinocchio (2022) {tmdb-2}/Pinocchio (2022).mkv"
    if together:
        await scanned(stage, first, second)
    else:
        await scanned(stage, first)
        stage.put(second)
        await stage.scan()
    assert [len(f[3]) for f in await stage.films()] == [1, 1]


async def test_same_title_in_another_year(stage: Stage) -> None:
    await scanned(
        stage, "Dune (1984)/Dune (1984).mkv", "Dune (2021)/Dune (2021).mkv", "Dune.1984.mkv"
    )
    assert [(t, y, len(v)) for t, y, _, v in await stage.films()] == [
        ("Dune", 1984, 2),
        ("Dune", 2021, 1),
    ]


async def test_samples_trailers_and_extras_are_no_films(stage: Stage) -> None:
    await scanned(
        stage,
        "Film (1990)/Film (1990).mkv",
        "Film (1990)/Film (1990)-trailer.mp4",
        "Film (1990)/film-sample.mkv",
        "Film (1990)/Sample/film.mkv",
        "Film (1990)/Trailers/Teaser.mp4",
        "Film (1990)/Extras/Making of.mkv",
        "Film (1990)/Featurettes/Scene.mkv",
        "Film (1990)/Behind The Scenes/Talk.mkv",
        "Film (1990)/Deleted Scenes/One.mkv",
        "Film (1990)/Film (1990)-behindthescenes.mkv",
    )
    assert await stage.films() == [("Film", 1990, "available", [["Film (1990).mkv"]])]
    roles = {name: row["role"] for name, row in (await stage.files()).items()}
    assert len(roles) == 10
    assert sorted(set(roles.values())) == ["extra", "feature", "sample", "trailer"]


async def pictures(stage: Stage) -> dict[str, list[tuple[str, str]]]:
    rows = await stage.rows(
        """select m.title, a.kind, f.name from artwork a join movies m on m.id = a.item_id
             join library_files f on f.id = a.file_id order by 1, a.position, a.id"""
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["title"], []).append((row["kind"], row["name"]))
    return found


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
    from app.core.access import EVERYTHING, Viewer
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
        return [picture.kind.value for picture in found.get(ids[0], ())]

    (stage.root / "Film (1990)/poster.jpg").unlink()
    await stage.scan()
    assert await shown() == ["backdrop"]
    stage.put("Film (1990)/poster.jpg")
    await stage.scan()
    assert sorted(await shown()) == ["backdrop", "poster"]
    stage.put("Film (1990)/Another Film (1999).mkv")
    await stage.scan()
    assert await shown() == ["backdrop"], "the poster of a folder with two films is nobody's"


async def film(stage: Stage, title: str) -> Any:
    (row,) = await stage.rows("select * from movies where title = $1", title)
    return row


async def genres(stage: Stage, title: str) -> list[str]:
    rows = await stage.rows(
        """select g.name from movies m join item_genres x on x.item_id = m.id
             join genres g on g.id = x.genre_id where m.title = $1 order by x.position""",
        title,
    )
    return [row["name"] for row in rows]


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


async def test_twins_of_two_libraries_are_two_items(stage: Stage) -> None:
    stage.put("a/Film {tmdb-5}/Film.mkv")
    stage.put("b/Film {tmdb-5}/Film.mkv")
    await stage.make(stage.root / "a", name="A")
    await stage.scan()
    await stage.make(stage.root / "b", name="B")
    await stage.scan()
    assert len(await stage.films()) == 2


async def test_a_shows_library_keeps_its_files(stage: Stage) -> None:
    """Nobody imports shows yet: their files are listed, nothing breaks."""
    from app.core.access import SYSTEM
    from app.libraries.domain import LibraryInput, LibraryKind

    stage.put("Show/Season 01/Show S01E01.mkv")
    wanted = LibraryInput(name="Shows", folders=(str(stage.root),))
    stage.library = await stage.app.libraries.create(SYSTEM, LibraryKind.SHOWS, wanted)
    scan = completed(await stage.scan())
    assert scan.added == 1
    assert await stage.films() == []


CUTS = """select f.name, v.edition, v.format_3d, v.source, v.height, v.resolution, v.id
            from item_versions v join version_files p on p.version_id = v.id
            join library_files f on f.id = p.file_id order by f.name"""


async def test_who_renames_a_file_renames_its_version(stage: Stage) -> None:
    old = stage.put("Film (2000)/Film (2000).mkv")
    stage.put("Film (2000)/Film (2000) 720p.mkv")
    await stage.make()
    await stage.scan()
    (other, before) = [tuple(row) for row in await stage.rows(CUTS)]
    assert before[1:6] == (None, None, None, None, None)
    old.rename(old.with_name("Film (2000) Extended Cut 1080p BluRay HSBS.mkv"))
    assert completed(await stage.scan()).updated == 1
    (same, after) = [tuple(row) for row in await stage.rows(CUTS)]
    assert same == other
    assert after[1:] == ("Extended Cut", "hsbs", "bluray", 1080, "1080p", before[-1])
    unchanged = await stage.snapshot()
    await stage.scan()
    assert await stage.snapshot() == unchanged


async def test_what_is_known_of_a_picture_is_not_taken_from_a_name(
    stage: Stage, prober: StubProber
) -> None:
    old = stage.put("Film (2000)/Film (2000).mkv")
    prober.readable(old)
    await stage.make()
    await stage.scan()
    await stage.probe()
    (before,) = await stage.rows(CUTS)
    old.rename(old.with_name("Film (2000) Extended Cut 480p.mkv"))
    await stage.scan()
    (after,) = await stage.rows(CUTS)
    assert after["edition"] == "Extended Cut"
    assert (after["height"], after["resolution"]) == (before["height"], before["resolution"])
