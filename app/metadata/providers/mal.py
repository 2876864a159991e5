"""MyAnimeList, api.myanimelist.net, version 2: films and shows of animation, each season a title of
its own. One question brings all of a title, whatever is wanted of it.

Shapes: myanimelist.net/apiconfig/references/api/v2, and the models of public clients.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    HOUR,
    Company,
    Hit,
    MovieRecord,
    Picture,
    ProviderSpec,
    Query,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
    Text,
)
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Params, Question

NAME: Final = "mal"
SPEC: Final = ProviderSpec(
    name=NAME,
    label="MyAnimeList",
    priority=43,
    address="https://api.myanimelist.net/v2",
    rate=1,
    burst=3,
    fresh=HOUR,
    images=("cdn.myanimelist.net", "api-cdn.myanimelist.net", "myanimelist.net"),
    known="Cowboy Bebop",
)
OF_HIT: Final = (
    "id,title,main_picture,alternative_titles,start_date,start_season,synopsis,num_scoring_users,"
    "media_type,average_episode_duration,nsfw"
)
OF_TITLE: Final = (
    f"{OF_HIT},end_date,mean,status,genres,num_episodes,source,rating,pictures,studios,"
    "related_anime{media_type,start_date},recommendations{media_type,start_date}"
)
LEAST_QUERY, MOST_QUERY = 3, 64
TITLES: Final = frozenset({RecordKind.MOVIE, RecordKind.SHOW, RecordKind.SEASON})
STATES: Final = {
    (RecordKind.MOVIE, "finished_airing"): "Released",
    (RecordKind.MOVIE, "currently_airing"): "Released",
    (RecordKind.MOVIE, "not_yet_aired"): "Planned",
    (RecordKind.SHOW, "finished_airing"): "Ended",
    (RecordKind.SHOW, "currently_airing"): "Returning Series",
    (RecordKind.SHOW, "not_yet_aired"): "Planned",
}
# MyAnimeList judges by the letters of the MPA; its two of its own are told as the nearest of those.
MARKS: Final = {"g": "G", "pg": "PG", "pg_13": "PG-13", "r": "R", "r+": "R", "rx": "NC-17"}
NO_SOURCE: Final = frozenset({"", "original", "other", "unknown"})
DISTANT: Final = frozenset({"character", "other"})
FORBIDDEN: Final = "black"  # what MyAnimeList calls pornography


class Image(Struct):
    """One picture in two sizes."""

    medium: str | None = None
    large: str | None = None


class Titles(Struct):
    """What it is called elsewhere; a title that there is not is empty."""

    synonyms: list[str] | None = None
    en: str | None = None
    ja: str | None = None


class Named(Struct):
    """A genre or a studio."""

    id: int | None = None
    name: str = ""


class StartSeason(Struct):
    """The quarter of a year in which it began."""

    year: int | None = None


class Node(Struct):
    """What a list holds; `average_episode_duration` in seconds."""

    id: int
    title: str = ""
    main_picture: Image | None = None
    alternative_titles: Titles | None = None
    start_date: str | None = None
    start_season: StartSeason | None = None
    synopsis: str | None = None
    num_scoring_users: int | None = None
    media_type: str | None = None
    average_episode_duration: int | None = None
    nsfw: str | None = None


class Edge(Struct):
    """An entry of a list; `relation_type` where it says how two titles belong together."""

    node: Node
    relation_type: str | None = None


class Page(Struct):
    """What a search finds."""

    data: list[Edge] | None = None


class Anime(Node, kw_only=True):
    """All of a title."""

    end_date: str | None = None
    mean: float | None = None
    status: str | None = None
    genres: list[Named] | None = None
    num_episodes: int | None = None
    source: str | None = None
    rating: str | None = None
    pictures: list[Image] | None = None
    studios: list[Named] | None = None
    related_anime: list[Edge] | None = None
    recommendations: list[Edge] | None = None


class Mal:
    """Films and shows of animation, their posters, ratings, and what is like them."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def search_movies(self, query: Query) -> Sequence[Hit]:
        """Films by title."""
        return await self._search(RecordKind.MOVIE, query)

    async def search_shows(self, query: Query) -> Sequence[Hit]:
        """All that is no film, by title."""
        return await self._search(RecordKind.SHOW, query)

    async def movie(self, id_: str, languages: Sequence[str]) -> MovieRecord | None:
        """A film; None where the id is a show's."""
        said = await self._anime(id_)
        if said is None or _kind(said, RecordKind.SHOW) is not RecordKind.MOVIE:
            return None
        return MovieRecord(**_title(said, RecordKind.MOVIE, languages))

    async def show(self, id_: str, languages: Sequence[str]) -> ShowRecord | None:
        """A show of one season; None where the id is a film's."""
        said = await self._anime(id_)
        if said is None or _kind(said, RecordKind.SHOW) is not RecordKind.SHOW:
            return None
        return ShowRecord(
            **_title(said, RecordKind.SHOW, languages),
            last_air_date=read.day(said.end_date),
            seasons=(_season(said),),
            episode_count=read.count(said.num_episodes, read.MOST_EPISODES),
            anime=True,
        )

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """Its posters."""
        said = await self._anime(ids.get(NAME)) if kind in TITLES else None
        return () if said is None else _pictures(said)

    async def ratings(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Rating]:
        """What its people give it."""
        said = await self._anime(ids.get(NAME)) if kind in TITLES else None
        return () if said is None else _ratings(said)

    async def recommendations(self, kind: RecordKind, id_: str) -> Sequence[Hit]:
        """What its people name to those who liked it, films and shows alike."""
        said = await self._anime(id_) if kind in TITLES else None
        return () if said is None else _hits(said.recommendations, kind)

    async def _search(self, kind: RecordKind, query: Query) -> Sequence[Hit]:
        title = query.title.strip()[:MOST_QUERY].rstrip()
        if len(title) < LEAST_QUERY:
            return ()  # it refuses to search for so little
        params: Params = {
            "q": title,
            "limit": read.MOST_HITS,
            "fields": OF_HIT,
            "nsfw": "true",  # or it leaves out all that is not for children
        }
        question = Question("search", ("anime",), params, self._proof(), search=True)
        said = await self._asking.ask(Page, question) or Page()
        fitting = (e for e in said.data or () if _kind(e.node, RecordKind.SHOW) is kind)
        return _hits(fitting, kind)

    async def _anime(self, id_: str | None) -> Anime | None:
        if id_ is None or SPEC.ids.fullmatch(id_) is None:
            return None
        question = Question("title", ("anime", id_), {"fields": OF_TITLE}, self._proof())
        return await self._asking.ask(Anime, question)

    def _proof(self) -> dict[str, str]:
        return {"x-mal-client-id": self._asking.key("client_id")}


