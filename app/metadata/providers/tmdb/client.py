"""Asking TMDb. One question brings all of a film or show: what else there is is appended to it."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from msgspec import structs

from app.metadata.domain import (
    MINUTE,
    CollectionRecord,
    EpisodeRecord,
    Hit,
    MovieRecord,
    PersonRecord,
    Picture,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
    Text,
)
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Question
from app.metadata.providers.tmdb import parts, reading, wire

T = TypeVar("T")
SPEC: Final = ProviderSpec(
    name=parts.NAME,
    label="TMDb",
    priority=100,
    address="https://api.themoviedb.org/3",
    rate=4,
    burst=10,
    fresh_search=15 * MINUTE,
    images=(parts.IMAGES,),
)
SHARED: Final = (
    "images,translations,external_ids,keywords,videos,alternative_titles,similar,recommendations"
)
OF_MOVIE: Final = f"{SHARED},credits,release_dates"
OF_SHOW: Final = f"{SHARED},aggregate_credits,content_ratings"
OF_SEASON: Final = "images,translations,external_ids,aggregate_credits"
OF_EPISODE: Final = "images,translations,external_ids,credits"
OF_PERSON: Final = "images,translations,external_ids,combined_credits"
OF_COLLECTION: Final = "images,translations"
PATHS: Final = {RecordKind.MOVIE: "movie", RecordKind.SHOW: "tv"}
PICTURED: Final = {**PATHS, RecordKind.PERSON: "person", RecordKind.COLLECTION: "collection"}
ELSEWHERE: Final = {"imdb": "imdb_id", "tvdb": "tvdb_id", "wikidata": "wikidata_id"}
TOKEN: Final = 60  # read access tokens are longer than any key


class Tmdb:
    """Everything: titles, people, collections, pictures, in most languages."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        return await self._search("movie", RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title."""
        return await self._search("tv", RecordKind.SHOW, query)

    async def search_people(self, query: Query) -> Sequence[Hit]:
        """People by name."""
        return await self._search("person", RecordKind.PERSON, query)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film with all that belongs to it."""
        said = await self._details(wire.Movie, "movie", ("movie", id_), languages, OF_MOVIE)
        return None if said is None else reading.movie(said, languages)

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show with all that belongs to it but its episodes."""
        said = await self._details(wire.Show, "show", ("tv", id_), languages, OF_SHOW)
        return None if said is None else reading.show(said, languages)

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None:
        """A season with its episodes. Of those only a question in their language tells titles."""
        path = ("tv", show_id, "season", number)
        said = await self._details(wire.Season, "season", path, languages, OF_SEASON)
        if said is None:
            return None
        found = reading.season(said, languages)
        texts: dict[int, list[Text]] = {one.number: [] for one in found.episodes}
        for language in languages[1:]:
            question = self._question("season", path, {"language": language})
            other = await self._asking.ask(wire.Season, question)
            for one in reading.season(other, [language]).episodes if other is not None else ():
                if one.number in texts:
                    text = Text(language=language, title=one.title, overview=one.overview)
                    texts[one.number].append(text)
        episodes = [structs.replace(e, texts=tuple(texts[e.number])) for e in found.episodes]
        return structs.replace(found, episodes=tuple(episodes))

    async def episode(
        self, show_id: str, season: int, number: int, languages: Sequence[str]
    ) -> EpisodeRecord | None:
        """An episode with all who took part in it."""
        path = ("tv", show_id, "season", season, "episode", number)
        said = await self._details(wire.Episode, "episode", path, languages, OF_EPISODE)
        return None if said is None else reading.episode(said, languages)

    async def person(self, id_: str, languages: Sequence[str]) -> PersonRecord | None:
        """Somebody, with what they are known for."""
        said = await self._details(wire.Person, "person", ("person", id_), languages, OF_PERSON)
        return None if said is None else reading.person(said, languages)

    async def collection(self, id_: str, languages: Sequence[str]) -> CollectionRecord | None:
        """Films that belong together."""
        path = ("collection", id_)
        said = await self._details(wire.Collection, "collection", path, languages, OF_COLLECTION)
        return None if said is None else reading.collection(said, languages)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """All pictures, in every language."""
        id_ = ids.get(parts.NAME)
        if id_ is None or kind not in PICTURED:
            return ()
        path = (PICTURED[kind], id_, "images")
        said = await self._asking.ask(wire.Images, self._question("artwork", path, {}))
        return () if said is None else parts.pictures(said)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it."""
        id_ = ids.get(parts.NAME)
        if id_ is None or kind not in PATHS:
            return ()
        path = (PATHS[kind], id_)
        said = await self._asking.ask(wire.Title, self._question("ratings", path, {}))
        return () if said is None else read.ratings(SPEC.name, said.vote_average, said.vote_count)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What an id of elsewhere is here."""
        for source, name in ELSEWHERE.items():
            if source not in ids or (source == "tvdb" and kind is RecordKind.MOVIE):
                continue
            params = {"external_source": name}
            question = self._question("find", ("find", ids[source]), params)
            said = await self._asking.ask(wire.Found, question) or wire.Found()
            results = {
                RecordKind.MOVIE: said.movie_results,
                RecordKind.SHOW: said.tv_results,
                RecordKind.PERSON: said.person_results,
            }
            if found := parts.hits(results.get(kind, ()), kind):
                return found[0]
        return None

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]:
        """What people who saw it see next."""
        if kind not in PATHS:
            return ()
        path = (PATHS[kind], id_, "recommendations")
        said = await self._asking.ask(wire.Results, self._question("recommendations", path, {}))
        return () if said is None else parts.hits(said.results, kind)

    async def _search(self, what: str, kind: RecordKind, query: Query) -> Sequence[Hit]:
        params = {"query": query.title, "language": query.language, "include_adult": "false"}
        question = self._question("search", ("search", what), params, search=True)
        said = await self._asking.ask(wire.Results, question)
        return () if said is None else parts.hits(said.results, kind)

    async def _details(
        self,
        into: type[T],
        what: str,
        path: Sequence[str | int],
        languages: Sequence[str],
        more: str,
    ) -> T | None:
        spoken = dict.fromkeys(tag.partition("-")[0] for tag in languages)
        params = {
            "language": languages[0],
            "append_to_response": more,
            "include_image_language": ",".join((*spoken, "null")),
        }
        return await self._asking.ask(into, self._question(what, path, params))

    def _question(
        self,
        what: str,
        path: Sequence[str | int],
        params: Mapping[str, str],
        *,
        search: bool = False,
    ) -> Question:
        key = self._asking.key("api_key")
        if len(key) > TOKEN:
            return Question(what, path, params, {"authorization": f"Bearer {key}"}, search=search)
        return Question(what, path, {**params, "api_key": key}, search=search)
