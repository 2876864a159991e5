"""What Letterboxd says, as records. Its titles and texts are English."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    CollectionRecord,
    Company,
    Credit,
    Hit,
    MovieRecord,
    Part,
    PersonRecord,
    Picture,
    Rating,
    RecordKind,
    Text,
)
from app.metadata.providers import reading as read
from app.metadata.providers.letterboxd import wire
from app.metadata.providers.markup import plain

NAME: Final = "letterboxd"
IMAGES: Final = ("a.ltrbxd.com",)
LID: Final = re.compile(r"[A-Za-z0-9]{1,20}", re.ASCII)
BOUND: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
ACTOR, STUDIO = "Actor", "Studio"
MOST_SIZES: Final = 50
OF_FIVE: Final = 5
DEPARTMENTS: Final = {
    job: department
    for department, jobs in {
        "Acting": (ACTOR,),
        "Directing": ("Director", "CoDirector", "AssistantDirector", "AdditionalDirecting"),
        "Writing": ("Writer", "OriginalWriter", "Story", "Creator"),
        "Production": ("Producer", "ExecutiveProducer", "Casting"),
        "Camera": ("Cinematography", "CameraOperator", "AdditionalPhotography"),
        "Lighting": ("Lighting",),
        "Art": ("ProductionDesign", "ArtDirection", "SetDecoration", "TitleDesign"),
        "Editing": ("Editor",),
        "Visual Effects": ("SpecialEffects", "VisualEffects"),
        "Sound": ("Composer", "Songs", "Sound"),
        "Costume & Make-Up": ("Costumes", "MakeUp", "Hairstyling"),
        "Crew": ("Stunts", "Choreography"),
    }.items()
    for job in jobs
}


def movie(
    film: wire.Film,
    statistics: wire.Statistics | None,
    part_of: wire.Collection | None,
    languages: Sequence[str],
) -> MovieRecord:
    """A film."""
    title, overview = read.line(film.name), read.paragraphs(film.description)
    tagline, counted = read.line(film.tagline), statistics or wire.Statistics(rating=film.rating)
    text = Text(language="en", title=title, overview=overview, tagline=tagline)
    spoken = film.production_language or film.original_language or film.primary_language
    trailer = film.trailer or wire.Trailer()
    return MovieRecord(
        source=NAME,
        id=film.id,
        ids=film_ids(film),
        title=title,
        language="en",
        original_title=read.line(film.original_name),
        original_language=read.language(spoken.code) if spoken is not None else None,
        alternative_titles=read.lines(film.alternative_names or ()),
        texts=read.spoken([text] if title or overview or tagline else [], languages),
        overview=overview,
        tagline=tagline,
        release_date=read.day(film.release_date),
        year=read.year_of(film.release_year),
        runtime=read.seconds(film.run_time),
        genres=read.lines(genre.name for genre in film.genres or ()),
        countries=read.countries(one.code for one in film.countries or ()),
        studios=_studios(film.contributions),
        ratings=ratings(counted),
        credits=_credits(film.contributions),
        pictures=pictures(film),
        videos=read.trailers(read.video(trailer.type, trailer.id)),
        collection=_collection_hit(part_of) if part_of is not None else None,
    )


def person(
    said: wire.Contributor, films: Iterable[wire.Film], languages: Sequence[str]
) -> PersonRecord:
    """Somebody, with the films that they are known for."""
    about, poster = plain(said.bio), _picture(ArtworkKind.POSTER, said.poster)
    text = Text(language="en", overview=about)
    shares = (said.statistics or wire.Shares()).contributions
    most = max(read.firsts(shares, 100), key=lambda share: share.film_count or 0, default=None)
    return PersonRecord(
        source=NAME,
        id=said.id,
        name=read.line(said.name, read.MOST_NAME) or "?",
        ids=person_ids(said),
        biographies=read.spoken([text] if about else [], languages),
        biography=about,
        language="en",
        department=DEPARTMENTS.get(most.type or "") if most is not None else None,
        pictures=() if poster is None else (poster,),
        known_for=hits(films),
    )


def collection(said: wire.Collection, languages: Sequence[str]) -> CollectionRecord:
    """Films that belong together."""
    title = read.line(said.name)
    text = Text(language="en", title=title)
    films = sorted(read.firsts(said.films, 1000), key=lambda film: film.release_year or 9999)
    return CollectionRecord(
        source=NAME,
        id=said.id,
        title=title or "?",
        texts=read.spoken([text] if title else [], languages),
        parts=hits(films, most=read.MOST_PICTURES),
    )


def hits(films: Iterable[wire.Film], most: int = read.MOST_HITS) -> tuple[Hit, ...]:
    """Films of a list, each once."""
    return read.hits(map(_film_hit, read.firsts(films, most * 4)), most)


def named(films: Sequence[wire.Film], source: str, id_: str) -> Hit | None:
    """The film that has this id: more come back where it does not know what was asked for. One that
    is alone and names no ids at all is believed.
    """
    alone = films if len(films) == 1 and not films[0].links else ()
    fitting = [film for film in films if film_ids(film).get(source) == id_]
    found = hits([*fitting, *alone])
    return found[0] if found else None


def people(said: Iterable[wire.Contributor]) -> tuple[Hit, ...]:
    """People of a list."""
    found = []
    for one in read.firsts(said, read.MOST_HITS):
        name, poster = read.line(one.name, read.MOST_NAME), _picture(ArtworkKind.POSTER, one.poster)
        if name is not None and LID.fullmatch(one.id):
            found.append(
                Hit(
                    source=NAME,
                    kind=RecordKind.PERSON,
                    id=one.id,
                    title=name,
                    picture=None if poster is None else poster.url,
                    ids=person_ids(one),
                )
            )
    return tuple(found)


def film_ids(film: wire.Film) -> dict[str, str]:
    """Its ids; TMDb counts films and shows apart, and a few films here are shows there."""
    links = read.firsts(film.links, read.MOST_NAMES)
    tmdb = next((x.id for x in links if x.type == "tmdb" and "/tv/" not in (x.url or "")), None)
    imdb = next((x.id for x in links if x.type == "imdb"), None)
    return read.ids(letterboxd=film.id, tmdb=tmdb, imdb=imdb)


def person_ids(said: wire.Contributor) -> dict[str, str]:
    """Somebody's ids."""
    return read.ids(letterboxd=said.id, tmdb=said.tmdbid)


