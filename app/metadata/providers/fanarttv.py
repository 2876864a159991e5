"""fanart.tv, webservice.fanart.tv, version 3: pictures alone, of films by TMDb's id and of shows by
TheTVDB's. Source: api.fanart.tv and github.com/fanart-tv/fanart.tv-api (src/index.d.ts); keys may
be sent as headers.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from msgspec import Struct, field

from app.images.domain import ArtworkKind
from app.metadata.domain import DAY, Picture, ProviderRefused, ProviderSpec, RecordKind
from app.metadata.providers import reading as read
from app.metadata.providers.asking import Asking, Question

IMAGES: Final = "assets.fanart.tv"
SPEC: Final = ProviderSpec(
    name="fanarttv",
    label="fanart.tv",
    priority=60,
    address="https://webservice.fanart.tv/v3",
    rate=1,
    burst=5,
    fresh=7 * DAY,
    images=(IMAGES,),
)
MOST_OF_A_KIND: Final = 100
MOST_LISTED: Final = 5000
ADDRESS: Final = re.compile(r"https?://assets\.fanart\.tv/([^?#]{1,1000})", re.ASCII)
SAFE: Final = "/%()!$&'*+,;=:@~"
NO_LANGUAGE: Final = frozenset({"", "00"})


class Image(Struct):
    """A picture; only later versions say how large. A `season` is a number, "all" or ""."""

    url: str | None = None
    lang: str | None = None
    likes: str | int | None = None
    season: str | int | None = None
    width: str | int | None = None
    height: str | int | None = None


class Failure(Struct):
    """What is said instead of pictures, by whatever status."""

    status: str | None = None
    message: str | None = field(name="error message", default=None)


class Movie(Failure, kw_only=True):
    hdmovielogo: list[Image] | None = None
    movielogo: list[Image] | None = None
    movieposter: list[Image] | None = None
    movie4kbackground: list[Image] | None = None
    moviebackground: list[Image] | None = None
    moviebanner: list[Image] | None = None
    moviethumb: list[Image] | None = None
    moviedisc: list[Image] | None = None
    hdmovieclearart: list[Image] | None = None
    movieart: list[Image] | None = None


class Show(Failure, kw_only=True):
    hdtvlogo: list[Image] | None = None
    clearlogo: list[Image] | None = None
    tvposter: list[Image] | None = None
    show4kbackground: list[Image] | None = None
    showbackground: list[Image] | None = None
    tvbanner: list[Image] | None = None
    tvthumb: list[Image] | None = None
    hdclearart: list[Image] | None = None
    clearart: list[Image] | None = None
    seasonposter: list[Image] | None = None
    seasonbanner: list[Image] | None = None
    seasonthumb: list[Image] | None = None


class Sort(Struct, frozen=True):
    """What pictures of a list are for, and how large all of them are."""

    kind: ArtworkKind
    width: int
    height: int
    of_season: bool = False


SORTS: Final[Mapping[str, Sort]] = {
    "hdmovielogo": Sort(ArtworkKind.LOGO, 800, 310),
    "movielogo": Sort(ArtworkKind.LOGO, 400, 155),
    "movieposter": Sort(ArtworkKind.POSTER, 1000, 1426),
    "movie4kbackground": Sort(ArtworkKind.BACKDROP, 3840, 2160),
    "moviebackground": Sort(ArtworkKind.BACKDROP, 1920, 1080),
    "moviebanner": Sort(ArtworkKind.BANNER, 1000, 185),
    "moviethumb": Sort(ArtworkKind.THUMB, 1000, 562),
    "moviedisc": Sort(ArtworkKind.DISC, 1000, 1000),
    "hdmovieclearart": Sort(ArtworkKind.CLEARART, 1000, 562),
    "movieart": Sort(ArtworkKind.CLEARART, 500, 281),
    "hdtvlogo": Sort(ArtworkKind.LOGO, 800, 310),
    "clearlogo": Sort(ArtworkKind.LOGO, 400, 155),
    "tvposter": Sort(ArtworkKind.POSTER, 1000, 1426),
    "show4kbackground": Sort(ArtworkKind.BACKDROP, 3840, 2160),
    "showbackground": Sort(ArtworkKind.BACKDROP, 1920, 1080),
    "tvbanner": Sort(ArtworkKind.BANNER, 1000, 185),
    "tvthumb": Sort(ArtworkKind.THUMB, 500, 281),
    "hdclearart": Sort(ArtworkKind.CLEARART, 1000, 562),
    "clearart": Sort(ArtworkKind.CLEARART, 500, 281),
    "seasonposter": Sort(ArtworkKind.POSTER, 1000, 1426, of_season=True),
    "seasonbanner": Sort(ArtworkKind.BANNER, 1000, 185, of_season=True),
    "seasonthumb": Sort(ArtworkKind.THUMB, 500, 281, of_season=True),
}


class Fanarttv:
    """Pictures that people made for films and shows."""

    spec = SPEC

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def artwork(self, kind: RecordKind, ids: Mapping[str, str]) -> Sequence[Picture]:
        """All of them; the score is how many people like one."""
        mine = read.ids(**{source: ids.get(source) for source in ("tmdb", "imdb", "tvdb")})
        film = mine.get("tmdb") or mine.get("imdb")
        if kind is RecordKind.MOVIE and film is not None:
            movie = await self._asking.ask(Movie, self._question("movies", film))
            return () if movie is None else self._pictures(movie)
        if kind is RecordKind.SHOW and "tvdb" in mine:
            show = await self._asking.ask(Show, self._question("tv", mine["tvdb"]))
            return () if show is None else self._pictures(show)
        return ()

    def _question(self, what: str, id_: str) -> Question:
        keys = {name: self._asking.key(name) for name in ("api_key", "client_key")}
        headers = {name.replace("_", "-"): key for name, key in keys.items() if key}
        if not all(key.isascii() and key.isprintable() for key in headers.values()):
            raise ProviderRefused(SPEC.name, SPEC.label)
        return Question("artwork", (what, id_), headers=headers)

    def _pictures(self, said: Movie | Show) -> tuple[Picture, ...]:
        why = (said.message or "").lower()
        if (said.status or "").lower() == "error" and "not found" not in why:
            if "key" in why:
                raise ProviderRefused(SPEC.name, SPEC.label)
            raise self._asking.failed("answers with an error")
        found: list[Picture] = []
        for name, sort in SORTS.items():
            found += pictures(getattr(said, name, None), sort)
        return tuple(found)


def pictures(images: Iterable[Image] | None, sort: Sort) -> list[Picture]:
    """Those of one list, the most liked first."""
    found: list[Picture] = []
    for image in sorted(read.firsts(images, MOST_LISTED), key=lambda image: -_number(image.likes)):
        url = address(image.url)
        season = _season(image.season)
        if url is None or (sort.of_season and season is None) or len(found) == MOST_OF_A_KIND:
            continue
        found.append(
            Picture(
                kind=sort.kind,
                url=url,
                language=None if image.lang in NO_LANGUAGE else read.language(image.lang),
                width=_number(image.width) or sort.width,
                height=_number(image.height) or sort.height,
                score=float(_number(image.likes)),
                season=season,
            )
        )
    return found


def address(url: str | None) -> str | None:
    """Of a picture in full size, over TLS; older files have spaces in their names."""
    parts = ADDRESS.fullmatch(url or "")
    if parts is None:
        return None
    return read.picture(f"https://{IMAGES}/{quote(parts[1], safe=SAFE)}", (IMAGES,))


def _season(said: str | int | None) -> int | None:
    """The number of a season, 0 for specials."""
    return 0 if str(said).strip() == "0" else _number(said) or None


def _number(said: str | int | None) -> int:
    """A number that may be a text; 0 for all that is none."""
    text = str(said or "").strip()
    return int(text) if read.DIGITS.fullmatch(text) and len(text) <= 7 else 0
