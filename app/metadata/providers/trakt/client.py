"""Asking Trakt. Headers say who asks. Of lists in pages the first is read, as long as wanted."""

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
from app.metadata.providers.trakt import reading, wire

T = TypeVar("T")
SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="Trakt",
    priority=38,
    address="https://api.trakt.tv",
    rate=3,
    burst=10,
    fresh=HOUR,
    images=reading.IMAGES,
)
VERSION: Final = "2"
FULL: Final = "full,images"
TYPES: Final = {RecordKind.MOVIE: "movie", RecordKind.SHOW: "show"}
PATHS: Final = {RecordKind.MOVIE: "movies", RecordKind.SHOW: "shows"}
ELSEWHERE: Final = ("imdb", "tmdb", "tvdb")


class Trakt:
    """Films and shows, what people think of them, and what is like them."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        found = await self._search(RecordKind.MOVIE, query)
        return reading.hits(one.movie for one in found if one.movie is not None)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title."""
        found = await self._search(RecordKind.SHOW, query)
        return reading.hits(one.show for one in found if one.show is not None)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film with all that belongs to it."""
        said = await self._ask(wire.Movie, "movie", ("movies", id_), {"extended": FULL})
        if said is None or said.ids.trakt is None:
            return None
        people, translations = await self._belonging("movies", id_, languages)
        return reading.movie(said, people, translations, languages)

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show with all that belongs to it but its episodes."""
        said = await self._show(id_)
        if said is None or said.ids.trakt is None:
            return None
        people, translations = await self._belonging("shows", id_, languages)
        seasons = await self._seasons(id_)
        return reading.show(said, people, translations, seasons, languages)

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None:
        """A season with its episodes; when they were on, its show's time zone says."""
        show = await self._show(show_id)
        seasons = await self._seasons(show_id) if show is not None else ()
        said = next((season for season in seasons if season.number == number), None)
        if show is None or said is None:
            return None
        params = {"extended": FULL, "translations": _translations(languages)}
        path = ("shows", show_id, "seasons", number)
        episodes = await self._ask(list[wire.Episode], "season", path, params)
        found = reading.episodes(episodes or (), languages, show.timezone)
        return reading.season(said, found, show.timezone)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Its pictures, and those of a show's seasons."""
        id_ = await self._own(kind, ids)
        if id_ is None:
            return ()
        path = (PATHS[kind], id_)
        said = await self._ask(wire.Title, "artwork", path, {"extended": FULL})
        if said is None:
            return ()
        seasons = await self._seasons(id_) if kind is RecordKind.SHOW else ()
        return (*reading.pictures(said.images), *reading.pictures_of(seasons))

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it, and those of others whom Trakt asks."""
        id_ = await self._own(kind, ids)
        if id_ is None:
            return ()
        path = (PATHS[kind], id_, "ratings")
        said = await self._ask(wire.Ratings, "ratings", path, {"extended": "all"})
        return () if said is None else reading.ratings(said)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What an id of elsewhere is here."""
        if kind not in TYPES:
            return None
        for source in ELSEWHERE:
            if source not in ids or (source == "tvdb" and kind is RecordKind.MOVIE):
                continue
            params = {"type": TYPES[kind], "extended": FULL}
            path = ("search", source, ids[source])
            said = await self._ask(list[wire.Found], "find", path, params)
            for one in read.firsts(said, read.MOST_HITS):
                title = one.movie if kind is RecordKind.MOVIE else one.show
                found = reading.hit(title) if title and one.type == TYPES[kind] else None
                if found is not None:
                    return found
        return None

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]:
        """What is like it."""
        if kind not in PATHS:
            return ()
        path: Sequence[str] = (PATHS[kind], id_, "related")
        params: Params = {"extended": FULL, "limit": read.MOST_HITS}
        if kind is RecordKind.MOVIE:
            movies = await self._ask(list[wire.Movie], "recommendations", path, params)
            return reading.hits(movies or ())
        return reading.hits(await self._ask(list[wire.Show], "recommendations", path, params) or ())

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[wire.Found]:
        path = ("search", TYPES[kind])
        params: Params = {"query": query.title, "extended": FULL, "limit": read.MOST_HITS}
        question = Question("search", path, params, self._headers(), search=True)
        found = await self._asking.ask(list[wire.Found], question)
        return read.firsts(found, read.MOST_HITS)

    async def _show(self, id_: str) -> wire.Show | None:
        return await self._ask(wire.Show, "show", ("shows", id_), {"extended": FULL})

    async def _seasons(self, id_: str) -> Sequence[wire.Season]:
        path, params = ("shows", id_, "seasons"), {"extended": FULL}
        found = await self._ask(list[wire.Season], "season", path, params)
        return read.firsts(found, read.MOST_SEASONS)

    async def _belonging(
        self, what: str, id_: str, languages: Sequence[str]
    ) -> tuple[wire.People, Sequence[wire.Translation]]:
        """Who took part, and what it says in other languages, if those are wanted."""
        path, params = (what, id_, "people"), {"extended": "images"}
        people = await self._ask(wire.People, "people", path, params)
        translations: list[wire.Translation] | None = None
        if _translations(languages) is not None:
            path = (what, id_, "translations")
            translations = await self._ask(list[wire.Translation], "translations", path, {})
        return people or wire.People(), translations or ()

    async def _own(self, kind: RecordKind, ids: Mapping[str, str]) -> str | None:
        """By which id Trakt knows it at once; others it has to look up."""
        if kind not in PATHS:
            return None
        known = ids.get(reading.NAME) or ids.get("imdb")
        if known is not None:
            return known
        found = await self.find(kind, ids)
        return found.id if found is not None else None

    async def _ask(
        self, into: type[T], what: str, path: Sequence[str | int], params: Params
    ) -> T | None:
        return await self._asking.ask(into, Question(what, path, params, self._headers()))

    def _headers(self) -> Mapping[str, str]:
        return {
            "content-type": "application/json",
            "trakt-api-key": self._asking.key("client_id"),
            "trakt-api-version": VERSION,
        }


def _translations(languages: Sequence[str]) -> str | None:
    """Which are wanted beside English: none, those of one language, or all."""
    others = {tag.partition("-")[0] for tag in languages} - {reading.LANGUAGE}
    return None if not others else others.pop() if len(others) == 1 else "all"
