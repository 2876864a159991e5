"""Trakt's answers, as far as anybody reads them. Sources: trakt.docs.apiary.io, the schemas of
Trakt's own client (trakt/trakt-api) for what is newer, such as pictures and the ratings of others,
and the recordings of PyTrakt.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

Id = Annotated[int, Meta(ge=1, lt=10**12)]
# A list now, by size in former times.
Urls = list[str] | dict[str, str | None]


class Ids(Struct):
    trakt: Id | None = None
    imdb: str | None = None
    tmdb: int | None = None
    tvdb: int | None = None


class Images(Struct):
    poster: Urls | None = None
    fanart: Urls | None = None
    logo: Urls | None = None
    clearart: Urls | None = None
    banner: Urls | None = None
    thumb: Urls | None = None
    screenshot: Urls | None = None
    headshot: Urls | None = None


class Airs(Struct):
    """When a show is on, in the time of the place where it is."""

    timezone: str | None = None


class Title(Struct):
    """What movies and shows share; people have a name."""

    ids: Ids = field(default_factory=Ids)
    title: str | None = None
    year: int | None = None
    original_title: str | None = None
    overview: str | None = None
    tagline: str | None = None
    runtime: float | None = None
    country: str | None = None
    language: str | None = None
    status: str | None = None
    certification: str | None = None
    trailer: str | None = None
    homepage: str | None = None
    genres: list[str] | None = None
    rating: float | None = None
    votes: int | None = None
    images: Images | None = None


class Movie(Title, kw_only=True):
    released: str | None = None


class Show(Title, kw_only=True):
    first_aired: str | None = None
    airs: Airs | None = None
    network: str | None = None
    aired_episodes: int | None = None

    @property
    def timezone(self) -> str | None:
        """Of the place where it is on."""
        return self.airs.timezone if self.airs is not None else None


class Found(Struct):
    """What a search finds: one of them, as `type` says."""

    type: str | None = None
    movie: Movie | None = None
    show: Show | None = None


class Translation(Struct):
    title: str | None = None
    overview: str | None = None
    tagline: str | None = None
    language: str | None = None
    country: str | None = None


class Episode(Struct):
    season: int | None = None
    number: int | None = None
    number_abs: int | None = None
    title: str | None = None
    ids: Ids = field(default_factory=Ids)
    overview: str | None = None
    first_aired: str | None = None
    runtime: float | None = None
    rating: float | None = None
    votes: int | None = None
    images: Images | None = None
    translations: list[Translation] | None = None


class Season(Struct):
    number: int | None = None
    ids: Ids = field(default_factory=Ids)
    title: str | None = None
    overview: str | None = None
    first_aired: str | None = None
    episode_count: int | None = None
    images: Images | None = None


class Person(Struct):
    name: str | None = None
    ids: Ids = field(default_factory=Ids)
    images: Images | None = None


class Member(Struct):
    """Of cast or crew; one character or job in former times, all of them now."""

    person: Person | None = None
    character: str | None = None
    characters: list[str] | None = None
    job: str | None = None
    jobs: list[str] | None = None
    images: Images | None = None


class People(Struct):
    """Crew by department."""

    cast: list[Member] | None = None
    crew: dict[str, list[Member]] | None = None


class Score(Struct):
    """What the people of one place give."""

    rating: float | None = None
    votes: int | None = None


class Ratings(Struct):
    """Trakt's own alone in former times, by who asked now."""

    rating: float | None = None
    votes: int | None = None
    trakt: Score | None = None
    imdb: Score | None = None
    tmdb: Score | None = None
    metascore: Score | None = None
    rotten_tomatoes: Score | None = None
