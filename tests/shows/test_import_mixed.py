"""Libraries that hold films and shows."""

from app.libraries.domain import LibraryKind, ScanKind
from tests.scanning.stage import Stage, nfo
from tests.shows.test_import import scanned

MIXED = (
    "Films/Alien (1979)/Alien (1979) 1080p.mkv",
    "Films/Heat (1995).mkv",
    "Shows/Show (2010)/Season 1/Show S01E01-E02.mkv",
    "Shows/Show (2010)/Season 1/Show S01E03.mkv",
    "Shows/Show (2010)/Specials/Show S00E01.mkv",
    "Shows/Daily/Daily 2019-03-05.mkv",
    "Shows/[Grp] Anime - 07 [1080p].mkv",
    "Other.Show.S02E05.720p.HDTV-GRP.mkv",
    "Arrival.2016.1080p.BluRay-GRP.mkv",
)


async def test_a_mixed_tree(stage: Stage) -> None:
    await stage.make(kind=LibraryKind.MIXED)
    await scanned(stage, *MIXED)
    assert await stage.titles() == [("Alien", 1979), ("Arrival", 2016), ("Heat", 1995)]
    assert await stage.episodes() == {
        "Anime": ["S01E07"],
        "Daily": ["2019-03-05"],
        "Other Show": ["S02E05"],
        "Show": ["S00E01", "S01E01", "S01E02", "S01E03"],
    }
    await stage.quiet()
    before = await stage.rows("select id, state from items order by id")
    await scanned(stage, kind=ScanKind.FULL)
    assert await stage.rows("select id, state from items order by id") == before


async def test_a_folder_goes_one_way(stage: Stage) -> None:
    await stage.make(kind=LibraryKind.MIXED)
    stage.put("Odd/tvshow.nfo", "<tvshow><title>Odd Show</title></tvshow>")
    stage.put("Even/movie.nfo", nfo("Even Film", year=1990))
    await scanned(stage, "Odd/Odd - 01.mkv", "Even/Even S01E01.mkv")
    assert await stage.titles() == [("Even Film", 1990)]
    assert await stage.episodes() == {"Odd Show": ["S01E01"]}


async def test_a_film_that_was_an_episode(stage: Stage) -> None:
    await stage.make(kind=LibraryKind.MIXED)
    await scanned(stage, "Film (1990).mkv", "Film (1990)/Extras/x.mkv", "Other S01E01.mkv")
    assert await stage.titles() == [("Film", 1990)]
    (stage.root / "Film (1990).mkv").rename(stage.root / "Show S01E02.mkv")
    await scanned(stage)
    assert [f[2] for f in await stage.films()] == ["missing"]
    assert await stage.episodes() == {"Other": ["S01E01"], "Show": ["S01E02"]}
    (stage.root / "Show S01E02.mkv").rename(stage.root / "Film (1990).mkv")
    await scanned(stage)
    assert [f[2] for f in await stage.films()] == ["available"]
    assert (await stage.shows())["Show"]["S01E02"][1] == "missing"


async def test_pictures_of_a_show_alone(stage: Stage) -> None:
    await stage.make(kind=LibraryKind.MIXED)
    await scanned(stage, "Show/Season 1/Show S01E01.mkv", "Film (1990)/Film (1990).mkv")
    await scanned(stage, "Show/poster.jpg", "Film (1990)/poster.jpg")
    rows = await stage.rows(
        "select i.kind from artwork a join items i on i.id = a.item_id order by i.kind"
    )
    assert [r["kind"] for r in rows] == ["movie", "show"]
