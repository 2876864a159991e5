"""What TheTVDB says, as records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    EpisodeRecord,
    Hit,
    MovieRecord,
    PersonRecord,
    Picture,
    RecordKind,
    SeasonRecord,
    ShowRecord,
    Text,
)
from app.metadata.providers import reading as read
from app.metadata.providers.tvdb import parts, wire
from app.metadata.providers.tvdb.countries import country as country_of

ORDER: Final = "official"  # as it was aired
ANIME: Final = "Anime"


def movie(said: wire.Movie, languages: Sequence[str]) -> MovieRecord:
    """A film."""
    release = said.first_release or wire.Release()
    makers = said.companies or wire.Companies()
    return MovieRecord(
        **_title(said, languages),
        release_date=read.day(release.date),
        year=read.year_of(said.year) or read.year_of(release.date),
        runtime=read.seconds(said.runtime),
        studios=parts.companies([*(makers.studio or ()), *(makers.production or ())]),
        keywords=read.lines(tag.name for tag in said.tag_options or ()),
        pictures=of_movie(said),
        budget=_dollars(said.budget),
        revenue=_dollars(said.box_office),
        collection=_collection(said.lists),
    )


def show(said: wire.Series, languages: Sequence[str]) -> ShowRecord:
    """A show; its seasons, in the order of airing, without their episodes."""
    networks = [said.original_network, said.latest_network]
    named = [one.name for one in read.firsts(said.genres, read.MOST_NAMES)]
    return ShowRecord(
        **_title(said, languages),
        release_date=read.day(said.first_aired),
        year=read.year_of(said.year) or read.year_of(said.first_aired),
        last_air_date=read.day(said.last_aired),
        next_air_date=read.day(said.next_aired),
        runtime=read.seconds(said.average_runtime),
        studios=parts.companies(said.companies, parts.STUDIOS),
        networks=parts.companies(networks) or parts.companies(said.companies, parts.NETWORKS),
        keywords=read.lines(tag.name for tag in said.tags or ()),
        pictures=of_show(said),
        seasons=tuple(_named_season(one, number) for number, one in seasons(said).items()),
        anime=ANIME in named,
    )


def of_movie(said: wire.Movie) -> tuple[Picture, ...]:
    """All pictures of a film."""
    return parts.pictures(said.artworks) or parts.single(ArtworkKind.POSTER, said.image)


def of_show(said: wire.Series) -> tuple[Picture, ...]:
    """All pictures of a show and its seasons."""
    numbers = {one.id: number for number, one in seasons(said).items()}
    return parts.pictures(said.artworks, numbers) or parts.single(ArtworkKind.POSTER, said.image)


def of_season(said: wire.Season) -> tuple[Picture, ...]:
    """All pictures of a season."""
    return parts.pictures(said.artwork) or _season_picture(said)


def seasons(said: wire.Series) -> Mapping[int, wire.Season]:
    """By number, as they were aired: other orders have seasons of the same numbers."""
    found: dict[int, wire.Season] = {}
    for one in said.seasons or ():
        aired = one.type is not None and one.type.type == ORDER
        if aired and one.number is not None and len(found) < read.MOST_SEASONS:
            found.setdefault(one.number, one)
    return dict(sorted(found.items()))


def season(
    said: wire.Season, number: int, texts: Sequence[Text], languages: Sequence[str]
) -> SeasonRecord:
    """A season without its episodes, whose `texts` are told elsewhere."""
    text = parts.first(texts, languages)
    return SeasonRecord(
        source=parts.NAME,
        id=str(said.id),
        number=number,
        ids=parts.ids(said.id),
        title=text.title if text is not None else read.line(said.name),
        overview=text.overview if text is not None else None,
        texts=read.spoken(texts, languages),
        pictures=of_season(said),
    )


def episode(said: wire.Episode, texts: Sequence[Text], languages: Sequence[str]) -> EpisodeRecord:
    """An episode: what a list says of it, or all that there is. Its own name is in the language of
    its show.
    """
    text = parts.first(texts, languages)
    return EpisodeRecord(
        source=parts.NAME,
        id=str(said.id),
        season=said.season_number or 0,
        number=said.number or 0,
        absolute=read.count(said.absolute_number),
        ids=parts.ids(said.id, said.remote_ids),
        title=(text.title if text is not None else None) or read.line(said.name),
        overview=(text.overview if text is not None else None) or read.paragraphs(said.overview),
        texts=read.spoken(texts, languages),
        release_date=read.day(said.aired),
        runtime=read.seconds(said.runtime),
        credits=parts.members(said.characters),
        pictures=parts.single(ArtworkKind.THUMB, said.image),
    )


def person(said: wire.Person, languages: Sequence[str]) -> PersonRecord:
    """Somebody."""
    lives = {
        tag: text
        for one in read.firsts(said.biographies, parts.MOST_TEXTS)
        if (tag := parts.language(one.language)) and (text := read.paragraphs(one.biography))
    }
    tags = filter(None, (parts.nearest(wanted, lives) for wanted in languages))
    tag = next(tags, None)
    told = (Text(language=tag, overview=text) for tag, text in lives.items())
    return PersonRecord(
        source=parts.NAME,
        id=str(said.id),
        name=read.line(said.name, read.MOST_NAME) or "?",
        ids=parts.ids(said.id, said.remote_ids),
        other_names=parts.other_names(said.aliases),
        biographies=read.spoken(told, languages),
        biography=lives.get(tag or ""),
        language=tag,
        born=read.day(said.birth),
        died=read.day(said.death),
        birthplace=read.line(said.birth_place),
        homepage=parts.homepage(said.remote_ids),
        popularity=read.finite(said.score),
        pictures=parts.single(ArtworkKind.POSTER, said.image),
        known_for=_known_for(said.characters),
    )


def hits(
    results: Iterable[wire.SearchResult] | None, kind: RecordKind, wanted: str
) -> tuple[Hit, ...]:
    """What a search found, in the wanted language where it is told in it."""
    found: dict[int, Hit] = {}
    for result in read.firsts(results, read.MOST_HITS):
        titles, overviews = _by_tag(result.translations), _by_tag(result.overviews)
        own = read.line(result.name)
        title = read.line(titles.get(parts.nearest(wanted, titles) or "")) or own
        if title is None or result.tvdb_id <= 0:
            continue
        overview = overviews.get(parts.nearest(wanted, overviews) or "") or result.overview
        hit = Hit(
            source=parts.NAME,
            kind=kind,
            id=str(result.tvdb_id),
            title=title,
            original_title=own,
            alternative_titles=read.lines([*(result.aliases or ()), *titles.values()]),
            release_date=read.day(result.first_air_time),
            year=read.year_of(result.year) or read.year_of(result.first_air_time),
            overview=read.paragraphs(overview),
            picture=parts.address(result.image_url),
            language=parts.language(result.primary_language),
            ids=parts.ids(result.tvdb_id, result.remote_ids),
        )
        found.setdefault(result.tvdb_id, hit)
    return tuple(found.values())


def known(said: wire.Known, kind: RecordKind) -> Hit | None:
    """What an id of elsewhere stands for."""
    title = read.line(said.name)
    if title is None or said.id <= 0:
        return None
    return Hit(
        source=parts.NAME,
        kind=kind,
        id=str(said.id),
        title=title,
        release_date=read.day(said.first_aired),
        year=read.year_of(said.year) or read.year_of(said.first_aired),
        picture=parts.address(said.image),
        language=parts.language(said.original_language),
        ids=parts.ids(said.id),
    )


def _title(said: wire.Title, languages: Sequence[str]) -> dict[str, Any]:
    """The fields that movies and shows share. Their own name is in their original language."""
    texts = parts.texts(said.translations)
    original, own = parts.language(said.original_language), read.line(said.name)
    country = country_of(said.original_country)
    of_origin = parts.first(texts, [original]) if original is not None else None
    text = parts.first(texts, languages) or of_origin
    return {
        "source": parts.NAME,
        "id": str(said.id),
        "ids": parts.ids(said.id, said.remote_ids),
        "title": text.title if text is not None else own,
        "language": text.language if text is not None else original,
        "original_title": of_origin.title if of_origin is not None else own,
        "original_language": original,
        "alternative_titles": parts.other_names(said.aliases, said.translations),
        "texts": read.spoken(texts, languages),
        "overview": text.overview if text is not None else None,
        "tagline": text.tagline if text is not None else None,
        "status": read.line(said.status.name) if said.status is not None else None,
        "homepage": parts.homepage(said.remote_ids),
        "genres": read.lines(one.name for one in said.genres or ()),
        "countries": () if country is None else (country,),
        "certifications": parts.certifications(said.content_ratings),
        "popularity": read.finite(said.score),
        "credits": parts.members(said.characters),
        "videos": parts.videos(said.trailers),
    }


def _named_season(said: wire.Season, number: int) -> SeasonRecord:
    return SeasonRecord(
        source=parts.NAME,
        id=str(said.id),
        number=number,
        ids=parts.ids(said.id),
        title=read.line(said.name),
        pictures=_season_picture(said),
    )


def _season_picture(said: wire.Season) -> tuple[Picture, ...]:
    return parts.single(parts.KINDS.get(said.image_type or 0, ArtworkKind.POSTER), said.image)


def _collection(lists: Iterable[wire.OfList] | None) -> Hit | None:
    for one in read.firsts(lists, read.MOST_NAMES):
        name = read.line(one.name)
        if one.is_official and name is not None:
            return Hit(
                source=parts.NAME,
                kind=RecordKind.COLLECTION,
                id=str(one.id),
                title=name,
                picture=parts.address(one.image),
                ids=parts.ids(one.id),
            )
    return None


def _known_for(characters: Iterable[wire.Character] | None) -> tuple[Hit, ...]:
    return read.hits(map(_of_character, read.firsts(characters, read.MOST_CREDITS)))


def _of_character(said: wire.Character) -> Hit | None:
    kind = RecordKind.MOVIE if said.movie_id else RecordKind.SHOW
    id_, what = said.movie_id or said.series_id, said.movie or said.series
    if not id_ or what is None:
        return None
    return known(wire.Known(id_, what.name, what.year, image=what.image), kind)


def _by_tag(said: Mapping[str, str | None] | None) -> dict[str, str]:
    pairs = ((parts.language(code), text) for code, text in (said or {}).items())
    return {tag: text for tag, text in pairs if tag is not None and text}


def _dollars(said: str | float | None) -> int | None:
    """A sum of money, whichever way it is written."""
    try:
        return read.count(int(float(said or 0)))
    except (ValueError, OverflowError):
        return None
