"""Disks that are not there: nothing is taken for deleted that could not be looked for."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.libraries.domain import LibraryKind, ScanKind
from app.scanning.service.walk import Walk
from tests.scanning.stage import Stage, StubProber, completed, reasons

ROOT = os.geteuid() == 0


def fill(stage: Stage, *roots: str) -> None:
    for root in roots or ("",):
        for number in range(4):
            name = f"Film {root}{number} (1990)"
            stage.put(f"{root}/{name}/{name}.mkv".lstrip("/"))


async def present(stage: Stage) -> int:
    return sum(row["missing_since"] is None for row in (await stage.files()).values())


@pytest.mark.parametrize("how", ["renamed", "emptied", "file", "replaced"])
async def test_a_root_that_went_away(stage: Stage, prober: StubProber, how: str) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    films, away = await stage.films(), stage.root.with_name("away")
    stage.root.rename(away)
    if how == "emptied":
        stage.root.mkdir()
    if how == "file":
        stage.root.write_text("not a folder")
    if how == "replaced":
        stage.root.symlink_to("/nonexistent")
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed) == (0, 1)
    assert "is its disk mounted?" in reasons(scan)[str(stage.root)]
    assert await stage.films() == films
    assert await present(stage) == 4
    if how == "emptied":
        stage.root.rmdir()
    elif how != "renamed":
        stage.root.unlink()
    away.rename(stage.root)
    again = completed(await stage.scan())
    assert (again.unchanged, again.updated, again.failed) == (4, 0, 0)


async def test_an_emptied_folder_beside_a_full_one(stage: Stage, prober: StubProber) -> None:
    """Files in the first folder of a library say nothing about the disk of the second."""
    fill(stage, "one", "two")
    await stage.make(stage.root / "one", stage.root / "two")
    await stage.scan()
    (stage.root / "two").rename(stage.root.with_name("away"))
    (stage.root / "two").mkdir()
    scan = completed(await stage.scan())
    assert (scan.removed, scan.unchanged) == (0, 4)
    (reason,) = reasons(scan).items()
    assert reason[0] == str(stage.root / "two")
    assert "is its disk mounted?" in reason[1]
    assert await present(stage) == 8


@pytest.mark.parametrize(
    "left", ["lost+found/", ".stray", "readme.txt", "movie.nfo", "poster.jpg", "empty/folder/"]
)
async def test_a_mount_point_without_its_disk_is_hardly_ever_empty(
    stage: Stage, prober: StubProber, left: str
) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    films = await stage.films()
    stage.root.rename(stage.root.with_name("away"))
    stage.root.mkdir()
    if left.endswith("/"):
        (stage.root / left).mkdir(parents=True)
    else:
        stage.put(left, "<movie/>")
    scan = completed(await stage.scan())
    assert scan.removed == 0
    assert "is its disk mounted?" in reasons(scan)[str(stage.root)]
    assert await stage.films() == films
    shutil.rmtree(stage.root)
    stage.root.with_name("away").rename(stage.root)
    assert completed(await stage.scan()).unchanged == 4


async def test_the_last_film_is_deleted_from_its_folder(stage: Stage, prober: StubProber) -> None:
    """Its folder is still there, so the disk is."""
    path = stage.put("Film (1990)/Film (1990).mkv")
    await stage.make()
    await stage.scan()
    path.unlink()
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed) == (1, 0)
    stage.put("Film (1990)/Film (1990).mkv")
    assert completed(await stage.scan()).updated == 1
    stage.put("Film (1990)/.nomedia")
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed) == (1, 0), "it is there, and wants to be left out"


async def test_a_full_scan_believes_that_everything_is_deleted(
    stage: Stage, prober: StubProber
) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    shutil.rmtree(stage.root)
    stage.root.mkdir()
    assert completed(await stage.scan()).removed == 0
    scan = completed(await stage.scan(ScanKind.FULL))
    assert (scan.removed, scan.failed) == (4, 0)
    assert {state for _, _, state, _ in await stage.films()} == {"missing"}


async def test_even_a_full_scan_needs_a_folder(stage: Stage, prober: StubProber) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    stage.root.rename(stage.root.with_name("away"))
    scan = completed(await stage.scan(ScanKind.FULL))
    assert (scan.removed, scan.failed) == (0, 1)
    assert await present(stage) == 4


async def test_a_linked_disk_that_is_not_mounted(
    stage: Stage, prober: StubProber, tmp_path: Path
) -> None:
    """Whether the link leads nowhere or to an empty mount point: nothing behind it is deleted."""
    disk = tmp_path / "disk"
    (disk / "Far (1991)").mkdir(parents=True)
    (disk / "Far (1991)/Far (1991).mkv").write_bytes(b"far")
    fill(stage)
    (stage.root / "disk").symlink_to(disk)
    await stage.make()
    assert completed(await stage.scan()).added == 5
    disk.rename(tmp_path / "away")
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed) == (0, 1)
    assert "is its disk mounted?" in reasons(scan)[f"{stage.root}/disk"]
    disk.mkdir()
    (disk / "lost+found").mkdir()
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed) == (0, 1)
    assert "is its disk mounted?" in reasons(scan)[f"{stage.root}/disk"]
    shutil.rmtree(disk)
    (tmp_path / "away").rename(disk)
    assert completed(await stage.scan()).unchanged == 5
    (disk / "More (1992).mkv").write_bytes(b"more")
    (disk / "Far (1991)/Far (1991).mkv").unlink()
    scan = completed(await stage.scan())
    assert (scan.added, scan.removed, scan.failed) == (1, 1, 0)
    (stage.root / "disk").unlink()
    assert completed(await stage.scan()).removed == 1, "a link that is taken away is meant so"


async def test_what_is_deleted_elsewhere_is_still_noticed(stage: Stage, prober: StubProber) -> None:
    fill(stage, "one", "two")
    await stage.make(stage.root / "one", stage.root / "two")
    await stage.scan()
    (stage.root / "two").rename(stage.root.with_name("away"))
    (stage.root / "one/Film one0 (1990)/Film one0 (1990).mkv").unlink()
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed) == (1, 1)
    assert await present(stage) == 7


@pytest.mark.parametrize("after", [0, 1, 3, 5])
async def test_a_root_that_goes_away_during_the_walk(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """After so many folders the disk is gone; whatever was read before, nothing is removed."""
    fill(stage)
    await stage.make()
    await stage.scan()
    films, away = await stage.films(), stage.root.with_name("away")
    read = Walk._read
    done: list[str] = []

    def reading(walk: Walk, directory: str, *where: Any) -> Any:
        if len(done) == after:
            stage.root.rename(away)
        done.append(directory)
        return read(walk, directory, *where)

    monkeypatch.setattr(Walk, "_read", reading)
    if after == 5:  # the walk is over: gone before anybody concludes from it
        monkeypatch.setattr(Walk, "__iter__", _then(stage.root, away))
    scan = completed(await stage.scan())
    monkeypatch.undo()
    assert scan.removed == 0
    assert scan.failed >= 1
    assert await stage.films() == films
    assert await present(stage) == 4
    away.rename(stage.root)
    assert completed(await stage.scan()).unchanged == 4


def _then(root: Path, away: Path) -> Any:
    whole = Walk.__iter__

    def walk(self: Walk) -> Iterator[Any]:
        yield from whole(self)
        root.rename(away)

    return walk


@pytest.mark.parametrize("kind", list(LibraryKind))
async def test_what_could_not_be_read_is_read_when_the_disk_is_back(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch, kind: LibraryKind
) -> None:
    """The disk goes between the walk and the look into NFO files."""
    title = "<title>As It Says</title>"
    if kind is LibraryKind.MOVIES:
        stage.put("Film (1990)/Film (1990).mkv")
        stage.put("Film (1990)/movie.nfo", f"<movie>{title}</movie>")
    else:
        stage.put("Show/Season 1/Show S01E01.mkv")
        stage.put("Show/tvshow.nfo", f"<tvshow>{title}</tvshow>")
        stage.put("Show/Season 1/Show S01E01.nfo", f"<episodedetails>{title}</episodedetails>")
    await stage.make(kind=kind)
    away = stage.root.with_name("away")
    monkeypatch.setattr(Walk, "__iter__", _then(stage.root, away))
    scan = completed(await stage.scan())
    assert scan.failed > 1
    monkeypatch.undo()
    away.rename(stage.root)
    again = completed(await stage.scan())
    assert again.failed == 0
    if kind is LibraryKind.MOVIES:
        assert await stage.titles() == [("As It Says", 1990)]
    else:
        ((show, episodes),) = (await stage.shows()).items()
        assert (show, episodes["S01E01"][0]) == ("As It Says", "As It Says")
    before = await stage.snapshot()
    assert completed(await stage.scan()).updated == 0
    assert await stage.snapshot() == before


async def test_a_root_that_goes_away_between_listing_and_looking(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of a folder answers "not found": the folder itself is gone, not they."""
    fill(stage)
    await stage.make()
    await stage.scan()
    away = stage.root.with_name("away")
    entry = Walk._entry

    def looking(walk: Walk, found: Any, prefix: str, depth: int) -> Any:
        if stage.root.exists():
            stage.root.rename(away)
        return entry(walk, found, prefix, depth)

    monkeypatch.setattr(Walk, "_entry", looking)
    scan = completed(await stage.scan())
    monkeypatch.undo()
    assert scan.removed == 0
    assert await present(stage) == 4


