"""Pictures in the size and format that is asked for: fetched once, made once, kept."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from datetime import timedelta
from functools import partial
from hmac import compare_digest
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct, structs

from app.core.access import EVERYTHING, SYSTEM
from app.core.blobs import BlobKey, StorageUnavailable
from app.core.clock import Clock
from app.core.config import Config
from app.core.db import Database
from app.core.errors import AppError, RateLimited, Unavailable
from app.core.jobs.run import Run
from app.core.keys import Keyring
from app.core.logging import get_logger
from app.core.lru import SegmentedLru
from app.core.pictures import BadPicture, Look, PictureFormat, Pictures
from app.core.tx import Tx
from app.images.domain import (
    FRAMED,
    LASTING,
    ArtworkId,
    ArtworkKind,
    ArtworkSource,
    FetchProblem,
    ImageMissing,
    ImageNotFound,
    ImageUnavailable,
    Origin,
    upload_key,
)
from app.images.jobs import FetchArtwork
from app.images.repository import ArtworkRepository
from app.images.service.downloads import NotHere
from app.images.service.links import ImageLinks
from app.images.service.sources import Sources, SourcesDependencies
from app.images.service.store import ImageStore, original_key, variant_key
from app.items.domain import ItemId, ItemState
from app.settings.domain import IMAGES_CACHE_MAX_BYTES
from app.settings.service import Settings

T = TypeVar("T")
log = get_logger(__name__)
IN_MEMORY: Final = 32 << 20  # bytes of pictures that were asked for lately
KNOWN: Final = 100_000  # pictures whose content is known
AT_ONCE: Final = 4  # pictures of one job that are fetched together
PER_JOB: Final = 500
UNUSED_FOR: Final = timedelta(days=1)
BATCH: Final = 100


class Served(Struct, frozen=True):
    """A picture to be sent; `etag` as the header has it. One that `stands_in` is not what was asked
    for, which may be there some day.
    """

    data: bytes
    form: PictureFormat
    etag: str
    stands_in: bool = False


class Content(Struct, frozen=True):
    """A picture as it came, with the SHA-256 of it."""

    hash: bytes
    data: bytes


class ImagesDependencies(SourcesDependencies, Protocol):
    """What it takes of the container."""

    @property
    def config(self) -> Config: ...
    @property
    def db(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def artwork_pictures(self) -> Pictures: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def artwork_repository(self) -> ArtworkRepository: ...


class Flights(Generic[T]):
    """What is under way is not begun again: whoever asks for the same waits for it."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, asyncio.Task[T]] = {}

    async def once(self, key: Hashable, begin: Callable[[], Awaitable[T]]) -> T:
        """What `begin` answers; it goes on when the one who asked first waits no longer."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(_awaited(begin))
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def _land(self, key: Hashable, done: "asyncio.Task[T]") -> None:
        del self._flights[key]
        if not done.cancelled():
            done.exception()  # nobody may be waiting any more


async def _awaited(begin: Callable[[], Awaitable[T]]) -> T:
    return await begin()


class Images:
    """Gives out pictures by their ids. Who may have one was decided when its address was signed."""

    def __init__(self, needs: ImagesDependencies) -> None:
        self._db, self._clock, self._items = needs.db, needs.clock, needs.item_repository
        self._artwork, self._blobs = needs.artwork_repository, needs.blobs
        self.links = ImageLinks(needs.keyring, needs.clock)
        self._sources = Sources(needs)
        most = partial(needs.settings.get, IMAGES_CACHE_MAX_BYTES)
        self.store = ImageStore(needs.config.data / "images", most)
        self._pictures = needs.artwork_pictures
        self._made: SegmentedLru[Hashable, Served] = SegmentedLru(KNOWN, IN_MEMORY)
        self._hashes: SegmentedLru[UUID, bytes] = SegmentedLru(KNOWN, KNOWN)
        self._making = Flights[Served]()
        self._fetching = Flights[Content]()

    async def open(self, image: UUID, width: int, form: PictureFormat) -> Served:
        """The picture, no wider than this; of an item that has lost it, a frame. Raises
        ImageNotFound, ImageMissing, ImageUnavailable, RateLimited or Unavailable.
        """
        try:
            return await self._opened(image, width, form)
        except ImageMissing:
            frame = await self._frame_of(image)
            if frame is None:
                raise
            with contextlib.suppress(ImageNotFound, ImageMissing, ImageUnavailable):
                found = await self._opened(frame, width, form)
                return structs.replace(found, stands_in=True)
            raise

    async def _opened(self, image: UUID, width: int, form: PictureFormat) -> Served:
        key = (image, width, form)
        held = self._made.get(key)
        if held is not None:
            return held
        return await self._making.once(key, lambda: self._make(image, width, form))

    async def _frame_of(self, image: UUID) -> ItemId | None:
        """Whose frame stands in for a picture with an address elsewhere, which is there no more."""
        origin = (await self._artwork.origins([image])).get(ArtworkId(image))
        if origin is None or origin.url is None or origin.kind not in FRAMED:
            return None
        return origin.item_id

    async def _make(self, image: UUID, width: int, form: PictureFormat) -> Served:
        digest = await self._hash(image)
        found = await self._kept(variant_key(digest, width, form)) if digest else None
        if found is None or digest is None:
            content = await self._content(image)
            digest = content.hash
            found, _ = await self._pictures.scaled(content.data, width, form)
            await self._keep(variant_key(digest, width, form), found)
        served = Served(found, form, f'"{digest[:12].hex()}-{width}-{form.value}"')
        self._made.put((image, width, form), served, len(found))
        return served

    async def _hash(self, image: UUID) -> bytes | None:
        """By what the content is found, if it was ever here."""
        known = self._hashes.get(image)
        if known is None:
            origin = (await self._artwork.origins([image])).get(ArtworkId(image))
            known = origin.hash if origin is not None else None
            if known is not None:
                self._hashes.put(image, known, 1)
        return known

    async def _content(self, image: UUID) -> Content:
        return await self._fetching.once(image, lambda: self._fetch(image))

    async def _fetch(self, image: UUID) -> Content:
        """The original: from the folder, else from where it comes from."""
        origin = await self._origin(image)
        if origin.hash is not None:
            kept = await self._kept(original_key(origin.hash))
            if kept is not None and hashlib.sha256(kept).digest() == origin.hash:
                return Content(origin.hash, kept)
        self._check(origin)
        try:
            data = await self._sources.get(origin)
            look = await self._look(data)
        except NotHere as missing:
            async with self._db.write(SYSTEM) as tx:
                await self._artwork.failed(tx, origin, missing.problem, self._clock.now())
            raise _refusal(missing.problem) from None
        digest = hashlib.sha256(data).digest()
        if origin.source is not ArtworkSource.UPLOAD:
            await self._keep(original_key(digest), data)
        if not compare_digest(digest, origin.hash or b""):
            async with self._db.write(SYSTEM) as tx:
                image_id = await self._artwork.keep(tx, digest, look, len(data))
                await self._artwork.fetched(tx, origin, image_id, self._clock.now())
        self._hashes.put(image, digest, 1)
        return Content(digest, data)

    async def _origin(self, image: UUID) -> Origin:
        """Where it comes from; what has the id of an item is a frame of that."""
        known = (await self._artwork.origins([image])).get(ArtworkId(image))
        if known is not None and (known.source is not ArtworkSource.FRAME or known.file_id):
            return known
        item = (await self._items.by_ids(EVERYTHING, [ItemId(image)])).get(ItemId(image))
        if item is None or item.state is not ItemState.AVAILABLE:
            raise ImageNotFound
        frame = known or Origin(
            id=ArtworkId(image),
            item_id=item.id,
            kind=ArtworkKind.THUMB,
            source=ArtworkSource.FRAME,
        )
        return structs.replace(frame, file_id=await self._sources.framed(item.id))

    def _check(self, origin: Origin) -> None:
        """Raise what the last try came to while it is too early for another."""
        until = origin.retry_at
        if until is None or origin.problem is None:
            return
        left = (until - self._clock.now()).total_seconds()
        if left > 0:
            raise _refusal(origin.problem, left)

    async def _look(self, data: bytes) -> Look:
        """What it looks like: whatever cannot be read is not kept. Raises NotHere, RateLimited or
        Unavailable.
        """
        try:
            return await self._pictures.look(data)
        except BadPicture as bad:
            log.info("images.unreadable", reason=bad.message)
            raise NotHere(FetchProblem.UNREADABLE) from None

    async def look(self, data: bytes) -> Look:
        """What a picture looks like. Raises BadPicture, RateLimited or Unavailable."""
        return await self._pictures.look(data)

    async def _kept(self, key: BlobKey) -> bytes | None:
        try:
            return await self.store.get(key)
        except StorageUnavailable:
            return None  # it can be had again

    async def _keep(self, key: BlobKey, data: bytes) -> None:
        """Keep it where there is room; on a full disk it is sent all the same."""
        try:
            await self.store.put(key, data)
        except StorageUnavailable as error:
            log.warning("images.not_kept", error=error.message)

    # -- beforehand, and afterwards

    async def prefetch(self, tx: Tx, items: Collection[ItemId]) -> None:
        """Have the pictures that are shown first of these items fetched, after the commit."""
        waiting = await self._artwork.waiting(tx, items) if items else []
        for start in range(0, len(waiting), PER_JOB):
            tx.enqueue(FetchArtwork(tuple(waiting[start : start + PER_JOB])))

    async def fetch(self, ids: Sequence[UUID], run: Run) -> None:
        """Fetch what is not here. What cannot be had now is fetched once somebody asks for it."""
        for start in range(0, len(ids), AT_ONCE):
            await asyncio.gather(*(self._try(i) for i in ids[start : start + AT_ONCE]))
            await run.progress(min(1.0, (start + AT_ONCE) / len(ids)))
        async with run.tx() as tx:
            await run.finish(tx)

    async def _try(self, image: UUID) -> None:
        try:
            await self._content(image)
        except (ImageNotFound, ImageMissing, ImageUnavailable):
            return  # written down with the picture
        except (RateLimited, Unavailable) as error:
            log.info("images.not_fetched", error=error.message)

    async def tidy(self, run: Run) -> None:
        """Keep the folder within its limit, and forget contents that no picture has any more."""
        await self.store.sweep()
        await self.store.evict()
        await run.batches(self._forget_some)

    async def _forget_some(self, tx: Tx) -> bool:
        found = await self._artwork.unused(tx, self._clock.now() - UNUSED_FOR, BATCH)
        for _, digest in found:
            await self._blobs.delete(upload_key(digest))
        await self._artwork.forget(tx, [image_id for image_id, _ in found])
        return len(found) == BATCH


def _refusal(problem: FetchProblem, left: float = 60) -> AppError:
    if problem in LASTING:
        return ImageMissing(problem.sentence)
    return ImageUnavailable(problem.sentence, retry_after=left)
