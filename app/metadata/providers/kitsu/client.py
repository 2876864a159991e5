"""Asking Kitsu. It has films and shows; episodes come in pages."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from app.metadata.domain import (
    HOUR,
    NUMBER,
    Hit,
    MovieRecord,
    Picture,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers import anime
from app.metadata.providers.asking import Asking, Params, Question
from app.metadata.providers.kitsu import reading, wire

M = TypeVar("M", wire.One, wire.Many)
SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="Kitsu",
    priority=42,
    address="https://kitsu.io/api/edge",
    rate=2,
    burst=5,
    fresh=HOUR,
    images=reading.IMAGES,
    known="Cowboy Bebop",
)
HEADERS: Final = {"accept": "application/vnd.api+json"}
PAGE: Final = 20  # the most that it gives
MOST_PAGES: Final = 75
KINDS: Final = (RecordKind.MOVIE, RecordKind.SHOW)
INCLUDED: Final = "categories,mappings"


class Kitsu:
    """Anime: films, and shows in single seasons with their episodes, and their ids elsewhere."""

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
        """A film."""
        said = await self._one("movie", id_)
        return None if said is None else reading.movie(said, languages)

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show without its episodes."""
        said = await self._one("show", id_)
        return None if said is None else reading.show(said, languages)

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None:
        """The one season, page by page up to a bound."""
        if number != anime.SEASON or not NUMBER.fullmatch(show_id):
            return None
        found: list[wire.Resource] = []
        for page in range(MOST_PAGES):
            params = {"page[limit]": PAGE, "page[offset]": page * PAGE}
            said = await self._asked(wire.Many, "season", ("anime", show_id, "episodes"), params)
            if said is None and page == 0:
                return None
            said = said or wire.Many()
            found += (said.data or [])[:PAGE]
            count = said.meta.count if said.meta is not None else None
            if len(said.data or ()) < PAGE or (count is not None and len(found) >= count):
                break
        return reading.season(show_id, found, languages)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Poster and banner, by its own id or one of elsewhere."""
        said = await self._known("artwork", kind, ids)
        return () if said is None else reading.pictures(said)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it, by its own id or one of elsewhere."""
        said = await self._known("ratings", kind, ids)
        return () if said is None else reading.ratings(said)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What an id of elsewhere is here."""
        found = await self._mapped("find", kind, ids)
        return next(iter(reading.hits(found, kind)), None)

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[Hit]:
        """Films and shows are found together: one answer does for both."""
        params: Params = {"filter[text]": query.title, "page[limit]": PAGE}
        said = await self._asked(wire.Many, "search", ("anime",), params, search=True)
        return () if said is None else reading.hits(said.data, kind)

    async def _one(self, what: str, id_: str) -> wire.One | None:
        if not NUMBER.fullmatch(id_):
            return None
        return await self._asked(wire.One, what, ("anime", id_), {"include": INCLUDED})

    async def _known(
        self, what: str, kind: RecordKind, ids: Mapping[str, str]
    ) -> wire.Resource | None:
        if kind not in KINDS:
            return None
        if SPEC.name not in ids:
            return next(iter(await self._mapped(what, kind, ids)), None)
        said = await self._one(what, ids[SPEC.name])
        its = said.data if said is not None else None
        return its if its is not None and reading.is_a(its, kind) else None

    async def _mapped(
        self, what: str, kind: RecordKind, ids: Mapping[str, str]
    ) -> list[wire.Resource]:
        """The one anime of a kind that has one of these ids; where several share it, none is."""
        for source, site in reading.sites(kind) if kind in KINDS else ():
            if source not in ids:
                continue
            params = {
                "filter[externalSite]": site,
                "filter[externalId]": ids[source],
                "include": "item",
            }
            said = await self._asked(wire.Many, what, ("mappings",), params) or wire.Many()
            found = [one for one in (said.included or [])[:PAGE] if reading.is_a(one, kind)]
            if len(found) == 1:
                return found
        return []

    async def _asked(
        self,
        into: type[M],
        what: str,
        path: Sequence[str],
        params: Params,
        *,
        search: bool = False,
    ) -> M | None:
        question = Question(what, path, params, HEADERS, search=search)
        said = await self._asking.ask(into, question)
        if said is None or said.data is not None or not said.errors:
            return said
        if any(str(problem.status) == "404" for problem in said.errors):
            return None
        raise self._asking.failed("answers with an error")
