import os
from pathlib import Path

import pytest

from app.media.service import fingerprint
from app.media.service.fingerprint import content_hash

MIB = 1024 * 1024


def test_a_moved_file_keeps_its_hash(tmp_path: Path) -> None:
    first = tmp_path / "a"
    first.write_bytes(os.urandom(MIB))
    before = content_hash(str(first))
    second = first.rename(tmp_path / "b")
    assert content_hash(str(second)) == content_hash(bytes(second)) == before
    assert len(before) == 16


@pytest.mark.parametrize("at", [0, 65_535, MIB // 2, MIB - 1])
def test_a_change_at_either_end_or_in_the_middle_shows(tmp_path: Path, at: int) -> None:
    path, data = tmp_path / "a", bytearray(MIB)
    path.write_bytes(data)
    before = content_hash(str(path))
    data[at] ^= 1
    path.write_bytes(data)
    assert content_hash(str(path)) != before


def test_the_size_alone_shows(tmp_path: Path) -> None:
    hashes = set()
    for size in (0, 1, 65_536, 65_537, 3 * 65_536, 3 * 65_536 + 1, MIB, 2**33):
        path = tmp_path / str(size)
        with path.open("wb") as file:
            file.truncate(size)
        hashes.add(content_hash(str(path)))
    assert len(hashes) == 8


def test_small_files_are_hashed_whole(tmp_path: Path) -> None:
    path, data = tmp_path / "a", bytearray(150_000)
    hashes = set()
    for at in range(0, 150_000, 10_000):
        path.write_bytes(data[:at] + b"x" + data[at + 1 :])
        hashes.add(content_hash(str(path)))
    assert len(hashes) == 15


def test_the_cost_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(descriptor: int, size: int, offset: int) -> bytes:
        read.append(size)
        return os.pread(descriptor, size, offset)

    monkeypatch.setattr(fingerprint, "os", _Os(counted))
    for size in (10 * MIB, 2**40):
        path = tmp_path / str(size)
        with path.open("wb") as file:
            file.truncate(size)
        read.clear()
        content_hash(str(path))
        assert sum(read) == 3 * 65_536


class _Os:
    def __init__(self, pread: object) -> None:
        self.pread = pread

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


def test_what_is_no_file_raises_and_does_not_block(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(OSError, match=r".+"):
            content_hash(str(path))
