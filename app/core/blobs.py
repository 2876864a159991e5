"""Files that users send: kept by keys that the server makes, never by names that a client chose.

`BlobStore` is what a store has to do; another place to keep blobs is one more class here.
"""

import asyncio
import contextlib
import errno
import os
import re
import time
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from pathlib import Path
from typing import Final, Protocol, Self
from uuid import UUID

from msgspec import Struct

from app.core.errors import Invalid, NotFound, Unavailable
from app.core.files import open_regular
from app.core.ids import new_id
from app.core.logging import get_logger

log = get_logger(__name__)
PIECE: Final = 64 << 10
DRAFTS: Final = "drafts"
_WORD = re.compile(r"[a-z0-9]{1,32}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class BlobKey(Struct, frozen=True):
    """Where a blob is: what kind it is of, whose id it has, and which of its variants it is.

    Raises ValueError for a kind or variant that is no plain word: no key leads anywhere else.
    """

    kind: str
    id: UUID
    variant: str = "original"

    def __post_init__(self) -> None:
        if not (_WORD.fullmatch(self.kind) and _WORD.fullmatch(self.variant)):
            raise ValueError("Kinds and variants of blobs are plain words.")

    @classmethod
    def new(cls, kind: str) -> Self:
        """The key of a blob that is to be."""
        return cls(kind, new_id())

    @property
    def path(self) -> str:
        """Relative, with `/`: 256 folders by the last byte of the id, which is random."""
        name = self.id.hex
        return f"{self.kind}/{name[-2:]}/{name}.{self.variant}"


class BlobTooLarge(Invalid):
    """It has more bytes than it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"A file has at most {most} bytes.")


class BlobMissing(NotFound):
    """There is no such blob, or no longer."""

    def __init__(self) -> None:
        super().__init__("This file is no longer here.")


class StorageUnavailable(Unavailable):
    """The place where blobs are kept takes or gives none just now."""


class BlobStore(Protocol):
    """Keeps blobs; a blob is there wholly or not at all. All raise StorageUnavailable."""

    async def put(self, key: BlobKey, pieces: AsyncIterable[bytes], most: int) -> int:
        """Keep what arrives and say how many bytes it was. Raises BlobTooLarge."""
        ...

    def open(self, key: BlobKey) -> AsyncGenerator[bytes]:
        """The bytes in pieces. Raises BlobMissing at the first one."""
        ...

    async def get(self, key: BlobKey, most: int) -> bytes:
        """All bytes at once. Raises BlobMissing, or BlobTooLarge."""
        ...

    async def exists(self, key: BlobKey) -> bool:
        """Whether it is there."""
        ...

    async def delete(self, key: BlobKey) -> None:
        """Remove it; nothing happens where there is none."""
        ...

    async def sweep(self, age: float) -> int:
        """Remove what writes left behind that never ended and began `age` seconds ago."""
        ...


class LocalBlobs:
    """Blobs in a folder of this machine, readable by the server alone.

    What is written goes to a draft, which is moved into place once it is on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: BlobKey, pieces: AsyncIterable[bytes], most: int) -> int:
        draft = self._folder / DRAFTS / f"{new_id().hex}.part"
        with _translated():
            descriptor = await asyncio.to_thread(_begin, draft)
        try:
            size = await _fill(descriptor, pieces, most)
            with _translated():
                await asyncio.to_thread(_settle, descriptor, draft, self._path(key))
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        finally:
            os.close(descriptor)
        return size

    async def open(self, key: BlobKey) -> AsyncGenerator[bytes]:
        with _translated():
            descriptor = await asyncio.to_thread(open_regular, self._path(key))
        try:
            while True:
                with _translated():
                    piece = await asyncio.to_thread(os.read, descriptor, PIECE)
                if not piece:
                    return
                yield piece
        finally:
            os.close(descriptor)

    async def get(self, key: BlobKey, most: int) -> bytes:
        found = bytearray()
        async with contextlib.aclosing(self.open(key)) as pieces:
            async for piece in pieces:
                found += piece
                if len(found) > most:
                    raise BlobTooLarge(most)
        return bytes(found)

    async def exists(self, key: BlobKey) -> bool:
        with _translated():
            return await asyncio.to_thread(self._path(key).is_file)

    async def delete(self, key: BlobKey) -> None:
        with _translated():
            await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def sweep(self, age: float) -> int:
        with _translated():
            return await asyncio.to_thread(_sweep, self._folder / DRAFTS, time.time() - age)

    def _path(self, key: BlobKey) -> Path:
        return self._folder / key.path


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What the file system says, as callers may hear it: never with a path."""
    try:
        yield
    except FileNotFoundError:
        raise BlobMissing from None
    except OSError as error:
        log.warning("blobs.failed", error=os.strerror(error.errno or 0), path=str(error.filename))
        full = error.errno in _FULL
        why = "There is no space left" if full else "Files cannot be read or written"
        raise StorageUnavailable(f"{why} on the server just now.", retry_after=60) from None


def _begin(draft: Path) -> int:
    draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(
        draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )


async def _fill(descriptor: int, pieces: AsyncIterable[bytes], most: int) -> int:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > most:
            raise BlobTooLarge(most)
        with _translated():
            await asyncio.to_thread(_write, descriptor, piece)
    return size


def _write(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _settle(descriptor: int, draft: Path, place: Path) -> None:
    """Move a draft into place so that a power cut leaves all of it or nothing."""
    os.fsync(descriptor)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft.replace(place)
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sweep(drafts: Path, before: float) -> int:
    swept = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(drafts) as entries:
        for entry in entries:
            if entry.stat(follow_symlinks=False).st_mtime < before:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.path)  # noqa: PTH108 - an entry of scandir
                    swept += 1
    return swept
