"""What providers of anime say in the same way: kinds, markup, tags that are genres, jobs."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from app.metadata.domain import RecordKind
from app.metadata.providers import markup
from app.metadata.providers import reading as read

SEASON: Final = 1
SPECIALS: Final = 0
HIDDEN: Final = re.compile(r"~!|!~")
OF_EPISODES: Final = re.compile(r"\s*\([^()]{0,200}\)\s*$")
SAME_REGION: Final = frozenset({"ja-JP", "ko-KR", "zh-CN", "en-US", "en-GB", "vi-VN"})
ORIGINS: Final[Mapping[str, str]] = {"JP": "ja", "KR": "ko", "CN": "zh", "TW": "zh"}
# Of hundreds of tags, those that other providers call genres.
GENRES: Final[Mapping[str, str]] = {
    "action": "Action",
    "adventure": "Adventure",
    "comedy": "Comedy",
    "crime": "Crime",
    "daily life": "Slice of Life",
    "slice of life": "Slice of Life",
    "drama": "Drama",
    "ecchi": "Ecchi",
    "erotic": "Erotic",
    "family": "Family",
    "fantasy": "Fantasy",
    "historical": "Historical",
    "horror": "Horror",
    "magical girl": "Mahou Shoujo",
    "mahou shoujo": "Mahou Shoujo",
    "mecha": "Mecha",
    "music": "Music",
    "mystery": "Mystery",
    "parody": "Parody",
    "psychological": "Psychological",
    "romance": "Romance",
    "science fiction": "Science Fiction",
    "sci-fi": "Science Fiction",
    "sports": "Sports",
    "supernatural": "Supernatural",
    "suspense": "Suspense",
    "thriller": "Thriller",
    "war": "War",
}
# Jobs as they are called elsewhere, with their departments.
JOBS: Final[Mapping[str, tuple[str, str]]] = {
    "director": ("Director", "Directing"),
    "direction": ("Director", "Directing"),
    "chief director": ("Director", "Directing"),
    "chief direction": ("Director", "Directing"),
    "series composition": ("Writer", "Writing"),
    "script": ("Writer", "Writing"),
    "screenplay": ("Writer", "Writing"),
    "script/screenplay": ("Writer", "Writing"),
    "music": ("Composer", "Sound"),
    "producer": ("Producer", "Production"),
    "editing": ("Editor", "Editing"),
}


def kind_of(format_: str | None) -> RecordKind:
    """A film where it says so; all else is a show of one season."""
    return RecordKind.MOVIE if (format_ or "").casefold() == "movie" else RecordKind.SHOW


def plain(value: str | None) -> str | None:
    """Paragraphs without the markup in them, and without what it hides."""
    return read.paragraphs(HIDDEN.sub("", markup.plain(value) or ""))


def sorted_tags(names: Iterable[str | None]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The genres among tags, and all the others."""
    said = read.lines(names)
    found = [GENRES[name.casefold()] for name in said if name.casefold() in GENRES]
    others = tuple(name for name in said if name.casefold() not in GENRES)
    return tuple(dict.fromkeys(found)), others


def job(value: str | None) -> tuple[str | None, str | None]:
    """A job and its department; the episodes that it was done for are left out."""
    said = read.line(OF_EPISODES.sub("", (value or "")[: read.MOST_TITLE]))
    return JOBS.get((said or "").casefold(), (said, None))


def romanised(language: str) -> str:
    """The tag of a language in Latin letters."""
    return f"{language.partition('-')[0]}-Latn"


def home(tag: str | None) -> str | None:
    """A tag without the country that its language is from."""
    if tag is None:
        return None
    base, _, region = tag.partition("-")
    return base if tag in SAME_REGION or region == base.upper() else tag
