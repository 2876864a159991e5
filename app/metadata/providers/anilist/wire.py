"""AniList's answers, as far as anybody reads them: everything in its schema may be null.
Source: docs.anilist.co and the schema that it publishes.
"""

from typing import Generic, TypeVar

from msgspec import Struct, field

T = TypeVar("T")


class Names(Struct):
    romaji: str | None = None
    english: str | None = None
    native: str | None = None


class Day(Struct):
    year: int | None = None
    month: int | None = None
    day: int | None = None


class Images(Struct, rename="camel"):
    extra_large: str | None = None
    large: str | None = None


class Name(Struct):
    full: str | None = None
    native: str | None = None


class Someone(Struct, rename="camel"):
    """Staff, or a character."""

    id: int = 0
    name: Name | None = None
    language_v2: str | None = None
    image: Images | None = None


class Cast(Struct, rename="camel"):
    """A character and who speaks it."""

    node: Someone | None = None
    voice_actors: list[Someone | None] | None = None


class Staff(Struct):
    role: str | None = None
    node: Someone | None = None


class Studio(Struct):
    id: int = 0
    name: str | None = None


class StudioPart(Struct, rename="camel"):
    is_main: bool | None = None
    node: Studio | None = None


class Tag(Struct, rename="camel"):
    name: str | None = None
    is_general_spoiler: bool | None = None
    is_media_spoiler: bool | None = None


class Trailer(Struct):
    id: str | None = None
    site: str | None = None


class Link(Struct):
    url: str | None = None
    site: str | None = None


class Airing(Struct, rename="camel"):
    """In seconds since 1970."""

    airing_at: int | None = None


class Score(Struct):
    amount: int | None = None


class Stats(Struct, rename="camel"):
    score_distribution: list[Score | None] | None = None


class Edges(Struct, Generic[T]):
    edges: list[T | None] | None = None


class Related(Struct, rename="camel"):
    relation_type: str | None = None
    node: "Media | None" = None


class Recommendation(Struct, rename="camel"):
    media_recommendation: "Media | None" = None


class Recommendations(Struct):
    nodes: list[Recommendation | None] | None = None


class Media(Struct, rename="camel"):
    """An anime; `duration` in minutes, `average_score` up to 100."""

    id: int = 0
    id_mal: int | None = None
    type: str | None = None
    format: str | None = None
    status: str | None = None
    title: Names | None = None
    synonyms: list[str | None] | None = None
    description: str | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    season_year: int | None = None
    episodes: int | None = None
    duration: int | None = None
    country_of_origin: str | None = None
    genres: list[str | None] | None = None
    tags: list[Tag | None] | None = None
    studios: Edges[StudioPart] | None = None
    average_score: float | None = None
    mean_score: float | None = None
    stats: Stats | None = None
    popularity: int | None = None
    cover_image: Images | None = None
    banner_image: str | None = None
    trailer: Trailer | None = None
    external_links: list[Link | None] | None = None
    next_airing_episode: Airing | None = None
    relations: Edges[Related] | None = None
    recommendations: Recommendations | None = None
    characters: Edges[Cast] | None = None
    staff: Edges[Staff] | None = None


class Page(Struct):
    media: list[Media | None] | None = None


class Data(Struct):
    media: Media | None = field(default=None, name="Media")
    page: Page | None = field(default=None, name="Page")


class Error(Struct):
    status: int | None = None


class Answer(Struct):
    data: Data | None = None
    errors: list[Error | None] | None = None
