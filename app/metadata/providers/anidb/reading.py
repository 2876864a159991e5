"""What AniDB says, as records."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    EpisodeRecord,
    Hit,
    MovieRecord,
    Picture,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers import anime
from app.metadata.providers import reading as read
from app.metadata.providers.anidb import names, parts
from app.metadata.providers.anidb.document import LANGUAGE, straight, text
from app.metadata.providers.anidb.index import Entry
from app.metadata.providers.anidb.names import Title

# What an episode's number counts, and the season that it is in here; credits, trailers and
# parodies are in none.
SEASONS: Final = {"1": anime.SEASON, "2": anime.SPECIALS}
DIGITS: Final = re.compile(r"[0-9]{1,6}", re.ASCII)


def kind(said: Element) -> RecordKind:
    """A film or a show."""
    return anime.kind_of((said.findtext("type") or "").strip())


def movie(said: Element, languages: Sequence[str]) -> MovieRecord | None:
    """A film; what is none is not there. Its parts are episodes beside the whole."""
    if kind(said) is not RecordKind.MOVIE:
        return None
    lengths = [episode.runtime or 0 for episode in _episodes(said, anime.SEASON, languages)]
    return MovieRecord(**_title(said, languages), runtime=max(lengths, default=0) or None)


def show(said: Element, languages: Sequence[str]) -> ShowRecord | None:
    """A show, whose seasons are itself and its specials; a film is none."""
    if kind(said) is not RecordKind.SHOW:
        return None
    found = (season(said, number, languages) for number in (anime.SPECIALS, anime.SEASON))
    seasons = [one for one in found if one is not None]
    lengths = [e.runtime for one in seasons for e in one.episodes if e.season == anime.SEASON]
    return ShowRecord(
        **_title(said, languages),
        runtime=next(filter(None, lengths), None),
        last_air_date=_day(said, "enddate"),
        seasons=tuple(_named(one) for one in seasons),
        episode_count=_count(text(said, "episodecount")),
        anime=True,
    )


def season(said: Element, number: int, languages: Sequence[str]) -> SeasonRecord | None:
    """The episodes, or the specials, if there are some."""
    if kind(said) is not RecordKind.SHOW or number not in SEASONS.values():
        return None
    episodes = tuple(_episodes(said, number, languages))
    if number == anime.SPECIALS and not episodes:
        return None
    id_, own = said.get("id", ""), number == anime.SEASON
    return SeasonRecord(
        source=parts.NAME,
        id=f"{id_}-{number}",
        number=number,
        ids=read.ids(anidb=id_) if own else {},
        release_date=_day(said, "startdate") if own else None,
        episode_count=read.count(len(episodes))
        or (_count(text(said, "episodecount")) if own else None),
        pictures=pictures(said) if own else (),
        episodes=episodes,
    )


def hit(entry: Entry, kind: RecordKind, language: str) -> Hit | None:
    """What the dump of titles holds. It does not tell films from shows."""
    title = names.shown(entry.titles, language)
    if title is None:
        return None
    return Hit(
        source=parts.NAME,
        kind=kind,
        id=entry.aid,
        title=title,
        original_title=names.original(entry.titles),
        alternative_titles=names.others(entry.titles, title),
        language=names.origin(entry.titles),
        ids=read.ids(anidb=entry.aid),
    )


def similar(said: Element) -> tuple[Hit, ...]:
    """What most people find like it; AniDB does not say of what kind it is: the same, mostly."""
    found = []
    for one in read.firsts(said.iterfind("similaranime/anime"), read.MOST_NAMES):
        title, ids = read.line(straight(one.text)), read.ids(anidb=one.get("id"))
        for_it, of = (_count(one.get(name)) or 0 for name in ("approval", "total"))
        if title is not None and ids and for_it * 2 >= of:
            hit = Hit(source=parts.NAME, kind=kind(said), id=ids[parts.NAME], title=title, ids=ids)
            found.append(hit)
    return tuple(found[: read.MOST_HITS])


def pictures(said: Element) -> tuple[Picture, ...]:
    """The one that it has."""
    return read.single(ArtworkKind.POSTER, parts.address(said.findtext("picture")))


def ratings(said: Element) -> tuple[Rating, ...]:
    """What its people give it in the end, or have given so far."""
    for path in ("ratings/permanent", "ratings/temporary"):
        found = said.find(path)
        if found is not None and (its := _rating(found, "count")):
            return its
    return ()


def _title(said: Element, languages: Sequence[str]) -> dict[str, Any]:
    """The fields that movies and shows share; what AniDB writes itself is English."""
    titles = _titles(said.iterfind("titles/title"))
    title, overview = names.shown(titles), parts.overview(said.findtext("description"))
    genres, keywords = parts.tags(said)
    ids = {**parts.elsewhere(said, kind(said)), **read.ids(anidb=said.get("id"))}
    start = text(said, "startdate")
    return {
        "source": parts.NAME,
        "id": said.get("id", ""),
        "ids": ids,
        "title": title,
        "language": names.ENGLISH,
        "original_title": names.original(titles),
        "original_language": names.origin(titles),
        "alternative_titles": names.others(titles, title),
        "texts": names.texts(titles, overview, languages),
        "overview": overview,
        "release_date": _day(said, "startdate"),
        "year": read.year_of(start),
        "homepage": read.web(said.findtext("url")),
        "genres": genres,
        "keywords": keywords,
        "studios": parts.studios(said),
        "ratings": ratings(said),
        "credits": (*parts.cast(said), *parts.crew(said)),
        "pictures": pictures(said),
        "similar": similar(said),
    }


def _titles(found: Iterator[Element]) -> list[Title]:
    """Without those of kinds that nobody asks for; a title of no kind is an episode's."""
    titles = []
    for one in read.firsts(found, read.MOST_NAMES * 2):
        kind = names.TYPES.get(one.get("type", "official"))
        name = read.line(straight(one.text))
        if kind is not None and name is not None:
            titles.append(Title(kind, one.get(LANGUAGE, "")[:20], name))
    return titles


