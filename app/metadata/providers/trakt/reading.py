"""What Trakt says, as records. What it says of itself is English; the rest is translations."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Company,
    Credit,
    EpisodeRecord,
    Hit,
    MovieRecord,
    Part,
    Picture,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
    Text,
)
from app.metadata.providers import reading as read
from app.metadata.providers.trakt import wire

NAME: Final = "trakt"
IMAGES: Final = ("media.trakt.tv", "walter-r2.trakt.tv")
LANGUAGE: Final = "en"
ANIME: Final = "anime"
CERTIFIED: Final = "US"  # Trakt tells the marks of age of one country alone
MOST_NUMBER: Final = 100_000
ZONE: Final = re.compile(r"[A-Za-z_]{1,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}", re.ASCII)
KINDS: Final = (
    (ArtworkKind.POSTER, "poster"),
    (ArtworkKind.BACKDROP, "fanart"),
    (ArtworkKind.LOGO, "logo"),
    (ArtworkKind.CLEARART, "clearart"),
    (ArtworkKind.BANNER, "banner"),
    (ArtworkKind.THUMB, "thumb"),
    (ArtworkKind.THUMB, "screenshot"),
)
# Of ratings that others gave: who asked for them, under which name they are told, of how much.
OTHERS: Final = (
    ("imdb", "imdb", 10),
    ("tmdb", "tmdb", 10),
    ("metacritic", "metascore", 100),
    ("rottentomatoes", "rotten_tomatoes", 100),
)


def hits(said: Iterable[wire.Title]) -> tuple[Hit, ...]:
    """Films and shows of a list, each once."""
    return read.hits(hit(one) for one in read.firsts(said, read.MOST_HITS))


def hit(said: wire.Title) -> Hit | None:
    """A film or a show that was found."""
    ids, name = _ids(said.ids), read.line(said.title)
    if name is None or NAME not in ids:
        return None
    shown = _shown(said)
    return Hit(
        source=NAME,
        kind=RecordKind.SHOW if isinstance(said, wire.Show) else RecordKind.MOVIE,
        id=ids[NAME],
        title=name,
        original_title=read.line(said.original_title),
        release_date=shown,
        year=read.year_of(said.year) or (shown.year if shown is not None else None),
        overview=read.paragraphs(said.overview),
        picture=next(_urls(said.images.poster), None) if said.images is not None else None,
        language=read.language(said.language),
        votes=read.count(said.votes),
        runtime=read.seconds(said.runtime),
        ids=ids,
    )


def movie(
    said: wire.Movie,
    people: wire.People,
    translations: Iterable[wire.Translation],
    languages: Sequence[str],
) -> MovieRecord:
    """A film."""
    return MovieRecord(**_title(said, people), texts=read.spoken(texts(translations), languages))


def show(
    said: wire.Show,
    people: wire.People,
    translations: Iterable[wire.Translation],
    seasons: Iterable[wire.Season],
    languages: Sequence[str],
) -> ShowRecord:
    """A show; its seasons without their episodes."""
    network = read.line(said.network, read.MOST_NAME)
    found = (season(one, (), said.timezone) for one in read.firsts(seasons, read.MOST_SEASONS))
    return ShowRecord(
        **_title(said, people),
        texts=read.spoken(texts(translations), languages),
        networks=(Company(name=network),) if network is not None else (),
        seasons=tuple(filter(None, found)),
        episode_count=read.count(said.aired_episodes, MOST_NUMBER),
        anime=ANIME in (said.genres or ()),
    )


def season(
    said: wire.Season,
    episodes: Iterable[EpisodeRecord],
    timezone: str | None,
) -> SeasonRecord | None:
    """A season of a show that is on in this zone."""
    ids, number, held = _ids(said.ids), said.number, tuple(episodes)
    if NAME not in ids or number is None or not 0 <= number <= MOST_NUMBER:
        return None
    return SeasonRecord(
        source=NAME,
        id=ids[NAME],
        number=number,
        ids=ids,
        title=read.line(said.title),
        overview=read.paragraphs(said.overview),
        release_date=day_there(said.first_aired, timezone),
        episode_count=read.count(said.episode_count or len(held), MOST_NUMBER),
        pictures=pictures(said.images),
        episodes=held,
    )


def episodes(
    said: Iterable[wire.Episode], languages: Sequence[str], timezone: str | None
) -> Iterator[EpisodeRecord]:
    """Those of a season that have an id and a number."""
    for one in read.firsts(said, read.MOST_EPISODES):
        ids, season, number = _ids(one.ids), one.season, one.number
        if NAME not in ids or season is None or number is None:
            continue
        if not (0 <= season <= MOST_NUMBER and 0 <= number <= MOST_NUMBER):
            continue
        yield EpisodeRecord(
            source=NAME,
            id=ids[NAME],
            season=season,
            number=number,
            absolute=read.count(one.number_abs, MOST_NUMBER),
            ids=ids,
            title=read.line(one.title),
            overview=read.paragraphs(one.overview),
            texts=read.spoken(texts(one.translations or ()), languages),
            release_date=day_there(one.first_aired, timezone),
            runtime=read.seconds(one.runtime),
            ratings=read.ratings(NAME, one.rating, one.votes),
            pictures=pictures(one.images),
        )


def texts(said: Iterable[wire.Translation]) -> Iterator[Text]:
    """Translations by tag: the language alone means its own country, or the first that speaks it,
    where there are several.
    """
    translations = read.firsts(said, 400)
    known = {one.language for one in translations if _at_home(one)}
    often = Counter(one.language for one in translations)
    for one in translations:
        plain = often[one.language] == 1 or _at_home(one) or one.language not in known
        known.add(one.language)
        tag = read.language(one.language if plain else f"{one.language}-{one.country}")
        title, overview = read.line(one.title), read.paragraphs(one.overview)
        tagline = read.line(one.tagline)
        if tag is not None and (title or overview or tagline):
            yield Text(language=tag, title=title, overview=overview, tagline=tagline)


def _at_home(said: wire.Translation) -> bool:
    return bool(said.language) and said.language == said.country


def members(said: wire.People) -> Iterator[Credit]:
    """Cast, and crew by department."""
    yield from _members(Part.CAST, None, said.cast or ())
    for department, crew in read.firsts((said.crew or {}).items(), read.MOST_NAMES):
        yield from _members(Part.CREW, read.line(department.title()), crew)


def _members(part: Part, department: str | None, said: Sequence[wire.Member]) -> Iterator[Credit]:
    for one in said[: read.MOST_CREDITS]:
        person = one.person or wire.Person()
        name = read.line(person.name, read.MOST_NAME)
        if name is None:
            continue
        images = one.images or person.images or wire.Images()
        yield Credit(
            name=name,
            part=part,
            ids=_ids(person.ids),
            character=_all(one.characters, one.character),
            job=_all(one.jobs, one.job),
            department=department,
            portrait=next(_urls(images.headshot), None),
        )


def _all(values: list[str] | None, value: str | None) -> str | None:
    return read.line(" / ".join(read.lines(values or (value,), 10)))


def ratings(said: wire.Ratings) -> tuple[Rating, ...]:
    """What its people give it, and those of other places of whom it knows."""
    own = said.trakt or wire.Score(said.rating, said.votes)
    found = [*read.ratings(NAME, own.rating, own.votes)]
    for source, name, of in OTHERS:
        score: wire.Score | None = getattr(said, name)
        if score is not None:
            found += read.ratings(source, score.rating, score.votes, of=of)
    return tuple(found)


def pictures(said: wire.Images | None, season: int | None = None) -> tuple[Picture, ...]:
    """All that there are; Trakt has one of each kind, seldom more."""
    if said is None:
        return ()
    return tuple(
        Picture(kind=kind, url=url, season=season)
        for kind, name in KINDS
        for url in _urls(getattr(said, name))
    )


def pictures_of(seasons: Iterable[wire.Season]) -> Iterator[Picture]:
    """Those of a show's seasons."""
    for one in read.firsts(seasons, read.MOST_SEASONS):
        if one.number is not None and 0 <= one.number <= MOST_NUMBER:
            yield from pictures(one.images, one.number)


