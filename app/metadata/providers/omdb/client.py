"""Asking OMDb. It knows everything by the ids of IMDb, and all of a title by one question. Its key
stands in the address, for it takes none elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from app.metadata.domain import (
    EpisodeRecord,
    Hit,
    MovieRecord,
    ProviderRefused,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers.asking import Asking, Params, Question
from app.metadata.providers.omdb import reading, wire

A = TypeVar("A", bound=wire.Answer)
SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="OMDb",
    priority=40,
    address="https://www.omdbapi.com",
    rate=1,
    burst=3,
    images=reading.IMAGES,
    ids=re.compile(r"tt[0-9]{6,10}", re.ASCII),
    ids_of="imdb",
    used_up=b"Request limit reached",
    failing=(b"limit reached", b"rror getting data"),
)
RATED: Final = frozenset({RecordKind.MOVIE, RecordKind.SHOW, RecordKind.EPISODE})
# How it says that there is nothing; also of ids that it has not got ("Error getting data").
ABSENT: Final = ("not found", "incorrect imdb id", "error getting data", "too many results")
REFUSED: Final = ("invalid api key", "no api key")


class Omdb:
    """Films, shows and episodes in English, with the ratings of IMDb and of critics."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        return await self._search(RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title."""
        return await self._search(RecordKind.SHOW, query)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film; None where the id is a show's."""
        said = await self._title(id_)
        fits = said is not None and reading.kind(said) is RecordKind.MOVIE
        return reading.movie(said, id_, languages) if said is not None and fits else None

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show, its seasons by number alone; None where the id is a film's."""
        said = await self._title(id_)
        fits = said is not None and reading.kind(said) is RecordKind.SHOW
        return reading.show(said, id_, languages) if said is not None and fits else None

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None:
        """A season with its episodes: their titles, days and ratings."""
        params: Params = {"i": show_id, "Season": number}
        said = await self._ask(wire.Season, "season", params)
        return None if said is None else reading.season(said, show_id, number, languages)

    async def episode(
        self, show_id: str, season: int, number: int, languages: Sequence[str]
    ) -> EpisodeRecord | None:
        """An episode with who took part in it."""
        params: Params = {"i": show_id, "Season": season, "Episode": number, "plot": "full"}
        said = await self._ask(wire.Title, "episode", params)
        place = (season, number)
        return None if said is None else reading.episode(said, show_id, place, languages)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What people at IMDb and critics give it."""
        said = await self._title(ids.get("imdb")) if kind in RATED else None
        return () if said is None else reading.ratings(said)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What an id of IMDb is."""
        said = await self._title(ids.get("imdb")) if kind in reading.TYPES else None
        found = reading.hits([said], kind) if said is not None else ()
        return found[0] if found else None

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[Hit]:
        """Ten of a title; those of the year first, since there may be more than ten in all. It
        refuses to list what is in the title of too many: then the one of exactly this title.
        """
        found: list[wire.Title] = []
        sort = {"type": reading.TYPES[kind]}
        for year in dict.fromkeys((query.year, None)):
            params: Params = {"s": query.title, "y": year, **sort}
            said = await self._ask(wire.Results, "search", params, search=True)
            found += (said.search or []) if said is not None else []
        if not found:
            params = {"t": query.title, "y": query.year, "plot": "full", **sort}
            one = await self._ask(wire.Title, "search", params, search=True)
            found += [one] if one is not None else []
        return reading.hits(found, kind)

    async def _title(self, id_: str | None) -> wire.Title | None:
        if id_ is None or SPEC.ids.fullmatch(id_) is None:
            return None
        return await self._ask(wire.Title, "title", {"i": id_, "plot": "full"})

    async def _ask(
        self, into: type[A], what: str, params: Params, *, search: bool = False
    ) -> A | None:
        proof = {"apikey": self._asking.key("api_key")}
        said = await self._asking.ask(into, Question(what, (), {**params, **proof}, search=search))
        if said is None or said.response == "True":
            return said
        why = (said.error or "").lower()
        if any(words in why for words in ABSENT):
            return None
        if any(words in why for words in REFUSED):
            raise ProviderRefused(SPEC.name, SPEC.label)
        if "limit" in why:
            raise self._asking.failed("has answered as often as it does in a day")
        raise self._asking.failed("answers with an error")
