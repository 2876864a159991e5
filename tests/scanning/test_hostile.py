"""Names and things on disk that nobody would make, but somebody does: reported, never fatal."""

import os
import random
import socket
import time
from pathlib import Path

import pytest

from app.libraries.domain import FileKind
from app.scanning.service.walk import Bounds, Walk, kind_of
from tests.scanning.stage import Stage, StubProber, completed, reasons

NAMES = 10_000 if os.environ.get("SCALE") == "full" else 500
PARTS = (
    "../",
    "..",
    "%2e%2e%2f",
    "-rf",
    "--option=x",
    "<script>alert(1)</script>",
    "'; drop table movies; --",
    '"',
    "\\",
    "\n",
    "\r",
    "\t",
    "\x1b[31m",
    "\x7f",
    "\u202e",
    "\u200b",
    "\ufeff",
    "é",
    "e\u0301",
    "ﷺ",
    "😀",
    "İı",
    "ß",
    "CON",
    "aux.",
    " ",
    "$(id)",
    "`id`",
    "{tmdb-1}",
    "[imdbid-tt0000001]",
    "(1999)",
    "cd1",
    "1080p",
    "%s%n",
    "{0.__class__}",
    "\udcff",
    "\udc80\udc81",
)
SUFFIXES = (".mkv", ".MKV", ".mp4", ".srt", ".nfo", ".jpg", ".avi")


def hostile_names(count: int) -> list[str]:
    """Names that a Linux file system takes, the same ones every time."""
    chance = random.Random(42)
    found: dict[str, None] = {}
    while len(found) < count:
        text = "".join(chance.choice(PARTS) for _ in range(chance.randint(1, 6)))
        name = text.replace("/", "") + chance.choice(SUFFIXES)
        if chance.random() < 0.1:
            name = "x" * (255 - len(os.fsencode(name))) + name
        if 0 < len(os.fsencode(name)) <= 255 and name.strip(".") and not name.startswith("."):
            found[name] = None
    return list(found)


