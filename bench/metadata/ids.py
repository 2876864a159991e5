"""The ids of everything in the catalogue at every source: each follows from a number, and a number
from each. No two sources count alike, so that one's id means nothing, or something else, to others.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
LETTERED: Final = "letterboxd"


class Series(Struct, frozen=True):
    """The ids of one source: from the first on, some apart, behind a prefix."""

    first: int
    step: int
    prefix: str = ""
    places: int = 1

    def of(self, number: int) -> int:
        """The id of a number, without its prefix."""
        return self.first + number * self.step

    def number(self, id_: str) -> int | None:
        """What has this id, if anything."""
        digits = id_.removeprefix(self.prefix)
        if not re.fullmatch(r"[0-9]{1,12}", digits) or not id_.startswith(self.prefix):
            return None
        number, rest = divmod(int(digits) - self.first, self.step)
        return number if rest == 0 and number >= 0 else None


SERIES: Final[Mapping[str, Mapping[str, Series]]] = {
    "film": {
        "tmdb": Series(1000, 7), "imdb": Series(1_000_003, 11, "tt", 7), "tvdb": Series(2000, 9),
        "trakt": Series(400, 3), "simkl": Series(50_000, 2), "letterboxd": Series(46_656, 5),
        "wikidata": Series(700_000, 13, "Q"), "anilist": Series(3000, 4), "anidb": Series(500, 6),
        "mal": Series(9000, 8), "kitsu": Series(11_000, 10),
    },
    "show": {
        "tmdb": Series(1001, 3), "imdb": Series(5_000_002, 13, "tt", 7), "tvdb": Series(70_000, 11),
        "trakt": Series(600, 7), "simkl": Series(50_001, 2), "tvmaze": Series(150, 4),
        "wikidata": Series(900_001, 13, "Q"), "anilist": Series(3001, 4), "anidb": Series(501, 6),
        "mal": Series(9001, 8), "kitsu": Series(11_001, 10),
    },
    "season": {
        "tmdb": Series(30_000, 3), "tvdb": Series(90_000, 7), "trakt": Series(40_000, 9),
        "tvmaze": Series(8000, 5),
    },
    "episode": {
        "tmdb": Series(600_000, 3), "imdb": Series(8_000_001, 7, "tt", 7),
        "tvdb": Series(3_000_000, 9), "trakt": Series(700_000, 11), "simkl": Series(800_000, 2),
        "tvmaze": Series(900_000, 4), "anidb": Series(100_000, 3), "kitsu": Series(200_000, 5),
    },
    "person": {
        "tmdb": Series(5000, 3), "imdb": Series(2_000_001, 7, "nm", 7), "tvdb": Series(250_000, 5),
        "tvmaze": Series(20_000, 9), "trakt": Series(300_000, 11),
        "wikidata": Series(4000, 17, "Q"),
        "letterboxd": Series(50_000, 7), "anilist": Series(95_000, 4), "anidb": Series(600, 3),
    },
    "collection": {
        "tmdb": Series(80_000, 9), "tvdb": Series(700, 3), "letterboxd": Series(100_000, 11),
    },
    "studio": {"tmdb": Series(20, 3), "tvdb": Series(40, 5), "anilist": Series(6, 7),
               "mal": Series(90, 3), "anidb": Series(70_000, 3), "letterboxd": Series(60_000, 3)},
    "network": {"tmdb": Series(21, 3), "tvdb": Series(4001, 5), "tvmaze": Series(31, 2)},
}  # fmt: skip
ANIME: Final = frozenset({"anilist", "anidb", "mal", "kitsu"})


def id_of(kind: str, source: str, number: int) -> str:
    """Its id at a source."""
    series = SERIES[kind][source]
    found = series.of(number)
    return _lettered(found) if source == LETTERED else f"{series.prefix}{found:0{series.places}}"


def ids_of(kind: str, number: int, *, anime: bool = False) -> dict[str, str]:
    """All its ids; those who have nothing but anime know nothing else."""
    films_or_shows = kind in ("film", "show")
    sources = (s for s in SERIES[kind] if anime or not films_or_shows or s not in ANIME)
    return {source: id_of(kind, source, number) for source in sources}


def number_of(kind: str, source: str, id_: str) -> int | None:
    """What has this id there, if anything may have it."""
    if source == LETTERED:
        if not re.fullmatch(r"[0-9a-z]{1,9}", id_):
            return None
        id_ = str(int(id_, 36))
    series = SERIES[kind].get(source)
    return series.number(id_) if series is not None else None


def _lettered(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text
