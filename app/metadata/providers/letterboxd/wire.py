"""Letterboxd's answers, as far as anybody reads them. Fields that only its own apps are shown are
read where they come. Source: api-docs.letterboxd.com, and the models of its public clients.
"""

from msgspec import Struct


class Token(Struct):
    """What it gives to who signs in; `expires_in` in seconds."""

    access_token: str = ""
    expires_in: float = 600


class Size(Struct):
    """One size of a picture, in pixels."""

    url: str | None = None
    width: int | None = None
    height: int | None = None


class Image(Struct):
    """A picture in all its sizes."""

    sizes: list[Size] | None = None


class Link(Struct):
    """Where else it is, and its id there; `type` says where ("tmdb")."""

    type: str | None = None
    id: str | None = None
    url: str | None = None


class Named(Struct):
    """A genre."""

    name: str | None = None


class Coded(Struct):
    """A language (ISO 639-1) or a country (ISO 3166-1)."""

    code: str | None = None


class Share(Struct, rename="camel"):
    """In how many films somebody took this part."""

    type: str | None = None
    film_count: int | None = None


class Shares(Struct):
    contributions: list[Share] | None = None


class Contributor(Struct, rename="camel"):
    """Somebody, or a studio; lists say less. `bio` is HTML."""

    id: str = ""
    name: str | None = None
    tmdbid: str | int | None = None
    character_name: str | None = None
    bio: str | None = None
    poster: Image | None = None
    links: list[Link] | None = None
    statistics: Shares | None = None


class Contributions(Struct):
    """All who took this part in a film."""

    type: str | None = None
    contributors: list[Contributor] | None = None


class Trailer(Struct):
    type: str | None = None
    id: str | None = None


class Film(Struct, rename="camel"):
    """A film; lists say less. `run_time` in minutes, `rating` up to 5. The poster of one that is
    for adults is made unrecognisable.
    """

    id: str = ""
    name: str | None = None
    original_name: str | None = None
    alternative_names: list[str] | None = None
    release_year: int | None = None
    release_date: str | None = None
    run_time: int | None = None
    rating: float | None = None
    adult: bool | None = None
    tagline: str | None = None
    description: str | None = None
    poster: Image | None = None
    backdrop: Image | None = None
    trailer: Trailer | None = None
    genres: list[Named] | None = None
    countries: list[Coded] | None = None
    production_language: Coded | None = None
    original_language: Coded | None = None
    primary_language: Coded | None = None
    links: list[Link] | None = None
    contributions: list[Contributions] | None = None
    film_collection_id: str | None = None


class Films(Struct):
    items: list[Film] | None = None


class Item(Struct):
    """What a search finds: under the name of what it is."""

    film: Film | None = None
    contributor: Contributor | None = None


class Items(Struct):
    items: list[Item] | None = None


class Counts(Struct):
    ratings: int | None = None


class Statistics(Struct):
    """`rating` is there once enough people gave one."""

    rating: float | None = None
    counts: Counts | None = None


class Collection(Struct):
    """Films that belong together."""

    id: str = ""
    name: str | None = None
    films: list[Film] | None = None
