"""What Simkl says, as records. Its texts are English; anime have an English title beside the one
that they are known by in Japan.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

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
    Video,
)
from app.metadata.providers import reading as read
from app.metadata.providers.markup import plain
from app.metadata.providers.simkl import wire

NAME: Final = "simkl"
# Through which Simkl documents its pictures; it is told nothing but which one is wanted.
IMAGES: Final = "wsrv.nl"
STORE: Final = "https://simkl.in"
LANGUAGE: Final = "en"
CERTIFIED: Final = "US"
ANIME: Final = "anime"
SPECIAL: Final = "special"
FILMS: Final = ("movie", "movies")
MOST_NUMBER: Final = 100_000
FILE: Final = re.compile(r"[0-9]{1,4}/[0-9a-z]{4,60}", re.ASCII)
# The largest size that there is of each kind.
SIZES: Final = {
    ArtworkKind.POSTER: ("posters", "_m"),
    ArtworkKind.BACKDROP: ("fanart", "_medium"),
    ArtworkKind.THUMB: ("episodes", "_w"),
}


def is_anime(said: wire.Title) -> bool:
    """Whether it is kept among the anime."""
    return said.type == ANIME


def kind_of(said: wire.Result | wire.Title) -> RecordKind | None:
    """What it is, if it says so; films that are anime are films."""
    type_ = (said.anime_type or said.type or "").lower()
    if not type_:
        return None
    return RecordKind.MOVIE if type_ in FILMS else RecordKind.SHOW


def hits(said: Iterable[wire.Result], kind: RecordKind) -> tuple[Hit, ...]:
    """Those of a kind, each once; what does not say of which it is, is of this one."""
    some = read.firsts(said, read.MOST_HITS * 4)
    return read.hits(_hit(one, kind) for one in some if kind_of(one) in (kind, None))


def _hit(said: wire.Result, kind: RecordKind) -> Hit | None:
    ids, name = _ids(said.ids, kind), read.line(said.title_en or said.en_title or said.title)
    if name is None or NAME not in ids:
        return None
    others = [said.title, said.title_romaji, *(said.all_titles or ())]
    score = said.ratings.simkl if said.ratings is not None else None
    return Hit(
        source=NAME,
        kind=kind,
        id=ids[NAME],
        title=name,
        alternative_titles=read.others(others, name),
        year=read.year_of(said.year),
        picture=address(ArtworkKind.POSTER, said.poster),
        votes=read.count(score.votes) if score is not None else None,
        ids=ids,
    )


def movie(said: wire.Title) -> MovieRecord:
    """A film."""
    director = read.line(said.director, read.MOST_NAME)
    crew = [Credit(name=director, part=Part.CREW, job="Director")] if director else []
    return MovieRecord(
        **_title(said, RecordKind.MOVIE),
        release_date=read.day(said.released or said.first_aired),
        credits=tuple(crew),
        budget=read.count(said.budget, read.MOST_MONEY),
        revenue=read.count(said.revenue, read.MOST_MONEY),
    )


def show(said: wire.Title, episodes: Iterable[wire.Episode]) -> ShowRecord:
    """A show with its seasons."""
    network = read.line(said.network, read.MOST_NAME)
    return ShowRecord(
        **_title(said, RecordKind.SHOW),
        release_date=read.day(said.first_aired),
        last_air_date=read.day(said.last_aired),
        networks=(Company(name=network),) if network is not None else (),
        seasons=tuple(seasons(said, episodes)),
        episode_count=read.count(said.total_episodes, MOST_NUMBER),
        anime=is_anime(said),
    )


def seasons(said: wire.Title, episodes: Iterable[wire.Episode]) -> Iterator[SeasonRecord]:
    """Anime have one, and every special is of season 0: those without a number are counted in the
    order in which Simkl names them. Simkl gives seasons no ids.
    """
    by_number: dict[int, dict[int, EpisodeRecord]] = defaultdict(dict)
    for one in read.firsts(episodes, read.MOST_EPISODES):
        special = one.type == SPECIAL
        season = 0 if special else one.season if one.season is not None else 1
        number = one.episode
        if special and number is None:
            number = len(by_number[0]) + 1
        found = _episode(one, season, number)
        if found is not None:
            by_number[found.season].setdefault(found.number, found)
    for season, held in sorted(by_number.items())[: read.MOST_SEASONS]:
        own = tuple(held[number] for number in sorted(held))
        if own:
            yield SeasonRecord(
                source=NAME,
                id=f"{_ids(said.ids, RecordKind.SHOW).get(NAME, '')}-{season}",
                number=season,
                release_date=own[0].release_date,
                episode_count=len(own),
                episodes=own,
            )


def _episode(said: wire.Episode, season: int, number: int | None) -> EpisodeRecord | None:
    ids = read.ids(simkl=said.ids.simkl_id or said.ids.simkl)
    if number is None or NAME not in ids:
        return None
    if not (0 <= season <= MOST_NUMBER and 0 <= number <= MOST_NUMBER):
        return None
    return EpisodeRecord(
        source=NAME,
        id=ids[NAME],
        season=season,
        number=number,
        ids=ids,
        title=read.line(said.title),
        overview=plain(said.description),
        release_date=read.day(said.date),
        pictures=_single(ArtworkKind.THUMB, said.img),
    )


def ratings(said: wire.Ratings | None) -> tuple[Rating, ...]:
    """What its people give it, and those of IMDb and MyAnimeList."""
    found = said or wire.Ratings()
    scores = ((NAME, found.simkl), ("imdb", found.imdb), ("mal", found.mal))
    return tuple(
        Rating(source=source, value=value, votes=read.count(score.votes))
        for source, score in scores
        if score is not None and (value := read.score(score.rating)) is not None
    )


def pictures(said: wire.Title) -> tuple[Picture, ...]:
    """The two that there are."""
    return (
        *_single(ArtworkKind.POSTER, said.poster),
        *_single(ArtworkKind.BACKDROP, said.fanart),
    )


def address(kind: ArtworkKind, file: str | None) -> str | None:
    """Of a picture: Simkl names a file, without size and ending."""
    if not file or FILE.fullmatch(file) is None:
        return None
    folder, size = SIZES[kind]
    url = f"https://{IMAGES}/?url={STORE}/{folder}/{file}{size}.webp&q=90"
    return read.picture(url, (IMAGES,))


def _single(kind: ArtworkKind, file: str | None) -> tuple[Picture, ...]:
    return read.single(kind, address(kind, file))


def _title(said: wire.Title, kind: RecordKind) -> dict[str, Any]:
    """The fields that films and shows share."""
    ids, name = _ids(said.ids, kind), read.line(said.en_title or said.title)
    others = (said.title, *(other.name for other in said.alt_titles or ()))
    mark = read.line(said.certification, 20)
    studios = read.lines(studio.name for studio in said.studios or ())
    return {
        "source": NAME,
        "id": ids.get(NAME, ""),
        "ids": ids,
        "title": name,
        "language": LANGUAGE,
        "original_language": read.language(said.language),
        "alternative_titles": read.others(others, name),
        "overview": plain(said.overview),
        "year": read.year_of(said.year),
        "runtime": read.seconds(said.runtime),
        "status": read.line((said.status or "").title()),
        "genres": read.lines(said.genres or ()),
        "countries": read.countries([said.country]),
        "studios": tuple(Company(name=studio) for studio in studios),
        "certifications": {CERTIFIED: mark} if mark is not None else {},
        "ratings": ratings(said.ratings),
        "pictures": pictures(said),
        "videos": tuple(_videos(said.trailers or ())),
        "recommendations": hits(said.users_recommendations or (), kind),
        "similar": hits(said.similar or (), kind),
    }


def _videos(said: Iterable[wire.Trailer]) -> Iterator[Video]:
    for one in read.firsts(said, read.MOST_NAMES):
        url = read.video("youtube", one.youtube)
        if url is not None:
            yield Video(url=url, title=read.line(one.name))


def _ids(said: wire.Ids, kind: RecordKind) -> dict[str, str]:
    """Those of TheTVDB are of shows alone: films have others there, under other names."""
    return read.ids(
        simkl=said.simkl or said.simkl_id,
        imdb=said.imdb,
        tmdb=said.tmdb,
        tvdb=said.tvdb if kind is RecordKind.SHOW else None,
        mal=said.mal,
        anidb=said.anidb,
        anilist=said.anilist,
        kitsu=said.kitsu,
    )
