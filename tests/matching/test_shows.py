"""Files of shows, identified by hand."""

from datetime import date
from typing import Any

import pytest
from msgspec import json, structs

from app.core.access import SYSTEM
from app.core.errors import Invalid
from app.libraries.domain import LibraryInput, LibraryKind, ScanKind
from app.matching.domain import BadTarget, Choice, Identified, Numbers, Title
from app.media.domain import EmbeddedTags
from tests.matching.test_identify import ids, waiting
from tests.movies.test_embedded import tagged
from tests.scanning.stage import Stage


async def scanned(stage: Stage, *paths: str, kind: LibraryKind = LibraryKind.SHOWS) -> None:
    for path in paths:
        stage.put(path)
    wanted = LibraryInput(name="Shows", folders=(str(stage.root),))
    stage.library = await stage.app.libraries.create(SYSTEM, kind, wanted)
    await stage.scan()


async def say(stage: Stage, numbers: Numbers, *names: str) -> Identified:
    choice = Choice(episode=numbers)
    done = await stage.app.matching.identify(SYSTEM, await ids(stage, *names), choice)
    await stage.app.cache.settle()
    return done


async def episodes(stage: Stage) -> list[tuple[Any, ...]]:
    """Show, season, number, state, file and confidence of every episode."""
    rows = await stage.rows(
        """select s.title, e.season, e.number, i.state, f.name, v.confidence from episodes e
             join shows s on s.id = e.show_id join items i on i.id = e.id
             left join item_versions v on v.item_id = e.id
             left join version_files p on p.version_id = v.id
             left join library_files f on f.id = p.file_id order by 1, 2, 3, 5"""
    )
    return [tuple(row) for row in rows]


async def test_numbers_make_it_sure(stage: Stage) -> None:
    await scanned(stage, "Show (2001)/Season 1/Show S01E01.mkv", "Named/Named S01E01.mkv")
    sure = {show: confidence for show, *_, confidence in await episodes(stage)}
    assert 0.5 < sure["Named"] < sure["Show"] < 1.0


@pytest.mark.parametrize("kind", [LibraryKind.SHOWS, LibraryKind.MIXED])
async def test_an_episode_by_hand(stage: Stage, kind: LibraryKind) -> None:
    await scanned(stage, "Show (2001)/Season 1/Show S01E01.mkv", kind=kind)
    await stage.app.matching.unidentify(SYSTEM, await ids(stage, "Show S01E01.mkv"))
    assert await waiting(stage) == ["Show S01E01.mkv"]
    await stage.scan(ScanKind.FULL)
    assert await waiting(stage) == ["Show S01E01.mkv"], "it stays away"
    show = Title(title="Show", year=2001)
    numbers = Numbers(show=show, season=0, episodes=(3, 4))
    done = await say(stage, numbers, "Show S01E01.mkv")
    assert len(done.items) == 2
    expected = [
        ("Show", 0, 3, "available", "Show S01E01.mkv", 1.0),
        ("Show", 0, 4, "available", "Show S01E01.mkv", 1.0),
        ("Show", 1, 1, "missing", None, None),
    ]
    assert await episodes(stage) == expected
    old = stage.root / "Show (2001)/Season 1/Show S01E01.mkv"
    stage.put("Show (2001)/Season 1/Show S01E02.mkv")
    await stage.scan(ScanKind.FULL)
    assert [e for e in await episodes(stage) if e[2] != 2] == expected
    old.write_bytes(b"another copy, longer than the first one")
    await stage.scan()
    assert [e for e in await episodes(stage) if e[2] != 2] == expected
    there = Choice(items=tuple(("episode", i) for i in done.items[:1]))
    await stage.app.matching.identify(SYSTEM, await ids(stage, "Show S01E02.mkv"), there)
    assert len([e for e in await episodes(stage) if e[3] == "available"]) == 3


async def test_a_new_show(stage: Stage) -> None:
    await scanned(stage, "Wrong/Wrong S01E01.mkv", "Wrong/Wrong S01E02.mkv")
    right = Title(title="Right", year=1999, ids={"tvdb": "42"})
    await say(stage, Numbers(show=right, absolute=(7,)), "Wrong S01E01.mkv")
    await say(stage, Numbers(show=right, absolute=(8,)), "Wrong S01E02.mkv")
    found = [row[:4] for row in await episodes(stage)]
    assert found == [
        ("Right", 1, 7, "available"),
        ("Right", 1, 8, "available"),
        ("Wrong", 1, 1, "missing"),
        ("Wrong", 1, 2, "missing"),
    ]
    rows = await stage.rows(
        """select s.title, i.state from shows s join items i on i.id = s.id order by 1"""
    )
    assert [tuple(row) for row in rows] == [("Right", "available"), ("Wrong", "missing")]


