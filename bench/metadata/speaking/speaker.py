"""What all who speak for a provider share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec
from msgspec import Struct
from starlette.responses import Response

from bench.metadata.catalogue import Catalogue
from bench.metadata.finding import Finder
from bench.metadata.ids import number_of
from bench.metadata.records import Film, Show, Title

T = TypeVar("T")
YOUTUBE: Final = "https://www.youtube.com/watch?v="
KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "tmdb": {"api_key": "00112233445566778899aabbccddeeff"},
    "tvdb": {"api_key": "00000000-1111-2222-3333-444444444444"},
    "fanarttv": {"api_key": "ffeeddccbbaa99887766554433221100"},
    "tvmaze": {},
    "anilist": {},
    "anidb": {"client_name": "world", "client_version": "1"},
    "mal": {"client_id": "a0a0a0a0b1b1b1b1c2c2c2c2d3d3d3d3"},
    "kitsu": {},
    "omdb": {"api_key": "0a1b2c3d"},
    "trakt": {"client_id": "t" * 64},
    "simkl": {"client_id": "s" * 64},
    "letterboxd": {"api_key": "l" * 64, "api_secret": "m" * 64},
}
"""The keys that are accepted, as the settings of providers name them."""


class Asked(Struct, frozen=True):
    """A request: parts of its path, its parameters and headers by name."""

    path: Mapping[str, str]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def whole(self, name: str, otherwise: int) -> int:
        """A parameter that is a number."""
        text = self.params.get(name, "")
        return int(text) if text.isascii() and text.isdigit() else otherwise


Document = Callable[[Asked], object]
"""Answers what is sent as JSON, a response, or None for what is not there."""


class Shelf(Struct, frozen=True):
    """What they speak of."""

    catalogue: Catalogue
    finder: Finder

    def film(self, source: str, id_: str | None) -> Film | None:
        """The film that has this id there."""
        number = number_of("film", source, id_ or "")
        found = number is not None and number < self.catalogue.films
        film = self.catalogue.film(number) if number is not None and found else None
        return film if film is not None and source in film.ids else None

    def show(self, source: str, id_: str | None) -> Show | None:
        """The show that has this id there."""
        number = number_of("show", source, id_ or "")
        found = number is not None and number < self.catalogue.shows
        show = self.catalogue.show(number) if number is not None and found else None
        return show if show is not None and source in show.ids else None

    def person(self, source: str, id_: str) -> int | None:
        """The number of who has this id there."""
        number = number_of("person", source, id_)
        return number if number is not None and number < self.catalogue.people else None

    def title(self, source: str, id_: str) -> Film | Show | None:
        """Where films and shows are counted together."""
        return self.film(source, id_) or self.show(source, id_)

    def films(self, numbers: Sequence[int]) -> list[Film]:
        """Films by number."""
        return [self.catalogue.film(number) for number in numbers]

    def shows(self, numbers: Sequence[int]) -> list[Show]:
        """Shows by number."""
        return [self.catalogue.show(number) for number in numbers]

    def anime(self, text: str) -> list[Film | Show]:
        """Films and shows with these words in a title that are anime."""
        made = self.catalogue
        found: list[Film | Show] = []
        found += self.films([n for n in self.finder.films(text) if made.is_anime_film(n)])
        return found + self.shows([n for n in self.finder.shows(text) if made.is_anime(n)])

    def liked(self, its: Film | Show) -> list[Film | Show]:
        """Anime that are like one."""
        found: list[Film | Show] = []
        found += self.films(its.like) if isinstance(its, Film) else self.shows(its.like)
        return [one for one in found if one.anime]

    def searched_films(self, text: str) -> list[Film]:
        """Films with these words in a title."""
        return self.films(self.finder.films(text))

    def searched_shows(self, text: str) -> list[Show]:
        """Shows with these words in a title."""
        return self.shows(self.finder.shows(text))


class Speaker(Protocol):
    """Speaks for one provider: documents by path, as Starlette writes them."""

    name: str
    path: str  # of its address, below its mount

    def __init__(self, shelf: Shelf) -> None: ...

    def documents(self) -> Mapping[str, Document]:
        """What it answers where."""
        ...

    def refusal(self, asked: Asked, /) -> Response | None:
        """The answer to whoever has not the right key."""
        ...

    def missing(self, asked: Asked, /) -> Response:
        """The answer to what is not there."""
        ...


def json(document: object, status: int = 200) -> Response:
    """An answer that is a JSON document."""
    return Response(msgspec.json.encode(document), status, media_type="application/json")


def of_ten(value: float, scale: float = 10) -> float:
    """A rating on another scale."""
    return round(value / 10 * scale, 2)


def kind(title: Title) -> str:
    """How pictures of it are called."""
    return "movie" if isinstance(title, Film) else "tv"


def first(values: Sequence[T]) -> T | None:
    """The first, if there is one."""
    return values[0] if values else None


Said = dict[str, Any]
