"""Where the bytes of pictures come from: files of libraries and what is in them, uploads, servers
of providers, and frames of videos.
"""

import asyncio
import os
import re
from typing import Final, Protocol

from app.core.access import EVERYTHING
from app.core.blobs import BlobMissing, BlobStore
from app.core.files import open_regular
from app.core.http import Outside
from app.images.domain import (
    MOST_BYTES,
    ArtworkKind,
    ArtworkSource,
    FetchProblem,
    HostList,
    Origin,
    artwork_kind,
    upload_key,
)
from app.images.service.downloads import Downloads, NotHere
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, FileKind, MediaFile
from app.libraries.repository import FileRepository, LibraryRepository
from app.media.domain import FailureReason, MediaInfo, ProbeFailure, Still
from app.media.service.prober import Prober

SPECIALS: Final = re.compile(r"/(?:specials?|season[ ._-]?0+)/|s00e", re.IGNORECASE)
# These tell of this server or of the disk, not of the file.
PASSING: Final = frozenset(
    {FailureReason.TIMEOUT, FailureReason.UNAVAILABLE, FailureReason.MISSING,
     FailureReason.VANISHED, FailureReason.UNREADABLE}
)  # fmt: skip


class SourcesDependencies(Protocol):
    """What it takes of the container."""

    @property
    def outside(self) -> Outside: ...
    @property
    def provider_chain(self) -> HostList: ...
    @property
    def blobs(self) -> BlobStore: ...
    @property
    def prober(self) -> Prober: ...
    @property
    def item_repository(self) -> ItemRepository: ...
    @property
    def file_repository(self) -> FileRepository: ...
    @property
    def library_repository(self) -> LibraryRepository: ...


class Sources:
    """Hands out bytes that nobody has looked at yet. All raise NotHere, or Unavailable."""

    def __init__(self, needs: SourcesDependencies) -> None:
        self._needs = needs
        self._downloads = Downloads(needs.outside, needs.provider_chain)

    async def get(self, origin: Origin) -> bytes:
        """The picture as it came, at most 10 MiB."""
        if origin.source is ArtworkSource.UPLOAD:
            return await self._upload(origin)
        if origin.url is not None:
            return await self._downloads.get(origin.url)
        if origin.file_id is None:
            raise NotHere(FetchProblem.GONE)
        file = await self._file(FileId(origin.file_id))
        if origin.source is ArtworkSource.FILE:
            return await self._read(file)
        if origin.source is ArtworkSource.FRAME:
            return _still(await self._needs.prober.frame(file.path))
        name = _attached(file.media, origin.kind)
        return _still(await self._needs.prober.cover(file.path, name))

    async def framed(self, item_id: ItemId) -> FileId | None:
        """The video of which a frame stands for this item: its own, or of its first episode."""
        below = await self._needs.item_repository.files_under(item_id)
        files = await self._needs.file_repository.by_ids(EVERYTHING, below)
        videos = (f for f in files.values() if f.kind is FileKind.VIDEO and not f.missing_since)
        ordered = sorted(videos, key=lambda f: (bool(SPECIALS.search(f.path)), f.path))
        return ordered[0].id if ordered else None

    async def _file(self, file_id: FileId) -> MediaFile:
        found = (await self._needs.file_repository.by_ids(EVERYTHING, [file_id])).get(file_id)
        if found is None or found.missing_since is not None:
            raise NotHere(FetchProblem.GONE)
        return found

    async def _read(self, file: MediaFile) -> bytes:
        libraries = self._needs.library_repository
        library = (await libraries.by_ids(EVERYTHING, [file.library_id])).get(file.library_id)
        if library is None:
            raise NotHere(FetchProblem.GONE)
        roots = [] if library.follow_links else [folder.path for folder in library.folders]
        try:
            return await asyncio.to_thread(_contained, file.path, roots)
        except OSError:
            raise NotHere(FetchProblem.GONE) from None

    async def _upload(self, origin: Origin) -> bytes:
        if origin.hash is None:
            raise NotHere(FetchProblem.GONE)
        try:
            return await self._needs.blobs.get(upload_key(origin.hash), MOST_BYTES)
        except BlobMissing:
            raise NotHere(FetchProblem.GONE) from None


def _contained(path: str, roots: list[str]) -> bytes:
    """The bytes of a file that really lies below one of the roots, if there are any to lie below.

    Raises OSError, and NotHere for a file that is too long to be a picture.
    """
    real = os.path.realpath(path, strict=True)
    below = (os.path.realpath(root).rstrip("/") + "/" for root in roots)
    if roots and not any(real.startswith(root) for root in below):
        raise PermissionError("It leads out of its library.")
    with os.fdopen(open_regular(real), "rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise NotHere(FetchProblem.UNREADABLE)
    return data


def _attached(info: MediaInfo | None, kind: ArtworkKind) -> str | None:
    """The name of the attachment that is the picture of this kind; None stands for the cover."""
    names = [a.file_name for a in info.attachments if a.file_name] if info is not None else []
    return next((n for n in names if artwork_kind(n.rpartition(".")[0]) is kind), None)


def _still(found: Still | ProbeFailure) -> bytes:
    if isinstance(found, Still):
        return found.data
    passing = found.reason in PASSING
    raise NotHere(FetchProblem.UNREACHABLE if passing else FetchProblem.UNREADABLE)
