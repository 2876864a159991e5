"""Kodi's NFO files. They come from anywhere: entities and oversized or deep XML are refused, every
text is bounded, and what cannot be read is left out.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from app.catalog.domain import SOURCES, Details, Person, Picture

MOST_BYTES: Final = 512 << 10
MOST_ELEMENTS: Final = 5000
MOST_DEPTH: Final = 20
MOST_PEOPLE: Final = 200
MOST_TEXT: Final = 20_000
MOST_LINE: Final = 1000
_IMDB = re.compile(r"\b(tt[0-9]{6,10})\b")
_TMDB = re.compile(r"themoviedb\.org/movie/([0-9]{1,10})")
_DATE = re.compile(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$")
_ROOT = re.compile(
    r"<(?:\?xml|!DOCTYPE|movie|details|episodedetails|tvshow|musicvideo)\b", re.IGNORECASE
)
_XML = re.compile(r"<[A-Za-z?!]")
_FIRST_TAG = re.compile(r"<([A-Za-z][\w.-]{0,60})")
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}\bencoding=["'](windows-125\d|iso-8859-\d{1,2}|koi8-[ru]|gbk|gb2312"""
    rb"""|gb18030|big5|shift_jis|euc-jp|euc-kr)["']""",
    re.IGNORECASE,
)
_HOURS = re.compile(r"(\d{1,2})\s*(?:h|hrs?|std|:)\s*(?:(\d{1,2})\s*(?:m|min)?)?", re.IGNORECASE)
_MINUTES = re.compile(r"(\d{1,5})")
_YOUTUBE = re.compile(
    r"^plugin://plugin\.video\.youtube/.{0,200}?[?&/]video_?id=([\w-]{6,20})",
    re.IGNORECASE,
)
_SUFFIX = r"(?!\s*(?:jr|sr|ii|iii|iv|phd|md)\b)"
_PEOPLE = re.compile(rf"[/|;]|,{_SUFFIX}", re.IGNORECASE)
_GENRES = re.compile(r"[/|,;]")
_ID_TAGS: Final = {"tmdbid": "tmdb", "imdbid": "imdb", "imdb_id": "imdb", "tvdbid": "tvdb"}
_ID_FORMS: Final = {"imdb": re.compile(r"tt[0-9]{6,10}"), "tmdb": re.compile(r"[0-9]{1,10}")}
_ANY_ID: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_CREW: Final = {
    "director": "Director", "credits": "Writer", "writer": "Writer", "producer": "Producer"
}  # fmt: skip


class BadNfo(Exception):
    """The file is no NFO that may be read; the sentence says why."""


def parse_nfo(raw: bytes) -> Details:
    """What an NFO says. A file of nothing but an address gives its id. Raises BadNfo."""
    if len(raw) > MOST_BYTES:
        raise BadNfo("The NFO file is too large.")
    text = _decoded(raw).lstrip()
    if _XML.match(text) is None:  # a release's own notes draw with every character
        start = _ROOT.search(text)
        if start is None:
            return _address(text)
        text = text[start.start() :]
    end = _end(text)
    return _details(_tree(text[:end]), text[end:])


