"""Simkl's answers, as far as anybody reads them. Source: api.simkl.org, its OpenAPI document among
it, and the answers that srgsf/simkl-client tests with.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

Own = Annotated[int, Meta(ge=1, lt=10**12)]
# Simkl writes the ids of others as texts, and some of them as numbers.
Id = int | str | None


class Ids(Struct):
    """Its own has two names."""

    simkl: Own | None = None
    simkl_id: Own | None = None
    imdb: Id = None
    tmdb: Id = None
    tvdb: Id = None
    mal: Id = None
    anidb: Id = None
    anilist: Id = None
    kitsu: Id = None


class Score(Struct):
    rating: float | None = None
    votes: int | None = None


class Ratings(Struct):
    simkl: Score | None = None
    imdb: Score | None = None
    mal: Score | None = None


class Result(Struct):
    """What a search finds, and what lists hold. `type` is movie, tv, show or anime; in a search for
    anime it is the type of anime.
    """

    ids: Ids = field(default_factory=Ids)
    title: str | None = None
    title_en: str | None = None
    en_title: str | None = None
    title_romaji: str | None = None
    all_titles: list[str] | None = None
    year: int | None = None
    type: str | None = None
    anime_type: str | None = None
    poster: str | None = None
    ratings: Ratings | None = None


class Trailer(Struct):
    name: str | None = None
    youtube: str | None = None


class OtherTitle(Struct):
    name: str | None = None


class Studio(Struct):
    name: str | None = None


class Title(Struct):
    """A film, a show or an anime; `type` says which."""

    ids: Ids = field(default_factory=Ids)
    title: str | None = None
    en_title: str | None = None
    alt_titles: list[OtherTitle] | None = None
    year: int | None = None
    type: str | None = None
    anime_type: str | None = None
    poster: str | None = None
    fanart: str | None = None
    released: str | None = None
    first_aired: str | None = None
    last_aired: str | None = None
    runtime: float | None = None
    director: str | None = None
    certification: str | None = None
    budget: int | None = None
    revenue: int | None = None
    overview: str | None = None
    genres: list[str] | None = None
    country: str | None = None
    language: str | None = None
    status: str | None = None
    network: str | None = None
    studios: list[Studio] | None = None
    total_episodes: int | None = None
    ratings: Ratings | None = None
    trailers: list[Trailer] | None = None
    users_recommendations: list[Result] | None = None
    similar: list[Result] | None = None


class Episode(Struct):
    """Of anime without a season; specials of shows have neither season nor number."""

    ids: Ids = field(default_factory=Ids)
    title: str | None = None
    description: str | None = None
    season: int | None = None
    episode: int | None = None
    type: str | None = None
    img: str | None = None
    date: str | None = None
