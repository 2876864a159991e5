"""Which shows, seasons and episodes files become."""

from typing import Any

import pytest

from app.core.tx import Tx
from app.libraries.domain import LibraryKind, ScanKind
from tests.scanning.stage import Stage, completed


async def scanned(stage: Stage, *paths: str, kind: ScanKind = ScanKind.INCREMENTAL) -> Any:
    """Put these files there and scan."""
    for path in paths:
        stage.put(path)
    if not hasattr(stage, "library"):
        await stage.make(kind=LibraryKind.SHOWS)
    return completed(await stage.scan(kind))


async def test_standard(stage: Stage) -> None:
    await scanned(
        stage,
        "Show (2010)/Season 01/Show - S01E01 - Pilot.mkv",
        "Show (2010)/Season 01/Show - S01E02 - Second.mkv",
        "Show (2010)/Season 02/Show.S02E01.1080p.WEB-DL.mkv",
        "Show (2010)/Specials/Show - S00E01 - Making of.mkv",
    )
    assert await stage.shows() == {
        "Show": {
            "S00E01": ("Making of", "available", ["Show - S00E01 - Making of.mkv"]),
            "S01E01": ("Pilot", "available", ["Show - S01E01 - Pilot.mkv"]),
            "S01E02": ("Second", "available", ["Show - S01E02 - Second.mkv"]),
            "S02E01": ("Episode 1", "available", ["Show.S02E01.1080p.WEB-DL.mkv"]),
        }
    }
    (show,) = await stage.rows("select year, ordering, title_key from shows")
    assert tuple(show) == (2010, "standard", "show")
    kinds = await stage.rows("select kind, count(*) as n from items group by kind order by kind")
    assert [tuple(r) for r in kinds] == [("episode", 4), ("season", 3), ("show", 1)]


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("Show/Season 1/Show S01E01E02.mkv", ["S01E01", "S01E02"]),
        ("Show/Season 1/Show S01E01-E03.mkv", ["S01E01", "S01E02", "S01E03"]),
        ("Show/Staffel 2/Show 2x05.mkv", ["S02E05"]),
        ("Show/Saison 3/03 - Titre.mkv", ["S03E03"]),
        ("Show/第2季/第04集.mkv", ["S02E04"]),
        ("Show/Сезон 1/Show - s01e07.mkv", ["S01E07"]),
        ("Show/Specials/Show S00E03.mkv", ["S00E03"]),
        ("Show/[Grp] Show - 012 [1080p].mkv", ["S01E12"]),
        ("Show/Show.2019.03.05.Guest.mkv", ["2019-03-05"]),
        ("Show.S04E02.720p.HDTV-GRP/show.s04e02.mkv", ["S04E02"]),
        ("Show S05 1080p/Show.S05E06.mkv", ["S05E06"]),
        ("Show/Season 1/Disc 2/Show S01E09.mkv", ["S01E09"]),
    ],
)
async def test_numbers(stage: Stage, path: str, numbers: list[str]) -> None:
    await scanned(stage, path)
    assert await stage.episodes() == {"Show": numbers}


async def test_one_file_of_several_episodes(stage: Stage) -> None:
    name = "Show S01E01-E02 - One + Two.mkv"
    await scanned(stage, f"Show/Season 1/{name}")
    assert await stage.shows() == {
        "Show": {"S01E01": ("One", "available", [name]), "S01E02": ("Two", "available", [name])}
    }
    versions = await stage.rows("select count(*) as n from item_versions")
    assert versions[0]["n"] == 2


async def test_versions_and_parts(stage: Stage) -> None:
    await scanned(
        stage,
        "Show/Season 1/Show S01E01 1080p.mkv",
        "Show/Season 1/Show S01E01 2160p.mkv",
        "Show/Season 1/Show S01E02 part1.mkv",
        "Show/Season 1/Show S01E02 part2.mkv",
    )
    rows = await stage.rows(
        """select e.number, v.resolution, count(p.file_id) as parts from episodes e
             join item_versions v on v.item_id = e.id join version_files p on p.version_id = v.id
            group by e.number, v.id, v.resolution order by 1, 2"""
    )
    assert [tuple(r) for r in rows] == [(1, "1080p", 1), (1, "2160p", 1), (2, None, 2)]


async def test_the_folder_of_a_series_decides(stage: Stage) -> None:
    await scanned(
        stage,
        "The Long Show (2010) {tvdb-12}/Season 1/The.Long.Show.S01E01.mkv",
        "The Long Show (2010) {tvdb-12}/Season 1/TLS S01E02.mkv",
        "The Long Show (2010) {tvdb-12}/Season 2/Long Show 2x01.mkv",
    )
    assert await stage.episodes() == {"The Long Show": ["S01E01", "S01E02", "S02E01"]}
    await scanned(stage, "The Long Show (2010) {tvdb-12}/Season 3/whatever s03e01.mkv")
    assert len((await stage.episodes())["The Long Show"]) == 4
    ids = await stage.rows("select source, value from external_ids")
    assert [tuple(r) for r in ids] == [("tvdb", "12")]


async def test_shows_of_one_title(stage: Stage) -> None:
    await scanned(
        stage,
        "Battlestar (1978)/Season 1/Battlestar S01E01.mkv",
        "Battlestar (2004)/Season 1/Battlestar S01E01.mkv",
        "The Office (US)/Season 1/The Office S01E01.mkv",
        "The Office (AU)/Season 1/The Office S01E01.mkv",
    )
    assert sorted(await stage.episodes()) == ["Battlestar", "The Office (AU)", "The Office (US)"]
    assert len(await stage.rows("select 1 from shows")) == 4


