"""What films, shows, seasons and episodes say in the same elements: ratings, people, ids and
pictures.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree.ElementTree import Element

from app.catalog.domain import MOST_SEASON, SOURCES, Person, Picture
from app.catalog.service.nfo.document import tag
from app.catalog.service.nfo.values import (
    address,
    child,
    children,
    decimal,
    integer,
    line,
    own_text,
    split,
    text,
    texts,
)

MOST_PEOPLE: Final = 200
MOST_PICTURES: Final = 50
MOST_OF_SEASONS: Final = 500
_SUFFIX = r"(?!\s*(?:jr|sr|ii|iii|iv|phd|md)\b)"
_PEOPLE = re.compile(rf"[/|;]|,{_SUFFIX}", re.IGNORECASE)
_GENRES = re.compile(r"[/|,;]")
_NETWORKS = re.compile(r"\s/\s|[|;]")
_ID_TAGS: Final = {
    "imdb_id": "imdb", **{f"{s}id": s for s in ("tmdb", "imdb", "tvdb", "tvmaze", "anidb", "trakt")}
}  # fmt: skip
_ID_FORMS: Final = {"imdb": re.compile(r"tt[0-9]{6,10}"), "tmdb": re.compile(r"[0-9]{1,10}")}
_ANY_ID: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_CREW: Final = {
    "director": "Director", "credits": "Writer", "writer": "Writer", "producer": "Producer"
}  # fmt: skip

_WORK: Final = {
    job.casefold(): job
    for job in ("Director", "Writer", "Producer", "Composer", "Creator", "Editor")
}


def rating(root: Element) -> tuple[float | None, int | None]:
    """From 0 to 10, and by how many: the default one first. Nought that nobody gave is none."""
    entries = list(children(child(root, "ratings"), "rating"))
    entries.sort(key=lambda e: e.get("default", "").casefold() != "true")
    for entry in entries:
        most = decimal(entry.get("max"), 1, 1000) or 10
        value = decimal(text(entry, "value"), 0, most)
        votes = integer(text(entry, "votes"), 0, 2**31 - 1)
        if value is not None and (value or votes):
            return round(value / most * 10, 2), votes
    value = decimal(text(root, "rating"), 0, 10)
    votes = integer(text(root, "votes"), 0, 2**31 - 1)
    return (value, votes) if value or votes else (None, None)


def genres(root: Element) -> tuple[str, ...]:
    """Each once."""
    return tuple(split(_GENRES, texts(root, "genre")))[:20]


def networks(root: Element) -> tuple[str, ...]:
    """Who sends a show: Kodi and those who write for it know them as studios only."""
    named = list(texts(root, "network")) or texts(root, "studio")
    return tuple(split(_NETWORKS, named))[:20]


def actors(root: Element) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """The cast and the guests, in the order they say, else as they stand. Jellyfin marks guests,
    and writes others who made it as actors too.
    """
    found: list[tuple[int, bool, Person]] = []
    for actor in children(root, "actor"):
        name, kind = line(actor, "name", 200), _kind(actor)
        if name and kind not in _WORK:
            order = integer(text(actor, "order") or text(actor, "sortorder"), 0, 100_000)
            person = Person(
                name=name,
                character=line(actor, "role", 300),
                portrait_url=address(text(actor, "thumb")),
            )
            found.append((len(found) if order is None else order, kind == "gueststar", person))
    found.sort(key=lambda f: f[0])
    cast = (person for _, guest, person in found if not guest)
    guests = (person for _, guest, person in found if guest)
    return tuple(cast)[:MOST_PEOPLE], tuple(guests)[:MOST_PEOPLE]


def crew(root: Element) -> tuple[Person, ...]:
    """Who made it, by their work."""
    named = [
        Person(name=name[:200], job=job)
        for element, job in _CREW.items()
        for name in people_in(texts(root, element))
    ]
    named += [
        Person(name=name, job=_WORK[kind])
        for actor in children(root, "actor")
        if (kind := _kind(actor)) in _WORK and (name := line(actor, "name", 200))
    ]
    return tuple(dict.fromkeys(named))[:MOST_PEOPLE]


def _kind(actor: Element) -> str:
    return (line(actor, "type") or "").casefold().replace(" ", "")


def people_in(values: Iterable[str]) -> Iterator[str]:
    """Names out of lists of names; "Jr." is no person."""
    return split(_PEOPLE, values)


def ids(root: Element, *, television: bool = False) -> dict[str, str]:
    """Of `uniqueid`, the default first; then of the elements that were there before it.

    A number in the `id` of television is TheTVDB's, unless `uniqueid` names whose ids there are:
    Kodi repeats its default one in it, whosever that is.
    """
    unique = list(children(root, "uniqueid"))
    unique.sort(key=lambda e: e.get("default", "").casefold() != "true")
    named: list[tuple[str, str | None]] = [
        (e.get("type", "").casefold(), own_text(e)) for e in unique
    ]
    named += [(_ID_TAGS[tag(e)], own_text(e)) for e in root if tag(e) in _ID_TAGS]
    for plain in texts(root, "id"):
        named.append(("imdb", plain))
        if television and not unique and _NUMBER.fullmatch(plain):
            named.append(("tvdb", plain))
    found: dict[str, str] = {}
    for source, value in named:
        if source in SOURCES and value and _ID_FORMS.get(source, _ANY_ID).fullmatch(value):
            found.setdefault(source, value)
    return found


def pictures(root: Element, aspect: str = "poster") -> tuple[Picture, ...]:
    """Addresses alone: what names a file is found beside the video anyway. `aspect` is that of a
    picture that says none.
    """
    found = tuple(_pictures(root, aspect))
    own = [p for p in found if p.season is None]
    return (*own[:MOST_PICTURES], *[p for p in found if p.season is not None][:MOST_OF_SEASONS])


def _pictures(root: Element, usual: str) -> Iterator[Picture]:
    seen = set()
    for aspect, element, season in _places(root, usual):
        url = address(own_text(element))
        if url is not None and (url, season) not in seen:
            seen.add((url, season))
            yield Picture(aspect=aspect.casefold()[:20], url=url, season=season)


def _places(root: Element, usual: str) -> Iterator[tuple[str, Element, int | None]]:
    """Aspect, element, and whose season; what is of all seasons at once is left out."""
    for thumb in children(root, "thumb"):
        season = integer(thumb.get("season"), 0, MOST_SEASON)
        if season is not None or thumb.get("type", "").casefold() != "season":
            yield thumb.get("aspect") or usual, thumb, season
    for thumb in children(child(root, "fanart"), "thumb"):
        yield "fanart", thumb, None
    art = child(root, "art")
    for element in () if art is None else art:
        if tag(element) != "season":
            yield tag(element), element, None
        elif (season := integer(element.get("num"), 0, MOST_SEASON)) is not None:
            yield from ((tag(each), each, season) for each in element)
