"""What a second scan finds of files that were moved, copied, swapped or overwritten."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.items.domain import ItemId
from tests.scanning.films import fill, readable
from tests.scanning.stage import Stage, StubProber, completed, touch_later
from tests.support.people import People
from tests.support.statements import caused


async def test_moved_files_keep_everything(
    stage: Stage, prober: StubProber, people: People
) -> None:
    fill(stage)
    await stage.make()
    readable(stage, prober, *stage.root.rglob("*.mkv"))
    await stage.scan()
    await stage.probe()
    ids, files = await stage.film_ids(), await stage.files()
    viewer = await people.viewer(await people.admin())
    await stage.app.watch.update(viewer, ItemId(ids["Film 1"]), 50, 100)
    (stage.root / "Shelf").mkdir()
    shutil.move(stage.root / "Film 1 (1991)", stage.root / "Shelf" / "Film 1 (1991)")
    renamed = stage.root / "Film 2 (1992)/Film 2 (1992).mkv"
    renamed.rename(renamed.with_name("Another Name (1992) 1080p.mkv"))
    touch_later(renamed.with_name("Another Name (1992) 1080p.mkv"))  # the hash says it, not this
    scan = completed(await stage.scan())
    assert scan.updated == 2
    assert scan.added == 3, "what lies beside a video has no identity to keep"
    after = await stage.files()
    assert sorted((await stage.film_ids()).values()) == sorted(ids.values())
    moved = after["Shelf/Film 1 (1991)/Film 1 (1991).mkv"]
    assert moved["id"] == files["Film 1 (1991)/Film 1 (1991).mkv"]["id"]
    assert moved["probe"] == "done"
    assert (
        after["Film 2 (1992)/Another Name (1992) 1080p.mkv"]["id"]
        == files["Film 2 (1992)/Film 2 (1992).mkv"]["id"]
    )
    assert all(state == "available" for _, _, state, _ in await stage.films())
    kept = await stage.app.watch_repository.by_items(viewer.account, [ItemId(ids["Film 1"])])
    assert kept[ItemId(ids["Film 1"])].position == 50
    assert completed(await stage.scan()).updated == 0


async def test_moved_after_it_was_missed(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv")
    stage.put("Other (1991)/Other (1991).mkv")
    await stage.make()
    readable(stage, prober, path)
    await stage.scan()
    await stage.probe()
    ids = await stage.film_ids()
    away = shutil.move(path, stage.root.parent / "film.mkv")
    await stage.scan()
    (stage.root / "New Place").mkdir()
    shutil.move(away, stage.root / "New Place" / "Renamed.mkv")
    scan = completed(await stage.scan())
    assert (scan.added, scan.updated) == (0, 1)
    assert sorted((await stage.film_ids()).values()) == sorted(ids.values())
    assert all(state == "available" for _, _, state, _ in await stage.films())


async def test_moved_to_another_folder_of_the_library(stage: Stage, prober: StubProber) -> None:
    path = stage.put("one/Film (1990)/Film (1990).mkv")
    stage.put("one/Stays (1991)/Stays (1991).mkv")
    stage.put("two/Else (1992)/Else (1992).mkv")
    await stage.make(stage.root / "one", stage.root / "two")
    readable(stage, prober, path)
    await stage.scan()
    await stage.probe()
    ids, files = await stage.film_ids(), await stage.files()
    shutil.move(path.parent, stage.root / "two")
    scan = completed(await stage.scan())
    assert (scan.added, scan.removed, scan.updated) == (0, 0, 1)
    assert await stage.film_ids() == ids
    after = (await stage.files())["Film (1990)/Film (1990).mkv"]
    before = files["Film (1990)/Film (1990).mkv"]
    assert after["id"] == before["id"]
    assert after["folder_id"] != before["folder_id"]


async def test_same_size_is_not_same_content(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv", "abcdefgh")
    stage.put("Keep (1991)/Keep (1991).mkv")
    await stage.make()
    readable(stage, prober, path)
    await stage.scan()
    await stage.probe()
    path.unlink()
    stage.put("Strange (2001)/Strange (2001).mkv", "12345678")
    scan = completed(await stage.scan())
    assert (scan.added, scan.removed, scan.updated) == (1, 1, 0)
    assert ("Strange", 2001) in await stage.titles()


async def test_inodes_are_never_believed_alone(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv", "abcdefgh")
    stage.put("Keep (1991)/Keep (1991).mkv")
    await stage.make()
    await stage.scan()  # never probed: there is no hash to compare
    inode = (await stage.files())["Film (1990)/Film (1990).mkv"]["inode"]
    path.unlink()
    new = stage.put("Strange (2001)/Strange (2001).mkv", "12345678")
    touch_later(new)
    await stage.rows(
        "update library_files set inode = $1 where name like 'Film%'", new.stat().st_ino
    )
    assert inode
    scan = completed(await stage.scan())
    assert (scan.added, scan.removed) == (1, 1)


async def test_a_copy_is_not_a_move(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990)/Film (1990).mkv")
    await stage.make()
    readable(stage, prober, path)
    await stage.scan()
    await stage.probe()
    (stage.root / "Copy").mkdir()
    shutil.copy2(path, stage.root / "Copy" / "Film (1990).mkv")
    scan = completed(await stage.scan())
    assert (scan.added, scan.removed, scan.updated) == (1, 0, 0)
    assert [len(f[3]) for f in await stage.films()] == [2], "a second version of the film"


@pytest.mark.uncounted
async def test_many_moves_in_few_statements(stage: Stage, prober: StubProber) -> None:
    paths = [stage.put(f"Film {n:04} (1990)/Film {n:04} (1990).mkv") for n in range(700)]
    await stage.make()
    readable(stage, prober, *paths)
    await stage.scan()
    await stage.probe()
    ids = await stage.film_ids()
    (stage.root / "Shelf").mkdir()
    for path in paths:
        path.parent.rename(stage.root / "Shelf" / path.parent.name)
    seen: list[str] = []
    stage.app.db.statements = caused(seen)
    try:
        scan = completed(await stage.scan())
    finally:
        stage.app.db.statements = None
    assert (scan.updated, scan.added, scan.removed) == (700, 0, 0)
    assert await stage.film_ids() == ids
    assert len(seen) < 120, "no statement per file"


async def known(stage: Stage, prober: StubProber, *paths: str) -> tuple[dict[str, Path], Any]:
    """Films that were scanned and looked into; their paths, and their rows by content."""
    found = {path: stage.put(path, f"content of {path}" * 3) for path in paths}
    await stage.make()
    readable(stage, prober, *found.values())
    await stage.scan()
    await stage.probe()
    return found, await stage.files()


def swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


async def test_swapped_files_keep_their_films(
    stage: Stage, prober: StubProber, people: People
) -> None:
    """What was watched is the content; a film is called as its file is now."""
    a, b, c = (f"{n} (1990)/{n} (1990).mkv" for n in ("Anna", "Berta", "Clara"))
    paths, before = await known(stage, prober, a, b, c)
    ids = await stage.film_ids()
    viewer = await people.viewer(await people.admin())
    await stage.app.watch.update(viewer, ItemId(ids["Anna"]), 50, 100)
    swap(paths[a], paths[b])
    swap(paths[b], paths[c])  # now b holds what c was, c what a was, a what b was
    scan = completed(await stage.scan())
    assert (scan.found, scan.updated, scan.added, scan.removed) == (3, 3, 0, 0)
    after = await stage.files()
    assert {a: after[a]["id"], b: after[b]["id"], c: after[c]["id"]} == {
        a: before[b]["id"],
        b: before[c]["id"],
        c: before[a]["id"],
    }
    assert await stage.film_ids() == {
        "Anna": ids["Berta"],
        "Berta": ids["Clara"],
        "Clara": ids["Anna"],
    }
    assert all(row["probe"] == "done" for row in after.values()), "nothing is looked into again"
    kept = await stage.app.watch_repository.by_items(viewer.account, [ItemId(ids["Anna"])])
    assert kept[ItemId(ids["Anna"])].position == 50
    assert completed(await stage.scan()).unchanged == 3


async def test_moved_away_and_something_new_in_its_place(stage: Stage, prober: StubProber) -> None:
    a = "Anna (1990)/Anna (1990).mkv"
    paths, before = await known(stage, prober, a, "Berta (1991)/Berta (1991).mkv")
    ids = await stage.film_ids()
    (stage.root / "Old").mkdir()
    paths[a].rename(stage.root / "Old/Anna, the film.mkv")
    stage.put(a, "a better copy")
    scan = completed(await stage.scan())
    assert (scan.found, scan.updated, scan.added, scan.unchanged) == (3, 1, 1, 1)
    after = await stage.files()
    assert after["Old/Anna, the film.mkv"]["id"] == before[a]["id"]
    assert after[a]["probe"] == "pending"
    assert await stage.film_ids() == ids, "both are versions of the film"


async def test_a_chain_of_moves(stage: Stage, prober: StubProber) -> None:
    a, b = "Anna (1990)/Anna (1990).mkv", "Berta (1991)/Berta (1991).mkv"
    paths, before = await known(stage, prober, a, b, "Clara (1992)/Clara (1992).mkv")
    paths[b].rename(stage.root / "Berta (1991)/Other.mkv")
    paths[a].rename(paths[b])
    scan = completed(await stage.scan())
    assert (scan.updated, scan.added, scan.removed) == (2, 0, 0)
    after = await stage.files()
    assert after[b]["id"] == before[a]["id"]
    assert after["Berta (1991)/Other.mkv"]["id"] == before[b]["id"]


async def test_overwritten_by_another_film(stage: Stage, prober: StubProber) -> None:
    """What was there is gone: its place keeps its film, the other one has lost its file."""
    a, b = "Anna (1990)/Anna (1990).mkv", "Berta (1991)/Berta (1991).mkv"
    paths, before = await known(stage, prober, a, b)
    paths[a].rename(paths[b])
    scan = completed(await stage.scan())
    assert (scan.updated, scan.added, scan.removed) == (1, 0, 1)
    after = await stage.files()
    assert after[b]["id"] == before[b]["id"]
    assert (after[b]["probe"], after[a]["missing_since"] is None) == ("pending", False)


async def test_a_better_release_under_a_new_name_is_no_move(
    stage: Stage, prober: StubProber
) -> None:
    old = "Film (1990)/Film (1990) 720p.mkv"
    paths, before = await known(stage, prober, old, "Else (1991)/Else (1991).mkv")
    ids = await stage.film_ids()
    inode = paths[old].stat().st_ino
    paths[old].unlink()
    new = stage.put("Film (1990)/Film (1990) 2160p.mkv", "better and longer" * 9)
    await stage.rows("update library_files set inode = $1", new.stat().st_ino)
    assert inode
    scan = completed(await stage.scan())
    assert (scan.added, scan.removed, scan.updated) == (1, 1, 0)
    after = await stage.files()
    assert after["Film (1990)/Film (1990) 2160p.mkv"]["id"] != before[old]["id"]
    assert await stage.film_ids() == ids
    assert [f[2] for f in await stage.films()] == ["available", "available"]


async def test_one_that_is_back_is_not_moved_by_its_copy(stage: Stage, prober: StubProber) -> None:
    a = "Anna (1990)/Anna (1990).mkv"
    paths, before = await known(stage, prober, a, "Berta (1991)/Berta (1991).mkv")
    away = shutil.move(paths[a], stage.root.parent / "away.mkv")
    await stage.scan()
    shutil.move(away, paths[a])
    (stage.root / "Copy").mkdir()
    shutil.copy2(paths[a], stage.root / "Copy/Anna (1990).mkv")
    scan = completed(await stage.scan())
    assert (scan.updated, scan.added) == (1, 1)
    after = await stage.files()
    assert after[a]["id"] == before[a]["id"]
    assert after["Copy/Anna (1990).mkv"]["id"] != before[a]["id"]


async def test_everything_moved_to_another_folder_of_the_library(
    stage: Stage, prober: StubProber
) -> None:
    """The first folder is empty then, and yet no disk is missed: what it held is found."""
    for number in range(3):
        stage.put(f"one/Film {number} (1990)/Film {number} (1990).mkv")
        stage.put(f"one/Film {number} (1990)/poster.jpg")
    stage.put("two/Else (1992)/Else (1992).mkv")
    await stage.make(stage.root / "one", stage.root / "two")
    readable(stage, prober, *stage.root.rglob("*.mkv"))
    await stage.scan()
    await stage.probe()
    ids = await stage.film_ids()
    for folder in (stage.root / "one").iterdir():
        shutil.move(folder, stage.root / "two")
    scan = completed(await stage.scan())
    assert (scan.updated, scan.added, scan.removed, scan.failed) == (3, 3, 3, 0)
    assert await stage.film_ids() == ids
    assert len([f for f in await stage.films() if f[2] == "available"]) == 4
