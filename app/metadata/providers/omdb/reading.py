"""What OMDb says, as records."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from app.core.languages import language_of_word
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
from app.metadata.providers.omdb import wire

NAME: Final = "omdb"
IMAGES: Final = ("m.media-amazon.com",)
TYPES: Final = {RecordKind.MOVIE: "movie", RecordKind.SHOW: "series"}
KINDS: Final = {name: kind for kind, name in TYPES.items()}
SOURCES: Final = {
    "Internet Movie Database": "imdb",
    "Rotten Tomatoes": "rottentomatoes",
    "Metacritic": "metacritic",
}
# Marks of the US; where a film has none, IMDb names those of others, which fit no country here.
MARKS: Final = frozenset({
    "G", "PG", "PG-13", "R", "NC-17", "X", "M", "GP", "M/PG", "Approved", "Passed", "TV-Y", "TV-Y7",
    "TV-Y7-FV", "TV-G", "TV-PG", "TV-14", "TV-MA",
})  # fmt: skip
MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
# IMDb's names of the countries where most films are made; those of other countries are left out.
_COUNTRIES: Final = """
US United States; US USA; GB United Kingdom; GB UK; IE Ireland; CA Canada; AU Australia; NZ New
Zealand; ZA South Africa; DE Germany; DE West Germany; AT Austria; CH Switzerland; FR France; BE
Belgium; LU Luxembourg; NL Netherlands; IT Italy; ES Spain; PT Portugal; SE Sweden; NO Norway; DK
Denmark; FI Finland; IS Iceland; EE Estonia; LV Latvia; LT Lithuania; PL Poland; CZ Czech Republic;
CZ Czechia; SK Slovakia; HU Hungary; RO Romania; BG Bulgaria; GR Greece; HR Croatia; RS Serbia; SI
Slovenia; UA Ukraine; RU Russia; TR Turkey; TR Türkiye; IL Israel; IR Iran; EG Egypt; MA Morocco; NG
Nigeria; AE United Arab Emirates; IN India; PK Pakistan; CN China; HK Hong Kong; TW Taiwan; JP
Japan; KR South Korea; TH Thailand; VN Vietnam; PH Philippines; ID Indonesia; MY Malaysia; SG
Singapore; MX Mexico; BR Brazil; AR Argentina; CL Chile; CO Colombia; PE Peru; CU Cuba; MT Malta
"""
COUNTRIES: Final = {
    " ".join(name): code for code, *name in (pair.split() for pair in _COUNTRIES.split(";"))
}
MOST_LIST: Final = 5000
NOT_THERE: Final = "N/A"
RUNTIME: Final = re.compile(r"(?:(\d{1,3}) ?h(?: |$))?(?:(\d{1,4}) ?min)?", re.ASCII)
SCORE: Final = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)(?:/(\d{1,3})|%)", re.ASCII)
NUMBER: Final = re.compile(r"[0-9,]{1,18}", re.ASCII)
YEARS: Final = re.compile(r"\d{4}\s?[–-]\s?(\d{4})?", re.ASCII)
WIDTH: Final = re.compile(r"_SX(\d{2,4})[_.]", re.ASCII)
ASIDE: Final = re.compile(r"\([^()]*\)")
WORDS_OF_DAY: Final = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})", re.ASCII)


def kind(title: wire.Title) -> RecordKind | None:
    """Whether it is a film or a show; None for all else."""
    return KINDS.get(title.type or "")


def hits(titles: Iterable[wire.Title], wanted: RecordKind) -> tuple[Hit, ...]:
    """What a list holds of this kind."""
    found: dict[str, Hit] = {}
    for title in read.firsts(titles, read.MOST_HITS):
        ids, name = read.ids(imdb=title.imdb_id), read.line(said(title.title))
        if kind(title) is not wanted or name is None or "imdb" not in ids:
            continue
        hit = Hit(
            source=NAME,
            kind=wanted,
            id=ids["imdb"],
            title=name,
            release_date=day(title.released),
            year=read.year_of(said(title.year)),
            overview=read.paragraphs(said(title.plot)),
            picture=read.picture(said(title.poster), IMAGES),
            language="en",
            votes=number(title.imdb_votes),
            runtime=runtime(title.runtime),
            ids=ids,
        )
        found.setdefault(hit.id, hit)
    return tuple(found.values())


def movie(title: wire.Title, id_: str, languages: Sequence[str]) -> MovieRecord:
    """A film."""
    return MovieRecord(**_title(title, id_, languages))


def show(title: wire.Title, id_: str, languages: Sequence[str]) -> ShowRecord:
    """A show; it ended where its years have an end."""
    years, last = YEARS.fullmatch(said(title.year) or ""), number(title.total_seasons)
    status = None if years is None else "Ended" if years[1] else "Returning Series"
    return ShowRecord(
        **_title(title, id_, languages) | {"status": status},
        seasons=tuple(
            SeasonRecord(source=NAME, id=f"{id_}-{one}", number=one)
            for one in range(1, min(last or 0, read.MOST_SEASONS) + 1)
        ),
    )


def season(answer: wire.Season, show_id: str, of: int, languages: Sequence[str]) -> SeasonRecord:
    """A season; those of its episodes that have a number."""
    episodes = {
        place: episode(title, show_id, (of, place), languages)
        for title in read.firsts(answer.episodes, read.MOST_EPISODES)
        if (place := number(title.episode)) is not None
    }
    return SeasonRecord(
        source=NAME,
        id=f"{show_id}-{of}",
        number=of,
        release_date=min(filter(None, (e.release_date for e in episodes.values())), default=None),
        episode_count=len(episodes) or None,
        episodes=tuple(episodes.values()),
    )


def episode(
    title: wire.Title, show_id: str, place: tuple[int, int], languages: Sequence[str]
) -> EpisodeRecord:
    """An episode at its `place`, season and number; what its season says of it, or all there is."""
    ids = read.ids(imdb=title.imdb_id)
    return EpisodeRecord(
        source=NAME,
        id=ids.get("imdb") or f"{show_id}-{place[0]}-{place[1]}",
        season=place[0],
        number=place[1],
        ids=ids,
        title=read.line(said(title.title)),
        overview=read.paragraphs(said(title.plot)),
        texts=_texts(title, languages),
        release_date=day(title.released),
        runtime=runtime(title.runtime),
        ratings=ratings(title),
        credits=_credits(title),
        pictures=read.single(ArtworkKind.THUMB, read.picture(said(title.poster), IMAGES)),
    )


def ratings(title: wire.Title) -> tuple[Rating, ...]:
    """What each source gives it; IMDb and Metacritic are told twice, of episodes only once."""
    found = {
        SOURCES[one.source]: value
        for one in read.firsts(title.ratings, 10)
        if one.source in SOURCES and (value := score(one.value)) is not None
    }
    again = {"imdb": f"{title.imdb_rating}/10", "metacritic": f"{title.metascore}/100"}
    for source, text in again.items():
        if source not in found and (value := score(text)) is not None:
            found[source] = value
    votes = number(title.imdb_votes)
    return tuple(
        Rating(source=source, value=value, votes=votes if source == "imdb" else None)
        for source, value in found.items()
    )


def said(value: str | None) -> str | None:
    """What is said, if anything."""
    return None if value is None or value.strip() == NOT_THERE else value


def names(value: str | None) -> tuple[str, ...]:
    """The parts of a list, without what stands in brackets beside them."""
    return read.lines(ASIDE.sub("", (said(value) or "")[:MOST_LIST]).split(","))


def number(value: str | int | None) -> int | None:
    """A whole number, such as "1,234,567"."""
    text = str(value).strip()
    digits = text.replace(",", "") if NUMBER.fullmatch(text) else ""
    return read.count(int(digits)) if digits else None


def score(value: str | None) -> float | None:
    """A rating from 0 to 10 of one on a scale, or in percent."""
    match = SCORE.fullmatch((value or "").strip())
    return None if match is None else read.score(float(match[1]), float(match[2] or 100))


def runtime(value: str | None) -> int | None:
    """The seconds of "142 min" or "2 h 22 min"."""
    match = RUNTIME.fullmatch((value or "").replace(",", "").strip())
    return None if match is None else read.seconds(60 * int(match[1] or 0) + int(match[2] or 0))


def day(value: str | None) -> date | None:
    """A day: "14 Oct 1994", or as lists of episodes have it, "1994-10-14"."""
    match = WORDS_OF_DAY.fullmatch((value or "").strip())
    if match is None or match[2] not in MONTHS:
        return read.day(value)
    return read.day(f"{match[3]}-{MONTHS.index(match[2]) + 1:02}-{int(match[1]):02}")


def _title(title: wire.Title, id_: str, languages: Sequence[str]) -> dict[str, Any]:
    """The fields that movies and shows share."""
    name, overview = read.line(said(title.title)), read.paragraphs(said(title.plot))
    spoken, mark = names(title.language), read.line(said(title.rated), 20)
    return {
        "source": NAME,
        "id": id_,
        "ids": read.ids(imdb=id_),
        "title": name,
        "language": "en",
        # Of several, nothing says which is the original.
        "original_language": language_of_word(spoken[0]) if len(spoken) == 1 else None,
        "texts": _texts(title, languages),
        "overview": overview,
        "release_date": day(title.released),
        "year": read.year_of(said(title.year)),
        "runtime": runtime(title.runtime),
        "homepage": read.web(said(title.website)),
        "genres": names(title.genre),
        "countries": tuple(
            dict.fromkeys(COUNTRIES[one] for one in names(title.country) if one in COUNTRIES)
        ),
        "studios": tuple(Company(name=one) for one in names(title.production)),
        "certifications": {"US": mark} if mark in MARKS else {},
        "ratings": ratings(title),
        "credits": _credits(title),
        "pictures": _pictures(title),
    }


def _texts(title: wire.Title, languages: Sequence[str]) -> tuple[Text, ...]:
    """What it says, where English is wanted."""
    name, overview = read.line(said(title.title)), read.paragraphs(said(title.plot))
    text = Text(language="en", title=name, overview=overview)
    return read.spoken([text] if name or overview else [], languages)


def _credits(title: wire.Title) -> tuple[Credit, ...]:
    crew = (("Director", "Directing", title.director), ("Writer", "Writing", title.writer))
    return (
        *(Credit(name=one, part=Part.CAST) for one in names(title.actors)),
        *(
            Credit(name=one, part=Part.CREW, job=job, department=department)
            for job, department, people in crew
            for one in names(people)
        ),
    )


def _pictures(title: wire.Title) -> tuple[Picture, ...]:
    """Its poster, as small as it is told."""
    url = read.picture(said(title.poster), IMAGES)
    if url is None:
        return ()
    width = WIDTH.search(url)
    return (
        Picture(kind=ArtworkKind.POSTER, url=url, width=None if width is None else int(width[1])),
    )
