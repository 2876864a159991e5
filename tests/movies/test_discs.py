"""Films whose discs have folders of their own: what lies above them counts."""

import pytest

from app.scanning.service import scan as scanning
from tests.movies.scans import film, genres, pictures, scanned
from tests.scanning.stage import Stage, completed, nfo

DISCS = ("Film (1990)/CD1/film.avi", "Film (1990)/CD2/film.avi")


async def test_what_lies_above_discs_is_the_films(stage: Stage) -> None:
    stage.put("Film (1990)/movie.nfo", nfo("Told", genres=["Drama"]))
    stage.put("Film (1990)/poster.jpg")
    stage.put("Disc (1991)/Disc (1991).nfo", nfo("Spinning"))
    stage.put("Disc (1991)/fanart.jpg")
    await scanned(stage, *DISCS, "Disc (1991)/VIDEO_TS/VTS_01_1.VOB")
    assert await stage.titles() == [("Spinning", 1991), ("Told", 1990)]
    assert await pictures(stage) == {
        "Spinning": [("backdrop", "fanart.jpg")],
        "Told": [("poster", "poster.jpg")],
    }


async def test_what_lies_above_discs_changes_later(stage: Stage) -> None:
    stage.put("Film (1990)/poster.jpg")
    await scanned(stage, *DISCS)
    assert await stage.titles() == [("Film", 1990)]
    stage.put("Film (1990)/movie.nfo", nfo("Told", genres=["Drama"]))
    stage.put("Film (1990)/fanart.jpg")
    assert completed(await stage.scan()).errors == ()
    assert await stage.titles() == [("Told", 1990)]
    assert await genres(stage, "Told") == ["Drama"]
    stage.put("Film (1990)/CD2/film.nfo", nfo(more="<tagline>Of the second disc</tagline>"))
    await stage.scan()
    assert (await film(stage, "Told"))["tagline"] == "Of the second disc"
    assert await genres(stage, "Told") == ["Drama"], "news of one disc leaves the rest as it is"
    assert await pictures(stage) == {"Told": [("backdrop", "fanart.jpg"), ("poster", "poster.jpg")]}


async def test_above_discs_of_several_films_is_nobodys(stage: Stage) -> None:
    stage.put("Box/movie.nfo", nfo("Nobody's"))
    stage.put("Box/poster.jpg")
    await scanned(stage, "Box/CD1/One (1990).avi", "Box/CD2/Two (1991).avi")
    assert await stage.titles() == [("One", 1990), ("Two", 1991)]
    assert await pictures(stage) == {}


async def test_a_film_and_its_discs_are_one_batch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files there are, and whatever sorts between a folder and what is in it."""
    monkeypatch.setattr(scanning, "BATCH_FILES", 1)
    stage.put("Film/movie.nfo", nfo("Told"))
    await scanned(stage, "Film/CD1/a.avi", "Film/CD2/a.avi", "Film 2/Second (1992).mkv")
    assert await stage.titles() == [("Second", 1992), ("Told", None)]


async def test_nfo_files_of_shows_are_not_about_films(stage: Stage) -> None:
    stage.put("Film (1990)/tvshow.nfo", nfo("A Show"))
    stage.put("Other (1991)/tvshow.nfo", nfo("A Show"))
    stage.put("Other (1991)/season01.nfo", nfo("A Season"))
    stage.put("Other (1991)/release.nfo", nfo("Told"))
    await scanned(stage, "Film (1990)/Film (1990).mkv", "Other (1991)/Other (1991).mkv")
    assert await stage.titles() == [("Film", 1990), ("Told", 1991)]
