"""The dump of titles, fetched once a day: AniDB shuts those out who ask for it more often."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from app.metadata.domain import DAY, ProviderFailed, ProviderRefused
from app.metadata.providers.anidb.index import BadDump, Entry, Index, indexed
from app.metadata.providers.asking import Asking, Question

AGAIN: Final = 900.0  # seconds after which a dump is asked for that could not be had
SITE: Final = "https://anidb.net"
PATH: Final = ("api", "anime-titles.dat.gz")


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
        self._next = self._now() + AGAIN
        try:
            raw = await asking.raw(Question("titles", PATH, base=base, search=True))
        except ProviderRefused:  # no key is asked for here
            self._next = self._now() + DAY
            raise ProviderFailed(
                asking.spec.name,
                f"{asking.spec.label} does not give its titles to this server.",
                retry_after=DAY,
            ) from None
        self._next = self._now() + DAY
        try:
            self._index = await asyncio.to_thread(indexed, raw or b"")
        except BadDump:
            raise asking.failed("gives its titles in a form that is not its own") from None
