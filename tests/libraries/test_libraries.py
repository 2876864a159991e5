"""Libraries through the API: what may be one, and how they come, change and go."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.core.errors import Code, Invalid
from app.core.ids import decode_id
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import Run
from app.libraries import service as libraries
from app.libraries.domain import LibraryInput
from app.libraries.service import next_time, usable_folder
from tests.conftest import wait_until
from tests.scanning.stage import Stage, StubProber
from tests.support.api import Api
from tests.support.people import People, Somebody

CREATE = """mutation($input: CreateLibraryInput!) { createLibrary(input: $input) {
  id name kind enabled scanOnStart schedule language folders { path } } }"""
UPDATE = """mutation($id: ID!, $input: UpdateLibraryInput!) {
  updateLibrary(id: $id, input: $input) {
    id name enabled scanOnStart schedule language folders { path } } }"""
DELETE = "mutation($id: ID!) { deleteLibrary(id: $id) }"
GONE = (
    *("items", "movies", "item_versions", "version_files", "library_files", "item_genres"),
    *("credits", "artwork", "external_ids", "collection_items", "watch_progress"),
    *("library_scans", "library_grants"),
)
LIST = "{ libraries { totalCount nodes { id name } } }"


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@pytest.fixture
def stage(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    root = tmp_path / "media"
    root.mkdir()
    probing: Any = api.app.probing
    monkeypatch.setattr(probing, "_prober", StubProber())
    return Stage(api.app, root)


def given(*folders: object, name: str = "Films", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "MOVIES", "folders": [str(f) for f in folders], **more}


async def test_a_library_is_made(api: Api, admin: Somebody, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "två — 2"
    one.mkdir()
    two.mkdir()
    wanted = given(one, two, name="  My \n films ", scanOnStart=True, language="pt-BR")
    made = (await api.run(CREATE, admin, input=wanted | {"schedule": "*/5 * * * *"}))[
        "createLibrary"
    ]
    assert made.pop("id").startswith("library_")
    assert made == {
        "name": "My films",
        "kind": "MOVIES",
        "enabled": True,
        "scanOnStart": True,
        "schedule": "*/5 * * * *",
        "language": "pt-BR",
        "folders": [{"path": str(one.resolve())}, {"path": str(two.resolve())}],
    }


def _missing(root: Path) -> str:
    return str(root / "nowhere")


def _file(root: Path) -> str:
    (root / "file").write_text("x")
    return str(root / "file")


def _inner(root: Path) -> str:
    (root / "taken/inner").mkdir(parents=True, exist_ok=True)
    return str(root / "taken/inner")


def _link(root: Path) -> str:
    (root / "link").symlink_to(root / "taken")
    return str(root / "link")


def _loop(root: Path) -> str:
    (root / "loop").symlink_to(root / "loop")
    return str(root / "loop")


def _dotted(root: Path) -> str:
    return f"{root}/taken/../taken/."


def _root_link(root: Path) -> str:
    (root / "slash").symlink_to("/")
    return str(root / "slash")


REFUSED: list[tuple[Callable[[Path], str], str]] = [
    (_missing, "does not exist."),
    (_file, "is not a folder."),
    (_loop, "does not exist."),
    (lambda _: "/", "is the whole system; name the folder with the media."),
    (lambda _: "//", "is the whole system; name the folder with the media."),
    (_root_link, "is the whole system; name the folder with the media."),
    (lambda _: "/proc", "belongs to the system."),
    (lambda _: "/proc/self", "belongs to the system."),
    (lambda _: "/etc", "belongs to the system."),
    (lambda _: "relative/path", "is not an absolute path."),
    (lambda _: "", "is not an absolute path."),
    (lambda _: "~/films", "is not an absolute path."),
    (lambda root: str(root) + "/x" * 3000, "is not an absolute path."),
    (lambda root: f"{root}/{'x' * 300}", "does not exist."),
    (lambda root: str(root / "taken"), "overlaps a folder of another library."),
    (_dotted, "overlaps a folder of another library."),
    (_inner, "overlaps a folder of another library."),
    (_link, "overlaps a folder of another library."),
    (str, "overlaps a folder of another library."),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=range(len(REFUSED)))
async def test_folders_that_are_refused(
    api: Api, admin: Somebody, tmp_path: Path, make: Callable[[Path], str], sentence: str
) -> None:
    (tmp_path / "taken").mkdir()
    await api.run(CREATE, admin, input=given(tmp_path / "taken", name="Taken"))
    error = await api.fails(CREATE, admin, input=given(make(tmp_path)))
    assert (error.code, error.field) == (Code.INVALID, "folders")
    assert error.message.endswith(sentence)
    assert (await api.run(LIST, admin))["libraries"]["totalCount"] == 1


async def test_neighbours_with_like_names_do_not_overlap(
    api: Api, admin: Somebody, tmp_path: Path
) -> None:
    for name in ("films", "films2", "film"):
        (tmp_path / name).mkdir()
        await api.run(CREATE, admin, input=given(tmp_path / name, name=name))


async def test_folders_of_one_library_do_not_overlap(
    api: Api, admin: Somebody, tmp_path: Path
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    for pair in ((tmp_path / "a", tmp_path / "a/b"), (tmp_path / "a", tmp_path / "a")):
        error = await api.fails(CREATE, admin, input=given(*pair))
        assert error.message.endswith("overlaps another folder of this library.")


async def test_a_folder_that_never_answers(
    api: Api, admin: Somebody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setattr(libraries, "LOOK_TIMEOUT", 0.1)
    monkeypatch.setattr(libraries, "usable_folder", lambda _: time.sleep(0.5))
    error = await api.fails(CREATE, admin, input=given(tmp_path))
    assert error.message.endswith("does not answer; is its disk mounted?")


def test_folders_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", denied)
        with pytest.raises(Invalid, match="cannot be read by the server"):
            usable_folder(str(tmp_path))
    monkeypatch.setattr(os.path, "realpath", denied)
    with pytest.raises(Invalid, match="lacks the permission"):
        usable_folder(str(tmp_path))


def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")
    Path(path).mkdir()
    with pytest.raises(Invalid, match="not valid UTF-8") as refused:
        usable_folder(path)
    str(refused.value).encode()


def test_disks_that_desktops_plug_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(libraries, "SYSTEM_FOLDERS", (f"{tmp_path}/run",))
    monkeypatch.setattr(libraries, "MOUNTS", f"{tmp_path}/run/media")
    for name in ("media/ann/disk", "mediator", "user/1000"):
        (tmp_path / "run" / name).mkdir(parents=True)
    assert usable_folder(f"{tmp_path}/run/media/ann/disk") == f"{tmp_path}/run/media/ann/disk"
    for name in ("media", "mediator", "user/1000"):
        with pytest.raises(Invalid, match="belongs to the system"):
            usable_folder(f"{tmp_path}/run/{name}")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \n "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"folders": []}, "folders"),
        ({"folders": ["/tmp"] * 51}, "folders"),
        ({"language": "english"}, "language"),
        ({"language": "e"}, "language"),
        ({"language": "en-"}, "language"),
        ({"language": "日本"}, "language"),
        ({"schedule": "daily"}, "schedule"),
        ({"schedule": "* * * *"}, "schedule"),
        ({"schedule": "* * * * * *"}, "schedule"),
        ({"schedule": "61 * * * *"}, "schedule"),
        ({"schedule": "0 0 31 2 *"}, "schedule"),
        ({"schedule": "* " * 500}, "schedule"),
    ],
)
async def test_other_refusals_name_the_field(
    api: Api, admin: Somebody, tmp_path: Path, more: dict[str, Any], field: str
) -> None:
    error = await api.fails(CREATE, admin, input=given(tmp_path) | more)
    assert (error.code, error.field) == (Code.INVALID, field)


@pytest.mark.parametrize("more", [{"name": "a\x00b"}, {"folders": ["/tmp/a\x00b"]}])
async def test_nul_is_refused(
    api: Api, admin: Somebody, tmp_path: Path, more: dict[str, Any]
) -> None:
    assert (await api.fails(CREATE, admin, input=given(tmp_path) | more)).code is Code.INVALID
    with pytest.raises(Invalid):
        usable_folder("/tmp/a\x00b")


async def test_names_are_unique(api: Api, admin: Somebody, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    await api.run(CREATE, admin, input=given(tmp_path / "a", name="Straße"))
    error = await api.fails(CREATE, admin, input=given(tmp_path / "b", name="STRASSE"))
    assert (error.code, error.field) == (Code.CONFLICT, "name")
    second = await api.run(CREATE, admin, input=given(tmp_path / "b", name="Other"))
    ref = second["createLibrary"]["id"]
    error = await api.fails(UPDATE, admin, id=ref, input={"name": "strasse"})
    assert error.code is Code.CONFLICT
    kept = await api.run(UPDATE, admin, id=ref, input={"name": "OTHER"})
    assert kept["updateLibrary"]["name"] == "OTHER"


async def test_changes(api: Api, admin: Somebody, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    made = await api.run(CREATE, admin, input=given(tmp_path / "a", schedule="0 4 * * *"))
    ref = made["createLibrary"]["id"]
    changed = await api.run(UPDATE, admin, id=ref, input={"enabled": False, "schedule": ""})
    assert changed["updateLibrary"] == {
        "id": ref,
        "name": "Films",
        "enabled": False,
        "scanOnStart": False,
        "schedule": None,
        "language": "en",
        "folders": [{"path": str(tmp_path / "a")}],
    }
    (tmp_path / "a").rename(tmp_path / "unmounted")
    folders = [str(tmp_path / "a"), str(tmp_path / "b")]
    added = await api.run(UPDATE, admin, id=ref, input={"folders": folders})
    assert [f["path"] for f in added["updateLibrary"]["folders"]] == folders
    error = await api.fails(UPDATE, admin, id=ref, input={"folders": folders[:1]})
    assert "is taken out by deleting its library" in error.message
    error = await api.fails(UPDATE, admin, id=ref, input={"folders": [*folders, folders[0] + "/x"]})
    assert error.field == "folders"
    assert (await api.fails(UPDATE, admin, id="library_" + "0" * 32, input={})).code is (
        Code.NOT_FOUND
    )


async def test_two_at_once_cannot_share_a_folder(api: Api, admin: Somebody, tmp_path: Path) -> None:
    answers = await asyncio.gather(
        *(api.send(CREATE, {"input": given(tmp_path, name=f"L{n}")}, admin) for n in range(6))
    )
    assert sum("errors" not in answer for answer in answers) == 1


def test_when_a_schedule_comes_next() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 1, 31, 23, 59, 30, tzinfo=UTC)
    assert next_time("0 0 * * *", now) == datetime(2026, 2, 1, tzinfo=UTC)
    assert next_time("", now) is None
    assert next_time(None, now) is None
    with pytest.raises(Invalid):
        next_time("* * * * \x00", now)


async def test_deleting_takes_everything_but_the_files(
    api: Api, admin: Somebody, stage: Stage
) -> None:
    for number in range(30):
        film = f"Film {number} (1990) {{tmdb-{number}}}"
        stage.put(f"{film}/{film}.mkv")
        stage.put(f"{film}/poster.jpg")
        more = "<actor><name>A</name></actor><set>S</set><genre>G</genre>"
        stage.put(f"{film}/movie.nfo", f"<movie>{more}</movie>")
    await stage.make()
    await stage.scan()
    app, library = api.app, stage.library
    movies = list((await stage.film_ids()).values())
    viewer = await People(app).viewer(admin)
    await app.watch.update(viewer, movies[0], 10, 100)
    await app.rbac.grant(SYSTEM, admin.id, library.id, _level())
    open_scan = await stage.start()
    names: list[str] = []
    removed: set[str] = set()

    async def listen() -> None:
        async with app.live.subscribe("libraries") as messages:
            async for message in messages:
                names.append(message.name)
                removed.update(message.payload.get("removed", ()))

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.2)
    ref = (await api.run(LIST, admin))["libraries"]["nodes"][0]["id"]
    assert decode_id("library", ref) == library.id
    assert await api.run(DELETE, admin, id=ref) == {"deleteLibrary": True}
    assert (await api.run(LIST, admin))["libraries"] == {"totalCount": 0, "nodes": []}
    assert (await api.fails(DELETE, admin, id=ref)).code is Code.NOT_FOUND
    other = stage.root.with_name("other")
    other.mkdir()
    await api.run(CREATE, admin, input=given(other))  # the name is free at once
    await _run_deletion(stage)
    await wait_until(lambda: "library.deleted" in names)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert removed == {str(movie) for movie in movies}
    assert (await stage.record_or_none(open_scan)) is None
    for table in GONE:
        assert await stage.rows(f"select 1 from {table}") == [], table
    assert len(await stage.rows("select 1 from libraries")) == 1
    assert len(list(stage.root.rglob("*.mkv"))) == 30


def _level() -> Any:
    from app.rbac.domain import GrantLevel

    return GrantLevel.VIEW


async def _run_deletion(stage: Stage) -> None:
    ledger = Ledger(stage.app.db.pool, stage.ledger.worker)
    (job,) = [j for j in await ledger.claim("default", 20, 60) if j.kind == "libraries.delete"]
    await stage.carry_out(job, Run(stage.app.db, stage.app.live, job, ledger.worker))


async def test_deleting_can_be_carried_on(
    api: Api, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two batches, the next attempt does the rest."""
    from app.scanning.service import deletion

    monkeypatch.setattr(deletion, "AT_ONCE", 5)
    for number in range(20):
        stage.put(f"Film {number} (1990).mkv")
    await stage.make()
    await stage.scan()
    await api.app.libraries.delete(SYSTEM, stage.library.id)
    delete, done = api.app.item_repository.delete, []

    async def dying(*args: Any) -> None:
        done.append(1)
        if len(done) == 3:
            raise RuntimeError("killed")
        await delete(*args)

    with monkeypatch.context() as patched:
        patched.setattr(api.app.item_repository, "delete", dying)
        ledger = stage.ledger
        (job,) = [j for j in await ledger.claim("default", 9, 60) if j.kind == "libraries.delete"]
        with pytest.raises(RuntimeError):
            await stage.carry_out(job, Run(api.app.db, api.app.live, job, ledger.worker))
        await ledger.fail(job, "available", delay=0, error=None, counts=False)
    assert len(await stage.rows("select 1 from items")) == 10
    await _run_deletion(stage)
    assert await stage.rows("select 1 from libraries") == []


async def test_a_deleted_library_is_scanned_no_more(api: Api, stage: Stage) -> None:
    from app.core.jobs import Cancel

    stage.put("Film (1990).mkv")
    await stage.make()
    await stage.start()
    job, run = await stage.claim()
    await api.app.libraries.delete(SYSTEM, stage.library.id)
    with pytest.raises(Cancel):
        await stage.carry_out(job, run)
    assert await stage.rows("select 1 from items") == []


def test_inputs_keep_what_they_do_not_name() -> None:
    assert LibraryInput().changes() == {}
    assert LibraryInput(schedule="").changes() == {"schedule": None}
    assert LibraryInput(enabled=False, name="x").changes() == {"enabled": False, "name": "x"}
