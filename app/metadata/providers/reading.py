"""What providers say, read as what it can be: cut, in bounds, or not at all."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice
from typing import Final, TypeVar
from urllib.parse import urlsplit

from app.core.languages import normal_language
from app.images.domain import ArtworkKind
from app.media.domain import clean_text
from app.metadata.domain import Hit, Picture, Rating, RecordKind, Text, Video

T = TypeVar("T")
MOST_COUNT: Final = (1 << 31) - 1
MOST_MONEY: Final = 1 << 53
MOST_TITLE: Final = 500
MOST_TEXT: Final = 10_000
MOST_NAME: Final = 300
MOST_URL: Final = 1000
MOST_CREDITS: Final = 300
MOST_PICTURES: Final = 200
MOST_NAMES: Final = 100
MOST_HITS: Final = 40
MOST_COUNTRIES: Final = 20
MOST_SEASONS: Final = 200
MOST_EPISODES: Final = 3000
FIRST_YEAR, LAST_YEAR = 1870, 2150
LONGEST: Final = 100 * 3600
VIDEO: Final = re.compile(r"[A-Za-z0-9_-]{5,20}", re.ASCII)
SITES: Final = {
    "youtube": ("https://www.youtube.com/watch?v=", VIDEO),
    "vimeo": ("https://vimeo.com/", re.compile(r"[0-9]{1,12}", re.ASCII)),
    "dailymotion": ("https://www.dailymotion.com/video/", VIDEO),
}
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
IMDB: Final = re.compile(r"(?:tt|nm)[0-9]{6,10}", re.ASCII)
WIKIDATA: Final = re.compile(r"Q[1-9][0-9]{0,11}", re.ASCII)
DIGITS: Final = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
# Ids that have a form of their own; those of all other sources are numbers.
FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "imdb": IMDB,
    "wikidata": WIKIDATA,
    "letterboxd": ID,
}


def line(value: str | None, most: int = MOST_TITLE) -> str | None:
    """One line of printable characters; None when nothing remains."""
    return clean_text(value, most)


def paragraphs(value: str | None, most: int = MOST_TEXT) -> str | None:
    """Printable lines, without empty ones between them."""
    if not value:
        return None
    found = filter(None, (clean_text(part, most) for part in value[: most * 4].splitlines()))
    return "\n".join(found)[:most].rstrip() or None


def lines(values: Iterable[str | None], most: int = MOST_NAMES) -> tuple[str, ...]:
    """Names, each once, in their order."""
    found = filter(None, (clean_text(value, MOST_NAME) for value in islice(values, most)))
    return tuple(dict.fromkeys(found))


def others(values: Iterable[str | None], title: str | None) -> tuple[str, ...]:
    """What else it is called, beside its title."""
    return tuple(name for name in lines(values) if name != title)


def firsts(values: Iterable[T] | None, most: int) -> list[T]:
    """As many as anybody wants."""
    return list(islice(values, most)) if values else []


def hits(found: Iterable[Hit | None], most: int = MOST_HITS) -> tuple[Hit, ...]:
    """Each once, in their order."""
    by_id: dict[tuple[RecordKind, str], Hit] = {}
    for hit in found:
        if len(by_id) == most:
            break
        if hit is not None:
            by_id.setdefault((hit.kind, hit.id), hit)
    return tuple(by_id.values())


def day(value: str | None) -> date | None:
    """A day at the start of an ISO 8601 text."""
    try:
        found = date.fromisoformat((value or "")[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def year_of(value: str | int | None) -> int | None:
    """A year, or the one that a text begins with."""
    text = str(value or "")[:4]
    return int(text) if DIGITS.fullmatch(text) and FIRST_YEAR <= int(text) <= LAST_YEAR else None


def count(value: int | None, most: int = MOST_COUNT) -> int | None:
    """A whole number of something; what is unknown is often said as 0."""
    return value if value is not None and 0 < value <= most else None


def finite(value: float | None) -> float | None:
    """A number that is one: texts such as "nan" are read as numbers too."""
    return value if value is not None and math.isfinite(value) else None


def seconds(minutes: float | None) -> int | None:
    """A running time."""
    return round(minutes * 60) if minutes and 0 < minutes * 60 <= LONGEST else None


def score(value: float | None, of: float = 10) -> float | None:
    """A rating from 0 to 10, given on a scale that ends with `of`; 0 is none."""
    return round(value / of * 10, 2) if value is not None and 0 < value <= of else None


def ratings(
    source: str, value: float | None, votes: int | None = None, *, of: float = 10
) -> tuple[Rating, ...]:
    """What the people of one source give it, if they do, on a scale that ends with `of`."""
    found = score(value, of)
    return () if found is None else (Rating(source=source, value=found, votes=count(votes)),)


def web(value: str | None) -> str | None:
    """An address of a page, to be shown as a link."""
    text = (value or "").strip()
    if not text or len(text) > MOST_URL or not text.isascii() or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    fine = parts.scheme in ("http", "https") and host and "@" not in parts.netloc
    return text if fine and not set(text) & set(' <>"\\^`{|}') else None


def video(site: str | None, key: str | None) -> str | None:
    """The address of a video by its key at a site that is known."""
    begin, form = SITES.get((site or "").lower(), ("", None))
    return f"{begin}{key}" if form is not None and form.fullmatch(key or "") else None


def trailers(url: str | None) -> tuple[Video, ...]:
    """The one at this address, if there is one."""
    return () if url is None else (Video(url=url),)


def picture(value: str | None, hosts: Iterable[str]) -> str | None:
    """An address of a picture, if it is one of these hosts' and fetched over TLS."""
    url = web(value)
    if url is None:
        return None
    parts = urlsplit(url)
    return (
        url
        if parts.scheme == "https" and parts.port is None and (parts.hostname or "") in hosts
        else None
    )


def single(kind: ArtworkKind, url: str | None) -> tuple[Picture, ...]:
    """The picture at this address, if there is one."""
    return () if url is None else (Picture(kind=kind, url=url),)


def language(value: str | None) -> str | None:
    """A BCP 47 tag."""
    return normal_language(value)


def country(value: str | None) -> str | None:
    """An ISO 3166-1 code of two letters."""
    text = (value or "").upper()
    return text if COUNTRY.fullmatch(text) else None


def countries(values: Iterable[str | None]) -> tuple[str, ...]:
    """Codes of countries, each once."""
    return tuple(dict.fromkeys(filter(None, map(country, islice(values, MOST_COUNTRIES)))))


def ids(**said: str | int | None) -> dict[str, str]:
    """Ids by source; what has not the form of that source's ids is left out."""
    texts = {source: str(value) for source, value in said.items() if value}
    return {s: text for s, text in texts.items() if FORMS.get(s, DIGITS).fullmatch(text)}


def spoken(texts: Iterable[Text], languages: Iterable[str]) -> tuple[Text, ...]:
    """Those in a language that is wanted, in whichever country's way of it."""
    bases = {tag.partition("-")[0] for tag in languages}
    return tuple(text for text in texts if text.language.partition("-")[0] in bases)
