"""How sure scans are of films, and what waits because they are not."""

from typing import Any

import pytest
from msgspec import structs

from app.libraries.domain import ScanKind
from app.media.domain import EmbeddedTags
from tests.movies.test_embedded import look_inside, tagged
from tests.scanning.stage import Stage, StubProber, nfo

NOTHING = EmbeddedTags()


async def sure(stage: Stage) -> dict[str, float]:
    """Confidence by file name."""
    rows = await stage.rows(
        """select f.name, v.confidence from item_versions v
             join version_files p on p.version_id = v.id
             join library_files f on f.id = p.file_id"""
    )
    return {row["name"]: row["confidence"] for row in rows}


async def scanned(stage: Stage, *paths: str) -> dict[str, float]:
    for path in paths:
        stage.put(path)
    await stage.make()
    await stage.scan()
    return await sure(stage)


async def test_proper_names_are_films(stage: Stage) -> None:
    found = await scanned(
        stage,
        "Named (1990).mkv",
        "Yearless.mkv",
        "Folder (1991)/0a1b2c3d4e5f60718293a4b5c6d7e8f9.mkv",
        "Identified {tmdb-5}/movie.mkv",
        "Show/Show.S01E01.mkv",
        "9f8e7d6c5b4a39281706f5e4d3c2b1a0.mkv",
    )
    assert set(found) == {
        "Named (1990).mkv",
        "Yearless.mkv",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9.mkv",
        "movie.mkv",
    }
    assert found["movie.mkv"] == 1.0
    assert found["Yearless.mkv"] < found["Named (1990).mkv"] < 1.0


async def test_an_nfo_that_comes_later_says_what_it_is(stage: Stage) -> None:
    assert await scanned(stage, "unsorted/9f8e7d6c5b4a39281706f5e4d3c2b1a0.mkv") == {}
    stage.put("unsorted/movie.nfo", nfo("Told", year=1990))
    await stage.scan()
    assert await stage.titles() == [("Told", 1990)]


async def test_what_is_inside_lifts_it(stage: Stage, prober: StubProber) -> None:
    name = "9f8e7d6c5b4a39281706f5e4d3c2b1a0.mkv"
    path = stage.put(name)
    await stage.make()
    await look_inside(stage, prober, path, tagged(NOTHING))
    assert await stage.titles() == [], "looked into, and still nothing is known"
    path.write_bytes(b"something else")
    await look_inside(stage, prober, path, tagged(structs.replace(NOTHING, title="Tagged")))
    assert await stage.titles() == [("Tagged", None)]
    (version,) = await stage.rows("select duration, resolution, confidence from item_versions")
    assert version["duration"] == 6000
    assert version["resolution"] is not None
    assert 0.5 < version["confidence"] < 0.8
    await stage.scan(ScanKind.FULL)
    await stage.probe()
    assert await stage.titles() == [("Tagged", None)]


async def test_episodes_are_not_lifted(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Show.S01E01.mkv")
    await stage.make()
    await look_inside(stage, prober, path, tagged(structs.replace(NOTHING, title="Pilot")))
    assert await stage.titles() == []


async def test_ids_inside_are_one_film(stage: Stage, prober: StubProber) -> None:
    stage.put("Named (1990) {imdb-tt0000009}.mkv")
    for number in (1, 2):
        path = stage.put(f"{number}f8e7d6c5b4a39281706f5e4d3c2b1a0.mkv")
        prober.readable(path, tagged(structs.replace(NOTHING, imdb_id="tt0000009")))
    await stage.make()
    await stage.scan()
    assert await stage.titles() == [("Named", 1990)]
    await stage.probe()
    (film,) = await stage.films()
    assert len(film[3]) == 3
    assert set((await sure(stage)).values()) == {1.0}


@pytest.mark.parametrize(
    ("name", "doubted"),
    [
        ("Film (1990) 720p.mkv", True),
        ("Film (1990) {tmdb-7}.mkv", False),
        ("Film (1990) Extended Cut.mkv", False),
    ],
)
async def test_another_length(stage: Stage, prober: StubProber, name: str, doubted: bool) -> None:
    """Of a film whose length is known, what is twice as long may be another."""
    stage.put("Film (1990)/movie.nfo", nfo("Film", year=1990, more="<runtime>100</runtime>"))
    right, wrong = stage.put("Film (1990)/Film (1990).mkv"), stage.put(f"Film (1990)/{name}")
    await stage.make()
    info: Any = tagged(NOTHING)
    prober.readable(right, info)
    await look_inside(stage, prober, wrong, structs.replace(info, duration=12_000.0))
    for _ in range(2):
        found = await sure(stage)
        assert found["Film (1990).mkv"] > 0.9
        assert (found[name] < 0.5) == doubted
        assert len(await stage.films()) == 1, "it stays where it is"
        await stage.scan(ScanKind.FULL)
        await stage.probe()
    await look_inside(stage, prober, wrong, info)
    stage.put(f"Film (1990)/{name}", "other content")
    await look_inside(stage, prober, wrong, info)
    assert (await sure(stage))[name] > 0.9, "another file is judged anew"
