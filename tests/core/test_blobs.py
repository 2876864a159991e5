"""Where files of users are kept: wholly or not at all, and only where the server says."""

import asyncio
import errno
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.core.blobs import (
    PIECE,
    BlobKey,
    BlobMissing,
    BlobTooLarge,
    LocalBlobs,
    StorageUnavailable,
)
from app.core.ids import new_id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(folder: Path) -> LocalBlobs:
    return LocalBlobs(folder)


async def pieces(*data: bytes) -> AsyncGenerator[bytes]:
    for piece in data:
        yield piece


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


async def test_what_is_put_is_there_until_it_is_deleted(blobs: LocalBlobs, folder: Path) -> None:
    key = BlobKey.new("pictures")
    assert not await blobs.exists(key)
    assert await blobs.put(key, pieces(b"ab", b"", b"c" * PIECE), 1 << 20) == PIECE + 2
    assert await blobs.exists(key)
    assert await blobs.get(key, 1 << 20) == b"ab" + b"c" * PIECE
    assert [len(piece) async for piece in blobs.open(key)] == [PIECE, 2]
    assert files(folder) == [key.path]
    await blobs.delete(key)
    await blobs.delete(key)
    assert not await blobs.exists(key)
    assert files(folder) == []


async def test_only_the_server_can_read_them(blobs: LocalBlobs, folder: Path) -> None:
    key = BlobKey.new("pictures")
    await blobs.put(key, pieces(b"x"), 10)
    place = folder / key.path
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) for p in (place.parent, folder / "drafts")} == {0o700}


async def test_putting_again_replaces_the_whole(blobs: LocalBlobs) -> None:
    key = BlobKey.new("pictures")
    await blobs.put(key, pieces(b"long before"), 100)
    await blobs.put(key, pieces(b"now"), 100)
    assert await blobs.get(key, 100) == b"now"


async def test_what_is_missing_says_so_without_a_path(blobs: LocalBlobs, folder: Path) -> None:
    with pytest.raises(BlobMissing) as caught:
        await blobs.get(BlobKey.new("pictures"), 10)
    assert str(folder) not in str(caught.value)


async def test_too_much_is_refused_and_nothing_stays(blobs: LocalBlobs, folder: Path) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield bytes(1000)

    key = BlobKey.new("pictures")
    with pytest.raises(BlobTooLarge):
        await blobs.put(key, endless(), 5000)
    assert not await blobs.exists(key)
    assert files(folder) == []
    assert await blobs.put(key, pieces(bytes(5000)), 5000) == 5000
    with pytest.raises(BlobTooLarge):
        await blobs.get(key, 4999)


async def test_a_sender_that_breaks_off_leaves_nothing(blobs: LocalBlobs, folder: Path) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await blobs.put(BlobKey.new("pictures"), broken(), 100)
    task = asyncio.create_task(blobs.put(BlobKey.new("pictures"), stalled(), 100))
    await asyncio.sleep(0.05)
    assert len(files(folder)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(folder) == []


async def stalled() -> AsyncGenerator[bytes]:
    yield b"half"
    await asyncio.sleep(3600)


async def test_a_full_disk_is_typed_and_leaves_nothing(
    blobs: LocalBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr("app.core.blobs.os.write", full)
    with pytest.raises(StorageUnavailable, match="no space left") as caught:
        await blobs.put(BlobKey.new("pictures"), pieces(b"x"), 10)
    assert caught.value.retry_after
    assert str(folder) not in str(caught.value)
    assert files(folder) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
async def test_a_device_that_is_full(
    blobs: LocalBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's own refusal."""
    monkeypatch.setattr("app.core.blobs._begin", lambda _: os.open("/dev/full", os.O_WRONLY))
    with pytest.raises(StorageUnavailable, match="no space left"):
        await blobs.put(BlobKey.new("pictures"), pieces(bytes(100)), 1000)
    assert not folder.exists()


async def test_a_folder_that_cannot_be_written(blobs: LocalBlobs, folder: Path) -> None:
    folder.write_bytes(b"in the way")
    with pytest.raises(StorageUnavailable, match="cannot be read or written"):
        await blobs.put(BlobKey.new("pictures"), pieces(b"x"), 10)


@pytest.mark.parametrize("word", ["", "..", "a/b", "/etc", "A", "a.b", "x" * 33, "a\0", "ä"])
def test_no_key_leads_out_of_the_store(word: str) -> None:
    with pytest.raises(ValueError, match="plain words"):
        BlobKey(word, new_id())
    with pytest.raises(ValueError, match="plain words"):
        BlobKey("pictures", new_id(), word)


async def test_a_link_in_the_place_of_a_blob_is_replaced_not_followed(
    blobs: LocalBlobs, folder: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    key = BlobKey.new("pictures")
    (folder / key.path).parent.mkdir(parents=True)
    (folder / key.path).symlink_to(precious)
    await blobs.put(key, pieces(b"new"), 10)
    assert precious.read_bytes() == b"precious"
    assert await blobs.get(key, 10) == b"new"


async def test_what_a_crash_left_is_swept_and_nothing_else(blobs: LocalBlobs, folder: Path) -> None:
    assert await blobs.sweep(0) == 0
    key = BlobKey.new("pictures")
    await blobs.put(key, pieces(b"kept"), 10)
    old, new = folder / "drafts" / "old.part", folder / "drafts" / "new.part"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert await blobs.sweep(3600) == 1
    assert files(folder) == ["drafts/new.part", key.path]


async def test_many_at_once_are_each_their_own(blobs: LocalBlobs) -> None:
    keys = [BlobKey.new("pictures") for _ in range(50)]
    await asyncio.gather(*(blobs.put(k, pieces(k.id.bytes), 100) for k in keys))
    assert [await blobs.get(k, 100) for k in keys] == [k.id.bytes for k in keys]


async def test_writers_of_one_key_do_not_mix(blobs: LocalBlobs, folder: Path) -> None:
    key = BlobKey.new("pictures")
    whole = [bytes([n]) * 3000 for n in range(20)]
    await asyncio.gather(*(blobs.put(key, pieces(*[w[:1000]] * 3), 5000) for w in whole))
    assert await blobs.get(key, 5000) in whole
    assert files(folder) == [key.path]