def _decoded(raw: bytes) -> str:
    """By its mark, as UTF-8, as it declares, else as Windows wrote it."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = _DECLARED.match(raw)
    name = declared[1].decode("ascii") if declared is not None else "cp1252"
    try:
        return raw.decode(name, errors="replace")
    except LookupError:  # "iso-8859-99"
        return raw.decode("utf-8", errors="replace")


def _address(text: str) -> Details:
    ids = _ids_in_text(text)
    if not ids:
        raise BadNfo("The NFO file holds neither XML nor an address.")
    return Details(ids=ids)


def _tree(text: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise BadNfo("The NFO file declares entities, which are refused.") from None
    except (ParseError, ValueError, LookupError) as error:
        raise BadNfo(f"The NFO file is not valid XML: {str(error)[:100]}.") from None
    for count, depth in enumerate(_depths(root)):
        if count > MOST_ELEMENTS or depth > MOST_DEPTH:
            raise BadNfo("The NFO file has too many elements.")
    return root


def _end(text: str) -> int:
    """Where the XML ends: Kodi allows addresses behind it, the parser takes one document only."""
    first = _FIRST_TAG.search(text)
    closing = f"</{first[1]}>" if first is not None else ">"
    found = text.rfind(closing)
    return found + len(closing) if found >= 0 else text.rfind(">") + 1


def _depths(root: Element) -> Iterator[int]:
    stack = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        yield depth
        stack += [(child, depth + 1) for child in element]


def _details(root: Element, behind: str) -> Details:
    """`behind` is the text after the XML."""
    rating, votes = _rating(root)
    collection = _child(root, "set")
    named = _text(collection, "name") if collection is not None and len(collection) else None
    released = _date(_text(root, "premiered") or _text(root, "releasedate"))
    year = _integer(_text(root, "year"), 1870, 2100)
    if year is None and released:
        year = int(released[:4])
    return Details(
        title=_line(root, "title"),
        original_title=_line(root, "originaltitle"),
        sort_title=_line(root, "sorttitle"),
        year=year,
        release_date=released,
        overview=_text(root, "plot") or _text(root, "outline"),
        tagline=_line(root, "tagline"),
        runtime=_runtime(_text(root, "runtime")),
        certification=(_text(root, "mpaa") or _text(root, "certification") or "")[:40] or None,
        rating=rating,
        votes=votes,
        genres=tuple(_split(_GENRES, _texts(root, "genre")))[:20],
        cast=_cast(root),
        crew=_crew(root),
        collection=(named or _own_text(collection) or "")[:300] or None,
        collection_overview=_text(collection, "overview") if collection is not None else None,
        ids=_ids(root) or _ids_in_text(behind),
        pictures=tuple(_pictures(root))[:50],
        trailer_url=_trailer(_text(root, "trailer")),
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


def _line(parent: Element, tag: str) -> str | None:
    value = _text(parent, tag)
    return " ".join(value.split())[:MOST_LINE] if value else None


def _split(at: re.Pattern[str], values: Iterable[str]) -> Iterator[str]:
    seen = set()
    for value in values:
        for part in at.split(value):
            name = " ".join(part.split())[:100]
            if name and name.casefold() not in seen:
                seen.add(name.casefold())
                yield name


def _integer(value: str | None, least: int, most: int) -> int | None:
    """A whole number, however its thousands are parted."""
    try:
        number = int(re.sub(r"(?<=\d)[,. '](?=\d{3})", "", (value or "").strip()[:30]))
    except ValueError:
        return None
    return number if least <= number <= most else None


def _decimal(value: str | None, least: float, most: float) -> float | None:
    try:
        number = float((value or "").strip()[:30].replace(",", "."))
    except ValueError:
        return None
    return number if least <= number <= most else None


def _runtime(value: str | None) -> int | None:
    """Seconds out of "95", "95 min", "1h 35min" or "1:35:00"."""
    text = (value or "")[:40].strip()
    hours = _HOURS.match(text)
    if hours is not None:
        minutes = int(hours[1]) * 60 + int(hours[2] or 0)
    else:
        found = _MINUTES.match(text)
        minutes = int(found[1]) if found is not None else 0
    return minutes * 60 if 1 <= minutes <= 6000 else None


def _date(value: str | None) -> str | None:
    match = _DATE.match((value or "")[:10])
    if match is None:
        return None
    try:
        return match.group() if 1870 <= date.fromisoformat(match.group()).year <= 2100 else None
    except ValueError:
        return None


def _rating(root: Element) -> tuple[float | None, int | None]:
    """From 0 to 10, and by how many: the default one first. Nought that nobody gave is none."""
    ratings = _child(root, "ratings")
    entries = [e for e in ratings if _tag(e) == "rating"] if ratings is not None else []
    entries.sort(key=lambda e: e.get("default", "").casefold() != "true")
    for entry in entries:
        most = _decimal(entry.get("max"), 1, 1000) or 10
        value = _decimal(_text(entry, "value"), 0, most)
        votes = _integer(_text(entry, "votes"), 0, 2**31 - 1)
        if value is not None and (value or votes):
            return round(value / most * 10, 2), votes
    value = _decimal(_text(root, "rating"), 0, 10)
    votes = _integer(_text(root, "votes"), 0, 2**31 - 1)
    return (value, votes) if value or votes else (None, None)


def _cast(root: Element) -> tuple[Person, ...]:
    """In the order they say, else as they stand."""
    found: list[tuple[int, Person]] = []
    for actor in root:
        if _tag(actor) == "actor" and (name := _line(actor, "name")):
            order = _integer(_text(actor, "order"), 0, 100_000)
            person = Person(
                name=name[:200],
                character=(_line(actor, "role") or "")[:300] or None,
                portrait_url=_http(_text(actor, "thumb")),
            )
            found.append((len(found) if order is None else order, person))
    return tuple(person for _, person in sorted(found, key=lambda f: f[0]))[:MOST_PEOPLE]


def _crew(root: Element) -> tuple[Person, ...]:
    named = [
        Person(name=name[:200], job=job)
        for tag, job in _CREW.items()
        for name in people_in(_texts(root, tag))
    ]
    return tuple(dict.fromkeys(named))[:MOST_PEOPLE]


def people_in(values: Iterable[str]) -> Iterator[str]:
    """Names out of lists of names; "Jr." is no person."""
    return _split(_PEOPLE, values)


def _ids(root: Element) -> dict[str, str]:
    """Of `uniqueid`, the default first; then of the elements that were there before it."""
    unique = [e for e in root if _tag(e) == "uniqueid"]
    unique.sort(key=lambda e: e.get("default", "").casefold() != "true")
    named = [(e.get("type", "").casefold(), _own_text(e)) for e in unique]
    named += [(_ID_TAGS[_tag(e)], _own_text(e)) for e in root if _tag(e) in _ID_TAGS]
    named += [("imdb", value) for value in _texts(root, "id")]
    found: dict[str, str] = {}
    for source, value in named:
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
    """Addresses alone: what names a file is found beside the video anyway."""
    art, fanart = _child(root, "art"), _child(root, "fanart")
    named = [(e.get("aspect") or "poster", e) for e in root if _tag(e) == "thumb"]
    named += [("fanart", e) for e in fanart if _tag(e) == "thumb"] if fanart is not None else []
    named += [(_tag(e), e) for e in art] if art is not None else []
    seen = set()
    for aspect, element in named:
        url = _http(_own_text(element))
        if url is not None and url not in seen:
            seen.add(url)
            yield Picture(aspect=aspect.casefold()[:20], url=url)


def _trailer(value: str | None) -> str | None:
    """An address; of Kodi's own for YouTube the video's."""
    youtube = _YOUTUBE.match(value or "")
    return f"https://www.youtube.com/watch?v={youtube[1]}" if youtube else _http(value)


def _http(value: str | None) -> str | None:
    if value and len(value) <= 2000 and value.startswith(("http://", "https://")):
        return value if value.isprintable() and " " not in value else None
    return None
