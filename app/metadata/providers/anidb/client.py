"""Asking AniDB, which is asked rarely and answers with all of an anime at once. Titles are searched
in a dump of them. Who asks too much is shut out, and is not to ask for a while.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from xml.etree.ElementTree import Element

from app.metadata.domain import (
    HOUR,
    NUMBER,
    Hit,
    MovieRecord,
    Picture,
    ProviderFailed,
    ProviderRefused,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers.anidb import parts, reading
from app.metadata.providers.anidb.document import BadDocument, Refusal, tree
from app.metadata.providers.anidb.titles import Titles
from app.metadata.providers.asking import Asking, Question

R = TypeVar("R")
SPEC: Final = ProviderSpec(
    name=parts.NAME,
    label="AniDB",
    priority=44,
    address="http://api.anidb.net:9001",
    rate=0.5,
    burst=1,
    fresh=2 * HOUR,
    attempts=2,
    most_bytes=32 << 20,
    images=(parts.IMAGES,),
    failing=(b"<error",),
)
PATH: Final = ("httpapi",)
FIRST_VERSION: Final = "1"
FIRST: Final = "1"
KINDS: Final = (RecordKind.MOVIE, RecordKind.SHOW)
# Nobody knows how long it lasts: somewhat longer than answers are good.
SHUT_OUT: Final = SPEC.fresh + 60


class Anidb:
    """Anime: films, and shows with their episodes and specials."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._titles = Titles()
        self._shut_until = 0.0

    async def known(self) -> bool:
        """Whether it knows its first anime: to try it takes no dump of all titles."""
        return await self._asked("test", FIRST, lambda _: True) is not None

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Anime by title; whether one is a film, its details tell."""
        return await self._search(RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Anime by title; whether one is a show, its details tell."""
        return await self._search(RecordKind.SHOW, query)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film."""
        return await self._asked("movie", id_, lambda said: reading.movie(said, languages))

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show without its episodes."""
        return await self._asked("show", id_, lambda said: reading.show(said, languages))

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None:
        """Its episodes, or its specials as season 0."""
        return await self._asked(
            "season", show_id, lambda said: reading.season(said, number, languages)
        )

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Its picture."""
        if kind not in KINDS:
            return ()
        return await self._asked("artwork", ids.get(SPEC.name, ""), reading.pictures) or ()

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it."""
        if kind not in KINDS:
            return ()
        return await self._asked("ratings", ids.get(SPEC.name, ""), reading.ratings) or ()

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]:
        """What most people find like it."""
        if kind not in KINDS:
            return ()
        return await self._asked("recommendations", id_, reading.similar) or ()

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[Hit]:
        found = await self._titles.search(self._asking, query.title)
        hits = (reading.hit(entry, kind, query.language) for entry in found)
        return tuple(hit for hit in hits if hit is not None)

    async def _asked(self, what: str, id_: str, read: Callable[[Element], R]) -> R | None:
        """What is read from an anime, which takes too long for the event loop."""
        if not NUMBER.fullmatch(id_):
            return None
        self._check()
        body = await self._asking.raw(Question(what, PATH, self._params(id_)))
        if body is None:
            return None
        try:
            said = await asyncio.to_thread(_read, body, read)
        except BadDocument:
            raise self._asking.failed("answers in a form that is not its own") from None
        if not isinstance(said, Refusal):
            return said
        self._raise_for(said)
        return None

    def _params(self, id_: str) -> dict[str, str]:
        return {
            "request": "anime",
            "client": self._asking.key("client_name").lower(),
            "clientver": self._asking.key("client_version") or FIRST_VERSION,
            "protover": "1",
            "aid": id_,
        }

    def _check(self) -> None:
        left = self._shut_until - time.monotonic()
        if left > 0:
            raise ProviderFailed(
                SPEC.name, f"{SPEC.label} has shut this server out.", retry_after=left
            )

    def _raise_for(self, refusal: Refusal) -> None:
        """Raise what it means; that there is no such anime is no error."""
        if refusal.banned:
            self._shut_until = time.monotonic() + SHUT_OUT
            self._check()
        if refusal.of_client:
            raise ProviderRefused(SPEC.name, SPEC.label)
        if not refusal.unknown:
            raise self._asking.failed("answers with an error")


def _read(body: bytes, read: Callable[[Element], R]) -> R | Refusal:
    said = tree(body)
    return said if isinstance(said, Refusal) else read(said)
