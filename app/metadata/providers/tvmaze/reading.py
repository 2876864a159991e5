"""What TVmaze says, as records. Its texts are English; names are what a show is best known by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.core.languages import language_of_word
from app.images.domain import ArtworkKind
from app.metadata.domain import (
    Company,
    Credit,
    EpisodeRecord,
    Hit,
    Part,
    PersonRecord,
    Picture,
    Rating,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers import reading as read
from app.metadata.providers.markup import plain
from app.metadata.providers.tvmaze import wire

NAME: Final = "tvmaze"
IMAGES: Final = "static.tvmaze.com"
LANGUAGE: Final = "en"
ANIME: Final = "Anime"
MOST_NUMBER: Final = 100_000
KINDS: Final = {
    "poster": ArtworkKind.POSTER,
    "background": ArtworkKind.BACKDROP,
    "banner": ArtworkKind.BANNER,
    "typography": ArtworkKind.LOGO,
}


def hit(said: wire.Show) -> Hit | None:
    """A show that was found."""
    name = read.line(said.name)
    if name is None:
        return None
    return Hit(
        source=NAME,
        kind=RecordKind.SHOW,
        id=str(said.id),
        title=name,
        release_date=read.day(said.premiered),
        year=read.year_of(said.premiered),
        overview=plain(said.summary),
        picture=address(said.image),
        language=language_of_word(said.language or ""),
        popularity=_weight(said),
        runtime=read.seconds(said.average_runtime or said.runtime),
        ids=ids(said),
    )


def hit_of_person(said: wire.Person) -> Hit | None:
    """Somebody who was found."""
    name = read.line(said.name, read.MOST_NAME)
    if name is None:
        return None
    return Hit(
        source=NAME,
        kind=RecordKind.PERSON,
        id=str(said.id),
        title=name,
        picture=address(said.image),
        ids=read.ids(tvmaze=said.id),
    )


def show(said: wire.Show) -> ShowRecord:
    """A show; its seasons with their episodes, but for specials."""
    more, networks = said.all, tuple(_networks(said))
    where = (one.country.code for one in _channels(said) if one.country is not None)
    upcoming = more.nextepisode
    return ShowRecord(
        source=NAME,
        id=str(said.id),
        ids=ids(said),
        title=read.line(said.name),
        language=LANGUAGE,
        original_language=language_of_word(said.language or ""),
        alternative_titles=read.lines(alias.name for alias in more.akas),
        overview=plain(said.summary),
        release_date=read.day(said.premiered),
        year=read.year_of(said.premiered),
        last_air_date=read.day(said.ended),
        next_air_date=read.day(upcoming.airdate) if upcoming is not None else None,
        runtime=read.seconds(said.average_runtime or said.runtime),
        status=read.line(said.status),
        homepage=read.web(said.official_site),
        genres=read.lines(said.genres),
        countries=read.countries(where),
        networks=networks,
        ratings=ratings(said.rating),
        popularity=_weight(said),
        credits=(*_members(Part.CAST, more.cast), *_members(Part.CREW, more.crew)),
        pictures=pictures(said),
        seasons=tuple(seasons(more)),
        episode_count=read.count(len(more.episodes)),
        anime=ANIME in said.genres,
    )


def seasons(said: wire.All) -> Iterator[SeasonRecord]:
    """All but that of specials, each with its episodes."""
    by_number: dict[int, list[EpisodeRecord]] = {}
    for numbered in read.firsts(said.episodes, read.MOST_EPISODES):
        if (found := episode(numbered)) is not None:
            by_number.setdefault(found.season, []).append(found)
    for one in read.firsts(said.seasons, read.MOST_SEASONS):
        number = read.count(one.number, MOST_NUMBER)
        if number is None:
            continue
        episodes = tuple(by_number.get(number, ()))
        yield SeasonRecord(
            source=NAME,
            id=str(one.id),
            number=number,
            ids=read.ids(tvmaze=one.id),
            title=read.line(one.name),
            overview=plain(one.summary),
            release_date=read.day(one.premiere_date),
            episode_count=read.count(len(episodes) or one.episode_order, MOST_NUMBER),
            pictures=_single(ArtworkKind.POSTER, one.image),
            episodes=episodes,
        )


def specials(show_id: str, said: Iterable[wire.Episode]) -> SeasonRecord | None:
    """Nobody has given them numbers: they are counted in the order in which they were shown."""
    unnumbered = [one for one in said if one.number is None][: read.MOST_EPISODES]
    unnumbered.sort(key=lambda one: one.airdate or "9999")
    found = tuple(_episode(one, 0, number) for number, one in enumerate(unnumbered, 1))
    if not found:
        return None
    return SeasonRecord(
        source=NAME,
        id=f"{show_id}-0",
        number=0,
        release_date=found[0].release_date,
        episode_count=len(found),
        episodes=found,
    )


def episode(said: wire.Episode) -> EpisodeRecord | None:
    """An episode that has a number."""
    season = read.count(said.season, MOST_NUMBER)
    number = said.number
    if season is None or number is None or not 0 <= number <= MOST_NUMBER:
        return None
    return _episode(said, season, number)


def _episode(said: wire.Episode, season: int, number: int) -> EpisodeRecord:
    guests = said.guests
    return EpisodeRecord(
        source=NAME,
        id=str(said.id),
        season=season,
        number=number,
        ids=read.ids(tvmaze=said.id),
        title=read.line(said.name),
        overview=plain(said.summary),
        release_date=read.day(said.airdate),
        runtime=read.seconds(said.runtime),
        ratings=ratings(said.rating),
        credits=(
            *_members(Part.GUEST, guests.guestcast),
            *_members(Part.CREW, guests.guestcrew),
        ),
        pictures=_single(ArtworkKind.THUMB, said.image),
    )


def person(said: wire.Person) -> PersonRecord:
    """Somebody; of the place where they were born TVmaze knows the country."""
    return PersonRecord(
        source=NAME,
        id=str(said.id),
        name=read.line(said.name, read.MOST_NAME) or "?",
        ids=read.ids(tvmaze=said.id),
        born=read.day(said.birthday),
        died=read.day(said.deathday),
        birthplace=read.line(said.country.name) if said.country is not None else None,
        pictures=_single(ArtworkKind.POSTER, said.image),
    )


def pictures(said: wire.Show) -> tuple[Picture, ...]:
    """All of a show and its seasons; the one that its record names is the best of its kind."""
    found = []
    for image in read.firsts(said.all.images, read.MOST_PICTURES):
        size = image.resolutions.original if image.resolutions is not None else None
        kind = KINDS.get(image.type or "")
        url = _secure(size.url) if size is not None else None
        if kind is not None and url is not None and size is not None:
            width, height = (read.count(n, 100_000) for n in (size.width, size.height))
            score = 1.0 if image.main else 0.0
            found.append(Picture(kind=kind, url=url, width=width, height=height, score=score))
    for season in read.firsts(said.all.seasons, read.MOST_SEASONS):
        number, url = read.count(season.number, MOST_NUMBER), address(season.image)
        if number is not None and url is not None:
            found.append(Picture(kind=ArtworkKind.POSTER, url=url, season=number))
    if not any(one.kind is ArtworkKind.POSTER and one.season is None for one in found):
        found.extend(_single(ArtworkKind.POSTER, said.image))
    return tuple(found)


def ratings(said: wire.Score | None) -> tuple[Rating, ...]:
    """What its people give it; how many they are it does not say."""
    return () if said is None else read.ratings(NAME, said.average)


def ids(said: wire.Show) -> Mapping[str, str]:
    """Those by which others know a show."""
    others = said.externals or wire.Externals()
    return read.ids(tvmaze=said.id, tvdb=others.thetvdb, imdb=others.imdb)


def address(said: wire.Image | None) -> str | None:
    """Of a picture in full size, or as large as there is one."""
    return None if said is None else _secure(said.original) or _secure(said.medium)


def _secure(url: str | None) -> str | None:
    """Addresses in old records begin with http; the same pictures are there over TLS."""
    start = f"http://{IMAGES}/"
    if url and url.startswith(start):
        url = f"https://{IMAGES}/{url[len(start) :]}"
    return read.picture(url, (IMAGES,))


def _single(kind: ArtworkKind, said: wire.Image | None) -> tuple[Picture, ...]:
    return read.single(kind, address(said))


def _members(part: Part, said: Iterable[wire.Member]) -> Iterator[Credit]:
    for member in read.firsts(said, read.MOST_CREDITS):
        name = read.line(member.person.name, read.MOST_NAME)
        if name is None:
            continue
        role, job = member.character, member.type or member.guest_crew_type
        yield Credit(
            name=name,
            part=part,
            ids=read.ids(tvmaze=member.person.id),
            character=read.line(role.name) if role is not None else None,
            job=read.line(job) if part is Part.CREW else None,
            portrait=address(member.person.image),
        )


def _channels(said: wire.Show) -> Iterator[wire.Network]:
    yield from filter(None, (said.network, said.web_channel))


def _networks(said: wire.Show) -> Iterator[Company]:
    for one in _channels(said):
        name = read.line(one.name, read.MOST_NAME)
        if name is not None:
            yield Company(
                name=name,
                ids=read.ids(tvmaze=one.id),
                country=read.country(one.country.code) if one.country is not None else None,
            )


def _weight(said: wire.Show) -> float | None:
    return float(said.weight) if said.weight is not None and 0 <= said.weight <= 100 else None
