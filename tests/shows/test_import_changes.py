"""Shows stay what they are while their files change, move and come back."""

from typing import Any
from uuid import UUID

from app.core.access import SYSTEM
from app.items.domain import ItemId
from app.libraries.domain import LibraryKind
from app.media.domain.info import EmbeddedTags
from tests.movies.test_embedded import look_inside, tagged
from tests.scanning.stage import Stage, StubProber, touch_later
from tests.shows.test_import import scanned
from tests.support.people import People


async def show_ids(stage: Stage) -> dict[str, Any]:
    return {r["title"]: r["id"] for r in await stage.rows("select id, title from shows")}


async def episode_ids(stage: Stage) -> dict[str, Any]:
    rows = await stage.rows("select id, season, number from episodes")
    return {f"S{r['season']:02}E{r['number']:02}": r["id"] for r in rows}


async def test_a_file_that_is_another_episode_now(stage: Stage) -> None:
    await scanned(stage, "Show/Season 1/Show S01E01.mkv", "Show/Season 1/Show S01E03.mkv")
    before = await episode_ids(stage)
    old = stage.root / "Show/Season 1/Show S01E01.mkv"
    old.rename(old.with_name("Show S01E02 - Name.mkv"))
    await scanned(stage)
    assert await stage.shows() == {
        "Show": {
            "S01E01": ("Episode 1", "missing", []),
            "S01E02": ("Name", "available", ["Show S01E02 - Name.mkv"]),
            "S01E03": ("Episode 3", "available", ["Show S01E03.mkv"]),
        }
    }
    assert (await episode_ids(stage)).items() >= before.items()


async def test_who_renames_an_episode_corrects_its_title(stage: Stage) -> None:
    await scanned(stage, "Show/Season 1/Show S01E01 - Pilto.mkv")
    before = await episode_ids(stage)
    old = stage.root / "Show/Season 1/Show S01E01 - Pilto.mkv"
    old.rename(old.with_name("Show S01E01 - Pilot.mkv"))
    await scanned(stage)
    assert (await stage.shows())["Show"]["S01E01"][0] == "Pilot"
    assert await episode_ids(stage) == before


async def test_who_renames_the_folder_renames_the_show(stage: Stage) -> None:
    await scanned(
        stage, "Shwo/Season 1/Shwo S01E01.mkv", "Shwo/Season 2/S02E01.mkv", "Other/Other S01E01.mkv"
    )
    shows, episodes = await show_ids(stage), await stage.rows("select id from episodes order by id")
    (stage.root / "Shwo").rename(stage.root / "Show (2010)")
    await scanned(stage)
    assert await show_ids(stage) == {"Show": shows["Shwo"], "Other": shows["Other"]}
    assert await stage.rows("select id from episodes order by id") == episodes
    (show,) = await stage.rows("select year, title_key from shows where title = 'Show'")
    assert tuple(show) == (2010, "show")


async def test_a_season_that_belongs_to_another_show(stage: Stage) -> None:
    await scanned(stage, "One/Season 1/S01E01.mkv", "One/Season 2/S02E01.mkv", "Two/S01E01.mkv")
    (stage.root / "One/Season 2").rename(stage.root / "Two/Season 2")
    await scanned(stage)
    shows = await stage.shows()
    assert shows["One"]["S02E01"][1:] == ("missing", [])
    assert shows["Two"]["S02E01"][1:] == ("available", ["S02E01.mkv"])
    states = await stage.rows(
        "select i.state from seasons s join items i on i.id = s.id join shows h on h.id = s.show_id"
        " where h.title = 'One' order by s.number"
    )
    assert [r["state"] for r in states] == ["available", "missing"]


async def test_what_was_watched_goes_with_its_file(stage: Stage, people: People) -> None:
    await scanned(
        stage,
        "One/Season 1/S01E01.mkv",
        "One/Season 2/S02E01.mkv",
        "Two/S01E01.mkv",
        "Two/S01E02.mkv",
        "Two/S01E02 720p.mkv",
    )
    viewer = await people.viewer(await people.admin())
    for season, show in ((2, "One"), (1, "Two")):
        (row,) = await stage.rows(
            "select max(e.id::text) id from episodes e join shows s on s.id = e.show_id"
            f" where e.season = {season} and s.title = '{show}'"
        )
        await stage.app.watch.mark(viewer, ItemId(UUID(row["id"])))
    (stage.root / "One/Season 2").rename(stage.root / "Two/Season 2")
    (stage.root / "Two/S01E02 720p.mkv").rename(stage.root / "Two/S01E03 720p.mkv")
    await scanned(stage)
    rows = await stage.rows(
        "select s.title, e.season, e.number from watch_progress p"
        " join episodes e on e.id = p.item_id join shows s on s.id = e.show_id"
        " where s.id = p.root_id order by 1, 2, 3"
    )
    assert [tuple(row) for row in rows] == [("Two", 1, 2), ("Two", 2, 1)]


