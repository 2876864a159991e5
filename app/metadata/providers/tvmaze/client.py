"""Asking TVmaze, which wants no key. One question brings all of a show."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.metadata.domain import (
    HOUR,
    EpisodeRecord,
    Hit,
    PersonRecord,
    Picture,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Question
from app.metadata.providers.tvmaze import reading, wire

SPEC: Final = ProviderSpec(
    name=reading.NAME,
    label="TVmaze",
    priority=50,
    address="https://api.tvmaze.com",
    rate=2,
    burst=5,
    fresh=HOUR,
    images=(reading.IMAGES,),
    known="Breaking Bad",
)
OF_SHOW: Final = ("seasons", "episodes", "cast", "crew", "images", "akas", "nextepisode")
OF_EPISODE: Final = ("guestcast", "guestcrew")
ELSEWHERE: Final = {"tvdb": "thetvdb", "imdb": "imdb"}


class Tvmaze:
    """Shows with their episodes, people and pictures, in English."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """Shows by title, the likeliest first."""
        said = await self._search("shows", query)
        shows = [reading.hit(found.show) for found in said if found.show is not None]
        return tuple(filter(None, shows))

    async def search_people(self, query: Query) -> Sequence[Hit]:
        """People by name, the likeliest first."""
        said = await self._search("people", query)
        people = [reading.hit_of_person(one.person) for one in said if one.person is not None]
        return tuple(filter(None, people))

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:  # noqa: ARG002
        """A show with all that belongs to it but its specials."""
        said = await self._whole(id_)
        return None if said is None else reading.show(said)

    async def season(
        self,
        show_id: str,
        number: int,
        languages: Sequence[str],  # noqa: ARG002
    ) -> SeasonRecord | None:
        """A season with its episodes; season 0 is the specials, in the order of their showing."""
        if number == 0:
            return await self._specials(show_id)
        said = await self._whole(show_id)
        found = () if said is None else reading.seasons(said.all)
        return next((season for season in found if season.number == number), None)

    async def episode(
        self,
        show_id: str,
        season: int,
        number: int,
        languages: Sequence[str],  # noqa: ARG002
    ) -> EpisodeRecord | None:
        """An episode with the guests and the crew that it alone has."""
        if season == 0:
            specials = await self._specials(show_id)
            episodes = specials.episodes if specials is not None else ()
            return next((one for one in episodes if one.number == number), None)
        place, params = ("shows", show_id, "episodebynumber"), {"season": season, "number": number}
        said = await self._asking.ask(wire.Episode, Question("episode", place, params))
        if said is None:
            return None
        question = Question("episode", ("episodes", said.id), _embedded(OF_EPISODE))
        more = await self._asking.ask(wire.Episode, question)
        return reading.episode(more or said)

    async def person(
        self,
        id_: str,
        languages: Sequence[str],  # noqa: ARG002
    ) -> PersonRecord | None:
        """Somebody."""
        said = await self._asking.ask(wire.Person, Question("person", ("people", id_)))
        return None if said is None else reading.person(said)

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """A show's pictures, and the posters of its seasons."""
        id_ = ids.get(reading.NAME)
        if id_ is None:
            found = await self._lookup(kind, ids)
            id_ = str(found.id) if found is not None else None
        if id_ is None or kind is not RecordKind.SHOW:
            return ()
        said = await self._whole(id_)
        return () if said is None else reading.pictures(said)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give a show."""
        id_ = ids.get(reading.NAME)
        if kind is not RecordKind.SHOW:
            return ()
        if id_ is None:
            said = await self._lookup(kind, ids)
        else:
            said = await self._asking.ask(wire.Show, Question("ratings", ("shows", id_)))
        return () if said is None else reading.ratings(said.rating)

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None:
        """The show that has one of these ids."""
        said = await self._lookup(kind, ids)
        return None if said is None else reading.hit(said)

    async def _lookup(self, kind: RecordKind, ids: Mapping[str, str]) -> wire.Show | None:
        """TVmaze answers with a redirect to the show, which is followed."""
        if kind is not RecordKind.SHOW:
            return None
        for source, name in ELSEWHERE.items():
            if source in ids:
                question = Question("find", ("lookup", "shows"), {name: ids[source]})
                said = await self._asking.ask(wire.Show, question)
                if said is not None:
                    return said
        return None

    async def _whole(self, id_: str) -> wire.Show | None:
        question = Question("show", ("shows", id_), _embedded(OF_SHOW))
        return await self._asking.ask(wire.Show, question)

    async def _specials(self, show_id: str) -> SeasonRecord | None:
        question = Question("season", ("shows", show_id, "episodes"), {"specials": 1})
        said = await self._asking.ask(list[wire.Episode], question)
        return None if said is None else reading.specials(show_id, said)

    async def _search(self, what: str, query: Query) -> Sequence[wire.Found]:
        question = Question("search", ("search", what), {"q": query.title}, search=True)
        return read.firsts(await self._asking.ask(list[wire.Found], question), read.MOST_HITS)


def _embedded(names: Sequence[str]) -> Mapping[str, str]:
    """With numbers, for a name that is asked for once: it is a list to TVmaze in either case."""
    return {f"embed[{at}]": name for at, name in enumerate(names)}
