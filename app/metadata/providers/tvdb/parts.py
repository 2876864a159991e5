"""The parts of TheTVDB's records: texts, credits, pictures, ids.

Its types of artwork and names of sources are those of /artwork/types and /sources/types.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import structs

from app.images.domain import ArtworkKind
from app.metadata.domain import Company, Credit, Part, Picture, Text, Video
from app.metadata.providers import reading as read
from app.metadata.providers.tvdb import wire
from app.metadata.providers.tvdb.countries import country

NAME: Final = "tvdb"
IMAGES: Final = "artworks.thetvdb.com"
MISSING: Final = "/images/missing/"  # pictures that say that there is none
MOST_TEXTS: Final = 400
MOST_LISTED: Final = 5000
# Its codes are those of ISO 639-2, but for these.
OWN_LANGUAGES: Final = {"pt": "pt-BR", "zhtw": "zh-TW"}
SAME_LANGUAGES: Final = {"zh-Hant": "zh-TW", "zh-HK": "zh-TW", "zh-Hans": "zh", "pt-PT": "pt"}
SOURCES: Final = {
    "imdb": "imdb",
    "themoviedbcom": "tmdb",
    "tvmaze": "tvmaze",
    "wikidata": "wikidata",
    "anidb": "anidb",
    "anilist": "anilist",
    "myanimelist": "mal",
    "kitsu": "kitsu",
}
KINDS: Final = {
    1: ArtworkKind.BANNER,
    2: ArtworkKind.POSTER,
    3: ArtworkKind.BACKDROP,
    6: ArtworkKind.BANNER,
    7: ArtworkKind.POSTER,
    8: ArtworkKind.BACKDROP,
    11: ArtworkKind.THUMB,
    12: ArtworkKind.THUMB,
    13: ArtworkKind.POSTER,
    14: ArtworkKind.POSTER,
    15: ArtworkKind.BACKDROP,
    16: ArtworkKind.BANNER,
    22: ArtworkKind.CLEARART,
    23: ArtworkKind.LOGO,
    24: ArtworkKind.CLEARART,
    25: ArtworkKind.LOGO,
}
OF_SEASONS: Final = frozenset({6, 7, 8})
PARTS: Final = {
    "actor": Part.CAST,
    "voice": Part.CAST,
    "host": Part.CAST,
    "guest star": Part.GUEST,
    "musical guest": Part.GUEST,
}
ORDER: Final = (Part.CAST, Part.GUEST, Part.CREW)
DEPARTMENTS: Final = {
    "director": "Directing",
    "writer": "Writing",
    "creator": "Production",
    "showrunner": "Production",
    "producer": "Production",
    "executive producer": "Production",
}
STUDIOS: Final = frozenset({"studio", "production company"})
NETWORKS: Final = frozenset({"network"})


def language(code: str | None) -> str | None:
    """Its code of a language, as a BCP 47 tag."""
    known = (code or "").lower()
    return OWN_LANGUAGES.get(known) or read.language(known)


def nearest(wanted: str, spoken: Iterable[str]) -> str | None:
    """The tag that is the wanted one, or else the same language as another country has it."""
    tag = SAME_LANGUAGES.get(wanted, wanted)
    tags = list(spoken)
    if tag in tags:
        return tag
    base = tag.partition("-")[0]
    return next((one for one in tags if one.partition("-")[0] == base), None)


def texts(said: wire.Translations | None) -> tuple[Text, ...]:
    """Names and descriptions, one text for each language."""
    found: dict[str, Text] = {}
    said = said or wire.Translations()
    both = (said.name_translations, said.overview_translations)
    for translation in (one for some in both for one in read.firsts(some, MOST_TEXTS)):
        tag = language(translation.language)
        if tag is None or translation.is_alias:
            continue
        text = found.setdefault(tag, Text(language=tag))
        found[tag] = structs.replace(
            text,
            title=text.title or read.line(translation.name),
            overview=text.overview or read.paragraphs(translation.overview),
            tagline=text.tagline or read.line(translation.tagline),
        )
    return tuple(text for text in found.values() if text.title or text.overview or text.tagline)


def first(found: Iterable[Text], languages: Sequence[str]) -> Text | None:
    """The text in the most wanted language that has a title."""
    titled = {text.language: text for text in found if text.title}
    tags = (nearest(wanted, titled) for wanted in languages)
    return next((titled[tag] for tag in tags if tag is not None), None)


def other_names(
    aliases: Iterable[wire.Alias] | None, said: wire.Translations | None = None
) -> tuple[str, ...]:
    """What else it is called."""
    among = read.firsts(said.name_translations if said is not None else None, MOST_TEXTS)
    called = [alias.name for alias in read.firsts(aliases, read.MOST_NAMES)]
    return read.lines([*called, *(one.name for one in among if one.is_alias)])


def ids(id_: int, remote: Iterable[wire.RemoteId] | None = None) -> dict[str, str]:
    """Its own id and those of elsewhere; TMDb's may have words behind them."""
    found: dict[str, str | int | None] = {NAME: id_}
    for one in read.firsts(remote, read.MOST_NAMES):
        source = SOURCES.get(re.sub(r"[^a-z]", "", (one.source_name or "")[:50].lower()))
        if source is not None and one.id:
            id_there = str(one.id).strip()
            found.setdefault(source, id_there.partition("-")[0] if source == "tmdb" else id_there)
    return read.ids(**found)


