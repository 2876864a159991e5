"""Files that move from one library to another, or out of what a scan looks at."""

from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.items.domain import ItemId
from app.libraries.domain import Library, LibraryInput, LibraryKind, ScanKind
from app.libraries.repository import known
from app.scanning.service import rehoming
from app.watch.domain import Progress
from tests.scanning.stage import Stage, StubProber, completed, nfo
from tests.support.people import People

ALIEN = "Alien (1979)/Alien (1979).mkv"


class Two:
    """Two libraries, each with a stage."""

    def __init__(self, first: Stage, second: Stage) -> None:
        self.first, self.second = first, second

    async def film(self, title: str) -> list[Any]:
        return await self.first.rows(
            """select i.id, i.library_id, i.state from movies m join items i on i.id = m.id
                where m.title = $1 order by i.id""",
            title,
        )


async def library(app: Container, name: str, root: Path) -> Library:
    wanted = LibraryInput(name=name, folders=(str(root),))
    return await app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)


@pytest.fixture
async def two(app: Container, tmp_path: Path, prober: StubProber) -> Two:
    """A film in the first library, another one in the second; both were looked into."""
    stages = []
    for name in ("first", "second"):
        root = tmp_path / name
        root.mkdir()
        stage = Stage(app, root)
        stage.library = await library(app, name, root)
        stages.append(stage)
    made = Two(*stages)
    path = made.first.put(ALIEN)
    made.first.put("Cube (1997)/Cube (1997).mkv")
    made.second.put("Brazil (1985)/Brazil (1985).mkv")
    prober.readable(path)
    prober.readable(made.first.root / "Cube (1997)/Cube (1997).mkv")
    for stage in stages:
        completed(await stage.scan())
        await stage.probe()
    return made


async def watched(app: Container, user: Any, item: Any, position: float = 30) -> None:
    now = app.clock.now()
    async with app.db.write(SYSTEM) as tx:
        row = Progress(
            user_id=user,
            item_id=ItemId(item),
            position=position,
            duration=100,
            completed=False,
            plays=0,
            last_watched_at=now,
        )
        await app.watch_repository.write(tx, [row])


async def progress(stage: Stage) -> list[tuple[Any, float]]:
    rows = await stage.rows("select item_id, position from watch_progress order by item_id")
    return [(row["item_id"], row["position"]) for row in rows]


def move(two: Two, path: str = ALIEN) -> None:
    target = two.second.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    (two.first.root / path).rename(target)


@pytest.mark.parametrize("noticed", [False, True])
@pytest.mark.parametrize("targeted", [False, True])
async def test_a_film_moves_to_another_library_with_all_it_has(
    two: Two, app: Container, people: People, noticed: bool, targeted: bool
) -> None:
    user = await people.make(libraries=[two.second.library.id])
    viewer = await people.viewer(user)
    ((film, _, _),) = await two.film("Alien")
    await watched(app, user.id, film)
    assert film not in await app.item_repository.by_ids(viewer.scope, [film])
    before = (await two.first.files())[ALIEN]
    move(two)
    if noticed:  # the old library saw first that it is gone
        assert completed(await two.first.scan()).removed == 1
    scan = completed(await two.second.scan(ScanKind.INCREMENTAL, *([ALIEN] if targeted else [])))
    assert (scan.added, scan.updated) == (0, 1)
    ((same, library_id, state),) = await two.film("Alien")
    assert (same, library_id, state) == (film, two.second.library.id, "available")
    after = (await two.first.files())[ALIEN]
    assert (after["id"], after["library_id"]) == (before["id"], two.second.library.id)
    assert after["probe"] == "done"
    assert after["media"] is not None
    assert await progress(two.first) == [(film, 30)]
    assert film in await app.item_repository.by_ids(viewer.scope, [film])
    assert completed(await two.first.scan()).removed == 0
    for stage in (two.first, two.second):
        scan = completed(await stage.scan())
        assert (scan.added, scan.updated, scan.removed) == (0, 0, 0)


