"""Asking TheTVDB. It gives a token to whoever signs in with a key; texts are in all languages at
once, but those of the episodes of a season.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from msgspec import structs

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    DAY,
    MINUTE,
    EpisodeRecord,
    Hit,
    MovieRecord,
    PersonRecord,
    Picture,
    ProviderSpec,
    Query,
    RecordKind,
    SeasonRecord,
    ShowRecord,
    Text,
)
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Params, Question
from app.metadata.providers.tokens import Token
from app.metadata.providers.tvdb import parts, reading, wire
from app.metadata.providers.tvdb.wire import Answer

T = TypeVar("T")
SPEC: Final = ProviderSpec(
    name=parts.NAME,
    label="TheTVDB",
    priority=80,
    address="https://api4.thetvdb.com/v4",
    rate=5,
    burst=10,
    fresh_search=15 * MINUTE,
    images=(parts.IMAGES,),
)
MONTH: Final = 30 * DAY
BEARER: Final = re.compile(r"[A-Za-z0-9._~+/=-]{1,4000}", re.ASCII)
TRANSLATED: Final = {"meta": "translations"}
MOST_PAGES: Final = 20  # of 500 episodes
ELSEWHERE: Final = ("imdb", "wikidata")  # ids that no other source has too


class Tvdb:
    """Shows above all, in the order of their airing; films and people, in most languages."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._token = Token(self._sign_in, self._mark)

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        return await self._search("movie", RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title."""
        return await self._search("series", RecordKind.SHOW, query)

    async def search_people(self, query: Query) -> Sequence[Hit]:
        """People by name."""
        return await self._search("person", RecordKind.PERSON, query)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film with all that belongs to it."""
        said = await self._movie(id_)
        return None if said is None else reading.movie(said, languages)

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show with all that belongs to it but its episodes."""
        said = await self._show(id_)
        return None if said is None else reading.show(said, languages)

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None:
        """A season with its episodes."""
        of_show = await self._show(show_id)
        named = reading.seasons(of_show).get(number) if of_show is not None else None
        if of_show is None or named is None:
            return None
        said = await self._season(str(named.id)) or named
        codes = await self._codes(languages)
        texts = await self._season_texts(said, codes)
        told = said.episodes or await self._episodes(show_id, None, {"season": number})
        mine = [e for e in told if e.season_number == number and e.number is not None]
        original = parts.language(of_show.original_language)
        in_all = await self._episode_texts(show_id, mine, codes, original)
        episodes = [reading.episode(e, in_all[e.id], languages) for e in mine]
        found = reading.season(said, number, texts, languages)
        return structs.replace(
            found,
            episodes=tuple(episodes[: read.MOST_EPISODES]),
            episode_count=read.count(len(episodes)),
            release_date=min(filter(None, (e.release_date for e in episodes)), default=None),
        )

    async def episode(
        self, show_id: str, season: int, number: int, languages: Sequence[str]
    ) -> EpisodeRecord | None:
        """An episode with all who took part in it."""
        params = {"season": season, "episodeNumber": number}
        listed = await self._episodes(show_id, None, params)
        wanted = (e.id for e in listed if (e.season_number, e.number) == (season, number))
        id_ = next(wanted, None)
        said = None if id_ is None else await self._episode(str(id_))
        if said is None:
            return None
        said = structs.replace(said, season_number=season, number=number)
        return reading.episode(said, parts.texts(said.translations), languages)

    async def person(self, id_: str, languages: Sequence[str]) -> PersonRecord | None:
        """Somebody, with what they are known for."""
        said = await self._person(id_)
        return None if said is None else reading.person(said, languages)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Pictures of what has this id here."""
        id_ = ids.get(parts.NAME)
        found: Sequence[Picture] = ()
        if id_ is None:
            return found
        if kind is RecordKind.SHOW:
            path = ("series", id_, "artworks")
            show = await self._ask(Answer[wire.Series], Question("artwork", path))
            found = reading.of_show(show) if show is not None else ()
        elif kind is RecordKind.MOVIE:
            movie = await self._movie(id_)
            found = reading.of_movie(movie) if movie is not None else ()
        elif kind is RecordKind.SEASON:
            season = await self._season(id_)
            found = reading.of_season(season) if season is not None else ()
        elif kind is RecordKind.EPISODE:
            episode = await self._episode(id_)
            found = parts.single(ArtworkKind.THUMB, episode.image) if episode is not None else ()
        elif kind is RecordKind.PERSON:
            person = await self._person(id_)
            found = parts.single(ArtworkKind.POSTER, person.image) if person is not None else ()
        return found

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """What an id of elsewhere is here."""
        for id_ in (ids[source] for source in ELSEWHERE if source in ids):
            question = Question("find", ("search", "remoteid", id_))
            for one in (await self._ask(Answer[list[wire.Remote]], question) or ())[:100]:
                found = {
                    RecordKind.MOVIE: one.movie,
                    RecordKind.SHOW: one.series,
                    RecordKind.PERSON: one.people,
                }.get(kind)
                hit = reading.known(found, kind) if found is not None else None
                if hit is not None:
                    return hit
        return None

    async def _search(self, what: str, kind: RecordKind, query: Query) -> Sequence[Hit]:
        params: Params = {"query": query.title, "type": what, "limit": read.MOST_HITS}
        question = Question("search", ("search",), params, search=True)
        said = await self._ask(Answer[list[wire.SearchResult]], question)
        return reading.hits(said, kind, query.language)

    async def _movie(self, id_: str) -> wire.Movie | None:
        question = Question("movie", ("movies", id_, "extended"), TRANSLATED)
        return await self._ask(Answer[wire.Movie], question)

    async def _show(self, id_: str) -> wire.Series | None:
        question = Question("show", ("series", id_, "extended"), TRANSLATED)
        return await self._ask(Answer[wire.Series], question)

    async def _season(self, id_: str) -> wire.Season | None:
        return await self._ask(
            Answer[wire.Season], Question("season", ("seasons", id_, "extended"))
        )

    async def _episode(self, id_: str) -> wire.Episode | None:
        question = Question("episode", ("episodes", id_, "extended"), TRANSLATED)
        return await self._ask(Answer[wire.Episode], question)

    async def _person(self, id_: str) -> wire.Person | None:
        question = Question("person", ("people", id_, "extended"), TRANSLATED)
        return await self._ask(Answer[wire.Person], question)

    async def _codes(self, languages: Sequence[str]) -> Mapping[str, str]:
        """Its codes of the languages that are wanted and that it has, by BCP 47 tag."""
        said = await self._ask(Answer[list[wire.Language]], Question("languages", ("languages",)))
        known: dict[str, str] = {}
        for one in (said or ())[:1000]:
            tag = parts.language(one.id)
            if tag is not None and one.id is not None:
                known.setdefault(tag, one.id)
        tags = (parts.nearest(wanted, known) for wanted in languages)
        return {tag: known[tag] for tag in tags if tag is not None}

    async def _season_texts(self, said: wire.Season, codes: Mapping[str, str]) -> list[Text]:
        """What a season is called, in those of the languages in which it is called anything."""
        there = {*(said.name_translations or ()), *(said.overview_translations or ())}
        found = []
        for code in (code for code in codes.values() if code in there):
            path = ("seasons", said.id, "translations", code)
            told = await self._ask(Answer[wire.Translation], Question("translation", path))
            if told is not None:
                one = structs.replace(told, language=code)
                found.append(wire.Translations([one], [one]))
        return [text for told in found for text in parts.texts(told)]

    async def _episode_texts(
        self,
        show_id: str,
        own: Sequence[wire.Episode],
        codes: Mapping[str, str],
        original: str | None,
    ) -> Mapping[int, list[Text]]:
        """What episodes are called in each language, by id. Lists in a language are of all seasons,
        and kept for the next one.
        """
        found: dict[int, list[Text]] = defaultdict(list)
        for tag, code in codes.items():
            told = own if tag == original else await self._episodes(show_id, code, {})
            for one in told:
                title, overview = read.line(one.name), read.paragraphs(one.overview)
                if title or overview:
                    found[one.id].append(Text(language=tag, title=title, overview=overview))
        return found

    async def _episodes(
        self, show_id: str, code: str | None, params: Params
    ) -> Sequence[wire.Episode]:
        """Episodes in the order of their airing; in their own language where no other is asked."""
        found: list[wire.Episode] = []
        path = ("series", show_id, "episodes", reading.ORDER, *([code] if code else []))
        for page in range(MOST_PAGES):
            question = Question("episodes", path, {"page": page, **params})
            said = await self._token.ask(self._asking, Answer[wire.Episodes], question)
            if said is None or said.data is None:
                break
            of_series = said.data.series
            listed = said.data.episodes or (of_series.episodes if of_series is not None else None)
            found += listed or ()
            over = len(found) >= read.MOST_EPISODES
            if over or not listed or said.links is None or not said.links.next:
                break
        return found[: read.MOST_EPISODES]

    async def _ask(self, into: type[Answer[T]], question: Question) -> T | None:
        """What the answer holds."""
        said = await self._token.ask(self._asking, into, question)
        return None if said is None else said.data

    async def _sign_in(self) -> tuple[str, float]:
        question = Question("token", ("login",), document=self._credentials(), kept=False)
        said = await self._asking.ask(Answer[wire.SignedIn], question)
        token = said.data.token if said is not None and said.data is not None else None
        if token is None or BEARER.fullmatch(token) is None:
            raise self._asking.failed("does not sign one in")
        return token, MONTH

    def _mark(self) -> str:
        """What a token is good for: these credentials, at this address."""
        return "\n".join((self._asking.address, *self._credentials().values()))

    def _credentials(self) -> dict[str, str]:
        """As they are sent: no PIN where none is set."""
        pin = self._asking.key("pin")
        return {"apikey": self._asking.key("api_key"), **({"pin": pin} if pin else {})}
