"""Single texts, numbers, dates and addresses out of an element: bounded, and None when they cannot
be read.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element

from app.catalog.service.nfo.document import tag

MOST_TEXT: Final = 20_000
MOST_LINE: Final = 1000
_DATE = re.compile(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$")
_HOURS = re.compile(r"(\d{1,2})\s*(?:h|hrs?|std|:)\s*(?:(\d{1,2})\s*(?:m|min)?)?", re.IGNORECASE)
_MINUTES = re.compile(r"(\d{1,5})")
_YOUTUBE = re.compile(
    r"^plugin://plugin\.video\.youtube/.{0,200}?[?&/]video_?id=([\w-]{6,20})",
    re.IGNORECASE,
)


def clean(value: str | None, most: int = MOST_TEXT) -> str | None:
    """One text without control characters, bounded; None when nothing is left."""
    if not value:
        return None
    return "".join(map(_kept, value[: most * 2])).strip()[:most].rstrip() or None


def _kept(character: str) -> str:
    """Every space is one, and what joins letters stays; what turns or hides text does not."""
    if character.isprintable() or character in "\n\t\u200c\u200d":
        return character
    return " " if unicodedata.category(character) in {"Zs", "Zl", "Zp"} else ""


def child(parent: Element, name: str) -> Element | None:
    """The first of this name."""
    return next((element for element in parent if tag(element) == name), None)


def children(parent: Element | None, name: str) -> Iterator[Element]:
    """Each of this name."""
    return (element for element in (() if parent is None else parent) if tag(element) == name)


def own_text(element: Element | None) -> str | None:
    """What stands in an element itself."""
    return clean(element.text) if element is not None else None


def text(parent: Element, name: str) -> str | None:
    """What stands in the first child of this name."""
    return own_text(child(parent, name))


def texts(parent: Element, name: str) -> Iterator[str]:
    """What stands in each child of this name."""
    for element in children(parent, name):
        if value := own_text(element):
            yield value


def line(parent: Element, name: str, most: int = MOST_LINE) -> str | None:
    """A text on one line."""
    value = text(parent, name)
    return " ".join(value.split())[:most].rstrip() if value else None


def split(at: re.Pattern[str], values: Iterable[str]) -> Iterator[str]:
    """The parts of some lists, each once, however its letters are written."""
    seen = set()
    for value in values:
        for part in at.split(value):
            name = " ".join(part.split())[:100]
            if name and name.casefold() not in seen:
                seen.add(name.casefold())
                yield name


def integer(value: str | None, least: int, most: int) -> int | None:
    """A whole number, however its thousands are parted."""
    try:
        number = int(re.sub(r"(?<=\d)[,. '](?=\d{3})", "", (value or "").strip()[:30]))
    except ValueError:
        return None
    return number if least <= number <= most else None


def decimal(value: str | None, least: float, most: float) -> float | None:
    """A number, with either sign before its decimals."""
    try:
        number = float((value or "").strip()[:30].replace(",", "."))
    except ValueError:
        return None
    return number if least <= number <= most else None


def runtime(value: str | None) -> int | None:
    """Seconds out of "95", "95 min", "1h 35min" or "1:35:00"."""
    said = (value or "")[:40].strip()
    hours = _HOURS.match(said)
    if hours is not None:
        minutes = int(hours[1]) * 60 + int(hours[2] or 0)
    else:
        found = _MINUTES.match(said)
        minutes = int(found[1]) if found is not None else 0
    return minutes * 60 if 1 <= minutes <= 6000 else None


def day(*values: str | None) -> str | None:
    """The first of them that is a date."""
    for value in values:
        match = _DATE.match((value or "")[:10])
        try:
            if match is not None and 1870 <= date.fromisoformat(match.group()).year <= 2100:
                return match.group()
        except ValueError:
            continue
    return None


def trailer(value: str | None) -> str | None:
    """An address; of Kodi's own for YouTube the video's."""
    youtube = _YOUTUBE.match(value or "")
    return f"https://www.youtube.com/watch?v={youtube[1]}" if youtube else address(value)


def address(value: str | None) -> str | None:
    """An address on the web, and nothing else."""
    if value and len(value) <= 2000 and value.startswith(("http://", "https://")):
        return value if value.isprintable() and " " not in value else None
    return None
