"""The folder of pictures that could be had again: originals and what was made of them, by the
hash of their content, up to a size.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from app.core.blobs import DRAFTS, BlobKey, BlobMissing, LocalBlobs
from app.core.logging import get_logger

log = get_logger(__name__)
ORIGINALS: Final = "originals"
VARIANTS: Final = "variants"
MOST_FILE: Final = 64 << 20
ROOM: Final = 0.9  # of the limit, to which is cleared
USED_EVERY: Final = 3600.0  # seconds: the use of a file is written down no more often
STALE_DRAFT: Final = 600.0


def original_key(digest: bytes) -> BlobKey:
    """Where a picture as it came is, by the SHA-256 of its content."""
    return BlobKey(ORIGINALS, UUID(bytes=digest[:16]))


def variant_key(digest: bytes, width: int, form: str) -> BlobKey:
    """Where a picture of this width and format is."""
    return BlobKey(VARIANTS, UUID(bytes=digest[:16]), f"{width}{form}")


class ImageStore:
    """Files that are there wholly or not at all. What was not used for longest goes first; `most`
    says how many bytes they may have. Several processes may share the folder.
    """

    def __init__(self, folder: Path, most: Callable[[], int]) -> None:
        self._folder, self._most = folder, most
        self._blobs = LocalBlobs(folder)
        self._size: int | None = None  # as far as this process knows
        self._evicting = asyncio.Lock()

    async def get(self, key: BlobKey) -> bytes | None:
        """The file, if it is there. Raises StorageUnavailable."""
        try:
            data = await self._blobs.get(key, MOST_FILE)
        except BlobMissing:
            return None
        await asyncio.to_thread(_note_use, self._folder / key.path)
        return data

    async def put(self, key: BlobKey, data: bytes) -> None:
        """Keep a file; others give way to it. Raises StorageUnavailable."""
        if len(data) > self._most():
            return
        if self._size is None or self._size + len(data) > self._most():
            await self.evict(len(data))
        await self._blobs.put(key, _once(data), MOST_FILE)
        self._size = (self._size or 0) + len(data)

    async def evict(self, coming: int = 0) -> int:
        """Make room for as many bytes where there is too little; how many files had to go."""
        async with self._evicting:
            most = self._most()
            if coming and self._size is not None and self._size + coming <= most:
                return 0  # somebody has just made room
            self._size, gone = await asyncio.to_thread(_evict, self._folder, most, coming)
        if gone:
            log.info("images.evicted", files=gone, bytes_left=self._size)
        return gone

    async def sweep(self) -> None:
        """Remove what broken writes left behind."""
        await self._blobs.sweep(STALE_DRAFT)


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data


def _note_use(path: Path) -> None:
    """Its time of change says when it was used last: times of access are often not written."""
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > USED_EVERY:
            os.utime(path)


def _evict(folder: Path, most: int, coming: int) -> tuple[int, int]:
    """The bytes that are left, and how many files went."""
    found = sorted(_files(folder))
    size, gone = sum(bytes_ for _, bytes_, _ in found), 0
    if size + coming <= most:
        return size, 0
    for _, bytes_, path in found:
        if size + coming <= most * ROOM:
            break
        with contextlib.suppress(FileNotFoundError):  # another process makes room, too
            os.unlink(path)  # noqa: PTH108 - an entry of scandir
        size, gone = size - bytes_, gone + 1
    return size, gone


def _files(folder: Path) -> list[tuple[float, int, str]]:
    """When each file was used last, its bytes and its path."""
    found = []
    for parent, folders, names in os.walk(folder):
        if DRAFTS in folders:
            folders.remove(DRAFTS)
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                about = os.stat(path := f"{parent}/{name}")  # noqa: PTH116
                found.append((about.st_mtime, about.st_size, path))
    return found