def ratings(said: wire.Statistics) -> tuple[Rating, ...]:
    """What its people give it."""
    return read.ratings(NAME, said.rating, (said.counts or wire.Counts()).ratings, of=OF_FIVE)


def pictures(film: wire.Film) -> tuple[Picture, ...]:
    """Its poster and its backdrop, each in the largest size."""
    poster = None if film.adult else _picture(ArtworkKind.POSTER, film.poster)
    return tuple(filter(None, (poster, _picture(ArtworkKind.BACKDROP, film.backdrop))))


def _picture(kind: ArtworkKind, image: wire.Image | None) -> Picture | None:
    sizes = read.firsts(image.sizes if image is not None else None, MOST_SIZES)
    for size in sorted(sizes, key=lambda size: -(size.width or 0)):
        url = read.picture(size.url, IMAGES)
        if url is not None:
            return Picture(
                kind=kind,
                url=url,
                width=read.count(size.width, 100_000),
                height=read.count(size.height, 100_000),
            )
    return None


def _film_hit(film: wire.Film) -> Hit | None:
    title, shown = read.line(film.name), pictures(film)
    if title is None or LID.fullmatch(film.id) is None:
        return None
    return Hit(
        source=NAME,
        kind=RecordKind.MOVIE,
        id=film.id,
        title=title,
        original_title=read.line(film.original_name),
        alternative_titles=read.lines(film.alternative_names or ()),
        release_date=read.day(film.release_date),
        year=read.year_of(film.release_year),
        overview=read.paragraphs(film.description),
        picture=next((one.url for one in shown if one.kind is ArtworkKind.POSTER), None),
        language="en",
        runtime=read.seconds(film.run_time),
        ids=film_ids(film),
    )


def _collection_hit(said: wire.Collection) -> Hit | None:
    title = read.line(said.name)
    if title is None or LID.fullmatch(said.id) is None:
        return None
    return Hit(
        source=NAME,
        kind=RecordKind.COLLECTION,
        id=said.id,
        title=title,
        ids=read.ids(letterboxd=said.id),
    )


def _credits(said: Iterable[wire.Contributions] | None) -> tuple[Credit, ...]:
    """Cast before crew; studios are none of either."""
    found = []
    for of_part in read.firsts(said, read.MOST_NAMES):
        acts, job = of_part.type == ACTOR, BOUND.sub(" ", (of_part.type or "")[: read.MOST_NAME])
        for one in read.firsts(of_part.contributors, read.MOST_CREDITS):
            name = read.line(one.name, read.MOST_NAME)
            if name is None or of_part.type == STUDIO:
                continue
            portrait = _picture(ArtworkKind.POSTER, one.poster)
            found.append(
                Credit(
                    name=name,
                    part=Part.CAST if acts else Part.CREW,
                    ids=person_ids(one),
                    character=read.line(one.character_name) if acts else None,
                    job=None if acts else read.line(job),
                    department=None if acts else DEPARTMENTS.get(of_part.type or ""),
                    portrait=None if portrait is None else portrait.url,
                )
            )
    return tuple(
        sorted(found, key=lambda credit: credit.part is Part.CREW)[: read.MOST_CREDITS * 2]
    )


def _studios(said: Iterable[wire.Contributions] | None) -> tuple[Company, ...]:
    return tuple(
        Company(name=name, ids=read.ids(letterboxd=one.id))
        for of_part in read.firsts(said, read.MOST_NAMES)
        if of_part.type == STUDIO
        for one in read.firsts(of_part.contributors, read.MOST_NAMES)
        if (name := read.line(one.name, read.MOST_NAME)) is not None
    )
