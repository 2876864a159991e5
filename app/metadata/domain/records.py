"""What a provider has on record. All of it is optional but what it is called; nothing is trusted:
texts are cleaned and cut, addresses are of the web, numbers lie where they can.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from app.images.domain import ArtworkKind


class RecordKind(StrEnum):
    """What a record is of."""

    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"
    PERSON = "person"
    COLLECTION = "collection"


class Text(Struct, frozen=True, kw_only=True):
    """What is said in one language, a BCP 47 tag."""

    language: str
    title: str | None = None
    overview: str | None = None
    tagline: str | None = None


class Part(StrEnum):
    """Which part somebody took."""

    CAST = "cast"
    GUEST = "guest"
    CREW = "crew"


class Credit(Struct, frozen=True, kw_only=True):
    """Somebody's part, in the provider's order; `ids` are the person's, by source."""

    name: str
    part: Part
    ids: Mapping[str, str] = {}
    character: str | None = None
    job: str | None = None
    department: str | None = None
    portrait: str | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """A picture's address; sizes in pixels, `score` is the provider's own, higher is better."""

    kind: ArtworkKind
    url: str
    language: str | None = None
    width: int | None = None
    height: int | None = None
    score: float = 0.0
    season: int | None = None


class Rating(Struct, frozen=True, kw_only=True):
    """What people give it on average, from 0 to 10; `source` is who asked them ("imdb")."""

    source: str
    value: float
    votes: int | None = None


class Video(Struct, frozen=True, kw_only=True):
    """A trailer or the like, by its address."""

    url: str
    title: str | None = None
    language: str | None = None
    kind: str = "trailer"


class Company(Struct, frozen=True, kw_only=True):
    """A studio or a network."""

    name: str
    ids: Mapping[str, str] = {}
    logo: str | None = None
    country: str | None = None


class Hit(Struct, frozen=True, kw_only=True):
    """What a search finds, and how other records name it: `id` is its id at `source`."""

    source: str
    kind: RecordKind
    id: str
    title: str
    original_title: str | None = None
    alternative_titles: tuple[str, ...] = ()
    release_date: date | None = None
    year: int | None = None
    overview: str | None = None
    picture: str | None = None
    language: str | None = None
    popularity: float | None = None
    votes: int | None = None
    runtime: int | None = None
    ids: Mapping[str, str] = {}


class TitleRecord(Struct, frozen=True, kw_only=True):
    """What movies and shows share. `runtime` in seconds; `ids` by source hold its own as well;
    `title`, `overview` and `tagline` are in `language`, where the provider says which.
    """

    source: str
    id: str
    ids: Mapping[str, str] = {}
    title: str | None = None
    language: str | None = None
    original_title: str | None = None
    original_language: str | None = None
    alternative_titles: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()
    overview: str | None = None
    tagline: str | None = None
    release_date: date | None = None
    year: int | None = None
    runtime: int | None = None
    status: str | None = None
    homepage: str | None = None
    genres: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    studios: tuple[Company, ...] = ()
    certifications: Mapping[str, str] = {}
    ratings: tuple[Rating, ...] = ()
    popularity: float | None = None
    credits: tuple[Credit, ...] = ()
    pictures: tuple[Picture, ...] = ()
    videos: tuple[Video, ...] = ()
    recommendations: tuple[Hit, ...] = ()
    similar: tuple[Hit, ...] = ()


class MovieRecord(TitleRecord, frozen=True, kw_only=True):
    """A film. `budget` and `revenue` in US dollars."""

    collection: Hit | None = None
    budget: int | None = None
    revenue: int | None = None


class EpisodeRecord(Struct, frozen=True, kw_only=True):
    """An episode by its number in its season."""

    source: str
    id: str
    season: int
    number: int
    absolute: int | None = None
    ids: Mapping[str, str] = {}
    title: str | None = None
    overview: str | None = None
    texts: tuple[Text, ...] = ()
    release_date: date | None = None
    runtime: int | None = None
    ratings: tuple[Rating, ...] = ()
    credits: tuple[Credit, ...] = ()
    pictures: tuple[Picture, ...] = ()


class SeasonRecord(Struct, frozen=True, kw_only=True):
    """A season; one that a show merely names has no episodes."""

    source: str
    id: str
    number: int
    ids: Mapping[str, str] = {}
    title: str | None = None
    overview: str | None = None
    texts: tuple[Text, ...] = ()
    release_date: date | None = None
    episode_count: int | None = None
    pictures: tuple[Picture, ...] = ()
    credits: tuple[Credit, ...] = ()
    episodes: tuple[EpisodeRecord, ...] = ()


class ShowRecord(TitleRecord, frozen=True, kw_only=True):
    """A show. `anime` where the provider keeps nothing else, or says so."""

    last_air_date: date | None = None
    next_air_date: date | None = None
    networks: tuple[Company, ...] = ()
    seasons: tuple[SeasonRecord, ...] = ()
    episode_count: int | None = None
    anime: bool = False


class PersonRecord(Struct, frozen=True, kw_only=True):
    """Somebody, with what they took part in."""

    source: str
    id: str
    name: str
    ids: Mapping[str, str] = {}
    other_names: tuple[str, ...] = ()
    biographies: tuple[Text, ...] = ()
    biography: str | None = None
    language: str | None = None
    born: date | None = None
    died: date | None = None
    birthplace: str | None = None
    department: str | None = None
    homepage: str | None = None
    popularity: float | None = None
    pictures: tuple[Picture, ...] = ()
    known_for: tuple[Hit, ...] = ()


class CollectionRecord(Struct, frozen=True, kw_only=True):
    """Films that belong together, in the order of their release."""

    source: str
    id: str
    title: str
    overview: str | None = None
    texts: tuple[Text, ...] = ()
    pictures: tuple[Picture, ...] = ()
    parts: tuple[Hit, ...] = ()
