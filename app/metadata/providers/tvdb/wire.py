"""TheTVDB's answers, as far as anybody reads them. Source: github.com/thetvdb/v4-api (4.7.10).

Any list and any field may be null there; "" often stands for what is unknown.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

T = TypeVar("T")
Number = Annotated[int, Meta(ge=0, le=100_000)]  # of a season or an episode


class Links(Struct):
    next: str | None = None


class Answer(Struct, Generic[T]):
    """What every answer is wrapped in."""

    data: T | None = None
    links: Links | None = None


class SignedIn(Struct):
    token: str | None = None


class Language(Struct):
    """The code of a language; see `parts.language`."""

    id: str | None = None


class Named(Struct):
    """A genre, tag, status, film or show, by its name."""

    name: str | None = None
    image: str | None = None
    year: str | int | None = None


class Alias(Struct):
    language: str | None = None
    name: str | None = None


class RemoteId(Struct, rename="camel"):
    """Its id at the source of this name."""

    id: str | int | None = None
    source_name: str | None = None


class Translation(Struct, rename="camel"):
    """What is said in one language; another name of it is an alias."""

    language: str | None = None
    name: str | None = None
    overview: str | None = None
    tagline: str | None = None
    is_alias: bool | None = None


class Translations(Struct, rename="camel"):
    name_translations: list[Translation] | None = None
    overview_translations: list[Translation] | None = None


class Artwork(Struct, rename="camel"):
    image: str | None = None
    type: int | None = None
    language: str | None = None
    score: float | None = None
    width: int | None = None
    height: int | None = None
    season_id: int | None = None


class Character(Struct, rename="camel"):
    """Somebody's part; in a person's own record the film or show of it."""

    name: str | None = None
    people_id: int | None = None
    person_name: str | None = None
    person_img_url: str | None = field(name="personImgURL", default=None)
    people_type: str | None = None
    sort: int | None = None
    movie_id: int | None = None
    series_id: int | None = None
    movie: Named | None = None
    series: Named | None = None


class CompanyType(Struct, rename="camel"):
    company_type_name: str | None = None


class Company(Struct, rename="camel"):
    id: int | None = None
    name: str | None = None
    country: str | None = None
    company_type: CompanyType | None = None


class Companies(Struct):
    """Those of a film."""

    studio: list[Company] | None = None
    production: list[Company] | None = None


class ContentRating(Struct):
    name: str | None = None
    country: str | None = None


class Trailer(Struct):
    url: str | None = None
    name: str | None = None
    language: str | None = None


class OfList(Struct, rename="camel"):
    """A list; official ones are of films that belong together."""

    id: int
    name: str | None = None
    image: str | None = None
    is_official: bool | None = None


class Release(Struct):
    country: str | None = None
    date: str | None = None


class SeasonType(Struct):
    type: str | None = None


class Episode(Struct, rename="camel"):
    id: int
    season_number: Number | None = None
    number: Number | None = None
    absolute_number: Number | None = None
    name: str | None = None
    overview: str | None = None
    aired: str | None = None
    runtime: int | None = None
    image: str | None = None
    characters: list[Character] | None = None
    remote_ids: list[RemoteId] | None = None
    translations: Translations | None = None


class Season(Struct, rename="camel"):
    """`name_translations` and `overview_translations` are codes of languages."""

    id: int
    number: Number | None = None
    name: str | None = None
    type: SeasonType | None = None
    image: str | None = None
    image_type: int | None = None
    artwork: list[Artwork] | None = None
    episodes: list[Episode] | None = None
    name_translations: list[str] | None = None
    overview_translations: list[str] | None = None


class Title(Struct, rename="camel"):
    """What films and shows share."""

    id: int
    name: str | None = None
    year: str | int | None = None
    image: str | None = None
    score: float | None = None
    status: Named | None = None
    original_country: str | None = None
    original_language: str | None = None
    aliases: list[Alias] | None = None
    genres: list[Named] | None = None
    content_ratings: list[ContentRating] | None = None
    remote_ids: list[RemoteId] | None = None
    characters: list[Character] | None = None
    artworks: list[Artwork] | None = None
    trailers: list[Trailer] | None = None
    translations: Translations | None = None


class Movie(Title, kw_only=True):
    runtime: int | None = None
    first_release: Release | None = field(name="first_release", default=None)
    companies: Companies | None = None
    budget: str | float | None = None
    box_office: str | float | None = None
    lists: list[OfList] | None = None
    tag_options: list[Named] | None = None


class Series(Title, kw_only=True):
    first_aired: str | None = None
    last_aired: str | None = None
    next_aired: str | None = None
    average_runtime: int | None = None
    companies: list[Company] | None = None
    original_network: Company | None = None
    latest_network: Company | None = None
    seasons: list[Season] | None = None
    tags: list[Named] | None = None


class OfSeries(Struct):
    episodes: list[Episode] | None = None


class Episodes(Struct):
    """A page of episodes; in another language than their own they may be their show's."""

    episodes: list[Episode] | None = None
    series: OfSeries | None = None


class Biography(Struct):
    biography: str | None = None
    language: str | None = None


class Person(Struct, rename="camel"):
    id: int
    name: str | None = None
    image: str | None = None
    birth: str | None = None
    death: str | None = None
    birth_place: str | None = None
    score: float | None = None
    aliases: list[Alias] | None = None
    biographies: list[Biography] | None = None
    characters: list[Character] | None = None
    remote_ids: list[RemoteId] | None = None


class SearchResult(Struct):
    """What a search finds; `translations` and `overviews` are by language."""

    tvdb_id: int = 0
    name: str | None = None
    year: str | int | None = None
    first_air_time: str | None = None
    image_url: str | None = None
    primary_language: str | None = None
    aliases: list[str] | None = None
    overview: str | None = None
    translations: dict[str, str | None] | None = None
    overviews: dict[str, str | None] | None = None
    remote_ids: list[RemoteId] | None = None


class Known(Struct, rename="camel"):
    """What an id of elsewhere stands for: a record with little in it."""

    id: int
    name: str | None = None
    year: str | int | None = None
    first_aired: str | None = None
    image: str | None = None
    original_language: str | None = None


class Remote(Struct):
    """One of several."""

    movie: Known | None = None
    series: Known | None = None
    people: Known | None = None
