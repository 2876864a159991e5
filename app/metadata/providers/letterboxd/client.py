"""Asking Letterboxd, as an app that signs in with its own key for what everybody may see."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from msgspec import structs

from app.metadata.domain import (
    HOUR,
    CollectionRecord,
    Hit,
    MovieRecord,
    PersonRecord,
    Picture,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
)
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Params, Question
from app.metadata.providers.letterboxd import reading, wire
from app.metadata.providers.tokens import Token

T = TypeVar("T")
SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="Letterboxd",
    priority=34,
    address="https://api.letterboxd.com/api/v0",
    rate=1,
    burst=3,
    fresh=HOUR,
    images=reading.IMAGES,
    ids=reading.LID,
)
BRIEFLY: Final = {"excludeMemberFilmRelationships": "true"}
ELSEWHERE: Final = ("tmdb", "imdb")
TOKEN: Final = re.compile(r"[!-~]{1,4096}", re.ASCII)


class Letterboxd:
    """Films, people and collections, and what its people give films."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._token = Token(self._signed_in, self._signs_in_with)

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        said = await self._search("FilmSearchItem", query)
        return reading.hits([item.film for item in said if item.film is not None])

    async def search_people(self, query: Query) -> Sequence[Hit]:
        """People by name."""
        said = await self._search("ContributorSearchItem", query)
        return reading.people([one.contributor for one in said if one.contributor is not None])

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film, how many rated it, and what the collection is called that it is part of."""
        film = await self._ask(wire.Film, "movie", ("film", id_))
        if film is None:
            return None
        statistics = await self._statistics(id_)
        part_of = film.film_collection_id or ""
        together = await self._collection(part_of) if reading.LID.fullmatch(part_of) else None
        return reading.movie(structs.replace(film, id=id_), statistics, together, languages)

    async def person(self, id_: str, languages: Sequence[str]) -> PersonRecord | None:
        """Somebody, with the films of theirs that are seen most."""
        said = await self._ask(wire.Contributor, "person", ("contributor", id_))
        if said is None:
            return None
        path = ("contributor", id_, "contributions")
        params = {"perPage": str(read.MOST_HITS), **BRIEFLY}
        parts = await self._ask(wire.Items, "contributions", path, params) or wire.Items()
        films = [part.film for part in parts.items or () if part.film is not None]
        return reading.person(structs.replace(said, id=id_), films, languages)

    async def collection(self, id_: str, languages: Sequence[str]) -> CollectionRecord | None:
        """Films that belong together."""
        said = await self._collection(id_)
        return None if said is None else reading.collection(said, languages)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Its poster and its backdrop."""
        id_ = await self._film_id(kind, ids)
        film = None if id_ is None else await self._ask(wire.Film, "movie", ("film", id_))
        return () if film is None else reading.pictures(film)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it."""
        id_ = await self._film_id(kind, ids)
        said = None if id_ is None else await self._statistics(id_)
        return () if said is None else reading.ratings(said)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """The film, or whoever, that has one of these ids."""
        known = read.ids(**{source: ids[source] for source in ELSEWHERE if source in ids})
        if kind is RecordKind.PERSON and "tmdb" in known:
            path = ("contributor", f"tmdb:{known['tmdb']}")
            said = await self._ask(wire.Contributor, "person", path)
            people = reading.people([said]) if said is not None else ()
            return people[0] if people else None
        for source, id_ in known.items() if kind is RecordKind.MOVIE else ():
            params = {"filmId": f"{source}:{id_}", "perPage": "5", **BRIEFLY}
            films = await self._ask(wire.Films, "find", ("films",), params) or wire.Films()
            found = reading.named(films.items or (), source, id_)
            if found is not None:
                return found
        return None

    async def _film_id(self, kind: RecordKind, ids: Mapping[str, str]) -> str | None:
        id_ = ids.get(reading.NAME)
        if kind is RecordKind.MOVIE and id_ is not None and reading.LID.fullmatch(id_):
            return id_
        found = await self.find(kind, ids) if kind is RecordKind.MOVIE else None
        return None if found is None else found.id

    async def _search(self, kind: str, query: Query) -> list[wire.Item]:
        params = {
            "input": query.title,
            "include": kind,
            "perPage": str(read.MOST_HITS),
            **BRIEFLY,
        }
        said = await self._ask(wire.Items, "search", ("search",), params)
        return read.firsts(said.items, read.MOST_HITS * 4) if said is not None else []

    async def _statistics(self, id_: str) -> wire.Statistics | None:
        return await self._ask(wire.Statistics, "ratings", ("film", id_, "statistics"))

    async def _collection(self, id_: str) -> wire.Collection | None:
        path, params = ("film-collection", id_), {"sort": "ReleaseDateEarliestFirst"}
        said = await self._ask(wire.Collection, "collection", path, params)
        return None if said is None else structs.replace(said, id=id_)

    async def _ask(
        self, into: type[T], what: str, path: Sequence[str], params: Params | None = None
    ) -> T | None:
        question = Question(what, path, params or {}, search=what == "search")
        return await self._token.ask(self._asking, into, question)

    async def _signed_in(self) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._asking.key("api_key"),
            "client_secret": self._asking.key("api_secret"),
        }
        said = await self._asking.form(wire.Token, ("auth", "token"), form)
        if TOKEN.fullmatch(said.access_token) is None:
            raise self._asking.failed("gives no token to who signs in")
        return said.access_token, said.expires_in

    def _signs_in_with(self) -> str:
        """A token is told to nobody but who gave it."""
        asking = self._asking
        return "\n".join((asking.address, asking.key("api_key"), asking.key("api_secret")))
