"""The parts of TMDb's records: lists of hits, texts, credits, pictures."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Company,
    Credit,
    Hit,
    Part,
    Picture,
    RecordKind,
    Text,
    Video,
)
from app.metadata.providers import reading as read
from app.metadata.providers.tmdb import wire

NAME: Final = "tmdb"
IMAGES: Final = "image.tmdb.org"
FILE: Final = re.compile(r"/[A-Za-z0-9_-]{1,100}\.(?:jpe?g|png|webp)", re.ASCII)
KINDS: Final = {"movie": RecordKind.MOVIE, "tv": RecordKind.SHOW, "person": RecordKind.PERSON}
# The certificate of a showing in cinemas says most; TMDb's numbers of other kinds come after it.
CINEMA: Final = (3, 2, 4, 5, 6, 1)


def hits(
    results: Iterable[wire.Result], kind: RecordKind | None, most: int = read.MOST_HITS
) -> tuple[Hit, ...]:
    """What a list holds; each says what it is where `kind` does not."""
    return read.hits((_hit(result, kind) for result in read.firsts(results, most * 4)), most)


def _hit(result: wire.Result, kind: RecordKind | None) -> Hit | None:
    its = kind or KINDS.get(result.media_type or "")
    name = read.line(result.title or result.name)
    if its is None or name is None:
        return None
    said = result.release_date or result.first_air_date
    return Hit(
        source=NAME,
        kind=its,
        id=str(result.id),
        title=name,
        original_title=read.line(result.original_title or result.original_name),
        release_date=read.day(said),
        year=read.year_of(said),
        overview=read.paragraphs(result.overview),
        picture=address(result.poster_path or result.profile_path),
        language=read.language(result.original_language),
        popularity=read.finite(result.popularity),
        votes=read.count(result.vote_count),
        ids=read.ids(tmdb=result.id),
    )


def texts(said: wire.Translations, languages: Sequence[str]) -> tuple[Text, ...]:
    """What is said in the languages that are wanted, by tag: of several countries that speak one,
    the language alone means its own country, or the first.
    """
    by_language: dict[str, list[wire.Translation]] = defaultdict(list)
    for translation in read.firsts(said.translations, 400):
        by_language[translation.iso_639_1].append(translation)
    found = []
    for code, ways in by_language.items():
        home = next((w for w in ways if w.iso_3166_1 == code.upper()), ways[0])
        for way in ways:
            tag = read.language(code if way is home else f"{code}-{way.iso_3166_1}")
            text = _text(tag, way.data) if tag is not None else None
            if text is not None:
                found.append(text)
    return read.spoken(found, languages)


def _text(tag: str, said: wire.Said) -> Text | None:
    text = Text(
        language=tag,
        title=read.line(said.title or said.name),
        overview=read.paragraphs(said.overview or said.biography),
        tagline=read.line(said.tagline),
    )
    return text if text.title or text.overview or text.tagline else None


def certifications(said: wire.ReleasesByCountry) -> Mapping[str, str]:
    """Marks of age by country, of a showing in cinemas before any other."""
    found: dict[str, str] = {}
    for of_country in read.firsts(said.results, 300):
        where = read.country(of_country.iso_3166_1)
        dates = sorted(of_country.release_dates[:100], key=_cinema_first)
        shown = [of_country.rating, *(release.certification for release in dates)]
        mark = next(filter(None, (read.line(text, 20) for text in shown)), None)
        if where is not None and mark is not None:
            found.setdefault(where, mark)
    return found


def _cinema_first(release: wire.Release) -> int:
    return CINEMA.index(release.type) if release.type in CINEMA else len(CINEMA)


def members(said: wire.Credits) -> tuple[Credit, ...]:
    """Cast, guests and crew, in this order."""
    parts = ((Part.CAST, said.cast), (Part.GUEST, said.guest_stars), (Part.CREW, said.crew))
    found = []
    for part, members in parts:
        for member in members[: read.MOST_CREDITS]:
            name = read.line(member.name, read.MOST_NAME)
            if name is None:
                continue
            jobs = [member.job, *(job.job for job in member.jobs)]
            roles = [member.character, *(role.character for role in member.roles)]
            found.append(
                Credit(
                    name=name,
                    part=part,
                    ids=read.ids(tmdb=member.id),
                    character=read.line(next(filter(None, roles), None)),
                    job=read.line(next(filter(None, jobs), None)),
                    department=read.line(member.department),
                    portrait=address(member.profile_path),
                )
            )
    return tuple(found)


def companies(said: Iterable[wire.Named]) -> tuple[Company, ...]:
    """Studios or networks."""
    return tuple(
        Company(
            name=name,
            ids=read.ids(tmdb=company.id),
            logo=address(company.logo_path),
            country=read.country(company.origin_country),
        )
        for company in read.firsts(said, read.MOST_NAMES)
        if (name := read.line(company.name, read.MOST_NAME)) is not None
    )


def videos(said: Iterable[wire.Video]) -> tuple[Video, ...]:
    """Trailers and the like, at sites whose addresses are known."""
    found = []
    for video in read.firsts(said, read.MOST_NAMES):
        url = read.video(video.site, video.key)
        if url is not None:
            found.append(
                Video(
                    url=url,
                    title=read.line(video.name),
                    language=read.language(video.iso_639_1),
                    kind=read.line(video.type.lower(), 50) or "trailer",
                )
            )
    return tuple(found)


def pictures(said: wire.Images) -> tuple[Picture, ...]:
    """All of them."""
    by_kind = (
        (ArtworkKind.POSTER, [*said.posters, *said.profiles]),
        (ArtworkKind.BACKDROP, said.backdrops),
        (ArtworkKind.LOGO, said.logos),
        (ArtworkKind.THUMB, said.stills),
    )
    return tuple(
        Picture(
            kind=kind,
            url=url,
            language=read.language(image.iso_639_1),
            width=read.count(image.width, 100_000),
            height=read.count(image.height, 100_000),
            score=read.finite(image.vote_average) or 0.0,
        )
        for kind, images in by_kind
        for image in images[: read.MOST_PICTURES]
        if (url := address(image.file_path)) is not None
    )


def single(kind: ArtworkKind, path: str | None) -> tuple[Picture, ...]:
    """The one picture that a record names without any list."""
    return read.single(kind, address(path))


def address(path: str | None) -> str | None:
    """Of the picture in full size; drawings (SVG) are not shown."""
    if not path or FILE.fullmatch(path) is None:
        return None
    return read.picture(f"https://{IMAGES}/t/p/original{path}", (IMAGES,))
