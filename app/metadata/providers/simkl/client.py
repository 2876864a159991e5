"""Asking Simkl. Ids are of one sequence, whatever they are of, but anime are asked for elsewhere
than shows; what is not there is an empty list, or null, with every other sign of success.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from app.metadata.domain import (
    HOUR,
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
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Params, Question
from app.metadata.providers.simkl import reading, wire

T = TypeVar("T")
SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="Simkl",
    priority=36,
    address="https://api.simkl.com",
    rate=2,
    burst=5,
    fresh=HOUR,
    images=(reading.IMAGES,),
    refused=frozenset({401, 403, 412}),
)
APP: Final[Params] = {"app-name": "revenge", "app-version": "1"}
NOTHING: Final = frozenset({b"", b"[]", b"{}", b"null"})
TYPES: Final = {RecordKind.MOVIE: "movie", RecordKind.SHOW: "tv"}
PATHS: Final = {RecordKind.MOVIE: "movies", RecordKind.SHOW: "tv"}
ANIME: Final = "anime"
ELSEWHERE: Final = ("imdb", "tvdb", "tmdb", "mal", "anidb", "anilist", "kitsu")


class Simkl:
    """Films, shows and anime, what people think of them, and what is like them."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title, then those that are anime."""
        return await self._search(RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title, then those that are anime."""
        return await self._search(RecordKind.SHOW, query)

    async def movie(
        self,
        id_: str,
        languages: Sequence[str],  # noqa: ARG002
    ) -> MovieRecord | None:
        """A film."""
        said = await self._title(RecordKind.MOVIE, id_)
        return None if said is None else reading.movie(said)

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:  # noqa: ARG002
        """A show with its episodes, in their seasons."""
        said = await self._title(RecordKind.SHOW, id_)
        return None if said is None else reading.show(said, await self._episodes(said, id_))

    async def season(
        self,
        show_id: str,
        number: int,
        languages: Sequence[str],  # noqa: ARG002
    ) -> SeasonRecord | None:
        """A season with its episodes."""
        said = await self._title(RecordKind.SHOW, show_id)
        if said is None:
            return None
        found = reading.seasons(said, await self._episodes(said, show_id))
        return next((season for season in found if season.number == number), None)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Its poster and its backdrop."""
        said = await self._known(kind, ids)
        return () if said is None else reading.pictures(said)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it, and those of IMDb and MyAnimeList. They are told with all else:
        what Simkl once answered to questions for ratings alone it no longer documents.
        """
        said = await self._known(kind, ids)
        return () if said is None else reading.ratings(said.ratings)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What an id of elsewhere is here."""
        if kind not in TYPES:
            return None
        for source in ELSEWHERE:
            if source not in ids or (source == "tvdb" and kind is RecordKind.MOVIE):
                continue
            # The same number is a film and a show at TMDb.
            type_ = TYPES[kind] if source == "tmdb" else None
            params = {source: ids[source], "type": type_}
            question = self._question("find", ("search", "id"), params)
            found = reading.hits(await self._ask(list[wire.Result], question) or (), kind)
            if found:
                return found[0]
        return None

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]:
        """What people who saw it see beside it, or else what is of its genres."""
        said = await self._title(kind, id_)
        if said is None:
            return ()
        return reading.hits(said.users_recommendations or said.similar or (), kind)

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[Hit]:
        found: list[wire.Result] = []
        for type_ in (TYPES[kind], ANIME):
            params: Params = {"q": query.title, "extended": "full", "limit": read.MOST_HITS}
            question = self._question("search", ("search", type_), params, search=True)
            for one in read.firsts(await self._ask(list[wire.Result], question), read.MOST_HITS):
                one.type = one.type or type_
                found.append(one)
        return reading.hits(found, kind)

    async def _known(self, kind: RecordKind, ids: Mapping[str, str]) -> wire.Title | None:
        id_ = ids.get(reading.NAME)
        if id_ is None:
            found = await self.find(kind, ids)
            id_ = found.id if found is not None else None
        return None if id_ is None else await self._title(kind, id_)

    async def _title(self, kind: RecordKind, id_: str) -> wire.Title | None:
        """By its id, among the anime too."""
        if kind not in PATHS:
            return None
        for place in (PATHS[kind], ANIME):
            said = await self._ask(wire.Title, self._question(kind.value, (place, id_), {}))
            if said is None or said.ids.simkl is None:
                continue
            said.type = ANIME if place == ANIME else said.type or TYPES[kind]
            if reading.kind_of(said) is kind:
                return said
        return None

    async def _episodes(self, said: wire.Title, id_: str) -> Sequence[wire.Episode]:
        place = ANIME if reading.is_anime(said) else PATHS[RecordKind.SHOW]
        question = self._question("season", (place, "episodes", id_), {})
        return await self._ask(list[wire.Episode], question) or ()

    async def _ask(self, into: type[T], question: Question) -> T | None:
        body = await self._asking.raw(question)
        if body is None or body.strip() in NOTHING:
            return None
        return self._asking.decoded(into, body)

    def _question(
        self, what: str, path: Sequence[str], params: Params, *, search: bool = False
    ) -> Question:
        headers = {"simkl-api-key": self._asking.key("client_id")}
        return Question(what, path, {**params, **APP}, headers, search=search)