def _episodes(said: Element, season: int, languages: Sequence[str]) -> list[EpisodeRecord]:
    by_number: dict[int, EpisodeRecord] = {}
    for one in read.firsts(said.iterfind("episodes/episode"), read.MOST_EPISODES * 2):
        counted = one.find("epno")
        if counted is None or SEASONS.get(counted.get("type", "")) != season:
            continue
        digits = DIGITS.search((counted.text or "")[:20])
        if digits is not None and int(digits[0]) > 0 and read.ids(anidb=one.get("id")):
            number = int(digits[0])
            by_number.setdefault(number, _episode(one, season, number, languages))
    return [by_number[number] for number in sorted(by_number)[: read.MOST_EPISODES]]


def _episode(said: Element, season: int, number: int, languages: Sequence[str]) -> EpisodeRecord:
    titles, rating = _titles(said.iterfind("title")), said.find("rating")
    overview = parts.overview(said.findtext("summary"))
    return EpisodeRecord(
        source=parts.NAME,
        id=said.get("id", ""),
        season=season,
        number=number,
        absolute=number if season == anime.SEASON else None,
        ids=read.ids(anidb=said.get("id")),
        title=names.shown(titles),
        overview=overview,
        texts=names.texts(titles, overview, languages),
        release_date=_day(said, "airdate"),
        runtime=read.seconds(_count(text(said, "length"))),
        ratings=_rating(rating, "votes") if rating is not None else (),
    )


def _named(season: SeasonRecord) -> SeasonRecord:
    """As a show merely names it."""
    said = {name: getattr(season, name) for name in season.__struct_fields__}
    return SeasonRecord(**{**said, "episodes": ()})


def _rating(said: Element, votes: str) -> tuple[Rating, ...]:
    try:
        value = float((said.text or "")[:20])
    except ValueError:
        return ()
    return read.ratings(parts.NAME, value, _count(said.get(votes)))


def _count(value: str | None) -> int | None:
    digits = (value or "")[:12].strip()
    return int(digits) if read.DIGITS.fullmatch(digits) else None


def _day(said: Element, path: str) -> date | None:
    return read.day(said.findtext(path))