def homepage(remote: Iterable[wire.RemoteId] | None) -> str | None:
    """Its own website."""
    sites = (
        read.web(str(one.id))
        for one in read.firsts(remote, read.MOST_NAMES)
        if (one.source_name or "").lower() == "official website"
    )
    return next(filter(None, sites), None)


def members(said: Iterable[wire.Character] | None) -> tuple[Credit, ...]:
    """Cast, guests and crew, in this order."""
    found: dict[Part, list[Credit]] = {part: [] for part in ORDER}
    for one in sorted(read.firsts(said, MOST_LISTED), key=lambda one: one.sort or 0):
        name = read.line(one.person_name, read.MOST_NAME)
        if name is None:
            continue
        what = (one.people_type or "").lower()
        part = PARTS.get(what, Part.CREW)
        found[part].append(
            Credit(
                name=name,
                part=part,
                ids=read.ids(tvdb=one.people_id),
                character=read.line(one.name) if part is not Part.CREW else None,
                job=read.line(one.people_type) if part is Part.CREW else None,
                department=DEPARTMENTS.get(what),
                portrait=address(one.person_img_url),
            )
        )
    return tuple(one for part in ORDER for one in found[part][: read.MOST_CREDITS])


def companies(
    said: Iterable[wire.Company | None] | None, types: frozenset[str] | None = None
) -> tuple[Company, ...]:
    """Studios or networks, each once; `types` where several kinds are told together."""
    found: dict[str, Company] = {}
    for one in read.firsts(said, read.MOST_NAMES):
        name = read.line(one.name, read.MOST_NAME) if one is not None else None
        if one is None or name is None:
            continue
        kind = one.company_type.company_type_name if one.company_type is not None else None
        if types is None or (kind or "").lower() in types:
            ids = read.ids(tvdb=one.id)
            found.setdefault(name, Company(name=name, ids=ids, country=country(one.country)))
    return tuple(found.values())


def certifications(said: Iterable[wire.ContentRating] | None) -> Mapping[str, str]:
    """Marks of age by country."""
    found: dict[str, str] = {}
    for one in read.firsts(said, read.MOST_NAMES):
        where, mark = country(one.country), read.line(one.name, 20)
        if where is not None and mark is not None:
            found.setdefault(where, mark)
    return found


def videos(said: Iterable[wire.Trailer] | None) -> tuple[Video, ...]:
    """Trailers."""
    return tuple(
        Video(url=url, title=read.line(one.name), language=language(one.language))
        for one in read.firsts(said, read.MOST_NAMES)
        if (url := read.web(one.url)) is not None
    )


def pictures(
    said: Iterable[wire.Artwork] | None, seasons: Mapping[int, int] | None = None
) -> tuple[Picture, ...]:
    """The best of them; `seasons` are numbers of seasons by id, pictures of others are left out."""
    found: list[Picture] = []
    for one in sorted(read.firsts(said, MOST_LISTED), key=lambda one: -(one.score or 0)):
        kind, url = KINDS.get(one.type or 0), address(one.image)
        season = (seasons or {}).get(one.season_id or 0)
        strange = seasons is not None and one.type in OF_SEASONS and season is None
        if kind is None or url is None or strange or len(found) == read.MOST_PICTURES:
            continue
        found.append(
            Picture(
                kind=kind,
                url=url,
                language=language(one.language),
                width=read.count(one.width, 1 << 20),
                height=read.count(one.height, 1 << 20),
                score=read.finite(one.score) or 0.0,
                season=season,
            )
        )
    return tuple(found)


def single(kind: ArtworkKind, path: str | None) -> tuple[Picture, ...]:
    """The one picture that a record names without any list."""
    return read.single(kind, address(path))


def address(path: str | None) -> str | None:
    """Of a picture, which may be told without its host."""
    if not path or MISSING in path:
        return None
    return read.picture(f"https://{IMAGES}{path}" if path[0] == "/" else path, (IMAGES,))
