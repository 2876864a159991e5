"""Folders that are watched, by a real worker with the real kernel: what appears, goes and moves."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.core.jobs.declare import Queue
from app.libraries.domain import LibraryId, LibraryInput, WatchMode
from app.scanning.service import Watching, folder_watch
from app.scanning.service.folder_watch import FolderWatch, Watched, pause
from app.scanning.service.settling import Settling
from tests.scanning.stage import Stage, StubProber
from workers.main import WorkerProcess

STORM = 10_000 if os.environ.get("SCALE") == "full" else 3000
pytestmark = pytest.mark.usefixtures("prober")


@pytest.fixture
async def watched(
    app: Container, stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """A library with one film that a worker watches."""
    assert prober is not None
    scan = app.config.scan.model_copy(update={"watch": True})
    monkeypatch.setattr(app.watching, "_config", scan)
    stage.put("Alien (1979)/Alien (1979).mkv")
    await stage.make()
    process = WorkerProcess(app, tuple(Queue))
    await process.start()
    await stage.start()
    await until(lambda: has(stage, "Alien (1979)/Alien (1979).mkv"))
    await until(lambda: armed(app))
    yield stage
    await process.stop()


async def armed(app: Container, folders: int = 1) -> bool:
    return app.watching.armed == folders


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 15) -> float:
    """Wait for it; says how many seconds it took."""
    began = time.monotonic()
    while not await true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s")
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def has(stage: Stage, *paths: str) -> bool:
    """Whether these files are known and there."""
    known = await stage.files()
    return all(path in known and not known[path]["missing_since"] for path in paths)


async def lacks(stage: Stage, path: str) -> bool:
    """Whether a file is missing or unknown."""
    known = (await stage.files()).get(path)
    return known is None or known["missing_since"] is not None


async def scans(stage: Stage) -> int:
    return int((await stage.rows("select count(*) from library_scans"))[0][0])


async def rest(stage: Stage) -> None:
    """Until no scan is under way any more."""
    await until(lambda: _no_scan(stage))


async def _no_scan(stage: Stage) -> bool:
    return not await stage.app.scan_repository.open_scans()


async def test_a_new_film_appears_within_five_seconds(watched: Stage) -> None:
    watched.put("Dune (1984)/Dune (1984).mkv")
    assert await until(lambda: has(watched, "Dune (1984)/Dune (1984).mkv")) < 5
    assert "Dune" in await watched.film_ids()
    rows = await watched.rows("select paths from library_scans order by created_at desc limit 1")
    assert "Dune" in rows[0]["paths"][0]


async def test_what_goes_and_moves_is_followed(watched: Stage) -> None:
    for name in ("Brazil (1985)", "Cube (1997)"):
        watched.put(f"{name}/{name}.mkv")
    await until(lambda: has(watched, "Brazil (1985)/Brazil (1985).mkv"))
    await until(lambda: has(watched, "Cube (1997)/Cube (1997).mkv"))
    films = await watched.film_ids()
    (watched.root / "Alien (1979)" / "Alien (1979).mkv").unlink()
    assert await until(lambda: lacks(watched, "Alien (1979)/Alien (1979).mkv")) < 5
    (watched.root / "Sets").mkdir()
    (watched.root / "Brazil (1985)").rename(watched.root / "Sets" / "Brazil (1985)")
    assert await until(lambda: has(watched, "Sets/Brazil (1985)/Brazil (1985).mkv")) < 5
    (watched.root / "Sets").rename(watched.root / "Set")
    assert await until(lambda: has(watched, "Set/Brazil (1985)/Brazil (1985).mkv")) < 5
    shutil.rmtree(watched.root / "Cube (1997)")
    assert await until(lambda: lacks(watched, "Cube (1997)/Cube (1997).mkv")) < 5
    assert await watched.film_ids() == films
    await rest(watched)
    assert len(await watched.files()) == 3


async def test_a_file_that_grows_waits_and_its_neighbour_does_not(watched: Stage) -> None:
    folder = watched.root / "Pair (2000)"
    folder.mkdir()
    growing = folder / "Pair (2000) 2160p.mkv"
    began = time.monotonic()
    with growing.open("wb", buffering=0) as stream:
        stream.write(b"begun")
        (folder / "Pair (2000) 720p.mkv").write_bytes(b"done at once")
        (folder / "Pair (2000) 480p.mkv.part").write_bytes(b"a part")
        while time.monotonic() - began < 6:
            stream.write(b"more of it")
            await asyncio.sleep(0.2)
            assert await lacks(watched, "Pair (2000)/Pair (2000) 2160p.mkv")
    assert await has(watched, "Pair (2000)/Pair (2000) 720p.mkv")
    assert await until(lambda: has(watched, "Pair (2000)/Pair (2000) 2160p.mkv")) < 5
    size = growing.stat().st_size
    assert (await watched.files())["Pair (2000)/Pair (2000) 2160p.mkv"]["size"] == size
    (folder / "Pair (2000) 480p.mkv.part").rename(folder / "Pair (2000) 480p.mkv")
    assert await until(lambda: has(watched, "Pair (2000)/Pair (2000) 480p.mkv")) < 5


async def test_a_placeholder_beside_a_partial_download_waits(watched: Stage) -> None:
    folder = watched.root / "Loaded (2001)"
    folder.mkdir()
    (folder / "Loaded (2001).mkv").write_bytes(b"")
    part = folder / "Loaded (2001).mkv.part"
    part.write_bytes(b"all of it")
    watched.put("Other (2002)/Other (2002).mkv")
    await until(lambda: has(watched, "Other (2002)/Other (2002).mkv"))
    await asyncio.sleep(1)
    assert await lacks(watched, "Loaded (2001)/Loaded (2001).mkv")
    part.rename(folder / "Loaded (2001).mkv")
    assert await until(lambda: has(watched, "Loaded (2001)/Loaded (2001).mkv")) < 5


async def test_nothing_is_scanned_for_what_is_no_media(watched: Stage) -> None:
    await rest(watched)
    before = await scans(watched)
    for name in ("notes.txt", "a.mkv.part", ".hidden.mkv", "@eaDir/x.mkv"):
        watched.put(f"Alien (1979)/{name}", b"x")
    (watched.root / "Alien (1979)" / "notes.txt").unlink()
    (watched.root / "Alien (1979)").chmod(0o755)
    await asyncio.sleep(4)
    assert await scans(watched) == before


async def test_a_storm_of_new_files_makes_a_handful_of_scans(watched: Stage) -> None:
    await rest(watched)
    before = await scans(watched)
    await asyncio.to_thread(_unpack, watched.root, STORM // 10, 10)
    await until(lambda: _count(watched, STORM + 1), 60)
    await rest(watched)
    await asyncio.sleep(3)
    assert await scans(watched) - before <= 12
    assert await watched.rows("select 1 from library_scan_requests") == []


def _unpack(root: Path, folders: int, files: int) -> None:
    for number in range(folders):
        folder = root / f"Film {number:04} (2000)"
        folder.mkdir()
        for n in range(files):
            (folder / f"Film {number:04} (2000) - {n}.nfo").write_bytes(b"<movie/>")


async def _count(stage: Stage, files: int) -> bool:
    rows = await stage.rows("select count(*) from library_files where missing_since is null")
    return bool(rows[0][0] == files)


async def test_libraries_are_followed_as_they_change(watched: Stage, tmp_path: Path) -> None:
    app = watched.app
    second = tmp_path / "second"
    second.mkdir()
    both = LibraryInput(folders=(str(watched.root), str(second)))
    await app.libraries.update(SYSTEM, watched.library.id, both)
    await until(lambda: armed(app, 2))
    (second / "New (2000)").mkdir()
    (second / "New (2000)" / "New (2000).mkv").write_bytes(b"new")
    await until(lambda: has(watched, "New (2000)/New (2000).mkv"))
    off = LibraryInput(watch=WatchMode.OFF)
    await app.libraries.update(SYSTEM, watched.library.id, off)
    await until(lambda: armed(app, 0))
    polling = LibraryInput(watch=WatchMode.POLLING)
    await app.libraries.update(SYSTEM, watched.library.id, polling)
    await until(lambda: armed(app, 2))
    await app.libraries.update(SYSTEM, watched.library.id, LibraryInput(enabled=False))
    await until(lambda: armed(app, 0))


async def test_a_network_mount_is_looked_at(
    watched: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.scanning.service.watching.remote_kind", lambda _: "nfs4")
    await until(lambda: _polls(watched.app.watching))
    (watched.root / "loop").symlink_to(watched.root)
    (tmp_path / "far").mkdir()
    watched.put("Dune (1984)/Dune (1984).mkv")
    assert await until(lambda: has(watched, "Dune (1984)/Dune (1984).mkv")) < 5
    watched.put("Dune (1984)/Dune (1984) 720p.mkv")
    assert await until(lambda: has(watched, "Dune (1984)/Dune (1984) 720p.mkv")) < 5
    (watched.root / "Dune (1984)" / "Dune (1984).mkv").unlink()
    assert await until(lambda: lacks(watched, "Dune (1984)/Dune (1984).mkv")) < 5
    shutil.rmtree(watched.root / "Dune (1984)")
    assert await until(lambda: lacks(watched, "Dune (1984)/Dune (1984) 720p.mkv")) < 5


async def _polls(watching: Watching) -> bool:
    return bool(watching.armed) and all(w.polling for w in watching._watches.values())


async def test_names_that_are_no_text_do_not_end_it(watched: Stage) -> None:
    Path(os.fsdecode(os.fsencode(watched.root) + b"/Alien (1979)/\xff.mkv")).write_bytes(b"x")
    watched.put("Dune (1984)/Dune (1984).mkv")
    await until(lambda: has(watched, "Dune (1984)/Dune (1984).mkv"))
    await until(lambda: armed(watched.app))
    watched.put("Cube (1997)/Cube (1997).mkv")
    await until(lambda: has(watched, "Cube (1997)/Cube (1997).mkv"))


async def test_a_path_that_is_too_long_takes_no_other_with_it(watched: Stage) -> None:
    await rest(watched)
    deep = watched.root / "/".join([f"{n}" + "x" * 240 for n in range(9)])
    deep.mkdir(parents=True)
    await asyncio.sleep(4)
    await rest(watched)
    (deep / "Long (1999).mkv").write_bytes(b"far down")
    watched.put("Dune (1984)/Dune (1984).mkv")
    await until(lambda: has(watched, "Dune (1984)/Dune (1984).mkv"))


async def test_a_root_that_is_unplugged_and_comes_back(watched: Stage) -> None:
    aside = watched.root.with_name("aside")
    watched.root.rename(aside)
    await until(lambda: armed(watched.app, 0))
    watched.root.mkdir()
    await until(lambda: armed(watched.app))
    await rest(watched)
    assert await has(watched, "Alien (1979)/Alien (1979).mkv")
    watched.root.rmdir()
    (aside / "Dune (1984)").mkdir()
    (aside / "Dune (1984)" / "Dune (1984).mkv").write_bytes(b"while it was away")
    aside.rename(watched.root)
    await until(
        lambda: has(watched, "Alien (1979)/Alien (1979).mkv", "Dune (1984)/Dune (1984).mkv"), 30
    )


@pytest.fixture
def too_low(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that allows too few watches."""

    def refuse(*_: Any, **__: Any) -> Iterator[Any]:
        raise OSError('OS file watch limit reached. about ["/media"]')

    monkeypatch.setattr(folder_watch, "watch", refuse)


