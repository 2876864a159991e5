"""Pictures of users: made from an upload, kept in a few sizes, dropped when there is another."""

from collections.abc import AsyncGenerator
from typing import Final, Protocol
from uuid import UUID

from app.core.access import Viewer
from app.core.blobs import BlobStore
from app.core.db import Database
from app.core.ids import new_id
from app.core.pictures import Pictures
from app.core.tx import Tx
from app.uploads.domain import Upload
from app.uploads.service import Uploads
from app.users.domain import AVATAR_SIZES, AvatarNotFound, UserId, UserNotFound, avatar_key
from app.users.events import UserUpdated
from app.users.jobs import DropAvatar
from app.users.repository import UserRepository

MOST_BYTES: Final = 4 << 20
UNUSED_AFTER: Final = 3600.0


class AvatarsDependencies(Protocol):
    """What avatars are kept with; the container has it all."""

    @property
    def db(self) -> Database: ...
    @property
    def user_repository(self) -> UserRepository: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def pictures(self) -> Pictures: ...
    @property
    def blobs(self) -> BlobStore: ...


class Avatars:
    """An avatar has an id of its own: another picture has another address."""

    def __init__(self, needs: AvatarsDependencies) -> None:
        self._db, self._users, self._uploads = needs.db, needs.user_repository, needs.uploads
        self._pictures, self._blobs = needs.pictures, needs.blobs

    async def set(self, viewer: Viewer, upload_id: UUID) -> UserId:
        """Make an upload the viewer's avatar; whatever comes of it, the upload is used up.

        Raises UploadNotFound, BadPicture, RateLimited or Unavailable.
        """
        avatar_id = new_id()
        async with self._db.write(viewer) as tx:
            upload = await self._uploads.claim(tx, upload_id)
            # Named before it is made: should this end half-way, its files are found and deleted.
            tx.enqueue(DropAvatar(avatar_id), delay=UNUSED_AFTER)
        try:
            await self._make(avatar_id, upload)
            async with self._db.write(viewer) as tx:
                await self._replace(tx, UserId(viewer.account), avatar_id)
        finally:
            await self._uploads.discard(upload)
        return UserId(viewer.account)

    async def _make(self, avatar_id: UUID, upload: Upload) -> None:
        sent = await self._uploads.read(upload)
        for size, square in (await self._pictures.squares(sent, AVATAR_SIZES)).items():
            await self._blobs.put(avatar_key(avatar_id, size), _once(square), MOST_BYTES)

    async def remove(self, viewer: Viewer) -> UserId:
        """Take the viewer's avatar away; nothing happens where there is none."""
        async with self._db.write(viewer) as tx:
            await self._replace(tx, UserId(viewer.account), None)
        return UserId(viewer.account)

    async def _replace(self, tx: Tx, user_id: UserId, avatar_id: UUID | None) -> None:
        user = await self._users.hold(tx, user_id)
        if user is None:
            raise UserNotFound(user_id)
        if user.avatar_id == avatar_id:
            return
        await self._users.change(tx, user_id, {"avatar_id": avatar_id})
        changes = {"avatar": {"old": user.avatar_id, "new": avatar_id}}
        tx.emit(UserUpdated(user_id=user_id, changes=changes))
        if user.avatar_id is not None:
            tx.enqueue(DropAvatar(user.avatar_id))

    async def open(self, viewer: Viewer, avatar_id: UUID, size: int) -> bytes:
        """The WebP file of this size. Raises AvatarNotFound for those of unknown users, too."""
        user_id = await self._users.of_avatar(avatar_id) if size in AVATAR_SIZES else None
        if user_id is None or not await self._users.by_ids(viewer, [user_id]):
            raise AvatarNotFound
        return await self._blobs.get(avatar_key(avatar_id, size), MOST_BYTES)

    async def drop(self, avatar_id: UUID) -> None:
        """Delete the files of an avatar that is nobody's."""
        if await self._users.avatar_in_use(avatar_id):
            return
        for size in AVATAR_SIZES:
            await self._blobs.delete(avatar_key(avatar_id, size))


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data