async def test_who_sees_the_old_library_only_sees_it_no_more(
    two: Two, app: Container, people: People
) -> None:
    viewer = await people.viewer(await people.make(libraries=[two.first.library.id]))
    ((film, _, _),) = await two.film("Alien")
    file_id = (await two.first.files())[ALIEN]["id"]
    assert film in await app.item_repository.by_ids(viewer.scope, [film])
    assert file_id in await app.file_repository.by_ids(viewer.scope, [file_id])
    assert await app.item_repository.versions(viewer.scope, [film])
    move(two)
    await two.second.scan()
    assert film not in await app.item_repository.by_ids(viewer.scope, [film])
    assert film not in await app.movie_repository.by_ids(viewer.scope, [film])
    assert file_id not in await app.file_repository.by_ids(viewer.scope, [file_id])
    assert not await app.item_repository.versions(viewer.scope, [film])


async def test_where_the_film_is_known_already_progress_is_carried_over(
    two: Two, app: Container, people: People
) -> None:
    user, other = await people.make(), await people.make()
    two.second.put("Alien (1979)/Alien (1979) 720p.mkv", b"another version of it")
    await two.second.scan()
    (old, _, _), (known, _, _) = await two.film("Alien")
    await watched(app, user.id, old)
    await watched(app, other.id, old, 10)
    await watched(app, other.id, known, 50)
    move(two)
    completed(await two.second.scan())
    ((film, library_id, _),) = await two.film("Alien")
    assert (film, library_id) == (known, two.second.library.id)
    assert sorted(await progress(two.first)) == [(known, 30), (known, 50)]
    rows = await two.first.rows("select 1 from item_versions where item_id = $1", known)
    assert len(rows) == 2


async def test_a_film_with_another_file_that_stays_is_one_in_each_library(
    two: Two, app: Container, people: People
) -> None:
    user = await people.make()
    two.first.put("Alien (1979)/Alien (1979) 720p.mkv", b"it stays")
    await two.first.scan()
    ((film, _, _),) = await two.film("Alien")
    await watched(app, user.id, film)
    move(two)
    completed(await two.second.scan())
    completed(await two.first.scan())
    (old, first, old_state), (new, second, new_state) = await two.film("Alien")
    assert (old, first, old_state) == (film, two.first.library.id, "available")
    assert (second, new_state) == (two.second.library.id, "available")
    assert await progress(two.first) == [(old, 30), (new, 30)]


async def test_a_copy_is_no_move(two: Two) -> None:
    target = two.second.root / ALIEN
    target.parent.mkdir()
    target.write_bytes((two.first.root / ALIEN).read_bytes())
    scan = completed(await two.second.scan())
    assert scan.added == 1
    assert len(await two.film("Alien")) == 2


async def test_a_library_that_is_unplugged_keeps_what_turns_up_elsewhere(two: Two) -> None:
    content = (two.first.root / ALIEN).read_bytes()
    aside = two.first.root.with_name("aside")
    two.first.root.rename(aside)
    for empty in (False, True):
        if empty:
            two.first.root.mkdir()
        path = two.second.put(f"Copy {empty}/{Path(ALIEN).name}", content)
        completed(await two.second.scan(ScanKind.INCREMENTAL, path))
        rows = await two.first.rows(
            "select 1 from library_files where library_id = $1", two.first.library.id
        )
        assert len(rows) == 2


async def test_what_an_nfo_file_says_moves_along(two: Two, app: Container) -> None:
    two.first.put("Alien (1979)/movie.nfo", nfo("Das unheimliche Wesen", genres=["Horror"]))
    await two.first.scan()
    ((film, _, _),) = await two.film("Das unheimliche Wesen")
    move(two)
    move(two, "Alien (1979)/movie.nfo")
    await two.second.scan()
    ((same, library_id, _),) = await two.film("Das unheimliche Wesen")
    assert (same, library_id) == (film, two.second.library.id)
    await two.first.scan()
    assert len(await two.film("Das unheimliche Wesen")) == 1


