"""The dump of titles, fetched once a day: AniDB shuts those out who ask for it more often. So it is
stored, for other processes and for the next start.
"""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from app.core.blobs import BlobKey, BlobMissing, BlobTooLarge, StorageUnavailable
from app.core.logging import get_logger
from app.metadata.domain import DAY, ProviderFailed, ProviderRefused
from app.metadata.providers.anidb.index import BadDump, Entry, Index, indexed
from app.metadata.providers.asking import Asking, Question

log = get_logger(__name__)
MOMENT: Final = struct.Struct(">q")  # before what is stored: when it was fetched
MOST_STORED: Final = 64 << 20
AGAIN: Final = 900.0  # seconds after which a dump is asked for that could not be had
SITE: Final = "https://anidb.net"
PATH: Final = ("api", "anime-titles.dat.gz")


class Stored(Struct, frozen=True):
    """A dump that was fetched `age` seconds ago."""

    age: float
    index: Index


class Titles:
    """All titles, in memory; those of yesterday while there are none of today."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._index: Index | None = None
        self._url = ""
        self._next = 0.0
        self._fetching, self._searching = asyncio.Lock(), asyncio.Lock()

    async def search(self, asking: Asking, title: str) -> Sequence[Entry]:
        """Anime by title. Raises ProviderFailed."""
        index = await self._current(asking)
        async with self._searching:
            return await asyncio.to_thread(index.search, title)

    async def _current(self, asking: Asking) -> Index:
        base = None if asking.moved else SITE
        url = asking.url(PATH, base=base)
        async with self._fetching:
            if url != self._url:
                self._url, self._index, self._next = url, None, 0.0
            now = self._now()
            if now >= self._next:
                try:
                    await self._fetch(asking, base)
                except ProviderFailed:
                    if self._index is None:
                        raise
            if self._index is None:
                raise ProviderFailed(
                    asking.spec.name,
                    f"{asking.spec.label} has not given its titles.",
                    retry_after=max(1.0, self._next - now),
                )
            return self._index

    async def _fetch(self, asking: Asking, base: str | None) -> None:
        stored = await self._stored(asking)
        if stored is not None:
            self._index = stored.index
            self._next = self._now() + DAY - stored.age
            if stored.age < DAY:
                return
        self._next = self._now() + AGAIN
        raw = await self._given(asking, base)
        try:
            self._index = await asyncio.to_thread(indexed, raw)
        except BadDump:
            self._next = self._now() + DAY
            raise asking.failed("gives its titles in a form that is not its own") from None
        self._next = self._now() + DAY
        await self._store(asking, raw)

    async def _given(self, asking: Asking, base: str | None) -> bytes:
        try:
            raw = await asking.raw(Question("titles", PATH, base=base, kept=False))
        except ProviderRefused:  # no key is asked for here
            self._next = self._now() + DAY
            raise ProviderFailed(
                asking.spec.name,
                f"{asking.spec.label} does not give its titles to this server.",
                retry_after=DAY,
            ) from None
        return raw or b""

    async def _stored(self, asking: Asking) -> Stored | None:
        """What another process or an earlier start has fetched."""
        try:
            blob = await asking.blobs.get(self._key, MOST_STORED)
        except (BlobMissing, BlobTooLarge):
            return None
        except StorageUnavailable as error:
            log.warning("anidb.titles.not_read", error=error.message)
            return None
        if len(blob) < MOMENT.size:
            return None
        (fetched,) = MOMENT.unpack_from(blob)
        age = max(0.0, asking.clock.now().timestamp() - fetched)
        try:
            return Stored(age, await asyncio.to_thread(indexed, blob[MOMENT.size :]))
        except BadDump:
            log.warning("anidb.titles.not_read", error="It is no dump of titles.")
            return None

    async def _store(self, asking: Asking, raw: bytes) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield MOMENT.pack(int(asking.clock.now().timestamp()))
            yield raw

        try:
            await asking.blobs.put(self._key, pieces(), MOST_STORED)
        except (BlobTooLarge, StorageUnavailable) as error:
            log.warning("anidb.titles.not_stored", error=error.message)

    @property
    def _key(self) -> BlobKey:
        return BlobKey("anidbtitles", uuid5(NAMESPACE_URL, self._url))