def day_there(stamp: str | None, timezone: str | None) -> date | None:
    """The day of a moment where it was: an evening in New York is another day in UTC."""
    if not stamp or not timezone or not ZONE.fullmatch(timezone):
        return read.day(stamp)
    try:
        moment = datetime.fromisoformat(stamp[:40])
        there = moment.astimezone(ZoneInfo(timezone)) if moment.tzinfo is not None else moment
    except (ValueError, OverflowError, OSError, KeyError):
        return read.day(stamp)
    return read.day(there.date().isoformat())


def _title(said: wire.Movie | wire.Show, people: wire.People) -> dict[str, Any]:
    """The fields that movies and shows share."""
    shown, mark = _shown(said), read.line(said.certification, 20)
    return {
        "source": NAME,
        "id": str(said.ids.trakt),
        "ids": _ids(said.ids),
        "title": read.line(said.title),
        "language": LANGUAGE,
        "original_title": read.line(said.original_title),
        "original_language": read.language(said.language),
        "overview": read.paragraphs(said.overview),
        "tagline": read.line(said.tagline),
        "release_date": shown,
        "year": read.year_of(said.year) or (shown.year if shown is not None else None),
        "runtime": read.seconds(said.runtime),
        "status": _named(said.status),
        "homepage": read.web(said.homepage),
        "genres": read.lines(_named(genre) for genre in said.genres or ()),
        "countries": read.countries([said.country]),
        "certifications": {CERTIFIED: mark} if mark is not None else {},
        "ratings": read.ratings(NAME, said.rating, said.votes),
        "credits": tuple(members(people)),
        "pictures": pictures(said.images),
        "videos": read.trailers(read.web(said.trailer)),
    }


def _shown(said: wire.Title) -> date | None:
    if isinstance(said, wire.Show):
        return day_there(said.first_aired, said.timezone)
    return read.day(said.released) if isinstance(said, wire.Movie) else None


def _named(slug: str | None) -> str | None:
    """As one writes what is called "science-fiction" or "returning series"."""
    return read.line((slug or "").replace("-", " ").title(), read.MOST_NAME)


def _ids(said: wire.Ids) -> dict[str, str]:
    return read.ids(trakt=said.trakt, imdb=said.imdb, tmdb=said.tmdb, tvdb=said.tvdb)


def _urls(said: wire.Urls | None) -> Iterator[str]:
    """Addresses, which Trakt writes without https:// before them."""
    values = [said.get("full")] if isinstance(said, dict) else said
    for value in read.firsts(values, 20):
        text = value or ""
        url = read.picture(text if "://" in text else f"https://{text}", IMAGES)
        if url is not None:
            yield url
