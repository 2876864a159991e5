"""Asking every provider that knows something of one thing, side by side.

Ids lead to ids: what one provider says of the ids elsewhere is asked there in the next round.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct, field

from app.core.errors import AppError
from app.metadata.domain import (
    Artwork,
    CollectionDetails,
    CollectionRecord,
    EpisodeDetails,
    EpisodeRecord,
    ExternalIds,
    Failure,
    Gathered,
    Hit,
    Match,
    MovieDetails,
    MovieSearch,
    PersonDetails,
    PersonRecord,
    ProviderFailed,
    Query,
    Ratings,
    Recommendations,
    RecordKind,
    SeasonDetails,
    SeasonRecord,
    ShowDetails,
    ShowSearch,
    Sought,
    Wish,
)
from app.metadata.service.chain import Link, ProviderChain
from app.metadata.service.matching import best, matched

T = TypeVar("T")
DETAILS: Final[Mapping[RecordKind, tuple[type, str]]] = {
    RecordKind.MOVIE: (MovieDetails, "movie"),
    RecordKind.SHOW: (ShowDetails, "show"),
}
CAPABILITIES: Final[Mapping[RecordKind, type]] = {
    **{kind: capability for kind, (capability, _) in DETAILS.items()},
    RecordKind.SEASON: SeasonDetails,
    RecordKind.EPISODE: EpisodeDetails,
    RecordKind.PERSON: PersonDetails,
    RecordKind.COLLECTION: CollectionDetails,
}
SEARCHES: Final[Mapping[RecordKind, tuple[type, str]]] = {
    RecordKind.MOVIE: (MovieSearch, "search_movies"),
    RecordKind.SHOW: (ShowSearch, "search_shows"),
}
PATIENCE: Final = 120.0  # seconds for one question: a job waits for its turn, but not for ever
ROUNDS: Final = 3
MOST_TITLES: Final = 3
MOST_CANDIDATES: Final = 10
IMDB: Final = re.compile(r"(?:tt|nm)[0-9]{6,10}", re.ASCII)


class Sightings(Struct, frozen=True):
    """What a search found, the surest first, and who could not be asked."""

    matches: tuple[Match, ...]
    failures: tuple[Failure, ...]
    hit: Hit | None = None


class _Asked(Struct):
    """How far a gathering is."""

    ids: dict[str, str]
    wish: Wish
    records: dict[str, Any] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)


class Gathering:
    """Everything here waits for turns at providers: it is for jobs."""

    def __init__(self, chain: ProviderChain) -> None:
        self._chain = chain

    def able(self, kind: RecordKind) -> bool:
        """Whether anybody can be asked about such things now."""
        return bool(self._chain.having(CAPABILITIES[kind]))

    def rightful(self, ids: Mapping[str, str]) -> dict[str, str]:
        """Those of the ids that look like ids: they come from file names and from elsewhere."""
        forms = {link.asking.spec.source: link.asking.spec.ids for link in self._chain.all}
        forms["imdb"] = IMDB
        return {s: v for s, v in ids.items() if s not in forms or forms[s].fullmatch(v)}

    async def seek(self, sought: Sought, threshold: float, wish: Wish) -> Sightings:
        """Search one provider after the other until one finds what it surely is."""
        capability, method = SEARCHES[sought.kind]
        found: list[Match] = []
        failures: list[Failure] = []
        links = wish.priority.sorted("title", self._chain.having(capability), lambda li: li.name)
        for link in links:
            for title in sought.titles[:MOST_TITLES]:
                query = Query(title=title, year=sought.year, language=wish.language)
                hits = await self._tried(link, getattr(link.provider, method)(query), failures)
                matches = matched(sought, hits or ())
                found += matches[:MOST_CANDIDATES]
                hit = best(matches, threshold)
                if hit is not None:
                    return Sightings(tuple(found), tuple(failures), hit)
        ordered = sorted(found, key=lambda match: -match.score)[:MOST_CANDIDATES]
        return Sightings(tuple(ordered), tuple(failures))

    async def title(self, kind: RecordKind, ids: Mapping[str, str], wish: Wish) -> Gathered[Any]:
        """All that is said of a movie or show, with ratings and pictures of those who have nothing
        else of it.
        """
        capability, method = DETAILS[kind]
        asked = _Asked(self.rightful(ids), wish)
        links = self._chain.having(capability)
        for _ in range(ROUNDS):
            ready = [li for li in links if li.name not in asked.done and _id(li, asked) is not None]
            if not ready:
                await self._find(kind, links, asked)
                ready = [
                    li for li in links if li.name not in asked.done and _id(li, asked) is not None
                ]
                if not ready:
                    break
            await self._details(ready, method, asked)
        ratings = await self._beside(Ratings, "ratings", kind, asked)
        pictures = await self._beside(Artwork, "artwork", kind, asked)
        recommended = await self._recommended(kind, asked)
        return Gathered(
            records=tuple(asked.records[li.name] for li in links if li.name in asked.records),
            ratings=tuple(rating for _, rating in ratings),
            pictures=tuple(pictures),
            recommended=recommended,
            ids=asked.ids,
            failures=tuple(asked.failures),
            lost=tuple(asked.lost),
        )

    async def season(
        self, ids: Mapping[str, str], number: int, wish: Wish
    ) -> Gathered[SeasonRecord]:
        """A season of the show of these ids with its episodes, from all who know it."""
        return await self._one(
            SeasonDetails, ids, wish, lambda p, id_: p.season(id_, number, wish.languages)
        )

    async def episode(
        self, ids: Mapping[str, str], place: tuple[int, int], wish: Wish
    ) -> Gathered[EpisodeRecord]:
        """An episode of the show of these ids by season and number, from all who know it."""
        return await self._one(
            EpisodeDetails, ids, wish, lambda p, id_: p.episode(id_, *place, wish.languages)
        )

    async def person(self, ids: Mapping[str, str], wish: Wish) -> Gathered[PersonRecord]:
        """Somebody, as all say who know them."""
        return await self._one(
            PersonDetails, ids, wish, lambda p, id_: p.person(id_, wish.languages)
        )

    async def collection(self, ids: Mapping[str, str], wish: Wish) -> Gathered[CollectionRecord]:
        """A collection, as all say who know it."""
        return await self._one(
            CollectionDetails, ids, wish, lambda p, id_: p.collection(id_, wish.languages)
        )

    async def _one(
        self,
        capability: type,
        ids: Mapping[str, str],
        wish: Wish,
        ask: Callable[[Any, str], Awaitable[Any]],
    ) -> Gathered[Any]:
        asked = _Asked(self.rightful(ids), wish)
        links = [li for li in self._chain.having(capability) if _id(li, asked) is not None]
        await asyncio.gather(
            *(
                self._take(li, ask(self._provider(li, wish), str(_id(li, asked))), asked)
                for li in links
            )
        )
        records = [asked.records[li.name] for li in links if li.name in asked.records]
        return Gathered(
            records=tuple(records),
            ids=asked.ids,
            failures=tuple(asked.failures),
            lost=tuple(asked.lost),
        )

    async def _details(self, links: Sequence[Link], method: str, asked: _Asked) -> None:
        """One round; ids that it brought are known afterwards, those of before are believed."""
        wish = asked.wish
        asked.done |= {link.name for link in links}
        questions = (
            getattr(self._provider(li, wish), method)(_id(li, asked), wish.languages)
            for li in links
        )
        await asyncio.gather(
            *(self._take(li, asking, asked) for li, asking in zip(links, questions, strict=True))
        )
        for link in links:
            record = asked.records.get(link.name)
            if record is not None:
                asked.ids = {**self.rightful(record.ids), **asked.ids}

    async def _take(self, link: Link, asking: Awaitable[Any], asked: _Asked) -> None:
        answer = await _answer(link, asking)
        if isinstance(answer, Failure):
            asked.failures.append(answer)
        elif answer is None:
            asked.lost.append(link.name)
        else:
            asked.records[link.name] = answer

    async def _find(self, kind: RecordKind, links: Sequence[Link], asked: _Asked) -> None:
        """By ids elsewhere, those that nobody has said an id of."""
        left = [
            link
            for link in links
            if link.name not in asked.done and isinstance(link.provider, ExternalIds)
        ]
        asked.done |= {link.name for link in links if _id(link, asked) is None}
        if not asked.ids:
            return
        found = await asyncio.gather(
            *(
                self._tried(li, li.provider.find(kind, asked.ids), asked.failures)
                for li in left
                if isinstance(li.provider, ExternalIds)
            )
        )
        for link, hit in zip(left, found, strict=True):
            if isinstance(hit, Hit):
                known = self.rightful({link.asking.spec.source: hit.id, **hit.ids})
                asked.ids = {**known, **asked.ids}
                asked.done.discard(link.name)

    async def _beside(
        self, capability: type, method: str, kind: RecordKind, asked: _Asked
    ) -> list[tuple[str, Any]]:
        """Of providers that have no record of it."""
        links = [li for li in self._chain.having(capability) if li.name not in asked.records]
        links = [li for li in links if li.name not in {f.provider for f in asked.failures}]
        questions = (
            getattr(self._provider(li, asked.wish), method)(kind, asked.ids) for li in links
        )
        found = await asyncio.gather(
            *(
                self._tried(li, asking, asked.failures)
                for li, asking in zip(links, questions, strict=True)
            )
        )
        return [(li.name, one) for li, some in zip(links, found, strict=True) for one in some or ()]

    async def _recommended(
        self, kind: RecordKind, asked: _Asked
    ) -> tuple[str, tuple[Hit, ...]] | None:
        """What the first who knows it names beside it, where no record says that itself."""
        if any(record.recommendations for record in asked.records.values()):
            return None
        silent = {failure.provider for failure in asked.failures}
        wish, links = asked.wish, self._chain.having(Recommendations)
        for link in wish.priority.sorted("related", links, lambda li: li.name):
            id_ = _id(link, asked)
            if id_ is None or link.name in {*silent, *asked.lost}:
                continue
            asking = self._provider(link, wish).recommendations(kind, id_)
            if hits := await self._tried(link, asking, asked.failures):
                return link.name, tuple(hits)
        return None

    def _provider(self, link: Link, wish: Wish) -> Any:
        return self._chain.fresh(link).provider if wish.anew else link.provider

    async def _tried(self, link: Link, asking: Awaitable[T], failures: list[Failure]) -> T | None:
        answer = await _answer(link, asking)
        if isinstance(answer, Failure):
            failures.append(answer)
            return None
        return answer


async def _answer(link: Link, asking: Awaitable[T]) -> T | Failure:
    """What one provider answers; what goes wrong is its own failure."""
    try:
        return await link.answer(asking, PATIENCE)
    except ProviderFailed as error:
        return Failure(
            provider=error.provider, message=error.message, retry_after=error.retry_after
        )
    except AppError as error:
        return Failure(provider=link.name, message=error.message)


def _id(link: Link, asked: _Asked) -> str | None:
    return asked.ids.get(link.asking.spec.source)