def _kind(said: Node, unsaid: RecordKind) -> RecordKind:
    if said.media_type is None:
        return unsaid
    return RecordKind.MOVIE if said.media_type == "movie" else RecordKind.SHOW


def _hits(edges: Iterable[Edge] | None, unsaid: RecordKind) -> tuple[Hit, ...]:
    """What a list holds, without pornography; `unsaid` is what they are that do not say it."""
    unsaid = RecordKind.MOVIE if unsaid is RecordKind.MOVIE else RecordKind.SHOW
    nodes = (edge.node for edge in read.firsts(edges, read.MOST_HITS * 4))
    return read.hits(_hit(one, _kind(one, unsaid)) for one in nodes if one.nsfw != FORBIDDEN)


def _hit(said: Node, kind: RecordKind) -> Hit | None:
    names, ids = said.alternative_titles or Titles(), read.ids(mal=said.id)
    title = read.line(names.en or said.title)
    if title is None or not ids:
        return None
    return Hit(
        source=NAME,
        kind=kind,
        id=ids[NAME],
        title=title,
        original_title=read.line(names.ja),
        alternative_titles=_other_titles(said, title),
        release_date=read.day(said.start_date),
        year=_year(said),
        overview=read.paragraphs(said.synopsis),
        picture=_address(said.main_picture),
        language="en",
        votes=read.count(said.num_scoring_users),
        runtime=read.count(said.average_episode_duration, read.LONGEST),
        ids=ids,
    )


def _title(said: Anime, kind: RecordKind, languages: Sequence[str]) -> dict[str, Any]:
    """The fields that movies and shows share."""
    names = said.alternative_titles or Titles()
    title, overview = read.line(names.en or said.title), read.paragraphs(said.synopsis)
    mark, based = MARKS.get(said.rating or ""), said.source or ""
    texts = (
        Text(language="en", title=title, overview=overview),
        Text(language="ja", title=read.line(names.ja)),
    )
    return {
        "source": NAME,
        "id": str(said.id),
        "ids": read.ids(mal=said.id),
        "title": title,
        "language": "en",
        "original_title": read.line(names.ja),
        "alternative_titles": _other_titles(said, title),
        "texts": read.spoken((t for t in texts if t.title or t.overview), languages),
        "overview": overview,
        "release_date": read.day(said.start_date),
        "year": _year(said),
        "runtime": read.count(said.average_episode_duration, read.LONGEST),
        "status": STATES.get((kind, said.status or "")),
        "genres": read.lines(genre.name for genre in said.genres or ()),
        "keywords": () if based in NO_SOURCE else read.lines([f"based on {_words(based)}"]),
        "studios": _studios(said.studios),
        "certifications": {} if mark is None else {"US": mark},
        "ratings": _ratings(said),
        "pictures": _pictures(said),
        "recommendations": _hits(said.recommendations, kind),
        "similar": _hits(
            (e for e in said.related_anime or () if e.relation_type not in DISTANT), kind
        ),
    }


def _season(said: Anime) -> SeasonRecord:
    """The one season that a show is."""
    return SeasonRecord(
        source=NAME,
        id=str(said.id),
        number=1,
        ids=read.ids(mal=said.id),
        release_date=read.day(said.start_date),
        episode_count=read.count(said.num_episodes, read.MOST_EPISODES),
        pictures=_pictures(said),
    )


def _other_titles(said: Node, title: str | None) -> tuple[str, ...]:
    names = said.alternative_titles or Titles()
    synonyms = read.firsts(names.synonyms, read.MOST_NAMES)
    return read.others([said.title, names.ja, *synonyms], title)


def _year(said: Node) -> int | None:
    began = said.start_season or StartSeason()
    return read.year_of(said.start_date) or read.year_of(began.year)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _studios(said: Iterable[Named] | None) -> tuple[Company, ...]:
    return tuple(
        Company(name=name, ids=read.ids(mal=studio.id))
        for studio in read.firsts(said, read.MOST_NAMES)
        if (name := read.line(studio.name, read.MOST_NAME)) is not None
    )


def _ratings(said: Anime) -> tuple[Rating, ...]:
    return read.ratings(NAME, said.mean, said.num_scoring_users)


def _pictures(said: Anime) -> tuple[Picture, ...]:
    """Its posters, each once, the one that it is shown by first."""
    images = [said.main_picture, *read.firsts(said.pictures, read.MOST_PICTURES)]
    urls = dict.fromkeys(filter(None, map(_address, images)))
    return tuple(Picture(kind=ArtworkKind.POSTER, url=url) for url in urls)


def _address(image: Image | None) -> str | None:
    return None if image is None else read.picture(image.large or image.medium, SPEC.images)
