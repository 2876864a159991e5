"""Taking in files, handing them over once, and forgetting the rest."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from app.core.access import SYSTEM, Viewer
from app.core.blobs import BlobStore
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import AppError
from app.core.ids import new_id
from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.core.pictures import HEAD, BadPicture, sniff
from app.core.tx import Tx
from app.uploads.domain import TooManyUploads, Upload, UploadId, UploadNotFound, upload_key
from app.uploads.repository import UploadRepository

log = get_logger(__name__)
LASTS: Final = timedelta(hours=1)
IN_USE: Final = timedelta(minutes=10)  # how long whoever claimed one may read it
MOST_WAITING: Final = 5
BATCH: Final = 100
STALE_DRAFT: Final = 3600.0


class Uploads:
    """The way in for files. `most` says how many bytes one may have now."""

    def __init__(
        self,
        db: Database,
        repository: UploadRepository,
        blobs: BlobStore,
        clock: Clock,
        most: Callable[[], int],
    ) -> None:
        self._db, self._uploads, self._blobs = db, repository, blobs
        self._clock, self.most = clock, most

    async def receive(self, viewer: Viewer, pieces: AsyncIterable[bytes]) -> Upload:
        """Keep what arrives until it is used.

        Raises TooManyUploads, BadPicture for what is no picture, BlobTooLarge or
        StorageUnavailable; then nothing is kept.
        """
        upload = await self._begin(viewer)
        try:
            size = await self._blobs.put(upload.key, _pictures_only(pieces), self.most())
            async with self._db.write(viewer) as tx:
                await self._uploads.complete(tx, upload.id, size)
        except BaseException:
            await asyncio.shield(self.discard(upload))
            raise
        return msgspec.structs.replace(upload, size=size)

    async def _begin(self, viewer: Viewer) -> Upload:
        now = self._clock.now()
        upload = Upload(
            id=UploadId(new_id()), user_id=viewer.account, size=0, expires_at=now + LASTS
        )
        async with self._db.write(viewer) as tx:
            waiting = await self._uploads.waiting(tx, upload.user_id, now)
            if waiting >= MOST_WAITING:
                raise TooManyUploads(waiting, LASTS.total_seconds())
            await self._uploads.begin(tx, upload)
        return upload

    async def claim(self, tx: Tx, upload_id: UUID) -> Upload:
        """Take an upload of the actor's for use: whoever commits first has it, nobody else.

        Raises UploadNotFound.
        """
        now = self._clock.now()
        upload = await self._uploads.claim(tx, upload_id, now, now + IN_USE)
        if upload is None:
            raise UploadNotFound(upload_id)
        return upload

    async def read(self, upload: Upload) -> bytes:
        """The bytes of a claimed upload."""
        return await self._blobs.get(upload.key, upload.size)

    async def discard(self, upload: Upload) -> None:
        """Forget an upload that was used or did not arrive; what fails is left to the clean-up."""
        try:
            await self._blobs.delete(upload.key)
            async with self._db.write(SYSTEM) as tx:
                await self._uploads.delete(tx, [upload.id])
        except AppError as error:
            log.warning("uploads.not_discarded", upload_id=str(upload.id), error=repr(error))

    async def clean(self, run: Run) -> None:
        """Delete what expired: bytes first, so that a stop in between forgets none."""
        await self._blobs.sweep(STALE_DRAFT)
        while True:
            expired = await self._uploads.expired(self._clock.now(), BATCH)
            for upload_id in expired:
                await self._blobs.delete(upload_key(upload_id))
            async with run.tx() as tx:
                await self._uploads.delete(tx, expired)
                if len(expired) < BATCH:
                    await run.finish(tx)
                    return


async def _pictures_only(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The same pieces, if they begin as a picture does. Raises BadPicture before any is kept."""
    head, known = b"", False
    async for piece in pieces:
        if known:
            yield piece
            continue
        head += piece
        if len(head) >= HEAD:
            _require_picture(head)
            known = True
            yield head
    if not known:
        _require_picture(head)
        yield head


def _require_picture(head: bytes) -> None:
    if sniff(head) is None:
        raise BadPicture("Send a JPEG, PNG, WebP or GIF picture.")
