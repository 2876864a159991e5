"""Shows keep what they are, and what was watched of them, wherever their folders go."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.libraries.domain import Library, LibraryKind, ScanKind
from app.libraries.events import LIBRARIES_TOPIC
from app.scanning.jobs import ProbeLibrary
from tests.scanning.stage import Stage, StubProber, completed
from tests.scanning.test_between import progress, watched
from tests.shows.test_import import scanned
from tests.support.people import People

EPISODES = ("Season 1/Show S01E01.mkv", "Season 1/Show S01E02.mkv", "Season 2/Show S02E01.mkv")


async def identity(stage: Stage) -> list[tuple[Any, ...]]:
    rows = await stage.rows("select id, kind, state, parent_id from items order by id")
    return [tuple(r) for r in rows]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Show", "Shows/Show"),
        ("Show", "Another Name (2010)"),
        ("Show", "Set/Another Name (2010)"),
        ("Show/Season 1", "Show/Staffel 01"),
        ("Show/Season 1", "Archive/Show/Season 1"),
    ],
)
@pytest.mark.parametrize("order", ["whole", "both", "new first", "old first"])
async def test_a_folder_goes_elsewhere(
    stage: Stage, people: People, old: str, new: str, order: str
) -> None:
    await scanned(stage, *(f"Show/{name}" for name in EPISODES), "Other/Other S01E01.mkv")
    user = await people.make()
    episodes = await stage.rows("select id from episodes order by id")
    for row in episodes:
        await watched(stage.app, user.id, row["id"])
    before, seen = await identity(stage), await progress(stage)
    (stage.root / new).parent.mkdir(parents=True, exist_ok=True)
    (stage.root / old).rename(stage.root / new)
    asked: dict[str, list[list[str]]] = {
        "whole": [[]],
        "both": [[old, new]],
        "new first": [[new], [old]],
        "old first": [[old], [new]],
    }
    for paths in asked[order]:
        completed(await stage.scan(ScanKind.INCREMENTAL, *paths))
    assert await identity(stage) == before
    assert await progress(stage) == seen
    assert len(await stage.files()) == 4


class Two:
    """Two libraries of shows; the first has one, with what was watched of it."""

    def __init__(self, first: Stage, second: Stage) -> None:
        self.first, self.second = first, second

    async def libraries(self) -> set[Any]:
        return {r["library_id"] for r in await self.first.rows("select library_id from items")}


async def library(stage: Stage, name: str) -> Library:
    return await stage.make(stage.root, name=name, kind=LibraryKind.SHOWS)


@pytest.fixture
async def two(stage: Stage, tmp_path: Path, people: People, prober: StubProber) -> Two:
    root = tmp_path / "second"
    root.mkdir()
    second = Stage(stage.app, root)
    await library(stage, "first")
    await library(second, "second")
    for name in EPISODES:
        prober.readable(stage.put(f"Show/{name}"))
    stage.put("Staying/Staying S01E01.mkv")
    second.put("Other/Other S01E01.mkv")
    for each in (stage, second):
        completed(await each.scan())
    user = await people.make()
    for row in await stage.rows(
        "select e.id from episodes e join shows s on s.id = e.show_id where s.title = 'Show'"
    ):
        await watched(stage.app, user.id, row["id"])
    return Two(stage, second)


async def of_show(stage: Stage, title: str = "Show") -> list[tuple[Any, ...]]:
    """The show of this title with its parts, and the library of each."""
    rows = await stage.rows(
        """select i.id, i.kind, i.state, i.parent_id, l.name from items i
             join libraries l on l.id = i.library_id
             left join items p on p.id = i.parent_id
             join shows s on s.id in (i.id, p.id, p.parent_id)
            where s.title = $1 order by i.id""",
        title,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("probed", [True, False])
@pytest.mark.parametrize("noticed", [True, False])
@pytest.mark.parametrize("new", ["Show", "Set/Show", "Renamed (2010)"])
async def test_a_show_moves_to_another_library(
    two: Two, probed: bool, noticed: bool, new: str
) -> None:
    if probed:
        async with two.first.app.db.write(SYSTEM) as tx:
            tx.enqueue(ProbeLibrary(two.first.library.id))
        await two.first.probe()
    before, seen = await of_show(two.first), await progress(two.first)
    assert len(before) == 6
    (two.second.root / new).parent.mkdir(exist_ok=True)
    (two.first.root / "Show").rename(two.second.root / new)
    if noticed:
        completed(await two.first.scan(ScanKind.FULL))
    scan = completed(await two.second.scan(ScanKind.INCREMENTAL, new))
    assert (scan.added, scan.updated) == (0, 3)
    title = "Renamed" if "Renamed" in new else "Show"
    after = [(*row[:4], "second") for row in before]
    assert await of_show(two.first, title) == after
    assert await progress(two.first) == seen
    for each in (two.first, two.second):
        completed(await each.scan(ScanKind.FULL))
    assert await of_show(two.first, title) == after
    assert len(await two.first.rows("select 1 from shows")) == 3


async def astray(stage: Stage) -> int:
    """How many files of one library belong to items of another one."""
    (row,) = await stage.rows(
        """select count(*) from version_files p join library_files f on f.id = p.file_id
             join item_versions v on v.id = p.version_id join items i on i.id = v.item_id
            where i.library_id <> f.library_id"""
    )
    return int(row[0])


async def test_one_season_moves_alone(two: Two) -> None:
    seen = await progress(two.first)
    (two.second.root / "Show").mkdir()
    (two.first.root / "Show/Season 1").rename(two.second.root / "Show/Season 1")
    completed(await two.second.scan())
    completed(await two.first.scan())
    (_, one), (_, other) = sorted((await by_library(two.first)).items())
    assert one == ["show", "season", "episode"]
    assert other == ["show", "season", "episode", "episode"]
    assert [position for _, position in await progress(two.first)] == [p for _, p in seen]
    assert await astray(two.first) == 0


async def by_library(stage: Stage) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in await of_show(stage):
        found.setdefault(row[4], []).append(row[1])
    return {
        name: sorted(kinds, key=["show", "season", "episode"].index)
        for name, kinds in found.items()
    }


async def test_where_the_show_is_known_progress_is_carried_over(two: Two) -> None:
    two.second.put("Show/Season 1/Show S01E01 720p.mkv", b"another version of it")
    completed(await two.second.scan())
    seen = await progress(two.first)
    for season in ("Season 1", "Season 2"):
        (two.first.root / "Show" / season).rename(two.second.root / f"Show/{season} (moved)")
    completed(await two.second.scan())
    assert await by_library(two.first) == {
        "second": ["show", "season", "season", "episode", "episode", "episode"]
    }
    now = await progress(two.first)
    assert [position for _, position in now] == [position for _, position in seen]
    assert {i for i, _ in now} <= {row[0] for row in await of_show(two.first)}
    assert await astray(two.first) == 0


async def test_it_comes_into_the_folder_of_another_show(two: Two) -> None:
    (two.first.root / "Show/Season 2").rename(two.second.root / "Other/Season 2")
    (two.first.root / "Show/Season 1").rename(two.second.root / "Other/Season 3")
    completed(await two.second.scan())
    assert await of_show(two.first) == []
    rows = await of_show(two.first, "Other")
    assert [row[1:3] for row in rows].count(("episode", "available")) == 3, "one has two versions"
    assert len(await progress(two.first)) == 3
    assert await astray(two.first) == 0


async def test_an_episode_that_is_missing_stays_behind(two: Two) -> None:
    (two.first.root / "Show/Season 1/Show S01E02.mkv").unlink()
    completed(await two.first.scan())
    (two.first.root / "Show").rename(two.second.root / "Show")
    app = two.first.app
    before = {row[0]: row[1] for row in await of_show(two.first)}
    async with app.live.subscribe(LIBRARIES_TOPIC) as messages:
        completed(await two.second.scan())
        told: dict[str, Any] = {}
        async with asyncio.timeout(5):
            async for message in messages:
                payload = message.payload
                told[payload["library_id"]] = payload
                if payload.get("added"):
                    break
    after = {row[0]: row[1] for row in await of_show(two.first)}
    assert len(before) == len(after) + 1
    old, new = (told[str(each.library.id)] for each in (two.first, two.second))
    assert {item["id"] for item in old["deleted"]} == {str(i) for i in before}
    assert set(new["added"]) == {str(i) for i in after}
    assert not new.get("deleted")
    assert await astray(two.first) == 0


async def test_into_a_library_of_films_and_shows(two: Two, tmp_path: Path) -> None:
    mixed = Stage(two.first.app, tmp_path / "mixed")
    film = "Alien (1979)/Alien (1979).mkv"
    mixed.put(film)
    await mixed.make(mixed.root, name="mixed", kind=LibraryKind.MIXED)
    completed(await mixed.scan())
    before, seen = await of_show(two.first), await progress(two.first)
    (two.first.root / "Show").rename(mixed.root / "Show")
    completed(await mixed.scan())
    assert await of_show(two.first) == [(*row[:4], "mixed") for row in before]
    assert await progress(two.first) == seen
    assert await astray(two.first) == 0
