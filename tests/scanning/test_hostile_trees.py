"""Ten thousand things that nobody would put into a library, all at once: nothing outside of it is
taken, no scan ends early, and each of them is listed, reported, or left out by a rule that is
written down.
"""

import os
import random
import stat
import unicodedata
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.libraries.domain import LibraryInput, LibraryKind, Scan, ScanKind
from app.scanning.service import progress
from tests.scanning.stage import Stage, StubProber, completed
from tests.scanning.trees import Tree, everything, ignored, is_plain, is_silent
from tests.support.api import Api
from tests.support.people import People

THINGS = 10_000 if os.environ.get("SCALE") == "full" else 500
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on File { name path kind size } } }"
MOVIES = """query($after: String) { movies(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes { title sortTitle originalTitle versions { edition parts { file { name } } } } } }"""
ERRORS = """query($id: ID!) { scans(libraryId: $id, first: 1) { nodes {
  state failed errors { path reason code } } } }"""
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What lies beside the library: a disk that links may lead to, and another library."""
    folder = tmp_path / "outside"
    for name in ("disk/inner/One (1991).mkv", "disk/Two (1992).mkv", "theirs/Theirs (1992).mkv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "disk/secret").write_text("secret")
    (folder / "disk/inner/back").symlink_to(folder / "disk")
    os.mkfifo(folder / "pipe.mkv")
    return folder


@pytest.fixture
async def hostile(
    stage: Stage,
    prober: StubProber,
    outside: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Scan:
    """A scan of a hostile tree in a library of the kind asked for, with every error kept."""
    monkeypatch.setattr(progress, "KEPT_ERRORS", 1_000_000)
    tree = Tree(stage.root, outside, 20261121)
    tree.fill(THINGS)
    await stage.make(outside / "theirs", name="Theirs")
    wanted = LibraryInput(name="Ours", folders=(str(stage.root),))
    kind = getattr(request, "param", LibraryKind.MOVIES)
    stage.library = await stage.app.libraries.create(SYSTEM, kind, wanted)
    try:
        return completed(await stage.scan())
    finally:
        tree.close()


def told(stage: Stage, scan: Scan) -> set[str]:
    """What the errors of a scan are about."""
    return {error.path.removeprefix(f"{stage.root}/") for error in scan.errors}


def is_told(stage: Stage, path: str, known: set[str]) -> bool:
    """Whether it, or a folder that it is in, was reported; long paths are cut."""
    room = 1000 - len(f"{stage.root}/")
    parts = shown(path).split("/")
    return any("/".join(parts[:depth])[:room] in known for depth in range(1, len(parts) + 1))


def shown(path: str) -> str:
    """A path as a scan tells of it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("hostile", LibraryKind, indirect=True)
async def test_everything_is_accounted_for(stage: Stage, hostile: Scan) -> None:
    listed, known, quiet = await stage.files(), told(stage, hostile), ignored(stage.root)
    lost, unlisted, wrong, plain = [], [], [], 0
    for path, about in everything(stage.root):
        is_listed = path in listed
        silent = is_silent(stage.root, path, about, quiet)
        if not (is_listed or silent or is_told(stage, path, known)):
            lost.append(path)
        if is_plain(path, about) and not silent:
            plain += 1
            if not is_listed:
                unlisted.append(path)
        if is_listed and not (stat.S_ISREG(about.st_mode) or stat.S_ISLNK(about.st_mode)):
            wrong.append(path)
    assert (lost, unlisted, wrong) == ([], [], [])
    assert hostile.found == len(listed)
    assert hostile.failed == len(hostile.errors)
    assert plain > THINGS / 5
    assert len(known) > THINGS / 10


@pytest.mark.parametrize("hostile", LibraryKind, indirect=True)
async def test_nothing_outside_is_taken(stage: Stage, outside: Path, hostile: Scan) -> None:
    """By inode: every listed file is one of the library."""
    assert hostile.found
    own = {about.st_ino for _, about in everything(stage.root) if stat.S_ISREG(about.st_mode)}
    for row in (await stage.files()).values():
        path = stage.root / row["dir"] / row["name"]
        assert ".." not in path.parts
        assert path.stat().st_ino in own, path
        assert path.resolve().is_relative_to(stage.root.resolve())
    names = {row["name"] for row in await stage.rows("select name from library_files")}
    assert not names & {"passwd", "shadow", "secret", "Theirs (1992).mkv", "environ"}


async def test_links_that_may_lead_out_lead_to_media_alone(
    stage: Stage, outside: Path, hostile: Scan
) -> None:
    """By inode: what is listed now is of the library, or of the disk that no library has."""
    links = LibraryInput(follow_links=True)
    await stage.app.libraries.update(SYSTEM, stage.library.id, links)
    assert completed(await stage.scan()).added > 0
    own = {about.st_ino for _, about in everything(stage.root) if stat.S_ISREG(about.st_mode)}
    disk = {p.stat().st_ino for p in (outside / "disk").rglob("*.mkv") if not p.is_symlink()}
    seen = set()
    for row in (await stage.files()).values():
        path = stage.root / row["dir"] / row["name"]
        inode = path.stat().st_ino
        assert inode in own | disk, path
        if inode in disk and not path.is_symlink():
            assert inode not in seen, "once, however many links to folders lead there"
            seen.add(inode)
    assert seen == disk
    await stage.app.libraries.update(SYSTEM, stage.library.id, LibraryInput(follow_links=False))
    await stage.scan()
    here = await stage.rows("select 1 from library_files where missing_since is null")
    assert len(here) == hostile.found, "none of it stays"