async def test_another_disk_in_the_same_place(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    (stage.root / "Film 0 (1990)/Film 0 (1990).mkv").unlink()
    monkeypatch.setattr(Walk, "intact", lambda _: False)
    scan = completed(await stage.scan())
    assert scan.removed == 0
    assert "went away while it was scanned" in reasons(scan)[str(stage.root)]


async def test_an_unreadable_folder_keeps_what_is_below(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.put("Shelf/Deep/Film (1990)/Film (1990).mkv")
    stage.put("Shelf2/Gone (1991)/Gone (1991).mkv")
    stage.put("Other (1992)/Other (1992).mkv")
    await stage.make()
    await stage.scan()
    (stage.root / "Shelf2/Gone (1991)/Gone (1991).mkv").unlink()
    scandir = os.scandir

    def failing(path: str | int) -> Any:
        where = str(Path(f"/proc/self/fd/{path}").readlink()) if isinstance(path, int) else path
        if where.endswith("/Shelf"):
            raise OSError(5, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    scan = completed(await stage.scan())
    monkeypatch.undo()
    assert (scan.removed, scan.failed) == (1, 1), "a name that only begins alike is not below"
    assert reasons(scan) == {f"{stage.root}/Shelf": "The file system says: Input/output error."}
    missing = [n for n, r in (await stage.files()).items() if r["missing_since"]]
    assert missing == ["Shelf2/Gone (1991)/Gone (1991).mkv"]
    assert completed(await stage.scan()).removed == 0


async def test_a_file_that_cannot_be_looked_at_is_kept(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    entry = Walk._entry

    def failing(walk: Walk, found: Any, prefix: str, depth: int) -> Any:
        if found.name.startswith("Film 2"):
            raise OSError(5, "Input/output error")
        return entry(walk, found, prefix, depth)

    monkeypatch.setattr(Walk, "_entry", failing)
    scan = completed(await stage.scan())
    assert (scan.removed, scan.failed, scan.unchanged) == (0, 1, 3)
    assert await present(stage) == 4


WALK_AS_NOBODY = """
import os, sys
from app.libraries.domain import LibraryKind, ScanKind
from app.scanning.service.walk import Walk
os.setgroups([]); os.setgid({gid}); os.setuid({uid})
walk = Walk(sys.argv[1])
print(sorted(e.name for w in walk for e in w.entries))
print(sorted((p.path, p.reason) for p in walk.problems))
print(sorted(walk.unreadable))
"""


@pytest.mark.skipif(not ROOT, reason="needs root to become somebody else")
def test_permissions_are_told_as_such() -> None:
    """The walk in a process that is nobody: what it may not read is reported, the rest is read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        _walk_as_nobody(Path(folder))


def _walk_as_nobody(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for name in ("open/a.mkv", "closed/b.mkv", "listed/c.mkv", "hidden.mkv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "closed").chmod(0)
    (tmp_path / "listed").chmod(0o744)  # names can be read, files cannot be looked at
    (tmp_path / "hidden.mkv").chmod(0)
    script = WALK_AS_NOBODY.format(uid=nobody.pw_uid, gid=nobody.pw_gid)
    found = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert found.returncode == 0, found.stderr
    names, problems, unreadable = found.stdout.splitlines()
    assert names == "['a.mkv', 'hidden.mkv']"
    why = "The server may not read this."
    assert problems == str([("closed", why), ("listed/c.mkv", why)])
    assert unreadable == "['closed', 'listed/c.mkv']"