async def test_missing_and_back(stage: Stage) -> None:
    kept = stage.put("Other/Other S01E01.mkv")
    path = stage.put("Show/Season 1/Show S01E01.mkv")
    await scanned(stage)
    before = await stage.rows("select id, state from items order by id")
    assert kept.exists()
    path.rename(stage.root.parent / "aside.mkv")
    await scanned(stage)
    states = await stage.rows(
        "select i.state from items i left join shows s on s.id = i.id"
        " where s.title = 'Show' or i.kind <> 'show' order by i.state"
    )
    assert [r["state"] for r in states].count("missing") == 3
    (stage.root.parent / "aside.mkv").rename(path)
    await scanned(stage)
    assert await stage.rows("select id, state from items order by id") == before


async def test_a_better_version_takes_over(stage: Stage) -> None:
    old = stage.put("Show/Season 1/Show S01E01 720p.mkv")
    await scanned(stage)
    before = await episode_ids(stage)
    await scanned(stage, "Show/Season 1/Show S01E01 1080p.mkv")
    assert len((await stage.shows())["Show"]["S01E01"][2]) == 2
    old.unlink()
    await scanned(stage)
    assert await episode_ids(stage) == before
    assert (await stage.shows())["Show"]["S01E01"][1] == "available"


async def test_replaced_in_its_place(stage: Stage) -> None:
    path = stage.put("Show/Season 1/Show S01E01.mkv")
    await scanned(stage)
    before = await stage.rows("select id from item_versions")
    path.write_bytes(b"other content")
    touch_later(path)
    await scanned(stage)
    assert await stage.rows("select id from item_versions") == before


async def test_an_episode_that_is_two_now(stage: Stage) -> None:
    await scanned(stage, "Show/Season 1/Show S01E01.mkv")
    before = await episode_ids(stage)
    old = stage.root / "Show/Season 1/Show S01E01.mkv"
    old.rename(old.with_name("Show S01E01E02.mkv"))
    await scanned(stage)
    assert await stage.episodes() == {"Show": ["S01E01", "S01E02"]}
    assert (await episode_ids(stage))["S01E01"] == before["S01E01"]


async def test_twins_in_two_libraries(stage: Stage) -> None:
    stage.put("one/Show {tvdb-7}/Season 1/Show S01E01.mkv")
    stage.put("two/Show {tvdb-7}/Season 1/Show S01E01.mkv")
    for name in ("one", "two"):
        await stage.make(stage.root / name, name=name, kind=LibraryKind.SHOWS)
        await stage.scan()
    rows = await stage.rows("select value from external_ids")
    assert [r["value"] for r in rows] == ["7", "7"]
    assert len(await stage.rows("select 1 from shows")) == 2


async def test_files_that_somebody_took_away_are_left_alone(stage: Stage) -> None:
    await scanned(stage, "Show/Season 1/Show S01E01.mkv")
    (file,) = await stage.rows("select id from library_files")
    async with stage.app.db.write(SYSTEM) as tx:
        await stage.app.item_repository.detach(tx, [file["id"]])
        await stage.app.item_repository.identify(tx, [file["id"]], fixed=False)
    touch_later(stage.root / "Show/Season 1/Show S01E01.mkv")
    await scanned(stage)
    assert await stage.rows("select 1 from version_files") == []


async def test_what_tags_say(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Show/Season 1/Show S01E01.mkv")
    await stage.make(kind=LibraryKind.SHOWS)
    await look_inside(
        stage,
        prober,
        path,
        tagged(EmbeddedTags(title="Show - S01E01 - The Beginning", imdb_id="tt0000009")),
    )
    assert (await stage.shows())["Show"]["S01E01"][0] == "The Beginning"
    assert await stage.rows("select 1 from external_ids") == [], "they may be those of the show"


async def test_who_renames_a_file_renames_its_version(stage: Stage) -> None:
    cuts = "select id, edition, source, height from item_versions order by id"
    await scanned(stage, "Show/Season 1/Show S01E01E02.mkv")
    before = await stage.rows(cuts)
    old = stage.root / "Show/Season 1/Show S01E01E02.mkv"
    old.rename(old.with_name("Show S01E01E02 Extended 1080p BluRay.mkv"))
    scan = await scanned(stage)
    assert (scan.added, scan.updated) == (0, 1)
    after = [(row["id"], "Extended", "bluray", 1080) for row in before]
    assert [tuple(row) for row in await stage.rows(cuts)] == after