@pytest.mark.parametrize("hostile", LibraryKind, indirect=True)
async def test_a_second_scan_finds_the_same(stage: Stage, hostile: Scan) -> None:
    before = await stage.snapshot()
    for kind in (ScanKind.INCREMENTAL, ScanKind.FULL):
        again = completed(await stage.scan(kind))
        assert (again.found, again.added, again.removed) == (hostile.found, 0, 0)
        walked = {e.path for e in again.errors}
        assert walked <= {e.path for e in hostile.errors}
        if kind is ScanKind.INCREMENTAL:
            assert again.unchanged == hostile.found
            assert await stage.snapshot() == before, "nothing is written"


@pytest.mark.parametrize("hostile", LibraryKind, indirect=True)
async def test_scans_of_single_paths_find_the_same(stage: Stage, hostile: Scan) -> None:
    """Also of paths that were reported, and of what links lead to."""
    chance, known = random.Random(1), await stage.files()
    paths = [path for path, _ in everything(stage.root) if path.isprintable() or path in known]
    asked = chance.sample(sorted(paths), min(len(paths), 900))
    asked += [f"link {number}.mkv/x.mkv" for number in range(22)]
    scan = completed(await stage.scan(ScanKind.INCREMENTAL, *asked))
    assert (scan.added, scan.removed) == (0, 0)
    assert 0 < scan.found <= hostile.found
    assert (await stage.files()).keys() == known.keys()
    place = next(Path(path).parent for path in asked if path in known and "/" in path)
    added = stage.put(f"{place}/\u202e\x1b[31mnew.mkv")
    scan = completed(await stage.scan(ScanKind.INCREMENTAL, added))
    assert (scan.added, scan.removed) == (1, 0)


async def _answer(api: Api, query: str, viewer: Any, **variables: Any) -> Any:
    """The data of an answer that a browser can be given."""
    response = await api.http.post(
        "/graphql",
        content=orjson.dumps({"query": query, "variables": variables}),
        headers={"content-type": "application/json", "authorization": viewer.authorization},
    )
    assert response.headers["content-type"].startswith("application/")
    assert "json" in response.headers["content-type"]
    assert response.headers["x-content-type-options"] == "nosniff"
    text = response.content.decode("utf-8", "strict")
    assert not any(c < " " for c in text), "controls are escaped"
    answer = orjson.loads(response.content)
    assert "errors" not in answer
    return answer["data"]


async def test_names_round_trip_through_the_api(
    stage: Stage, hostile: Scan, api: Api, people: People
) -> None:
    assert hostile.found
    admin = await people.admin()
    rows = list((await stage.files()).values())
    for start in range(0, len(rows), 100):
        some = rows[start : start + 100]
        ids = [encode_id("file", row["id"]) for row in some]
        for row, node in zip(
            some, (await _answer(api, NODES, admin, ids=ids))["nodes"], strict=True
        ):
            assert node["name"] == row["name"]
            assert node["path"] == str(Path(stage.root, row["dir"], row["name"]))
            assert Path(node["path"]).exists(), "what the API says is what is on the disk"
    scans = await _answer(api, ERRORS, admin, id=encode_id("library", stage.library.id))
    (scan,) = scans["scans"]["nodes"]
    assert (scan["state"], scan["failed"]) == ("COMPLETED", hostile.failed)
    assert [e["path"] for e in scan["errors"]] == [e.path for e in hostile.errors[:500]]


async def test_titles_hold_nothing_that_hides_or_turns(
    stage: Stage, hostile: Scan, api: Api, people: People
) -> None:
    """Names of files are as they are; what is made of them is for people to read."""
    assert hostile.found
    admin, after, seen = await people.admin(), None, 0
    while True:
        page = (await _answer(api, MOVIES, admin, after=after))["movies"]
        for movie in page["nodes"]:
            for text in (movie["title"], movie["sortTitle"], movie["originalTitle"]):
                kinds = {unicodedata.category(c) for c in text or ""}
                assert not kinds & {"Cc", "Cs", "Zl", "Zp"}, repr(text)
                assert not set(text or "") & TURNS, repr(text)
            seen += 1
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen > THINGS / 40, "or this tests nothing"


def test_nul_is_in_no_name(tmp_path: Path) -> None:
    """The operating system has none; were one told of in a path, it is no path."""
    with pytest.raises(ValueError, match="null"):
        (tmp_path / "a\0b.mkv").write_bytes(b"")
