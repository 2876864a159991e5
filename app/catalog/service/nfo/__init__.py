"""The NFO files of Kodi, and of the programs that write them for it. They come from anywhere: XML
with entities, oversized or deep XML is refused, every text is bounded, and what cannot be read is
left out.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

from app.catalog.domain import MOST_NUMBER, MOST_SEASON, Details
from app.catalog.service.nfo import fields
from app.catalog.service.nfo.document import MOST_BYTES as MOST_BYTES
from app.catalog.service.nfo.document import BadNfo as BadNfo
from app.catalog.service.nfo.document import parted, tag, tree, trees
from app.catalog.service.nfo.fields import people_in as people_in
from app.catalog.service.nfo.values import (
    MOST_TEXT,
    child,
    children,
    clean,
    day,
    integer,
    line,
    own_text,
    runtime,
    text,
    trailer,
)

MOST_EPISODES: Final = 100
MOST_SEASONS: Final = 500
_MOVIE_PAGES: Final = {
    "imdb": re.compile(r"\b(tt[0-9]{6,10})\b"),
    "tmdb": re.compile(r"themoviedb\.org/movie/([0-9]{1,10})"),
}
_SHOW_PAGES: Final = {
    "imdb": _MOVIE_PAGES["imdb"],
    "tmdb": re.compile(r"themoviedb\.org/tv/([0-9]{1,10})"),
    "tvdb": re.compile(
        r"thetvdb\.com/(?:(?:index\.php)?\?tab=series&(?:amp;)?id=|dereferrer/series/)([0-9]{1,10})"
    ),
    "tvmaze": re.compile(r"tvmaze\.com/shows/([0-9]{1,10})"),
    "anidb": re.compile(r"anidb\.net/(?:anime/|a)([0-9]{1,10})"),
}


def parse_nfo(raw: bytes) -> Details:
    """What a film's NFO says. A file of nothing but an address gives its id. Raises BadNfo."""
    xml, behind = parted(raw)
    if not xml:
        return _address(behind, _MOVIE_PAGES)
    root = tree(xml)
    return Details(
        **_said(root),
        **_collection(root),
        release_date=(released := day(text(root, "premiered"), text(root, "releasedate"))),
        year=_year(root, released),
        cast=_everyone(root),
        ids=fields.ids(root) or _ids_in(behind, _MOVIE_PAGES),
        pictures=fields.pictures(root),
    )


def parse_show_nfo(raw: bytes) -> Details:
    """What `tvshow.nfo` says; its numbers of season and episode only count. Raises BadNfo."""
    xml, behind = parted(raw)
    if not xml:
        return _address(behind, _SHOW_PAGES)
    root = _of_kind(tree(xml), "tvshow")
    first = day(text(root, "premiered"), text(root, "releasedate"), text(root, "aired"))
    return Details(
        **_said(root),
        release_date=first,
        last_air_date=day(text(root, "enddate")),
        year=_year(root, first),
        cast=_everyone(root),
        ids=fields.ids(root, television=True) or _ids_in(behind, _SHOW_PAGES),
        pictures=fields.pictures(root),
        networks=fields.networks(root),
        status=line(root, "status", 40),
        season_titles=_season_titles(root),
    )


def parse_season_nfo(raw: bytes) -> Details:
    """What `season.nfo` says. Its ids are left out: some write the season's, others the show's.
    Raises BadNfo.
    """
    xml, _ = parted(raw)
    root = _of_kind(tree(xml), "season")
    first = day(text(root, "premiered"), text(root, "releasedate"), text(root, "aired"))
    return Details(
        **_said(root),
        release_date=first,
        year=_year(root, first),
        cast=_everyone(root),
        pictures=fields.pictures(root),
        season=integer(text(root, "seasonnumber") or text(root, "season"), 0, MOST_SEASON),
    )


def parse_episode_nfo(raw: bytes) -> tuple[Details, ...]:
    """What an NFO beside a video says of each episode in it; nothing, when it is an address alone,
    which leads to the show as often as to the episode. Raises BadNfo.
    """
    xml, behind = parted(raw)
    if not xml:
        _address(behind, _SHOW_PAGES)
        return ()
    roots = trees(xml)
    if len(roots) == 1 and tag(roots[0]) == "xbmcmultiepisode":
        roots = tuple(roots[0])
    found = [root for root in roots if tag(root) == "episodedetails"]
    if not found:
        raise BadNfo("The NFO file is not of an episode.")
    return tuple(_episode(root) for root in found[:MOST_EPISODES])


def _episode(root: Element) -> Details:
    """Kodi writes the year and the first day of the show into it: the day it was aired counts."""
    cast, guests = fields.actors(root)
    aired = day(text(root, "aired"), text(root, "premiered"), text(root, "releasedate"))
    return Details(
        **_said(root),
        release_date=aired,
        year=int(aired[:4]) if aired else _year(root, None),
        cast=cast,
        guests=guests,
        ids=fields.ids(root, television=True),
        pictures=fields.pictures(root, "thumb"),
        season=integer(text(root, "season"), 0, MOST_SEASON),
        episode=integer(text(root, "episode"), 0, MOST_NUMBER),
        absolute=integer(text(root, "absolute_number"), 1, MOST_NUMBER),
    )


def _said(root: Element) -> dict[str, Any]:
    """What every kind says in the same way."""
    rating, votes = fields.rating(root)
    return {
        "title": line(root, "title"),
        "original_title": line(root, "originaltitle"),
        "sort_title": line(root, "sorttitle"),
        "overview": text(root, "plot") or text(root, "outline"),
        "tagline": line(root, "tagline"),
        "runtime": runtime(text(root, "runtime")),
        "certification": (text(root, "mpaa") or text(root, "certification") or "")[:40] or None,
        "rating": rating,
        "votes": votes,
        "genres": fields.genres(root),
        "crew": fields.crew(root),
        "trailer_url": trailer(text(root, "trailer")),
    }


def _collection(root: Element) -> dict[str, Any]:
    """The `set`: of old a name, today elements."""
    element = child(root, "set")
    if element is None:
        return {}
    name = (text(element, "name") if len(element) else None) or own_text(element) or ""
    return {"collection": name[:300] or None, "collection_overview": text(element, "overview")}


def _year(root: Element, released: str | None) -> int | None:
    year = integer(text(root, "year"), 1870, 2100)
    return int(released[:4]) if year is None and released else year


def _everyone(root: Element) -> tuple[Any, ...]:
    cast, guests = fields.actors(root)
    return (*cast, *guests)[: fields.MOST_PEOPLE]


def _season_titles(root: Element) -> dict[int, str]:
    found: dict[int, str] = {}
    for element in children(root, "namedseason"):
        number = integer(element.get("number"), 0, MOST_SEASON)
        name = " ".join((clean(element.text, 300) or "").split())
        if number is not None and name and len(found) < MOST_SEASONS:
            found.setdefault(number, name)
    return found


def _of_kind(root: Element, kind: str) -> Element:
    if tag(root) != kind:
        raise BadNfo(f"The NFO file is not of a {kind.removeprefix('tv')}.")
    return root


def _address(said: str, pages: Mapping[str, re.Pattern[str]]) -> Details:
    found = _ids_in(said, pages)
    if not found:
        raise BadNfo("The NFO file holds neither XML nor an address.")
    return Details(ids=found)


def _ids_in(said: str, pages: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    """Whose pages the addresses in a text lead to."""
    found = {source: page.search(said[:MOST_TEXT]) for source, page in pages.items()}
    return {source: match[1] for source, match in found.items() if match is not None}
