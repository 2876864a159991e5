"""Kodi's NFO files. They come from anywhere: entities and oversized or deep XML are refused, every
text is bounded, and what cannot be read is left out.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from app.catalog.domain import SOURCES, Details, Person, Picture

MOST_BYTES: Final = 512 << 10
MOST_ELEMENTS: Final = 5000
MOST_DEPTH: Final = 20
MOST_PEOPLE: Final = 200
MOST_TEXT: Final = 20_000
_IMDB = re.compile(r"\b(tt\d{6,10})\b")
_TMDB = re.compile(r"themoviedb\.org/(?:movie|tv)/(\d{1,10})")
_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_ID_TAGS: Final = {"tmdbid": "tmdb", "imdbid": "imdb", "imdb_id": "imdb", "tvdbid": "tvdb"}
_ID_FORMS: Final = {"imdb": re.compile(r"tt\d{6,10}"), "tmdb": re.compile(r"\d{1,10}")}
_ANY_ID: Final = re.compile(r"[A-Za-z0-9-]{1,40}")


class BadNfo(Exception):
    """The file is no NFO that may be read; the sentence says why."""


def parse_nfo(raw: bytes) -> Details:
    """What an NFO says. A file of nothing but an address gives its id. Raises BadNfo."""
    if len(raw) > MOST_BYTES:
        raise BadNfo("The NFO file is too large.")
    text = raw.decode("utf-8-sig", errors="replace")
    start = text.find("<")
    if start < 0:
        ids = _ids_in_text(text)
        if not ids:
            raise BadNfo("The NFO file holds neither XML nor an address.")
        return Details(ids=ids)
    root = _tree(text[start:])
    return _details(root, text)


def _tree(text: str) -> Element:
    end = text.rfind(">")
    # Kodi allows addresses after the XML; cut them, the parser takes one document only.
    try:
        root: Element = ElementTree.fromstring(text[: end + 1], forbid_dtd=True)
    except DefusedXmlException:
        raise BadNfo("The NFO file declares entities, which are refused.") from None
    except (ParseError, ValueError, LookupError) as error:
        raise BadNfo(f"The NFO file is not valid XML: {str(error)[:100]}.") from None
    for count, depth in enumerate(_depths(root)):
        if count > MOST_ELEMENTS or depth > MOST_DEPTH:
            raise BadNfo("The NFO file has too many elements.")
    return root


def _depths(root: Element) -> Iterator[int]:
    stack = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        yield depth
        stack += [(child, depth + 1) for child in element]


def _details(root: Element, text: str) -> Details:
    rating, votes = _rating(root)
    collection = _child(root, "set")
    named = _text(collection, "name") if collection is not None and len(collection) else None
    released = _date(_text(root, "premiered") or _text(root, "releasedate"))
    year = _number(_text(root, "year"), int, 1870, 2100)
    if year is None and released:
        year = int(released[:4])
    runtime = _number((_text(root, "runtime") or "").split(" ")[0], int, 1, 6000)
    return Details(
        title=_text(root, "title"),
        original_title=_text(root, "originaltitle"),
        sort_title=_text(root, "sorttitle"),
        year=year,
        release_date=released,
        overview=_text(root, "plot") or _text(root, "outline"),
        tagline=_text(root, "tagline"),
        runtime=runtime * 60 if runtime else None,
        certification=(_text(root, "mpaa") or _text(root, "certification") or "")[:40] or None,
        rating=rating,
        votes=votes,
        genres=tuple(_split(_texts(root, "genre")))[:20],
        cast=tuple(_cast(root))[:MOST_PEOPLE],
        crew=tuple(_crew(root))[:MOST_PEOPLE],
        collection=(named or _own_text(collection) or "")[:300] or None,
        collection_overview=_text(collection, "overview") if collection is not None else None,
        ids=_ids(root) or _ids_in_text(text),
        pictures=tuple(_pictures(root))[:50],
        trailer_url=_http(_text(root, "trailer")),
    )


def clean(value: str | None, most: int = MOST_TEXT) -> str | None:
    """One text without control characters, bounded; None when nothing is left."""
    if not value:
        return None
    kept = "".join(c for c in value[: most * 2] if c in "\n\t" or (c >= " " and c.isprintable()))
    return kept.strip()[:most] or None


def _child(parent: Element, tag: str) -> Element | None:
    return next((child for child in parent if _tag(child) == tag), None)


def _tag(element: Element) -> str:
    return str(element.tag).casefold()


def _own_text(element: Element | None) -> str | None:
    return clean(element.text) if element is not None else None


def _text(parent: Element, tag: str) -> str | None:
    return _own_text(_child(parent, tag))


def _texts(parent: Element, tag: str) -> Iterator[str]:
    for child in parent:
        if _tag(child) == tag and (value := _own_text(child)):
            yield value


def _split(values: Iterator[str]) -> Iterator[str]:
    seen = set()
    for value in values:
        for part in re.split(r"[/|,;]", value):
            name = part.strip()[:100]
            if name and name.casefold() not in seen:
                seen.add(name.casefold())
                yield name


def _number(value: str | None, kind: Callable[[str], Any], least: float, most: float) -> Any:
    try:
        number = kind((value or "").strip()[:30].replace(",", ""))
    except ValueError:
        return None
    return number if least <= number <= most else None


def _date(value: str | None) -> str | None:
    match = _DATE.match((value or "")[:10])
    if match is None:
        return None
    try:
        return match.group() if 1870 <= date.fromisoformat(match.group()).year <= 2100 else None
    except ValueError:
        return None


def _rating(root: Element) -> tuple[float | None, int | None]:
    ratings = _child(root, "ratings")
    if ratings is not None:
        entries = [e for e in ratings if _tag(e) == "rating"]
        entries.sort(key=lambda e: e.get("default", "").casefold() != "true")
        for entry in entries:
            most = _number(entry.get("max"), float, 1, 1000) or 10
            value = _number(_text(entry, "value"), float, 0, most)
            if value is not None:
                votes = _number(_text(entry, "votes"), int, 0, 2**31 - 1)
                return round(value / most * 10, 2), votes
    votes = _number(_text(root, "votes"), int, 0, 2**31 - 1)
    return _number(_text(root, "rating"), float, 0, 10), votes


def _cast(root: Element) -> Iterator[Person]:
    for actor in root:
        if _tag(actor) == "actor" and (name := _text(actor, "name")):
            yield Person(
                name=name[:200],
                character=(_text(actor, "role") or "")[:300] or None,
                portrait_url=_http(_text(actor, "thumb")),
            )


def _crew(root: Element) -> Iterator[Person]:
    for tag, job in (("director", "Director"), ("credits", "Writer"), ("producer", "Producer")):
        for name in _split(_texts(root, tag)):
            yield Person(name=name[:200], job=job)


def _ids(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root:
        tag = _tag(element)
        source = _ID_TAGS.get(tag)
        if tag == "uniqueid":
            source = (element.get("type") or "").casefold()
        value = _own_text(element)
        if tag == "id" and value:
            source = "imdb" if value.startswith("tt") else None
        if source in SOURCES and value and _ID_FORMS.get(source, _ANY_ID).fullmatch(value):
            found.setdefault(source, value)
    return found


def _ids_in_text(text: str) -> dict[str, str]:
    found = {}
    if match := _IMDB.search(text[:MOST_TEXT]):
        found["imdb"] = match.group(1)
    if match := _TMDB.search(text[:MOST_TEXT]):
        found["tmdb"] = match.group(1)
    return found


def _pictures(root: Element) -> Iterator[Picture]:
    for element in root:
        if _tag(element) == "thumb" and (url := _http(_own_text(element))):
            yield Picture(aspect=(element.get("aspect") or "poster").casefold()[:20], url=url)
    fanart = _child(root, "fanart")
    for element in fanart if fanart is not None else ():
        if _tag(element) == "thumb" and (url := _http(_own_text(element))):
            yield Picture(aspect="fanart", url=url)


def _http(value: str | None) -> str | None:
    if value and len(value) <= 2000 and value.startswith(("http://", "https://")):
        return value if value.isprintable() and " " not in value else None
    return None
