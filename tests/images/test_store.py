"""The folder of pictures: bounded, whole files only, and no disk so full that nothing is shown."""

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.core.blobs import StorageUnavailable
from app.core.ids import new_id
from app.images.jobs import TidyImages
from app.images.service.store import ImageStore, original_key, variant_key
from tests.images.gallery import Gallery
from tests.support.jobs import carry_out
from tests.support.people import People
from tests.support.pictures import plain

KIB = 1024


def digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def sizes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def used(folder: Path, key: Any, ago: float) -> None:
    """Let a file have been used so many seconds ago."""
    path = folder / key.path
    now = path.stat().st_mtime
    os.utime(path, (now - ago, now - ago))


async def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = ImageStore(tmp_path, lambda: 100 * KIB)
    keys = [variant_key(digest(n), 342, "webp") for n in range(10)]
    for place, key in enumerate(keys):
        await store.put(key, bytes(10 * KIB))
        used(tmp_path, key, 86400 - 60 * place)
    assert sizes(tmp_path) == 100 * KIB
    assert await store.get(keys[0]) is not None, "which is to use it"
    await store.put(original_key(digest(99)), bytes(10 * KIB))
    assert sizes(tmp_path) <= 100 * KIB
    left = [n for n, key in enumerate(keys) if (tmp_path / key.path).exists()]
    assert left == [0, 3, 4, 5, 6, 7, 8, 9]


async def test_another_process_finds_the_folder_full(tmp_path: Path) -> None:
    one, other = (ImageStore(tmp_path, lambda: 100 * KIB) for _ in range(2))
    for n in range(9):
        await one.put(original_key(digest(n)), bytes(10 * KIB))
    for n in range(9, 18):
        await other.put(original_key(digest(n)), bytes(10 * KIB))
    assert sizes(tmp_path) <= 100 * KIB
    await one.evict()
    assert sizes(tmp_path) <= 100 * KIB


async def test_a_lower_limit_counts_at_the_next_tidying(tmp_path: Path) -> None:
    most = 100 * KIB
    store = ImageStore(tmp_path, lambda: most)
    for n in range(10):
        await store.put(original_key(digest(n)), bytes(10 * KIB))
    most = 50 * KIB
    assert await store.evict() == 6
    assert sizes(tmp_path) == 40 * KIB
    await store.put(original_key(digest(99)), bytes(60 * KIB))
    assert await store.get(original_key(digest(99))) is None, "it alone is more than all may have"


async def test_broken_writes_are_swept(tmp_path: Path) -> None:
    store = ImageStore(tmp_path, lambda: 100 * KIB)
    await store.put(original_key(digest(1)), b"x")
    draft = tmp_path / "drafts" / f"{new_id().hex}.part"
    draft.write_bytes(b"half")
    await store.sweep()
    assert draft.exists(), "it may be under way"
    os.utime(draft, (0, 0))
    await store.sweep()
    assert not draft.exists()


async def test_a_full_disk_is_typed_and_pictures_are_shown_all_the_same(
    gallery: Gallery, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")

    gallery.pictures["/p.jpg"] = plain("JPEG", (61, 93))  # no other test keeps the same bytes
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(await people.admin())
    monkeypatch.setattr("app.core.blobs._write", full)
    with pytest.raises(StorageUnavailable, match="no space left"):
        await gallery.app.images.store.put(original_key(digest(1)), b"x")
    for _ in range(2):
        answer = await gallery.get(shown["url"])
        assert answer.status_code == 200
    assert gallery.site.connections == 1
    monkeypatch.undo()
    [other] = await gallery.shown(await people.admin(), width=92)
    assert (await gallery.get(other["url"])).status_code == 200
    assert gallery.site.connections == 2, "the original was not kept"


async def test_what_was_evicted_or_damaged_is_had_again(gallery: Gallery, people: People) -> None:
    gallery.pictures["/p.jpg"] = plain("JPEG", (600, 900))
    await gallery.offer(gallery.named("/p.jpg"))
    admin, folder = await people.admin(), gallery.app.config.data / "images"
    for connections, change in enumerate(("first", "evicted", "damaged"), 1):
        for path in [p for p in folder.rglob("*") if p.is_file()]:
            if change == "damaged":
                path.write_bytes(b"damaged")
            else:
                path.unlink()
        [shown] = await gallery.shown(admin, width=(92, 154, 185)[connections - 1])
        assert (await gallery.get(shown["url"])).status_code == 200
        assert gallery.site.connections == connections


async def test_the_job_keeps_the_limit(gallery: Gallery, people: People) -> None:
    folder = gallery.app.config.data / "images"
    store = ImageStore(folder, lambda: 1 << 30)
    for n in range(70):
        await store.put(original_key(digest(n)), bytes(1 << 20))
    await gallery.app.settings.update(SYSTEM, "images.cache_max_bytes", 64 << 20)
    assert await carry_out(gallery.app, TidyImages()) == "completed"
    assert sizes(folder) <= 64 << 20
    await gallery.app.settings.reset(SYSTEM, "images.cache_max_bytes")