async def test_a_move_out_of_what_a_scan_looks_at(two: Two) -> None:
    """Only the new place was asked for."""
    ((film, _, _),) = await two.film("Alien")
    before = (await two.first.files())[ALIEN]["id"]
    target = two.first.root / "Set" / "Alien (1979)"
    target.parent.mkdir()
    (two.first.root / "Alien (1979)").rename(target)
    scan = completed(await two.first.scan(ScanKind.INCREMENTAL, "Set"))
    assert (scan.added, scan.updated) == (0, 1)
    assert (await two.first.files())[f"Set/{ALIEN}"]["id"] == before
    assert [row["id"] for row in await two.film("Alien")] == [film]


async def test_a_better_version_leaves_the_old_one_until_it_vanishes(two: Two) -> None:
    ((film, _, _),) = await two.film("Alien")
    better = two.first.put("Alien (1979)/Alien (1979) 2160p.mkv", b"the better one")
    completed(await two.first.scan(ScanKind.INCREMENTAL, better))
    versions = "select count(*) from item_versions where item_id = $1"
    assert (await two.first.rows(versions, film))[0][0] == 2
    (two.first.root / ALIEN).unlink()
    completed(await two.first.scan(ScanKind.INCREMENTAL, ALIEN))
    ((same, _, state),) = await two.film("Alien")
    assert (same, state) == (film, "available")
    shown = await two.first.app.item_repository.versions(SYSTEM.scope, [film])
    assert len(shown[film]) == 2  # the one that vanished is in the trash, and not offered


async def test_a_film_that_nobody_has_looked_into_moves_too(two: Two) -> None:
    """It is known by its inode and its time."""
    path = "Dune (1984)/Dune (1984).mkv"
    two.first.put(path)
    await two.first.scan()
    ((film, _, _),) = await two.film("Dune")
    move(two, path)
    scan = completed(await two.second.scan())
    assert (scan.added, scan.updated) == (0, 1)
    ((same, library_id, state),) = await two.film("Dune")
    assert (same, library_id, state) == (film, two.second.library.id, "available")


async def test_files_of_one_content_are_told_apart_by_inode_and_name(
    two: Two, prober: StubProber
) -> None:
    names = [f"Same {n} (2000)/Same {n} (2000).mkv" for n in "ABCD"]
    for name in names:
        prober.readable(two.first.put(name, b"the same in all of them"))
    await two.first.scan()
    await two.first.probe()
    before = {t: i for t, i in (await two.first.film_ids()).items() if t.startswith("Same")}
    (two.first.root / "Box").mkdir()
    for name in names:
        top = Path(name).parts[0]
        (two.first.root / top).rename(two.first.root / "Box" / f"New {top}")
    completed(await two.first.scan())
    owners = await two.first.rows(
        """select f.name, v.item_id from library_files f join version_files p on p.file_id = f.id
             join item_versions v on v.id = p.version_id where f.dir like 'Box/%'"""
    )
    assert {row["name"].split(" (")[0]: row["item_id"] for row in owners} == before


async def test_moves_of_more_files_than_are_asked_about_at_once(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "SIZES_AT_ONCE", 2)
    monkeypatch.setattr(known, "MOST_ALIKE", 4)
    monkeypatch.setattr(rehoming, "SIZES_AT_ONCE", 2)
    names = [f"Many {'i' * n} (2000)" for n in range(1, 12)]
    for name in names:
        two.first.put(f"Some/{name}/{name}.mkv")
    await two.first.scan()
    before = await two.first.film_ids()
    (two.first.root / "Some").rename(two.first.root / "Others")
    for path in ("Others", "Some"):  # the kernel tells of the new place first
        completed(await two.first.scan(ScanKind.INCREMENTAL, path))
    assert await two.first.film_ids() == before
    (two.first.root / "Others").rename(two.first.root / "Last")
    for path in ("Others", "Last"):
        completed(await two.first.scan(ScanKind.INCREMENTAL, path))
    assert await two.first.film_ids() == before
    assert {r["state"] for r in await two.first.rows("select state from items")} == {"available"}
