"""What a second scan finds of the first: unchanged, changed, new, vanished, back."""

import os
import shutil

import pytest

from app.core.access import EVERYTHING
from app.items.domain import ItemId
from app.libraries.domain import ScanKind
from app.scanning.service import scan as scan_module
from tests.scanning.films import fill
from tests.scanning.stage import Stage, StubProber, completed, touch_later
from tests.support.people import People


async def test_unchanged_files_cost_nothing(stage: Stage, prober: StubProber) -> None:
    fill(stage)
    await stage.make()
    first = completed(await stage.scan())
    assert (first.found, first.added, first.unchanged) == (24, 24, 0)
    await stage.probe()
    assert len(prober.asked) == 6
    before = await stage.snapshot()
    second = completed(await stage.scan())
    assert (second.found, second.unchanged) == (24, 24)
    assert (second.added, second.updated, second.removed, second.failed) == (0, 0, 0, 0)
    assert await stage.probe() == 0
    assert len(prober.asked) == 6
    assert await stage.snapshot() == before


async def test_the_snapshot_sees_writes(stage: Stage, prober: StubProber) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    before = await stage.snapshot()
    await stage.rows("update movies set title = title where year = 1990")
    after = await stage.snapshot()
    assert {name for name in before if before[name] != after[name]} == {"movies"}


async def test_changed_and_new_files(stage: Stage, prober: StubProber) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    await stage.probe()
    before = await stage.films()
    grown = stage.put("Film 1 (1991)/Film 1 (1991).mkv", "other and longer content" * 9)
    later = stage.root / "Film 2 (1992)/Film 2 (1992).mkv"
    touch_later(later)
    new = stage.put("Film 9 (1999)/Film 9 (1999).mkv")
    scan = completed(await stage.scan())
    assert (scan.added, scan.updated, scan.unchanged, scan.removed) == (1, 2, 22, 0)
    prober.asked.clear()
    await stage.probe()
    assert sorted(prober.asked) == sorted(str(p) for p in (grown, later, new))
    assert [f for f in await stage.films() if f[0] != "Film 9"] == before


async def test_same_size_and_time_is_believed(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990)/Film.mkv", "aaaa")
    await stage.make()
    await stage.scan()
    about = path.stat()
    path.unlink()  # another inode, as a network mount may invent one every day
    path.write_bytes(b"aaaa")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    scan = completed(await stage.scan())
    assert (scan.unchanged, scan.updated, scan.added, scan.removed) == (1, 0, 0, 0)


async def test_full_scan_looks_again(stage: Stage, prober: StubProber) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    await stage.probe()
    films = await stage.films()
    scan = completed(await stage.scan(ScanKind.FULL))
    assert (scan.unchanged, scan.added, scan.removed) == (24, 0, 0)
    await stage.probe()
    assert len(prober.asked) == 12
    assert await stage.films() == films


async def test_vanished_files_come_back_as_they_were(
    stage: Stage, prober: StubProber, people: People
) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    await stage.probe()
    ids, files = await stage.film_ids(), await stage.files()
    viewer = await people.viewer(await people.admin())
    item = ItemId(ids["Film 3"])
    await stage.app.watch.update(viewer, item, 50, 100)
    folder = stage.root / "Film 3 (1993)"
    away = stage.root.parent / "away"
    shutil.move(folder, away)
    gone = completed(await stage.scan())
    assert (gone.removed, gone.unchanged) == (4, 20)
    assert [f[2] for f in await stage.films()].count("missing") == 1
    missing = [name for name, row in (await stage.files()).items() if row["missing_since"]]
    assert len(missing) == 4
    again = completed(await stage.scan())
    assert (again.removed, again.unchanged) == (0, 20), "gone is told once"
    shutil.move(away, folder)
    back = completed(await stage.scan())
    assert (back.updated, back.added, back.unchanged) == (4, 0, 20)
    assert await stage.film_ids() == ids
    assert {n: r["id"] for n, r in (await stage.files()).items()} == {
        n: r["id"] for n, r in files.items()
    }
    assert all(state == "available" for _, _, state, _ in await stage.films())
    kept = await stage.app.watch_repository.by_items(viewer.account, [item])
    assert kept[item].position == 50


async def test_one_that_comes_back_changed_is_available(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv", "one")
    other = stage.put("Other (1991)/Other (1991).mkv")
    await stage.make()
    await stage.scan()
    path.unlink()
    await stage.scan()
    stage.put("Film (1990)/Film (1990).mkv", "one and more")
    await stage.scan()
    assert [f[2] for f in await stage.films()] == ["available", "available"]
    assert other.exists()


async def test_another_release_makes_a_missing_film_available(
    stage: Stage, prober: StubProber
) -> None:
    path = stage.put("Film (1990)/Film (1990) 720p.mkv")
    stage.put("Film (1990)/movie.nfo", "<movie><plot>Text</plot></movie>")
    await stage.make()
    await stage.scan()
    ids = await stage.film_ids()
    path.unlink()
    await stage.scan()
    stage.put("Film (1990)/Film (1990) 2160p.mkv")
    await stage.scan()
    assert await stage.film_ids() == ids
    assert [f[2] for f in await stage.films()] == ["available"]


@pytest.mark.uncounted
async def test_changes_of_a_huge_flat_folder(stage: Stage, prober: StubProber) -> None:
    """More rows than a protocol message has room for parameters."""
    paths = [stage.put(f"Clip {n:05} (1990).mkv", b"x") for n in range(9000)]
    await stage.make()
    assert completed(await stage.scan()).added == 9000
    for path in paths:
        touch_later(path)
    assert completed(await stage.scan()).updated == 9000


async def test_subtitles_that_come_later_are_seen(stage: Stage, prober: StubProber) -> None:
    stage.put("Film (1990)/Film (1990).mkv")
    await stage.make()
    await stage.scan()
    rows = await stage.files()
    video = rows["Film (1990)/Film (1990).mkv"]["id"]
    repository = stage.app.file_repository
    assert not (await repository.subtitles_of(EVERYTHING, [video])).get(video)
    subtitle = stage.put("Film (1990)/Film (1990).de.forced.srt")
    await stage.scan()
    found = (await repository.subtitles_of(EVERYTHING, [video]))[video]
    assert [s.language for s in found] == ["de"]
    subtitle.unlink()
    await stage.scan()
    assert not (await repository.subtitles_of(EVERYTHING, [video])).get(video)


async def test_the_planner_learns_of_many_new_files(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def planned_for() -> float:
        [row] = await stage.rows("select reltuples from pg_class where relname = 'library_files'")
        return float(row[0])

    monkeypatch.setattr(scan_module, "MANY_FILES", 25)
    fill(stage)
    await stage.make()
    await stage.scan()
    assert await planned_for() != 24  # not for a few
    for number in range(30):
        stage.put(f"More {number:02} (1980).mkv")
    await stage.scan()
    assert await planned_for() == 54
