"""Which films files become: versions, parts, ids, flat folders."""

import pytest

from app.core.access import EVERYTHING, Viewer
from app.items.graphql import versions_by_item
from tests.movies.scans import scanned
from tests.scanning.stage import Stage, StubProber, completed


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
