"""What Kitsu says, as records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

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
    Text,
)
from app.metadata.providers import anime
from app.metadata.providers import reading as read
from app.metadata.providers.kitsu import wire

NAME: Final = "kitsu"
IMAGES: Final = ("media.kitsu.io", "media.kitsu.app")
ENGLISH: Final = "en"
# Under `en_` a country stands for its language in Latin letters.
ROMANISED: Final = {"en_jp": "ja", "en_kr": "ko", "en_cn": "zh", "en_tw": "zh"}
NATIVE: Final = {"ja": ("ja_jp", "ja"), "ko": ("ko_kr", "ko"), "zh": ("zh_cn", "zh_tw", "zh")}
STATUSES: Final = {
    "finished": "Ended",
    "current": "Returning Series",
    "upcoming": "Planned",
    "unreleased": "Planned",
    "tba": "Planned",
}
# Sites of its mappings, the clearest first: TheTVDB's once held the season as well ("267440/1").
SITES: Final = (
    ("mal", "myanimelist/anime"),
    ("anilist", "anilist/anime"),
    ("anilist", "anilist"),
    ("anidb", "anidb"),
    ("tvdb", "thetvdb/series"),
    ("tvdb", "thetvdb"),
    ("trakt", "trakt"),
)
OF_SHOWS: Final = frozenset({"tvdb", "trakt"})


def is_a(said: wire.Resource, kind: RecordKind) -> bool:
    """Whether it is an anime of this kind."""
    its = anime.kind_of(said.attributes.subtype)
    return said.type == "anime" and its is kind and bool(_ids(said))


def sites(kind: RecordKind) -> list[tuple[str, str]]:
    """Where ids of this kind are from: those of TheTVDB and Trakt are of shows alone."""
    return [pair for pair in SITES if kind is RecordKind.SHOW or pair[0] not in OF_SHOWS]


def movie(said: wire.One, languages: Sequence[str]) -> MovieRecord | None:
    """A film; what is none is not there."""
    its = said.data
    if its is None or not is_a(its, RecordKind.MOVIE):
        return None
    length = its.attributes.total_length or its.attributes.episode_length
    return MovieRecord(**_title(its, said.included, languages), runtime=read.seconds(length))


def show(said: wire.One, languages: Sequence[str]) -> ShowRecord | None:
    """A show of one season; a film is none."""
    its = said.data
    if its is None or not is_a(its, RecordKind.SHOW):
        return None
    said_of_it = its.attributes
    season = SeasonRecord(
        source=NAME,
        id=str(its.id),
        number=anime.SEASON,
        ids=_ids(its),
        release_date=read.day(said_of_it.start_date),
        episode_count=read.count(said_of_it.episode_count, read.MOST_EPISODES),
        pictures=pictures(its),
    )
    return ShowRecord(
        **_title(its, said.included, languages),
        runtime=read.seconds(said_of_it.episode_length),
        last_air_date=read.day(said_of_it.end_date),
        next_air_date=read.day(said_of_it.next_release),
        seasons=(season,),
        episode_count=season.episode_count,
        anime=True,
    )


def season(show_id: str, found: Iterable[wire.Resource], languages: Sequence[str]) -> SeasonRecord:
    """The one season, by the absolute numbers of its episodes."""
    by_number: dict[int, EpisodeRecord] = {}
    for one in read.firsts(found, read.MOST_EPISODES):
        number = read.count(one.attributes.number, 100_000)
        if number is not None and _ids(one):
            by_number.setdefault(number, _episode(one, number, languages))
    episodes = tuple(by_number[number] for number in sorted(by_number))
    return SeasonRecord(
        source=NAME,
        id=show_id,
        number=anime.SEASON,
        ids=read.ids(kitsu=show_id),
        release_date=episodes[0].release_date if episodes else None,
        episode_count=read.count(len(episodes)),
        episodes=episodes,
    )


def hits(found: Iterable[wire.Resource] | None, kind: RecordKind) -> tuple[Hit, ...]:
    """The anime of a kind among these, each once."""
    said = [one for one in read.firsts(found, read.MOST_HITS) if one.type == "anime"]
    return read.hits(one for one in filter(None, map(_hit, said)) if one.kind is kind)


def pictures(said: wire.Resource) -> tuple[Picture, ...]:
    """Its poster and its banner."""
    its = said.attributes
    return (
        *read.single(ArtworkKind.POSTER, _address(its.poster_image)),
        *read.single(ArtworkKind.BANNER, _address(its.cover_image)),
    )


def ratings(said: wire.Resource) -> tuple[Rating, ...]:
    """What its people give it."""
    return read.ratings(NAME, said.attributes.average_rating, _votes(said), of=100)


def _votes(said: wire.Resource) -> int | None:
    counts = read.firsts((said.attributes.rating_frequencies or {}).values(), 100)
    return read.count(sum(one for one in counts if one is not None and one > 0))


def _hit(said: wire.Resource) -> Hit | None:
    its, ids, title = said.attributes, _ids(said), _name(said.attributes)
    if title is None or not ids:
        return None
    return Hit(
        source=NAME,
        kind=anime.kind_of(its.subtype),
        id=ids[NAME],
        title=title,
        original_title=_original(its),
        alternative_titles=_others(its, title),
        release_date=read.day(its.start_date),
        year=read.year_of(its.start_date),
        overview=anime.plain(its.description or its.synopsis),
        picture=_address(its.poster_image),
        language=_origin(its),
        popularity=read.count(its.user_count),
        votes=_votes(said),
        runtime=read.seconds(its.episode_length),
        ids=ids,
    )


def _title(
    said: wire.Resource, included: Iterable[wire.Resource] | None, languages: Sequence[str]
) -> dict[str, Any]:
    """The fields that movies and shows share; what Kitsu writes itself is English."""
    its, more = said.attributes, read.firsts(included, read.MOST_CREDITS)
    title, overview = _name(its), anime.plain(its.description or its.synopsis)
    tags = (one.attributes.title for one in more if one.type == "categories")
    genres, keywords = anime.sorted_tags(tags)
    return {
        "source": NAME,
        "id": str(said.id),
        "ids": {**_elsewhere(more, anime.kind_of(its.subtype)), **_ids(said)},
        "title": title,
        "language": ENGLISH,
        "original_title": _original(its),
        "original_language": _origin(its),
        "alternative_titles": _others(its, title),
        "texts": _texts(its, overview, languages),
        "overview": overview,
        "release_date": read.day(its.start_date),
        "year": read.year_of(its.start_date),
        "status": _status(its),
        "genres": genres,
        "keywords": keywords,
        "ratings": ratings(said),
        "popularity": read.count(its.user_count),
        "pictures": pictures(said),
        "videos": read.trailers(read.video("youtube", its.youtube_video_id)),
    }


def _episode(said: wire.Resource, number: int, languages: Sequence[str]) -> EpisodeRecord:
    its = said.attributes
    overview = anime.plain(its.description or its.synopsis)
    return EpisodeRecord(
        source=NAME,
        id=str(said.id),
        season=anime.SEASON,
        number=number,
        absolute=number,
        ids=_ids(said),
        title=_name(its),
        overview=overview,
        texts=_texts(its, overview, languages),
        release_date=read.day(its.air_date),
        runtime=read.seconds(its.length),
        pictures=read.single(ArtworkKind.THUMB, _address(its.thumbnail)),
    )


def _ids(said: wire.Resource) -> dict[str, str]:
    return read.ids(kitsu=said.id)


def _elsewhere(included: Iterable[wire.Resource], kind: RecordKind) -> Mapping[str, str]:
    by_site: dict[str, str] = {}
    for one in included:
        its = one.attributes
        if its.external_site and its.external_id is not None:
            by_site.setdefault(its.external_site, str(its.external_id).partition("/")[0])
    found: dict[str, str] = {}
    for source, site in sites(kind):
        found = {**read.ids(**{source: by_site.get(site)}), **found}
    return found


def _titles(its: wire.Attributes) -> dict[str, str]:
    said = read.firsts((its.titles or {}).items(), read.MOST_NAMES)
    clean = ((key.lower().replace("-", "_"), read.line(value)) for key, value in said)
    return {key: value for key, value in clean if value is not None}


def _name(its: wire.Attributes) -> str | None:
    titles = _titles(its)
    english = titles.get("en") or titles.get("en_us")
    return english or read.line(its.canonical_title) or next(iter(titles.values()), None)


def _origin(its: wire.Attributes) -> str | None:
    """Where it was made, by the keys of its titles: nearly all have a Japanese one as well."""
    titles = _titles(its)
    for key in ("en_kr", "en_cn", "en_tw", "en_jp"):
        if key in titles:
            return ROMANISED[key]
    return next((tag for tag, keys in NATIVE.items() if titles.keys() & set(keys)), None)


def _original(its: wire.Attributes) -> str | None:
    titles, origin = _titles(its), _origin(its)
    romanised = [key for key, tag in ROMANISED.items() if tag == origin]
    keys = (*NATIVE.get(origin or "", ()), *romanised)
    return next((titles[key] for key in keys if key in titles), None)


def _others(its: wire.Attributes, title: str | None) -> tuple[str, ...]:
    more = read.firsts(its.abbreviated_titles, read.MOST_NAMES)
    return read.others((its.canonical_title, *_titles(its).values(), *more), title)


def _texts(
    its: wire.Attributes, overview: str | None, languages: Sequence[str]
) -> tuple[Text, ...]:
    """Its titles; what is told of it is English."""
    by_tag: dict[str, str] = {}
    for key, title in _titles(its).items():
        origin = ROMANISED.get(key)
        tag = anime.romanised(origin) if origin else anime.home(read.language(key))
        if tag is not None:
            by_tag.setdefault(tag, title)
    found = (
        Text(language=tag, title=title, overview=overview if tag == ENGLISH else None)
        for tag, title in by_tag.items()
    )
    return read.spoken(found, languages)


def _status(its: wire.Attributes) -> str | None:
    if its.status == "finished" and anime.kind_of(its.subtype) is RecordKind.MOVIE:
        return "Released"
    return STATUSES.get(its.status or "")


def _address(said: wire.Images | None) -> str | None:
    return read.picture(said.original or said.large, IMAGES) if said is not None else None
