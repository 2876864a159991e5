"""Files are opened only when they are files."""

import contextlib
import os
import socket
from pathlib import Path

import pytest

from app.core.files import NotRegular, open_regular


def test_a_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.nfo"
    path.write_bytes(b"text")
    with os.fdopen(open_regular(path.as_posix()), "rb") as stream:
        assert stream.read() == b"text"


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nfo"
    os.mkfifo(pipe)
    (tmp_path / "link.nfo").symlink_to(pipe)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind((tmp_path / "s").as_posix())
    for name in ("pipe.nfo", "link.nfo", "s", "."):
        with pytest.raises(NotRegular):
            open_regular(os.fsencode(tmp_path / name))
    bound.close()
    with pytest.raises(FileNotFoundError):
        open_regular(b"absent")


def test_a_file_that_becomes_a_pipe_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and opening; nothing blocks, and nothing is left open."""
    path = tmp_path / "a.nfo"
    path.write_bytes(b"text")
    looked = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda _: looked)
    with pytest.raises(NotRegular):
        open_regular(path.as_posix())
    monkeypatch.undo()
    assert path.as_posix() not in open_files()


def open_files() -> set[str]:
    """Paths that this process has open; what others of its threads close meanwhile is left out."""
    found = set()
    for number in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(number.readlink().as_posix())
    return found
