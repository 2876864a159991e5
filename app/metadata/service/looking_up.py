"""Looking things up for somebody who picks: every provider that can, side by side."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import Final

from app.metadata.domain import (
    Artwork,
    BadProviderId,
    CannotSearch,
    CollectionDetails,
    CollectionRecord,
    Failure,
    Found,
    Hit,
    Known,
    MovieDetails,
    MovieRecord,
    MovieSearch,
    PersonDetails,
    PersonRecord,
    PersonSearch,
    ProviderFailed,
    ProviderState,
    Query,
    RecordKind,
    Sheet,
    ShowDetails,
    ShowRecord,
    ShowSearch,
    Sought,
    Trial,
)
from app.metadata.service.chain import Link, ProviderChain
from app.metadata.service.matching import matched

Item = MovieRecord | ShowRecord | PersonRecord | CollectionRecord
SEARCHES: Final[dict[RecordKind, tuple[type, str]]] = {
    RecordKind.MOVIE: (MovieSearch, "search_movies"),
    RecordKind.SHOW: (ShowSearch, "search_shows"),
    RecordKind.PERSON: (PersonSearch, "search_people"),
}
DETAILS: Final[dict[RecordKind, tuple[type, str]]] = {
    RecordKind.MOVIE: (MovieDetails, "movie"),
    RecordKind.SHOW: (ShowDetails, "show"),
    RecordKind.PERSON: (PersonDetails, "person"),
    RecordKind.COLLECTION: (CollectionDetails, "collection"),
}
KNOWN: Final = {"tmdb": "603", "imdb": "tt0133093"}  # a film of which all have pictures
PATIENCE: Final = 12.0  # seconds: one provider that hangs does not take the others along


class LookingUp:
    """At any provider, ready ones only."""

    def __init__(self, chain: ProviderChain) -> None:
        self._chain = chain

    def providers(self) -> list[ProviderState]:
        """Every provider there is, the most believed first."""
        return [_state(link) for link in self._chain.all]

    async def search(
        self, kind: RecordKind, query: Query, providers: Sequence[str] | None = None
    ) -> Found:
        """By title, at these providers or all that can. Raises ProviderUnknown, ProviderOff, and
        CannotSearch where one that is named finds nothing of this kind.
        """
        if kind not in SEARCHES:
            raise CannotSearch("No provider", kind, "kind")
        capability, method = SEARCHES[kind]
        asked = self._asked(kind, capability, providers)
        answers = await asyncio.gather(
            *(_tried(link, getattr(link.provider, method)(query)) for link in asked)
        )
        hits = [hit for answer in answers if not isinstance(answer, Failure) for hit in answer]
        matches = matched(Sought(kind=kind, titles=(query.title,), year=query.year), hits)
        failures = tuple(answer for answer in answers if isinstance(answer, Failure))
        return Found(hits=tuple(match.hit for match in matches), failures=failures)

    async def item(
        self, kind: RecordKind, provider: str, id_: str, languages: Sequence[str]
    ) -> Sheet | None:
        """What a provider has of one thing. Raises ProviderFailed, ProviderUnknown, ProviderOff,
        BadProviderId, and CannotSearch where it has nothing of the kind.
        """
        link = self._chain.ready(provider)
        spec = link.asking.spec
        if not spec.ids.fullmatch(id_):
            raise BadProviderId(spec.label)
        if kind not in DETAILS:
            raise CannotSearch("No provider", kind, "kind")
        capability, method = DETAILS[kind]
        if not isinstance(link.provider, capability):
            raise CannotSearch(spec.label, kind, "kind")
        found: Item | None = await link.answer(
            getattr(link.provider, method)(id_, languages), PATIENCE
        )
        return None if found is None else sheet_of(kind, found)

    async def test(self, provider: str) -> Trial:
        """Ask a provider something that it knows. Raises ProviderUnknown and ProviderOff."""
        link, started = self._chain.anew(provider), time.perf_counter()
        label = link.asking.spec.label
        try:
            found = await link.answer(_question(link), PATIENCE)
        except ProviderFailed as error:
            return Trial(ok=False, message=error.message, seconds=time.perf_counter() - started)
        said = f"{label} answers." if found else f"{label} answers, but finds nothing."
        return Trial(ok=found, message=said, seconds=time.perf_counter() - started)

    def _asked(
        self, kind: RecordKind, capability: type, providers: Sequence[str] | None
    ) -> list[Link]:
        if providers is None:
            return self._chain.having(capability)
        asked = [self._chain.ready(name, field="providers") for name in dict.fromkeys(providers)]
        for link in asked:
            if not isinstance(link.provider, capability):
                raise CannotSearch(link.asking.spec.label, kind, "providers")
        return asked


def sheet_of(kind: RecordKind, found: Item) -> Sheet:
    """A record as one looks at it: the fields that both have, under the same names."""
    names = set(Sheet.__struct_fields__) & set(found.__struct_fields__)
    said = {name: getattr(found, name) for name in names - {"title"}}
    if isinstance(found, PersonRecord):
        said |= {"overview": found.biography, "parts": found.known_for}
    title = found.name if isinstance(found, PersonRecord) else found.title
    return Sheet(kind=kind, title=title or "?", **said)


def _state(link: Link) -> ProviderState:
    spec, asking = link.asking.spec, link.asking
    return ProviderState(
        name=spec.name,
        label=spec.label,
        priority=spec.priority,
        enabled=asking.enabled,
        ready=asking.ready,
        missing=asking.missing,
        can=link.can,
        address=asking.address,
        rate=spec.rate,
        burst=spec.burst,
    )


async def _tried(link: Link, asking: Awaitable[Sequence[Hit]]) -> Sequence[Hit] | Failure:
    try:
        return await link.answer(asking, PATIENCE)
    except ProviderFailed as error:
        return Failure(
            provider=error.provider, message=error.message, retry_after=error.retry_after
        )


async def _question(link: Link) -> bool:
    """Whether it finds what it has."""
    provider, query = link.provider, Query(title=link.asking.spec.known)
    if isinstance(provider, Known):
        return await provider.known()
    if isinstance(provider, MovieSearch):
        return bool(await provider.search_movies(query))
    if isinstance(provider, ShowSearch):
        return bool(await provider.search_shows(query))
    if isinstance(provider, Artwork):
        return bool(await provider.artwork(RecordKind.MOVIE, KNOWN))
    raise TypeError("This provider answers no question.")
