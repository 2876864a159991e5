"""Which picture of an item comes first: chosen by hand, of those it has or of one that was sent."""

import hashlib
from collections.abc import AsyncGenerator
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from app.core.access import Viewer
from app.core.blobs import BlobStore, BlobTooLarge
from app.core.db import Database
from app.core.errors import Forbidden
from app.core.ids import encode_id
from app.images.domain import (
    KIND,
    MOST_BYTES,
    ArtworkId,
    ArtworkKind,
    ArtworkNotFound,
    ImageId,
    OneOfTwo,
    upload_key,
)
from app.images.events import ArtworkChosen
from app.images.repository import ArtworkRepository
from app.images.service.images import Images
from app.items.domain import Item, ItemId, ItemNotFound
from app.items.repository import ItemRepository
from app.scanning.service import tell
from app.uploads.domain import Upload
from app.uploads.service import Uploads


class ChoiceDependencies(Protocol):
    """What it takes of the container."""

    @property
    def db(self) -> Database: ...
    @property
    def blobs(self) -> BlobStore: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def images(self) -> Images: ...
    @property
    def item_repository(self) -> ItemRepository: ...
    @property
    def artwork_repository(self) -> ArtworkRepository: ...


class Choice(Struct, frozen=True, kw_only=True):
    """One of the pictures of an item, or one that was sent; neither leaves it to the order."""

    kind: ArtworkKind
    artwork_id: ArtworkId | None = None
    upload_id: UUID | None = None


class ArtworkChoice:
    """Use cases of those who manage a library."""

    def __init__(self, needs: ChoiceDependencies) -> None:
        self._db, self._blobs, self._uploads = needs.db, needs.blobs, needs.uploads
        self._images, self._items = needs.images, needs.item_repository
        self._artwork = needs.artwork_repository

    async def set(self, viewer: Viewer, item_id: ItemId, choice: Choice) -> None:
        """Let a picture be the first of its kind.

        Raises ItemNotFound, Forbidden, OneOfTwo, ArtworkNotFound, UploadNotFound, BadPicture,
        RateLimited or Unavailable. An upload is used up whatever comes of it.
        """
        if choice.artwork_id is not None and choice.upload_id is not None:
            raise OneOfTwo
        item = (await self._items.by_ids(viewer.scope, [item_id])).get(item_id)
        if item is None:
            raise ItemNotFound
        if not viewer.scope.may_manage(item.library_id):
            raise Forbidden("You may see this library, but not edit it.")
        if choice.upload_id is None:
            await self._choose(viewer, item, choice, None)
            return
        async with self._db.write(viewer) as tx:
            upload = await self._uploads.claim(tx, choice.upload_id)
        try:
            await self._choose(viewer, item, choice, await self._taken(viewer, upload))
        finally:
            await self._uploads.discard(upload)

    async def _taken(self, viewer: Viewer, upload: Upload) -> ImageId:
        """Keep what was sent, if it can be read."""
        if upload.size > MOST_BYTES:
            raise BlobTooLarge(MOST_BYTES)
        data = await self._uploads.read(upload)
        look = await self._images.look(data)
        digest = hashlib.sha256(data).digest()
        # Named before it is kept: should this end half-way, it is found and deleted.
        async with self._db.write(viewer) as tx:
            image_id = await self._artwork.keep(tx, digest, look, len(data))
        await self._blobs.put(upload_key(digest), _once(data), MOST_BYTES)
        return image_id

    async def _choose(
        self, viewer: Viewer, item: Item, choice: Choice, image_id: ImageId | None
    ) -> None:
        chosen = choice.artwork_id
        async with self._db.write(viewer) as tx:
            if image_id is not None:
                chosen = await self._artwork.add_upload(tx, item.id, choice.kind, image_id)
            there, before = await self._artwork.choose(tx, item.id, choice.kind, chosen)
            if not there:
                raise ArtworkNotFound
            tell(tx, item.library_id, updated=[item.id])
            change = {choice.kind.value: {"old": _ref(before), "new": _ref(chosen)}}
            tx.emit(ArtworkChosen(item_id=item.id, changes=change))


def _ref(artwork_id: ArtworkId | None) -> str | None:
    return encode_id(KIND, artwork_id) if artwork_id is not None else None


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data
