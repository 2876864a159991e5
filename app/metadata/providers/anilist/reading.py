"""What AniList says, as records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Company,
    Credit,
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
from app.metadata.providers import anime
from app.metadata.providers import reading as read
from app.metadata.providers.anilist import wire

NAME: Final = "anilist"
IMAGES: Final = "s4.anilist.co"
ENGLISH: Final = "en"
LAST_SECOND: Final = 5_000_000_000
SPEECH: Final = {"ja": "Japanese", "ko": "Korean", "zh": "Chinese"}
STATUSES: Final = {
    "FINISHED": "Ended",
    "RELEASING": "Returning Series",
    "NOT_YET_RELEASED": "Planned",
    "CANCELLED": "Canceled",
    "HIATUS": "On Hiatus",
}
RELATIONS: Final = frozenset(
    {
        "PREQUEL",
        "SEQUEL",
        "PARENT",
        "SIDE_STORY",
        "SUMMARY",
        "ALTERNATIVE",
        "SPIN_OFF",
        "COMPILATION",
        "CONTAINS",
    }
)


def movie(said: wire.Media, languages: Sequence[str]) -> MovieRecord:
    """A film."""
    return MovieRecord(**_title(said, languages))


def show(said: wire.Media, languages: Sequence[str]) -> ShowRecord:
    """A show of one season, whose episodes AniList only counts."""
    upcoming = said.next_airing_episode
    season = SeasonRecord(
        source=NAME,
        id=str(said.id),
        number=anime.SEASON,
        ids=read.ids(anilist=said.id),
        release_date=_day(said.start_date),
        episode_count=read.count(said.episodes, read.MOST_EPISODES),
        pictures=pictures(said),
    )
    return ShowRecord(
        **_title(said, languages),
        last_air_date=_day(said.end_date),
        next_air_date=_moment(upcoming.airing_at) if upcoming is not None else None,
        seasons=(season,),
        episode_count=season.episode_count,
        anime=True,
    )


def hits(found: Iterable[wire.Media | None], kind: RecordKind | None = None) -> tuple[Hit, ...]:
    """The anime among these, or those of one kind, each once."""
    media = [one for one in read.firsts(found, read.MOST_HITS) if one is not None]
    said = filter(None, (hit(one) for one in media if one.type in (None, "ANIME")))
    return read.hits(one for one in said if kind is None or one.kind is kind)


def hit(said: wire.Media) -> Hit | None:
    """What a list holds."""
    title, ids = _name(said), _ids(said)
    if title is None or NAME not in ids:
        return None
    start = _day(said.start_date)
    return Hit(
        source=NAME,
        kind=anime.kind_of(said.format),
        id=str(said.id),
        title=title,
        original_title=_original(said),
        alternative_titles=_others(said, title),
        release_date=start,
        year=_year(said),
        overview=anime.plain(said.description),
        picture=_cover(said),
        language=_language(said),
        popularity=read.count(said.popularity),
        runtime=read.seconds(said.duration),
        ids=ids,
    )


def recommended(said: wire.Media) -> tuple[Hit, ...]:
    """What people who like it like as well."""
    liked = said.recommendations or wire.Recommendations()
    nodes = read.firsts(liked.nodes, read.MOST_HITS)
    return hits(one.media_recommendation for one in nodes if one is not None)


def pictures(said: wire.Media) -> tuple[Picture, ...]:
    """Its cover and its banner."""
    banner = read.picture(said.banner_image, (IMAGES,))
    return (
        *read.single(ArtworkKind.POSTER, _cover(said)),
        *read.single(ArtworkKind.BANNER, banner),
    )


def ratings(said: wire.Media) -> tuple[Rating, ...]:
    """What its people give it."""
    scores = read.firsts((said.stats or wire.Stats()).score_distribution, 100)
    votes = sum(score.amount or 0 for score in scores if score is not None)
    return read.ratings(NAME, said.average_score or said.mean_score, votes, of=100)


def _title(said: wire.Media, languages: Sequence[str]) -> dict[str, Any]:
    """The fields that movies and shows share; what AniList writes itself is English."""
    title, overview, origin = _name(said), anime.plain(said.description), _language(said)
    relations = [e for e in _edges(said.relations) if e.relation_type in RELATIONS]
    tags = [tag for tag in read.firsts(said.tags, read.MOST_NAMES) if tag is not None]
    trailer = said.trailer or wire.Trailer()
    return {
        "source": NAME,
        "id": str(said.id),
        "ids": _ids(said),
        "title": title,
        "language": ENGLISH,
        "original_title": _original(said),
        "original_language": origin,
        "alternative_titles": _others(said, title),
        "texts": _texts(said, overview, languages),
        "overview": overview,
        "release_date": _day(said.start_date),
        "year": _year(said),
        "runtime": read.seconds(said.duration),
        "status": _status(said),
        "homepage": _homepage(said),
        "genres": read.lines(said.genres or ()),
        "keywords": read.lines(
            t.name for t in tags if not (t.is_general_spoiler or t.is_media_spoiler)
        ),
        "countries": read.countries([said.country_of_origin]),
        "studios": _studios(said),
        "ratings": ratings(said),
        "popularity": read.count(said.popularity),
        "credits": (*_cast(said, SPEECH.get(origin or "")), *_crew(said)),
        "pictures": pictures(said),
        "videos": read.trailers(read.video(trailer.site, trailer.id)),
        "recommendations": recommended(said),
        "similar": hits(e.node for e in relations),
    }


def _edges(said: wire.Edges[wire.T] | None) -> list[wire.T]:
    edges = read.firsts(said.edges if said is not None else None, read.MOST_CREDITS)
    return [edge for edge in edges if edge is not None]


def _ids(said: wire.Media) -> dict[str, str]:
    return read.ids(anilist=said.id, mal=said.id_mal)


def _language(said: wire.Media) -> str | None:
    return anime.ORIGINS.get(said.country_of_origin or "")


def _name(said: wire.Media) -> str | None:
    names = said.title or wire.Names()
    return read.line(names.english) or read.line(names.romaji) or read.line(names.native)


def _original(said: wire.Media) -> str | None:
    names = said.title or wire.Names()
    return read.line(names.native) or read.line(names.romaji)


def _others(said: wire.Media, title: str | None) -> tuple[str, ...]:
    names = said.title or wire.Names()
    synonyms = read.firsts(said.synonyms, read.MOST_NAMES)
    return read.others((names.romaji, names.native, *synonyms), title)


def _texts(said: wire.Media, overview: str | None, languages: Sequence[str]) -> tuple[Text, ...]:
    names, origin = said.title or wire.Names(), _language(said)
    english, native = read.line(names.english), read.line(names.native)
    romaji = read.line(names.romaji)
    found = [Text(language=ENGLISH, title=english, overview=overview)] if english else []
    if origin is not None and native:
        found.append(Text(language=origin, title=native))
    if origin is not None and romaji:
        found.append(Text(language=anime.romanised(origin), title=romaji))
    return read.spoken(found, languages)


def _day(said: wire.Day | None) -> date | None:
    if said is None or not (said.year and said.month and said.day):
        return None
    return read.day(f"{said.year:04}-{said.month:02}-{said.day:02}")


def _year(said: wire.Media) -> int | None:
    start = said.start_date
    return read.year_of((start.year if start is not None else None) or said.season_year)


def _moment(seconds: int | None) -> date | None:
    if seconds is None or not 0 < seconds < LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC).date()


def _status(said: wire.Media) -> str | None:
    if said.status == "FINISHED" and anime.kind_of(said.format) is RecordKind.MOVIE:
        return "Released"
    return STATUSES.get(said.status or "")


def _homepage(said: wire.Media) -> str | None:
    links = read.firsts(said.external_links, read.MOST_NAMES)
    own = (link.url for link in links if link is not None and link.site == "Official Site")
    return read.web(next(own, None))


def _cover(said: wire.Media) -> str | None:
    image = said.cover_image or wire.Images()
    return read.picture(image.extra_large or image.large, (IMAGES,))


def _studios(said: wire.Media) -> tuple[Company, ...]:
    parts = sorted(_edges(said.studios), key=lambda part: not part.is_main)
    return tuple(
        Company(name=name, ids=read.ids(anilist=part.node.id))
        for part in parts[: read.MOST_NAMES]
        if part.node is not None and (name := read.line(part.node.name, read.MOST_NAME)) is not None
    )


def _cast(said: wire.Media, speech: str | None) -> list[Credit]:
    """Of several who speak a character, the one whose language the anime was made in."""
    found = []
    for part in _edges(said.characters):
        voices = [v for v in read.firsts(part.voice_actors, read.MOST_NAMES) if v is not None]
        own = [voice for voice in voices if voice.language_v2 == speech]
        character = part.node.name if part.node is not None else None
        credit = _credit(next(iter(own or voices), None), Part.CAST)
        if credit is not None:
            name = read.line(character.full) if character is not None else None
            found.append(Credit(**{**credit, "character": name}))
    return found


def _crew(said: wire.Media) -> list[Credit]:
    found = []
    for part in _edges(said.staff):
        job, department = anime.job(part.role)
        credit = _credit(part.node, Part.CREW)
        if credit is not None:
            found.append(Credit(**credit, job=job, department=department))
    return found


def _credit(said: wire.Someone | None, part: Part) -> dict[str, Any] | None:
    name = read.line(said.name.full, read.MOST_NAME) if said is not None and said.name else None
    if said is None or name is None:
        return None
    portrait = read.picture(said.image.large if said.image is not None else None, (IMAGES,))
    return {
        "name": name,
        "part": part,
        "ids": read.ids(anilist=said.id),
        "portrait": portrait,
    }
