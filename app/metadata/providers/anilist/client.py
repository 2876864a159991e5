"""Asking AniList. It has films and shows, the latter without their episodes."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.metadata.domain import (
    HOUR,
    MINUTE,
    NUMBER,
    Hit,
    MovieRecord,
    Picture,
    ProviderFailed,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    ShowRecord,
)
from app.metadata.providers import anime
from app.metadata.providers.anilist import queries, reading, wire
from app.metadata.providers.asking import Asking, Question

SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="AniList",
    priority=45,
    address="https://graphql.anilist.co",
    rate=1.5,
    burst=5,
    fresh=HOUR,
    images=(reading.IMAGES,),
    failing=(b'"errors"',),
    known="Cowboy Bebop",
)
FORMATS: Final[Mapping[RecordKind, tuple[str, ...]]] = {
    RecordKind.MOVIE: ("MOVIE",),
    RecordKind.SHOW: ("TV", "TV_SHORT", "OVA", "ONA", "SPECIAL"),
}
LARGEST: Final = (1 << 31) - 1  # of the numbers that GraphQL has


class Anilist:
    """Anime: films, and shows in single seasons, with who speaks in them."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        return await self._search(RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title; each season is one."""
        return await self._search(RecordKind.SHOW, query)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film; what is none is not there."""
        said = await self._details("movie", id_, RecordKind.MOVIE)
        return None if said is None else reading.movie(said, languages)

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show; a film is none."""
        said = await self._details("show", id_, RecordKind.SHOW)
        return None if said is None else reading.show(said, languages)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Cover and banner, by its own id or MyAnimeList's."""
        said = await self._known("artwork", kind, ids)
        return () if said is None else reading.pictures(said)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it, by its own id or MyAnimeList's."""
        said = await self._known("ratings", kind, ids)
        return () if said is None else reading.ratings(said)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What MyAnimeList's id is here."""
        elsewhere = {source: id_ for source, id_ in ids.items() if source == "mal"}
        said = await self._known("find", kind, elsewhere)
        return None if said is None else reading.hit(said)

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]:
        """What people who like it like as well; films and shows alike."""
        number = _number(id_)
        if kind not in FORMATS or number is None:
            return ()
        said = await self._media("recommendations", queries.RECOMMENDATIONS, {"id": number})
        return () if said is None else reading.recommended(said)

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[Hit]:
        variables = {"search": query.title, "formats": FORMATS[kind]}
        said = await self._ask("search", queries.SEARCH, variables, search=True)
        page = said.page if said is not None else None
        return reading.hits(page.media or (), kind) if page is not None else ()

    async def _details(self, what: str, id_: str, kind: RecordKind) -> wire.Media | None:
        number = _number(id_)
        if number is None:
            return None
        said = await self._media(what, queries.DETAILS, {"id": number})
        return said if said is not None and _is(said, kind) else None

    async def _known(
        self, what: str, kind: RecordKind, ids: Mapping[str, str]
    ) -> wire.Media | None:
        names = (("anilist", "id"), ("mal", "idMal"))
        by_id = [(name, _number(ids[source])) for source, name in names if source in ids]
        if kind not in FORMATS or not by_id or by_id[0][1] is None:
            return None
        said = await self._media(what, queries.KNOWN, dict(by_id[:1]))
        return said if said is not None and _is(said, kind) else None

    async def _media(
        self, what: str, query: str, variables: Mapping[str, object]
    ) -> wire.Media | None:
        said = await self._ask(what, query, variables)
        return said.media if said is not None else None

    async def _ask(
        self, what: str, query: str, variables: Mapping[str, object], *, search: bool = False
    ) -> wire.Data | None:
        document = {"query": query, "variables": variables}
        question = Question(what, (), document=document, search=search)
        said = await self._asking.ask(wire.Answer, question) or wire.Answer()
        data = said.data
        if data is not None and (data.media is not None or data.page is not None):
            return data
        statuses = [error.status for error in said.errors or () if error is not None]
        if 429 in statuses:
            raise ProviderFailed(
                SPEC.name, f"{SPEC.label} is being asked too often.", retry_after=MINUTE
            )
        if said.errors and 404 not in statuses:
            raise self._asking.failed("answers with an error")
        return None


def _is(said: wire.Media, kind: RecordKind) -> bool:
    return said.id > 0 and anime.kind_of(said.format) is kind


def _number(id_: str) -> int | None:
    """An id as GraphQL takes it; none that is larger exists."""
    return int(id_) if NUMBER.fullmatch(id_) and int(id_) <= LARGEST else None
