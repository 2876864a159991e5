"""What a provider can do: it implements the protocols that it can, and no flag says so.

Ids are the provider's own. `languages` are BCP 47 tags, the most wanted first, one at least.
What is not there is None, or not among the found; every method raises ProviderFailed.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from app.metadata.domain.records import (
    CollectionRecord,
    EpisodeRecord,
    Hit,
    MovieRecord,
    PersonRecord,
    Picture,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)


class Capability(StrEnum):
    """The protocols below, as data."""

    MOVIE_SEARCH = "movie_search"
    MOVIE_DETAILS = "movie_details"
    SHOW_SEARCH = "show_search"
    SHOW_DETAILS = "show_details"
    SEASON_DETAILS = "season_details"
    EPISODE_DETAILS = "episode_details"
    PERSON_SEARCH = "person_search"
    PERSON_DETAILS = "person_details"
    COLLECTION_DETAILS = "collection_details"
    ARTWORK = "artwork"
    RATINGS = "ratings"
    EXTERNAL_IDS = "external_ids"
    RECOMMENDATIONS = "recommendations"


class Query(Struct, frozen=True, kw_only=True):
    """What a title is searched by; a year helps to order what is found, and excludes nothing."""

    title: str
    year: int | None = None
    language: str = "en"


@runtime_checkable
class MovieSearch(Protocol):
    """Finds films by their title."""

    async def search_movies(self, query: Query) -> Sequence[Hit]: ...


@runtime_checkable
class MovieDetails(Protocol):
    """Knows films."""

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None: ...


@runtime_checkable
class ShowSearch(Protocol):
    """Finds shows by their title."""

    async def search_shows(self, query: Query) -> Sequence[Hit]: ...


@runtime_checkable
class ShowDetails(Protocol):
    """Knows shows."""

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None: ...


@runtime_checkable
class SeasonDetails(Protocol):
    """Knows the seasons of shows, with their episodes."""

    async def season(
        self, show_id: str, number: int, languages: Sequence[str]
    ) -> SeasonRecord | None: ...


@runtime_checkable
class EpisodeDetails(Protocol):
    """Knows more of an episode than its season's record says."""

    async def episode(
        self, show_id: str, season: int, number: int, languages: Sequence[str]
    ) -> EpisodeRecord | None: ...


@runtime_checkable
class PersonSearch(Protocol):
    """Finds people by their name."""

    async def search_people(self, query: Query) -> Sequence[Hit]: ...


@runtime_checkable
class PersonDetails(Protocol):
    """Knows people."""

    async def person(self, id_: str, languages: Sequence[str]) -> PersonRecord | None: ...


@runtime_checkable
class CollectionDetails(Protocol):
    """Knows which films belong together."""

    async def collection(self, id_: str, languages: Sequence[str]) -> CollectionRecord | None: ...


@runtime_checkable
class Artwork(Protocol):
    """Has pictures of what has these ids, by source."""

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]: ...


@runtime_checkable
class Ratings(Protocol):
    """Has ratings of what has these ids, by source."""

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]: ...


@runtime_checkable
class ExternalIds(Protocol):
    """Knows which of its own has one of these ids, by source."""

    async def find(self, kind: RecordKind, ids: Mapping[str, str]) -> Hit | None: ...


@runtime_checkable
class Recommendations(Protocol):
    """Knows what is like a film or show."""

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]: ...


@runtime_checkable
class Known(Protocol):
    """Has a way of its own to be tried, where a search is too much."""

    async def known(self) -> bool: ...
