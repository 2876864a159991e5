"""What there is in the catalogue."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct


class Text(Struct, frozen=True):
    """What is said in one language."""

    title: str
    overview: str
    tagline: str = ""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody. `biographies` by language."""

    number: int
    name: str
    ids: Mapping[str, str]
    born: date
    died: date | None
    birthplace: str
    department: str
    biographies: Mapping[str, str]


class Role(Struct, frozen=True):
    """A person's number, and whom they play."""

    person: int
    character: str


class Job(Struct, frozen=True):
    """A person's number, and what they do."""

    person: int
    job: str
    department: str


class Score(Struct, frozen=True):
    """From 0 to 10, to one place behind the point."""

    value: float
    votes: int


class Title(Struct, frozen=True, kw_only=True):
    """What films and shows share. `texts` by language, English and German at least; `runtime` in
    minutes, an episode's for shows; `like` are numbers of the same kind.
    """

    number: int
    ids: Mapping[str, str]
    texts: Mapping[str, Text]
    original_language: str
    romaji: str | None
    released: date
    runtime: int
    genres: tuple[int, ...]
    keywords: tuple[str, ...]
    studios: tuple[int, ...]
    country: str
    certifications: Mapping[str, str]
    ratings: Mapping[str, Score]
    cast: tuple[Role, ...]
    crew: tuple[Job, ...]
    trailer: str
    like: tuple[int, ...]
    anime: bool

    @property
    def title(self) -> str:
        """In English."""
        return self.texts["en"].title

    @property
    def original_title(self) -> str:
        """In the language that it was made in."""
        return self.texts[self.original_language].title

    @property
    def year(self) -> int:
        return self.released.year


class Film(Title, frozen=True, kw_only=True):
    """A film; `part_of` is its collection's number."""

    part_of: int | None
    budget: int
    revenue: int


class Episode(Struct, frozen=True, kw_only=True):
    """An episode; `key` is its number among all episodes."""

    key: int
    season: int
    number: int
    ids: Mapping[str, str]
    texts: Mapping[str, Text]
    aired: date
    runtime: int
    rating: Score
    director: int
    writer: int
    guests: tuple[Role, ...]


class Season(Struct, frozen=True, kw_only=True):
    """A season; number 0 are the specials. `key` is its number among all seasons."""

    key: int
    number: int
    ids: Mapping[str, str]
    texts: Mapping[str, Text]
    episodes: tuple[Episode, ...]


class Show(Title, frozen=True, kw_only=True):
    """A show with all its episodes."""

    network: int
    ended: bool
    seasons: tuple[Season, ...]

    @property
    def regular(self) -> tuple[Season, ...]:
        """Its seasons but the specials."""
        return tuple(season for season in self.seasons if season.number)

    @property
    def last_aired(self) -> date:
        return self.regular[-1].episodes[-1].aired


class Collection(Struct, frozen=True, kw_only=True):
    """Films that belong together, by number."""

    number: int
    ids: Mapping[str, str]
    texts: Mapping[str, Text]
    films: tuple[int, ...]