async def test_candidates_of_episodes(stage: Stage) -> None:
    await scanned(stage, "Show (2001)/Show (2001) S01E01.mkv", "Other/Other S01E01.mkv")
    files = await ids(stage, "Show (2001) S01E01.mkv")
    await stage.app.matching.unidentify(SYSTEM, files)
    await stage.app.cache.settle()
    reading = (await stage.app.matching.read(SYSTEM, files))[files[0]]
    assert (reading.title, reading.season, reading.episodes) == ("Show", 1, (1,))
    best, *others = (await stage.app.matching.candidates(SYSTEM, files))[files[0]]
    assert (best.title, best.season, best.episodes) == ("Show", 1, (1,))
    assert best.show_id is not None
    assert all(c.confidence < best.confidence for c in others)
    await say(
        stage, Numbers(show_id=best.show_id, season=1, episodes=(1,)), "Show (2001) S01E01.mkv"
    )
    assert await waiting(stage) == []


async def test_ids_and_lengths_tell_candidates_apart(stage: Stage) -> None:
    await scanned(
        stage,
        "Show (2001) {tvdb-1}/Show S01E01.mkv",
        "Show (2002) {tvdb-2}/Show S01E01.mkv",
        "Show {tvdb-2}/Show S01E02E03.mkv",
        "Show/Show S01E04E05.mkv",
    )
    await stage.rows("update shows set runtime = case when year = 2001 then 3000 else 1500 end")
    files = await ids(stage, "Show S01E02E03.mkv", "Show S01E04E05.mkv")
    await stage.app.matching.unidentify(SYSTEM, files)

    async def sure(index: int) -> dict[int | None, float]:
        """How sure each show is, by its year."""
        found = await stage.app.matching.candidates(SYSTEM, files)
        return {c.year: c.confidence for c in found[files[index]] if c.show_id is not None}

    found = await sure(0)
    assert (found[2002], found[2001]) == (1.0, 0.2)
    found = await sure(1)
    assert found[2002] == found[2001], "nothing tells them apart"
    info = structs.replace(tagged(EmbeddedTags()), duration=3000.0)
    await stage.app.db.pool.execute(
        "update library_files set media = $1 where id = $2", json.encode(info).decode(), files[1]
    )
    found = await sure(1)
    assert found[2001] <= 0.4 < found[2002], "two episodes of 1500 seconds"


@pytest.mark.parametrize(
    "numbers",
    [
        Numbers(season=10_000, episodes=(1,)),
        Numbers(season=50_000, episodes=(1,)),
        Numbers(season=1, episodes=(30_001,)),
        Numbers(absolute=(30_001,)),
        Numbers(air_date=date(1, 1, 1)),
        Numbers(air_date=date(9999, 12, 31)),
    ],
)
async def test_numbers_beyond_all_bounds(stage: Stage, numbers: Numbers) -> None:
    await scanned(stage, "Show/Show S01E01.mkv")
    with pytest.raises(BadTarget):
        await say(stage, structs.replace(numbers, show=Title(title="Show")), "Show S01E01.mkv")
    furthest = Numbers(show=Title(title="Show"), season=9999, episodes=(30_000,))
    await say(stage, furthest, "Show S01E01.mkv")
    assert [e[1:4] for e in await episodes(stage)][1] == (9999, 30_000, "available")


async def test_who_confirms_what_it_is_keeps_the_choice(stage: Stage) -> None:
    low = "Show S01E01 720p.mkv"
    await scanned(stage, "Show (2001)/Show S01E01.mkv", f"Show (2001)/{low}")
    (version,) = await stage.rows(
        "select p.version_id id, v.item_id from version_files p join library_files f"
        f" on f.id = p.file_id join item_versions v on v.id = p.version_id where f.name = '{low}'"
    )
    await stage.app.matching.set_default(SYSTEM, version["id"], chosen=True)
    by_title = Numbers(show=Title(title="Show", year=2001), season=1, episodes=(1,))
    await say(stage, by_title, low)
    there = Choice(items=(("episode", version["item_id"]),))
    await stage.app.matching.identify(SYSTEM, await ids(stage, "Show S01E01.mkv"), there)
    rows = await stage.rows("select chosen, height, confidence from item_versions order by chosen")
    assert [tuple(row) for row in rows] == [(False, None, 1.0), (True, 720, 1.0)]


async def test_a_film_among_shows(stage: Stage) -> None:
    await scanned(stage, "Show/Show S01E01.mkv")
    film = Choice(movie=Title(title="Film"))
    with pytest.raises(Invalid):
        await stage.app.matching.identify(SYSTEM, await ids(stage, "Show S01E01.mkv"), film)
    assert len(await episodes(stage)) == 1


async def test_the_log_names_the_first_of_many_episodes(stage: Stage) -> None:
    """500 files may hold 100 episodes each."""
    await scanned(stage, "Show/Show S01E01.mkv")
    many = Numbers(show=Title(title="Show"), season=2, episodes=tuple(range(100)))
    done = await say(stage, many, "Show S01E01.mkv")
    assert len(done.items) == 100
    (row,) = await stage.rows(
        "select changes::text from activity_log where action = 'library.identify'"
    )
    assert '"+95"' in row["changes"]
    assert len(row["changes"]) < 500
