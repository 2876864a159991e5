"""Shows, seasons and episodes, and the questions one can ask of lists of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from app.catalog.domain import ContentQuery, NetworkId
from app.catalog.domain.searched import Searched, SearchedWork
from app.items.domain import ItemState
from app.libraries.domain import LibraryId

ShowId = NewType("ShowId", UUID)
SeasonId = NewType("SeasonId", UUID)
EpisodeId = NewType("EpisodeId", UUID)
SPECIALS = 0


class ShowStatus(StrEnum):
    """Whether more episodes are to come."""

    CONTINUING = "continuing"
    ENDED = "ended"
    UPCOMING = "upcoming"
    CANCELLED = "cancelled"


class Ordering(StrEnum):
    """By what the episodes of a show are told apart: numbers within seasons, days, or one count."""

    STANDARD = "standard"
    DAILY = "daily"
    ABSOLUTE = "absolute"


class Show(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A series in one library. `runtime` of an episode in seconds, `rating` from 0 to 10.

    `release_date` is the day of its first episode.
    """

    id: ShowId
    library_id: LibraryId
    title: str
    sort_title: str
    original_title: str | None = None
    year: int | None = None
    release_date: date | None = None
    last_air_date: date | None = None
    next_air_date: date | None = None
    overview: str | None = None
    tagline: str | None = None
    status: ShowStatus | None = None
    ordering: Ordering = Ordering.STANDARD
    runtime: int | None = None
    rating: float | None = None
    votes: int | None = None
    popularity: float | None = None
    trailer_url: str | None = None
    certification: str | None = None
    age: int | None = None
    state: ItemState = ItemState.AVAILABLE
    added_at: datetime


def name_of_season(number: int) -> str:
    """What stands for the title of a season."""
    return "Specials" if number == SPECIALS else f"Season {number}"


class Season(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A season; number 0 holds the specials."""

    id: SeasonId
    show_id: ShowId
    library_id: LibraryId
    number: int
    title: str | None = None
    overview: str | None = None
    release_date: date | None = None
    age: int | None = None
    state: ItemState = ItemState.AVAILABLE
    added_at: datetime

    @property
    def name(self) -> str:
        """Its title, or what stands for one."""
        return self.title or name_of_season(self.number)

    @property
    def year(self) -> int | None:
        """Of its first broadcast."""
        return self.release_date.year if self.release_date is not None else None


class Episode(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """An episode. `number` within its season, None where only the day is known; `absolute` counts
    through all seasons. `position` orders a season: the number, or the day of the year.
    """

    id: EpisodeId
    show_id: ShowId
    season_id: SeasonId
    library_id: LibraryId
    season: int
    number: int | None = None
    absolute: int | None = None
    position: int
    title: str
    overview: str | None = None
    release_date: date | None = None
    runtime: int | None = None
    rating: float | None = None
    votes: int | None = None
    certification: str | None = None
    age: int | None = None
    state: ItemState = ItemState.AVAILABLE
    added_at: datetime

    @property
    def year(self) -> int | None:
        """Of its first broadcast."""
        return self.release_date.year if self.release_date is not None else None


class KnownSeason(Struct, frozen=True, kw_only=True):
    """By what a season is found again."""

    id: SeasonId
    show_id: ShowId
    number: int


class KnownEpisode(Struct, frozen=True, kw_only=True):
    """By what an episode is found again: number within its season, count, or day."""

    id: EpisodeId
    show_id: ShowId
    season_id: SeasonId
    season: int
    number: int | None
    absolute: int | None
    release_date: date | None


class GuideEntry(Struct, frozen=True, kw_only=True):
    """An episode that providers know of and that is not here."""

    season: int
    number: int
    title: str | None = None
    release_date: date | None = None


class SearchedShow(SearchedWork, frozen=True, kw_only=True):
    """A show by all that is said of it."""

    status: str | None


class ShowTitles(Searched, frozen=True, kw_only=True):
    """A show by its titles."""

    original_title: str | None


class SearchedSeason(Searched, frozen=True, kw_only=True):
    """A season by its titles."""

    show_id: ShowId
    number: int

    @property
    def season(self) -> int:
        """Its number, as its episodes call it."""
        return self.number


class SearchedEpisode(Searched, frozen=True, kw_only=True):
    """An episode by its titles and who takes part in it alone. `runtime` in seconds."""

    show_id: ShowId
    season: int
    guests: tuple[str, ...]
    directors: tuple[str, ...]
    runtime: int | None
    rating: float | None
    votes: int | None


class ShowSort(StrEnum):
    """What a list of shows is ordered by."""

    TITLE = "title"
    YEAR = "year"
    ADDED = "added"
    LATEST = "latest"
    RATING = "rating"
    POPULARITY = "popularity"
    RANDOM = "random"


class ShowQuery(ContentQuery, frozen=True, kw_only=True):
    """Which shows, in which order. `watched` is who has watched all that has aired by `today` and
    can be played, specials apart.
    """

    networks: tuple[NetworkId, ...] = ()
    statuses: tuple[ShowStatus, ...] = ()
    today: date | None = None
    sort: ShowSort = ShowSort.TITLE

    @property
    def sort_key(self) -> str:
        """Names the order, so that a cursor of another one is refused."""
        direction = "desc" if self.descending else "asc"
        return f"shows.{self.sort.value}.{direction}.{self.seed}"


class EpisodeQuery(Struct, frozen=True, kw_only=True):
    """Whose episodes: of a show, of a season, of all."""

    show: ShowId | None = None
    season: SeasonId | None = None


class Airing(Struct, frozen=True, kw_only=True):
    """Which episodes by their day, both ends included; `playable` are those with a file."""

    since: date | None = None
    until: date
    playable: bool = False
    descending: bool = False


class WatchStats(Struct, frozen=True, kw_only=True):
    """How far a viewer is with a show or season: episodes that are there, specials apart."""

    episodes: int
    watched: int
    started: int
    last_watched_at: datetime | None = None