@pytest.mark.usefixtures("too_low")
async def test_too_low_a_limit_of_the_kernel(watched: Stage) -> None:
    assert await _polls(watched.app.watching)
    watched.put("Dune (1984)/Dune (1984).mkv")
    await until(lambda: has(watched, "Dune (1984)/Dune (1984).mkv"))


async def test_one_process_watches_and_another_takes_over(
    watched: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = watched.app
    other = Watching(
        app.db,
        app.library_repository,
        app.file_repository,
        app.scanning,
        app.config.scan.model_copy(update={"watch": True, "poll": 1.0}),
    )
    task = asyncio.create_task(other.run())
    try:
        await asyncio.sleep(1)
        assert (app.watching.armed, other.armed) == (1, 0)
        off = app.config.scan.model_copy(update={"watch": False})
        monkeypatch.setattr(app.watching, "_config", off)
        await rest(watched)
        watched.put("Dune (1984)/Dune (1984).mkv")
        await watched.rows(
            """select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
                and granted and objsubid = 1"""
        )
        await until(lambda: armed(app, 0))
        watched.put("Cube (1997)/Cube (1997).mkv")  # heard by nobody
        await until(lambda: has(watched, "Cube (1997)/Cube (1997).mkv"), 20)
        assert other.armed == 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert other.armed == 0


@pytest.mark.parametrize("dies", [True, False])
async def test_a_watch_that_broke_off_has_missed_something(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, dies: bool
) -> None:
    """What it had heard of died with it, and what came after was heard by nobody. A server that
    was stopped in order leaves it to scans.
    """
    app = stage.app
    scan = app.config.scan.model_copy(update={"watch": True})
    monkeypatch.setattr(app.watching, "_config", scan)
    stage.put("Alien (1979)/Alien (1979).mkv")
    await stage.make()
    await stage.scan()
    task = asyncio.create_task(app.watching.run())
    await until(lambda: armed(app))
    with monkeypatch.context() as dead:
        if dies:
            dead.setattr(app.watching, "_note", _nothing)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    stage.put("Dune (1984)/Dune (1984).mkv")
    before = await scans(stage)
    process = WorkerProcess(app, tuple(Queue))
    await process.start()
    await until(lambda: armed(app))
    if dies:
        await until(lambda: has(stage, "Dune (1984)/Dune (1984).mkv"))
    await asyncio.sleep(2)
    await process.stop()
    assert await scans(stage) - before == int(dies)
    assert [row["watched"] for row in await stage.rows("select watched from libraries")] == [False]


async def _nothing(*_: Any, **__: Any) -> None:
    pass


def test_what_a_new_folder_holds_unheard_of_comes_to_rest_first(tmp_path: Path) -> None:
    """The kernel watches a folder a moment after it was made."""
    settling, folder = Settling(str(tmp_path)), tmp_path / "New (2000)"
    (folder / "inner").mkdir(parents=True)
    time.sleep(2.1)
    for name in ("Loaded.mkv", "Loaded.mkv.part", "inner/Growing.mkv", "notes.txt", ".x.mkv"):
        (folder / name).write_bytes(b"x")
    growing = {f"{folder}/Loaded.mkv", f"{folder}/inner/Growing.mkv"}
    settling.note([(False, str(folder))], 0.0)
    early = settling.look(3.0)
    assert not early, "the folder has changed just now"
    settled = settling.look(5.1)
    assert settled.paths == (str(folder),)
    assert set(settled.growing) == growing
    settled = settling.look(8.0)
    assert settled.paths == (f"{folder}/inner/Growing.mkv",), "the other one is not whole"
    (folder / "Loaded.mkv.part").unlink()
    assert settling.look(11.0).paths == (f"{folder}/Loaded.mkv",)


def test_a_watch_ends_when_it_is_told(tmp_path: Path) -> None:
    for poll in (0.0, 5.0):
        about = Watched(
            library_id=LibraryId(new_id()),
            folder_id=new_id(),
            path=str(tmp_path),
            poll=poll,
            polls=5.0,
        )
        watch = FolderWatch(about, lambda *_: None)
        watch.start()
        time.sleep(1)
        began = time.monotonic()
        watch.stop()
        watch.join(5)
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(("took", "seconds"), [(0.01, 2), (0.5, 2), (10, 30)])
def test_big_trees_are_looked_at_less_often(took: float, seconds: float) -> None:
    assert pause(2, took) == seconds
