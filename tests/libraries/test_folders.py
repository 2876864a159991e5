"""Folders of libraries: which ones may be, and what a slow disk and two askers at once do."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code, Invalid, Unavailable
from app.libraries.domain import BadFolder, LibraryInput, LibraryKind
from app.libraries.service import folders as looks
from app.libraries.service import usable_folder
from tests.libraries.requests import CREATE, LIST, UPDATE, given
from tests.support.api import Api, ApiError
from tests.support.people import Somebody


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
    monkeypatch.setattr(looks, "LOOK_TIMEOUT", 0.1)
    monkeypatch.setattr(looks, "usable_folder", lambda _: time.sleep(0.5))
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
    monkeypatch.setattr(looks, "SYSTEM_FOLDERS", (f"{tmp_path}/run",))
    monkeypatch.setattr(looks, "MOUNTS", f"{tmp_path}/run/media")
    for name in ("media/ann/disk", "mediator", "user/1000"):
        (tmp_path / "run" / name).mkdir(parents=True)
    assert usable_folder(f"{tmp_path}/run/media/ann/disk") == f"{tmp_path}/run/media/ann/disk"
    for name in ("media", "mediator", "user/1000"):
        with pytest.raises(Invalid, match="belongs to the system"):
            usable_folder(f"{tmp_path}/run/{name}")


async def test_two_at_once_cannot_share_a_folder(api: Api, admin: Somebody, tmp_path: Path) -> None:
    answers = await asyncio.gather(
        *(api.send(CREATE, {"input": given(tmp_path, name=f"L{n}")}, admin) for n in range(6))
    )
    refused = [ApiError(answer["errors"]) for answer in answers if "errors" in answer]
    assert [error.code for error in refused] == [Code.INVALID] * 5
    assert all("overlaps a folder of another library" in error.message for error in refused)


async def test_two_updates_at_once_with_one_folder(
    api: Api, admin: Somebody, tmp_path: Path
) -> None:
    """Two for one library agree; of two for two libraries one is refused, in a sentence."""
    for name in ("a", "b", "both", "new"):
        (tmp_path / name).mkdir()
    refs = {}
    for name in ("a", "b"):
        made = await api.run(CREATE, admin, input=given(tmp_path / name, name=name))
        refs[name] = made["createLibrary"]["id"]

    async def add(name: str, folder: str) -> dict[str, Any]:
        folders = [str(tmp_path / name), str(tmp_path / folder)]
        return await api.send(UPDATE, {"id": refs[name], "input": {"folders": folders}}, admin)

    for answer in await asyncio.gather(*(add("a", "both") for _ in range(5))):
        assert len(answer["data"]["updateLibrary"]["folders"]) == 2, answer
    answers = await asyncio.gather(
        add("b", "new"),
        api.send(CREATE, {"input": given(tmp_path / "new", name="c")}, admin),
        add("b", "new"),
    )
    for answer in answers:
        if "errors" in answer:
            assert ApiError(answer["errors"]).code is Code.INVALID


async def test_a_folder_in_other_spellings(api: Api, admin: Somebody, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    made = await api.run(CREATE, admin, input=given(f"{tmp_path}/a///"))
    ref = made["createLibrary"]["id"]
    assert made["createLibrary"]["folders"] == [{"path": f"{tmp_path}/a"}]
    for same in ("a/", "./a", "link", "b/../a"):
        again = await api.run(UPDATE, admin, id=ref, input={"folders": [f"{tmp_path}/{same}"]})
        assert again["updateLibrary"]["folders"] == [{"path": f"{tmp_path}/a"}]
    both = {"folders": [f"{tmp_path}/a", f"{tmp_path}/a/"]}
    error = await api.fails(UPDATE, admin, id=ref, input=both)
    assert error.message == f"'{tmp_path}/a/' overlaps another folder of this library."
    error = await api.fails(CREATE, admin, input=given(tmp_path / "link", name="Link"))
    assert error.message == f"'{tmp_path}/link' overlaps a folder of another library."
    assert (await api.fails(UPDATE, admin, id=ref, input={"folders": []})).field == "folders"
    (tmp_path / "a").rename(tmp_path / "unmounted")
    folders = {"folders": [f"{tmp_path}/a/", f"{tmp_path}/b"]}
    added = await api.run(UPDATE, admin, id=ref, input=folders)
    assert len(added["updateLibrary"]["folders"]) == 2


async def test_nobody_waits_for_a_slow_disk(
    app: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one folder is looked at, other libraries are made, and threads are left to others."""
    (tmp_path / "good").mkdir()
    woken = threading.Event()
    real = looks.usable_folder

    def hanging(path: str) -> str:
        return str(woken.wait(20)) if "hung" in path else real(path)

    monkeypatch.setattr(looks, "usable_folder", hanging)
    monkeypatch.setattr(looks, "LOOK_TIMEOUT", 2.0)
    monkeypatch.setattr(app.libraries, "_disk", looks.Disk())  # nobody else looks there

    async def make(name: str) -> Any:
        wanted = LibraryInput(name=name, folders=(f"{tmp_path}/{name}",))
        return await app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)

    slow: list[asyncio.Task[Any]] = []
    try:
        slow += [asyncio.create_task(make(f"hung{n}")) for n in range(looks.MOST_LOOKS - 1)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(1.5):
            await make("good")
        answers = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(answer, BadFolder) for answer in answers)
        await asyncio.gather(make("hung8"), return_exceptions=True)
        with pytest.raises(Unavailable, match="do not answer"):
            await make("good")
        async with asyncio.timeout(1.5):
            await asyncio.gather(*(asyncio.to_thread(time.sleep, 0) for _ in range(50)))
    finally:
        for task in slow:
            task.cancel()
        woken.set()
    async with asyncio.timeout(5):
        while any(thread.name == "folders" for thread in threading.enumerate()):
            await asyncio.sleep(0.01)