async def test_nothing_is_made_of_what_has_no_number(stage: Stage) -> None:
    await scanned(
        stage,
        "Show/Season 1/Show S01E01.mkv",
        "Show/Season 1/Making of.mkv",
        "Show/Specials/Interviews.mkv",
        "Show/Extras/S01E09 outtakes.mkv",
        "holiday.mkv",
    )
    assert await stage.episodes() == {"Show": ["S01E01"]}


async def test_a_count_is_that_of_a_known_episode(stage: Stage) -> None:
    await scanned(
        stage,
        "Anime/Season 1/Anime - S01E01 - 001 - One.mkv",
        "Anime/Season 2/Anime - S02E01 - 013 - Two.mkv",
    )
    await scanned(stage, "Anime/[Grp] Anime - 13 [1080p].mkv", "Anime/[Grp] Anime - 14.mkv")
    assert await stage.episodes() == {"Anime": ["S01E01", "S01E14", "S02E01"]}
    rows = await stage.rows("select season, number, absolute from episodes order by 1, 2")
    assert [tuple(r) for r in rows] == [(1, 1, 1), (1, 14, 14), (2, 1, 13)]


@pytest.mark.parametrize(
    ("paths", "ordering"),
    [
        (["Show/Season 1/Show S01E01.mkv", "Show/Season 1/Show S01E02.mkv"], "standard"),
        (
            ["Show/Show - 01.mkv", "Show/Show - 02.mkv", "Show/Show S02E01.mkv"],
            "absolute",
        ),
        (["Show/Show 2019-03-05.mkv", "Show/Show 2019-03-06.mkv"], "daily"),
    ],
)
async def test_ordering(stage: Stage, paths: list[str], ordering: str) -> None:
    await scanned(stage, *paths)
    (show,) = await stage.rows("select ordering from shows")
    assert show["ordering"] == ordering


async def test_a_rescan_changes_nothing(stage: Stage) -> None:
    await scanned(
        stage,
        "Show (2010)/Season 01/Show - S01E01-E02.mkv",
        "Show (2010)/poster.jpg",
        "Show (2010)/Season 01/Show - S01E03 1080p.mkv",
        "Show (2010)/Season 01/Show - S01E03 720p.mkv",
        "Daily/Daily 2019-03-05.mkv",
        "Anime/[Grp] Anime - 13 [1080p].mkv",
    )
    ids = await stage.rows("select id, item_id from item_versions order by id")
    await stage.quiet()
    before = await stage.snapshot()
    await scanned(stage)
    assert await stage.snapshot() == before
    await scanned(stage, kind=ScanKind.FULL)
    assert await stage.rows("select id, item_id from item_versions order by id") == ids


async def test_c2_no_episode_is_lost(stage: Stage) -> None:
    """Words of releases in titles, second files, changed and vanished files, files of several
    episodes, days: what the predecessor lost (C2).
    """
    gone = stage.put("The Real Cam (2010)/Season 1/The Real Cam S01E04.mkv")
    await scanned(
        stage,
        "The Real Cam (2010)/Season 1/The Real Cam S01E01 - It.mkv",
        "The Real Cam (2010)/Season 1/The Real Cam S01E01 2160p.mkv",
        "The Real Cam (2010)/Season 1/The Real Cam S01E02E03.mkv",
        "Late News/Late.News.2019.03.05.720p.mkv",
    )
    gone.unlink()
    scan = await scanned(stage)
    shows = await stage.shows()
    assert list(shows) == ["Late News", "The Real Cam"]
    assert list(shows["Late News"]) == ["2019-03-05"]
    mine = shows["The Real Cam"].items()
    found = {number: (state, len(files)) for number, (_, state, files) in mine}
    assert found == {
        "S01E01": ("available", 2),
        "S01E02": ("available", 1),
        "S01E03": ("available", 1),
        "S01E04": ("missing", 1),
    }
    assert shows["The Real Cam"]["S01E01"][0] == "It"
    assert scan.removed == 1
    waiting = await stage.rows("select 1 from library_files where probe = 'pending'")
    assert len(waiting) == 5, "episodes are looked into as films are"


async def statements(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the import of the next scan sends to PostgreSQL."""
    sent: list[str] = []
    execute, copy = Tx.execute, Tx.copy

    async def counted(self: Tx, statement: Any, *args: Any) -> Any:
        if "UPDATE outbox" not in str(statement):  # that is sending, at a time of its own
            sent.append(str(statement))
        return await execute(self, statement, *args)

    async def copied(self: Tx, table: str, *args: Any) -> None:
        sent.append(f"copy {table}")
        await copy(self, table, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Tx, "execute", counted)
        patch.setattr(Tx, "copy", copied)
        await stage.scan()
    # Where the scan stands is written twice a second, however many there are.
    return [statement for statement in sent if "library_scans" not in statement]


async def test_statements_do_not_depend_on_what_there_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.make(kind=LibraryKind.SHOWS)
    counts = []
    for shows, episodes in ((2, 2), (12, 9)):
        for show in range(shows):
            for episode in range(episodes):
                stage.put(f"{shows} Show {show}/Season 1/S01E{episode + 1:02} - Name.mkv")
            stage.put(f"{shows} Show {show}/poster.jpg")
            title = f"<title>{shows} Show {show}</title><genre>Drama</genre><mpaa>TV-14</mpaa>"
            stage.put(f"{shows} Show {show}/tvshow.nfo", f"<tvshow>{title}</tvshow>")
        counts.append(len(await statements(stage, monkeypatch)))
    assert counts[0] == counts[1]
    assert len(await stage.rows("select 1 from episodes")) == 112