async def test_every_hostile_name_is_taken_or_reported(
    stage: Stage, prober: StubProber, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outside = tmp_path / "secret.mkv"
    outside.write_bytes(b"secret")
    names = hostile_names(NAMES)
    chance = random.Random(7)
    for number, name in enumerate(names):
        folder = stage.root / chance.choice(["", "a", "b/c", "d..", "-e", "f\n"])
        folder.mkdir(parents=True, exist_ok=True)
        Path(folder, name).write_bytes(name.encode("utf-8", "surrogateescape") * (number % 3))
    await stage.make()
    scan = completed(await stage.scan())
    text = [n for n in names if n.isascii() or not _broken(n)]
    known = await stage.files()
    assert sorted(row["name"] for row in known.values()) == sorted(text), "names round-trip"
    told = [e for e in scan.errors if e.reason == "The name is not valid UTF-8."]
    assert len(told) == min(500, len(names) - len(text))
    assert len(scan.errors) == min(500, scan.failed), "the first 500 are kept"
    logged = [r for r in caplog.records if "scan.fault" in str(r.msg)]
    assert len(scan.errors) + len(logged) == scan.failed, "and the others logged"
    assert scan.found == len(text)
    for row in known.values():
        path = Path(stage.root, row["dir"], row["name"])
        assert path.resolve().is_relative_to(stage.root.resolve())
    assert "secret.mkv" not in {row["name"] for row in known.values()}
    assert completed(await stage.scan()).unchanged == len(text)


def _broken(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return True
    return False


async def test_pipes_sockets_and_links_to_nothing_good(
    stage: Stage, prober: StubProber, tmp_path: Path
) -> None:
    film = stage.put("Film (1990)/Film (1990).mkv")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (stage.root / "loop").symlink_to(stage.root)
    (stage.root / "up").symlink_to(stage.root.parent)
    (stage.root / "Film (1990)/again").symlink_to("..")
    (stage.root / "twice").symlink_to("Film (1990)")
    (stage.root / "all").symlink_to("/")
    (stage.root / "etc").symlink_to("/etc")
    (stage.root / "linked.mkv").symlink_to(film)
    (stage.root / "etc.mkv").symlink_to("/etc/passwd")
    (stage.root / "poster.jpg").symlink_to(secret)
    (stage.root / "movie.nfo").symlink_to(secret)
    (stage.root / "notes.txt").symlink_to(secret)
    (stage.root / "dangling.mkv").symlink_to("nowhere")
    (stage.root / "self.mkv").symlink_to("self.mkv")
    os.mkfifo(tmp_path / "pipe.mkv")
    (stage.root / "piped.mkv").symlink_to(tmp_path / "pipe.mkv")
    os.mkfifo(stage.root / "pipe.mkv")
    server = socket.socket(socket.AF_UNIX)
    home = Path.cwd()
    os.chdir(stage.root)
    try:
        server.bind("sock.mkv")
    finally:
        os.chdir(home)
    (stage.root / "folder.mkv").mkdir()
    await stage.make()
    scan = completed(await stage.scan())
    server.close()
    assert list(await stage.files()) == ["Film (1990)/Film (1990).mkv"]
    told = {path.removeprefix(f"{stage.root}/"): why for path, why in reasons(scan).items()}
    back, twice = (
        "The link leads back to a folder that holds it.",
        "The link leads to what the library has by itself.",
    )
    other, irregular = "The link leads to another kind of file.", "This is no regular file."
    assert told == {
        "loop": back,
        "up": back,
        "Film (1990)/again": back,
        "all": back,
        "twice": twice,
        "linked.mkv": twice,
        "etc": "The link is not followed: '/etc' belongs to the system.",
        "etc.mkv": other,
        "poster.jpg": other,
        "movie.nfo": other,
        "dangling.mkv": "The link leads nowhere; is its disk mounted?",
        "self.mkv": "The link leads to itself.",
        "piped.mkv": irregular,
        "pipe.mkv": irregular,
        "sock.mkv": irregular,
    }
    assert completed(await stage.scan()).failed == len(told)


async def test_links_are_followed(stage: Stage, prober: StubProber, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    for path in ("Far (1991)/Far (1991).mkv", "deep/er/Deep (1992).mkv", "Alone (1993).mkv"):
        (disk / path).parent.mkdir(parents=True, exist_ok=True)
        (disk / path).write_bytes(path.encode())
    stage.put("Film (1990)/Film (1990).mkv")
    stage.put(".store/abc.mkv", "kept elsewhere")
    (stage.root / "a").symlink_to(disk / "deep")
    (stage.root / "disk").symlink_to(disk)
    (stage.root / "Single (1993).mkv").symlink_to(disk / "Alone (1993).mkv")
    (stage.root / "Stored (1994).mkv").symlink_to(".store/abc.mkv")
    (disk / "deep/er/round").symlink_to(disk)  # a loop outside of the library
    (disk / "Far (1991)/self").symlink_to(".")
    await stage.make()
    scan = completed(await stage.scan())
    assert set(await stage.files()) == {
        "Film (1990)/Film (1990).mkv",
        "a/er/Deep (1992).mkv",
        "a/er/round/Far (1991)/Far (1991).mkv",
        "a/er/round/Alone (1993).mkv",
        "Single (1993).mkv",
        "Stored (1994).mkv",
    }
    twice = "The link leads to what the library has by itself."
    told = {path.removeprefix(f"{stage.root}/"): why for path, why in reasons(scan).items()}
    assert told == {
        "a/er/round/deep": twice,
        "a/er/round/Far (1991)/self": twice,
        "disk": twice,
    }
    ((size,),) = await stage.rows("select size from library_files where name like 'Stored%'")
    assert size == len("kept elsewhere")
    again = completed(await stage.scan())
    assert (again.unchanged, again.added, again.removed) == (6, 0, 0), "the same paths every time"


async def test_links_never_lead_into_another_library(
    stage: Stage, prober: StubProber, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    for name in ("other/Theirs (1991)/Theirs (1991).mkv", "mine/Mine (1992).mkv"):
        (shelf / name).parent.mkdir(parents=True, exist_ok=True)
        (shelf / name).write_bytes(name.encode())
    (stage.root / "whole").symlink_to(shelf / "other")
    (stage.root / "part").symlink_to(shelf / "other/Theirs (1991)")
    (stage.root / "above").symlink_to(shelf)
    (stage.root / "Their.mkv").symlink_to(shelf / "other/Theirs (1991)/Theirs (1991).mkv")
    await stage.make(shelf / "other", name="Theirs")
    await stage.make()
    scan = completed(await stage.scan())
    assert set(await stage.files()) == {"above/mine/Mine (1992).mkv"}
    told = {path.removeprefix(f"{stage.root}/"): why for path, why in reasons(scan).items()}
    assert told == dict.fromkeys(
        ("whole", "part", "above/other", "Their.mkv"), "The link leads into another library."
    )


@pytest.mark.parametrize("swapped", ["Film", "Film/inner"])
def test_a_folder_that_a_link_replaces_during_the_walk_is_not_read(
    tmp_path: Path, swapped: str
) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    for folder in (root / "Film/inner", other / "inner"):
        folder.mkdir(parents=True)
        (folder / f"{folder.parent.name}.mkv").write_bytes(b"x")
    walk = Walk(str(root), Bounds(out=True))
    walked = iter(walk)
    found = [next(walked).dir for _ in range(1 + swapped.count("/"))]
    assert found == ["", "Film"][: len(found)]
    (root / swapped).rename(tmp_path / "aside")
    (root / swapped).symlink_to(other / swapped.removeprefix("Film").strip("/"))
    assert list(walked) == []
    assert walk.unreadable == [swapped], "nothing is known of it, so nothing of it is gone"
    assert [p.reason for p in walk.problems] == ["Another folder took its place while it was read."]


def test_many_links_to_folders_cost_little(tmp_path: Path) -> None:
    """Libraries that consist of links to folders are common beside download clients."""
    root, disk = tmp_path / "root", tmp_path / "disk"
    root.mkdir()
    for number in range(1000):
        (disk / str(number)).mkdir(parents=True)
        (disk / str(number) / "Film (1990).mkv").write_bytes(b"x")
        (root / f"Film {number} (1990)").symlink_to(disk / str(number))
    walk = Walk(str(root), Bounds(out=True))
    started = time.perf_counter()
    assert sum(len(walked.entries) for walked in walk) == 1000
    assert time.perf_counter() - started < 3
    assert walk.problems == []


async def test_trees_too_deep_and_paths_too_long(stage: Stage, prober: StubProber) -> None:
    stage.put("/".join(["d"] * 40) + "/Film (1990).mkv")
    stage.put("/".join(["e"] * 70) + "/Too Deep (1990).mkv")
    chance = random.Random(1)
    long = stage.root
    handle = os.open(stage.root, os.O_RDONLY)
    for _ in range(40):  # far beyond what a path may be: made step by step
        name = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(200))
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
        os.close(os.open("Film.mkv", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)
    await stage.make()
    scan = completed(await stage.scan())
    known = await stage.files()
    assert "/".join(["d"] * 40) + "/Film (1990).mkv" in known
    assert not any("Too Deep" in name for name in known)
    why = set(reasons(scan).values())
    assert why == {
        "Folders are nested deeper than 64 levels.",
        "The path is longer than 2000 bytes.",
    }
    assert sum(name.endswith("/Film.mkv") for name in known) == 9
    assert completed(await stage.scan()).unchanged == len(known)
    assert long.exists()


async def test_longest_names_with_the_widest_letters(stage: Stage, prober: StubProber) -> None:
    """Keys in indexes are bounded: these unfold to 18 times their length."""
    wide = "ﷺ" * 40
    stage.put(f"{wide}/{wide} (1990).mkv")
    actors = "".join(
        f"<actor><name>{''.join(random.Random(n).choices('ﷺﷻ㌫㍿㌖㌠', k=200))}</name></actor>"
        for n in range(20)
    )
    genres = "".join(f"<genre>{'㍿㌫㌖㌠ﷺﷻ' * 16}{n}</genre>" for n in range(3))
    stage.put(f"{wide}/movie.nfo", f"<movie>{actors}{genres}<set>{'㍿㌫㌖㌠ﷺﷻ' * 50}</set></movie>")
    await stage.make()
    scan = completed(await stage.scan())
    assert scan.failed == 0
    assert len(await stage.rows("select 1 from credits")) == 20


async def test_ignored_hidden_and_junk(stage: Stage, prober: StubProber) -> None:
    stage.put("Film (1990)/Film (1990).mkv")
    for ignored in (
        "Private/.nomedia",
        "Old/.ignore",
        "Private/Deep/Secret (1990).mkv",
        "Private/Film.mkv",
        "Old/Film.mkv",
        ".hidden/Film.mkv",
        ".actors/Somebody.jpg",
        ".Trash-1000/files/Old (1999)/Old (1999).mkv",
        "Film (1990)/.DS_Store",
        "Film (1990)/.AppleDouble/Film (1990).mkv",
        "@Recycle/Film.mkv",
        "Film (1990)/._Film (1990).mkv",
        "@eaDir/Film (1990).mkv/thumb.jpg",
        "Film (1990)/@eaDir/x.mkv",
        "#recycle/Film.mkv",
        "$RECYCLE.BIN/Film.mkv",
        "lost+found/Film.mkv",
        "System Volume Information/Film.mkv",
        "Film (1990)/notes.txt",
        "Film (1990)/Film.exe",
        "Film (1990)/Film.mkv.part",
    ):
        stage.put(ignored, b"x")
    stage.put("Plex/.plexignore", "*.txt")
    stage.put("Plex/Kept (1991)/Kept (1991).mkv")
    await stage.make()
    scan = completed(await stage.scan())
    assert set(await stage.files()) == {
        "Film (1990)/Film (1990).mkv",
        "Plex/Kept (1991)/Kept (1991).mkv",
    }
    assert scan.failed == 0, "what is left out on purpose is no problem"
    (stage.root / "Old/.ignore").unlink()
    assert completed(await stage.scan()).added == 1
    stage.put("Film (1990)/.nomedia")
    assert completed(await stage.scan()).removed == 1


async def test_films_with_a_dot_are_told_of(stage: Stage, prober: StubProber) -> None:
    """Hidden is hidden, as everywhere; but ".45" is a film, and its folder somebody's wonder."""
    stage.put("Film (1990)/Film (1990).mkv")
    stage.put(".45 (2006)/.45 (2006).mkv")
    stage.put("Film (1990)/.Part.mkv")
    stage.put(".cache/x.mkv")
    await stage.make()
    scan = completed(await stage.scan())
    assert list(await stage.files()) == ["Film (1990)/Film (1990).mkv"]
    told = {path.removeprefix(f"{stage.root}/"): why for path, why in reasons(scan).items()}
    assert told == dict.fromkeys(
        (".45 (2006)", "Film (1990)/.Part.mkv"), "Names that begin with a dot are left out."
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mkv", FileKind.VIDEO),
        ("a.MP4", FileKind.VIDEO),
        ("a.srt", FileKind.SUBTITLE),
        ("a.NFO", FileKind.NFO),
        ("poster.JPG", FileKind.IMAGE),
        ("a.txt", None),
        ("mkv", None),
        ("", None),
    ],
)
def test_kinds(name: str, kind: FileKind | None) -> None:
    assert kind_of(name) is kind


def test_a_stopped_walk_ends(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / str(number)).mkdir()
    walk = Walk(str(tmp_path))
    seen = 0
    for _ in walk:
        seen += 1
        walk.stopped = seen == 3
    assert seen == 3


def test_times_from_other_centuries(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"x")
    os.utime(path, ns=(0, -(10**18)))
    (walked,) = Walk(str(tmp_path))
    assert walked.entries[0].mtime_ns == -(10**18)
