"""Documents of what there is, read in batches."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from app.catalog.domain.searched import LONGEST_OVERVIEW, MOST_TITLES, Searched, SearchedWork
from app.items.domain import ItemState
from app.libraries.domain import LibraryId
from app.movies.domain import SearchedMovie
from app.people.domain import SearchedPerson
from app.search.domain import Document, SearchKind, Sight
from app.shows.domain import (
    SearchedEpisode,
    SearchedSeason,
    SearchedShow,
    ShowTitles,
    name_of_season,
)
from app.users.domain import User

if TYPE_CHECKING:
    from app.container import Container

AT_ONCE: Final = 500  # ids that are read by one statement
IN_ONE_TURN: Final = 100  # documents that are made before others have their turn
MINUTE: Final = 60
DAY: Final = 24 * 60 * MINUTE
EPOCH: Final = date(1970, 1, 1)

Names = Sequence[str]
Values = dict[str, tuple[str, ...]]
Numbers = dict[str, float]


async def movies(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Films, as documents."""
    return await _works(app, app.movie_repository.searched, ids, _movie)


async def shows(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Shows, as documents."""
    return await _works(app, app.show_repository.searched, ids, _show)


async def seasons(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Seasons, as documents."""
    return await _parts(app, app.season_repository.searched, ids, _season)


async def episodes(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Episodes, as documents."""
    return await _parts(app, app.episode_repository.searched, ids, _episode)


async def people(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Those who took part in something that is in a library, as documents."""

    async def read(some: Sequence[UUID]) -> list[tuple[SearchedPerson, Iterable[Any]]]:
        found = await app.person_repository.searched(some)
        seen = await app.catalog_repository.seen_in([person.id for person in found])
        return [(person, seen[person.id]) for person in found if person.id in seen]

    return await _loaded(read, ids, _person)


async def users(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Accounts, as documents."""
    return await _loaded(app.user_repository.searched, ids, _user)


def covers(child: Sight, parent: Sight) -> bool:
    """Whether whoever may see the child may see the parent.

    No limited viewer sees what is unrated: of a child like that it is no matter.
    """
    if child.library_id != parent.library_id:
        return False
    return child.age is None or (parent.age is not None and parent.age <= child.age)


# -- reading


async def _loaded(
    read: Callable[[Sequence[UUID]], Awaitable[Sequence[Any]]],
    ids: Collection[UUID],
    document: Callable[[Any], Document],
) -> dict[UUID, Document]:
    found: dict[UUID, Document] = {}
    for some in _in_parts([*dict.fromkeys(ids)], AT_ONCE):
        for rows in _in_parts(await read(some), IN_ONE_TURN):
            made = map(document, rows)
            found.update((one.id, one) for one in made)
            await asyncio.sleep(0)
    return found


async def _works(
    app: "Container",
    read: Callable[[Sequence[UUID]], Awaitable[Sequence[Any]]],
    ids: Collection[UUID],
    document: Callable[[Any], Document],
) -> dict[UUID, Document]:
    """Films or shows, with the names of their genres."""

    async def with_genres(some: Sequence[UUID]) -> list[tuple[Any, list[str]]]:
        found = await read(some)
        names = await app.catalog_repository.genre_names({g for one in found for g in one.genres})
        return [(one, [n for g in one.genres for n in names.get(g, ())]) for one in found]

    return await _loaded(with_genres, ids, document)


async def _parts(
    app: "Container",
    read: Callable[[Sequence[UUID]], Awaitable[Sequence[Any]]],
    ids: Collection[UUID],
    document: Callable[[Any], Document],
) -> dict[UUID, Document]:
    """Seasons or episodes, with the shows they are of."""

    async def with_shows(some: Sequence[UUID]) -> list[tuple[Any, ShowTitles | None]]:
        found = await read(some)
        of_shows = await app.show_repository.titles({one.show_id for one in found})
        return [(one, of_shows.get(one.show_id)) for one in found]

    return await _loaded(with_shows, ids, document)


def _in_parts(whole: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))


# -- documents


def _movie(found: tuple[SearchedMovie, Names]) -> Document:
    film, _ = found
    facets = _texts(resolution=film.resolutions or (), hdr=(_flag(bool(film.hdr)),))
    return _work(SearchKind.MOVIE, *found, facets)


def _show(found: tuple[SearchedShow, Names]) -> Document:
    show, _ = found
    facets = _texts(network=show.networks, status=(show.status,))
    return _work(SearchKind.SHOW, *found, facets)


def _work(kind: SearchKind, work: SearchedWork, genres: Names, facets: Values) -> Document:
    return Document(
        id=work.id,
        kind=kind,
        sights=(_sight(work),),
        texts=_texts_of_work(work, genres),
        facets=facets
        | _texts(
            genre=work.genres,
            year=(_text(work.year),),
            language=(work.original_language,),
            certification=(work.certification,),
            director=work.directors,
            studio=work.studios,
            keyword=work.keywords,
            library=(str(work.library_id),),
            available=(_available(work),),
        ),
        numbers=_numbers(
            year=work.year,
            released=_day(work.release_date),
            added=work.added_at.timestamp(),
            rating=work.rating,
            votes=work.votes,
            popularity=work.popularity,
            runtime=_minutes(work.runtime),
        ),
        people=work.people,
    )


def _texts_of_work(work: SearchedWork, genres: Names) -> Values:
    titles = _titles(
        title=(work.title,),
        original_title=(work.original_title,),
        translated_titles=work.translated_titles,
        alternative_titles=work.alternative_titles,
    )
    return titles | _texts(
        cast=work.cast,
        directors=work.directors,
        collection=work.collection,
        genres=genres,
        studios=work.studios,
        networks=work.networks,
        keywords=work.keywords,
        overview=(work.overview, *work.overviews),
    )


def _season(found: tuple[SearchedSeason, ShowTitles | None]) -> Document:
    season, show = found
    return _part(
        SearchKind.SEASON,
        season,
        _titles(
            title=(season.title or name_of_season(season.number),),
            translated_titles=season.translated_titles,
        )
        | _texts(show_titles=_show_titles(season, show)),
        _facets_of_part(season, season.number),
        {},
    )


def _episode(found: tuple[SearchedEpisode, ShowTitles | None]) -> Document:
    episode, show = found
    return _part(
        SearchKind.EPISODE,
        episode,
        _titles(title=(episode.title,), translated_titles=episode.translated_titles)
        | _texts(
            show_titles=_show_titles(episode, show),
            guests=episode.guests,
            directors=episode.directors,
        ),
        _facets_of_part(episode, episode.season),
        _numbers(rating=episode.rating, votes=episode.votes, runtime=_minutes(episode.runtime)),
    )


def _part(
    kind: SearchKind, part: Searched, texts: Values, facets: Values, numbers: Numbers
) -> Document:
    common = _numbers(
        year=_year(part.release_date),
        released=_day(part.release_date),
        added=part.added_at.timestamp(),
    )
    return Document(
        id=part.id,
        kind=kind,
        sights=(_sight(part),),
        texts=texts | _texts(overview=(part.overview, *part.overviews)),
        facets=facets,
        numbers=common | numbers,
        people=part.people,
    )


def _facets_of_part(part: Searched, season: int) -> Values:
    return _texts(
        year=(_text(_year(part.release_date)),),
        library=(str(part.library_id),),
        available=(_available(part),),
        season=(str(season),),
    )


def _show_titles(part: Searched, show: ShowTitles | None) -> Sequence[str | None]:
    """What the show is called, for those who may all see it."""
    if show is None or not covers(_sight(part), _sight(show)):
        return ()
    return (show.title, show.original_title, *show.translated_titles)[:MOST_TITLES]


def _person(found: tuple[SearchedPerson, Sequence[tuple[LibraryId, int | None]]]) -> Document:
    person, seen = found
    born = _year(person.birth_date)
    return Document(
        id=person.id,
        kind=SearchKind.PERSON,
        sights=tuple(Sight(library_id, age) for library_id, age in seen),
        texts=_titles(name=(person.name,), also_known_as=person.also_known_as)
        | _texts(birth_place=(person.birth_place,)),
        facets=_texts(department=(person.department,), year=(_text(born),)),
        numbers=_numbers(year=born, popularity=person.popularity),
    )


def _user(user: User) -> Document:
    return Document(
        id=user.id,
        kind=SearchKind.USER,
        texts=_titles(username=(user.username,), display_name=(user.display_name,))
        | _texts(email=(user.email,)),
        facets=_texts(active=(_flag(user.is_active),)),
        numbers=_numbers(added=user.created_at.timestamp()),
    )


# -- what stands in them


def _texts(**fields: Iterable[str | None]) -> Values:
    """Fields that say something, with each text once and none of them without end."""
    once = {
        name: tuple(dict.fromkeys(text[:LONGEST_OVERVIEW] for text in texts if text))
        for name, texts in fields.items()
    }
    return {name: texts for name, texts in once.items() if texts}


def _titles(**fields: Iterable[str | None]) -> Values:
    """Like `_texts`, but each title stands only in the first field that has it."""
    seen: set[str] = set()
    found: Values = {}
    for name, titles in fields.items():
        new = tuple(dict.fromkeys(title for title in titles if title and title not in seen))
        if new:
            found[name] = new
            seen.update(new)
    return found


def _numbers(**numbers: float | None) -> Numbers:
    return {name: float(number) for name, number in numbers.items() if number is not None}


def _sight(item: Searched) -> Sight:
    return Sight(item.library_id, item.age)


def _available(item: Searched) -> str:
    return _flag(item.state is ItemState.AVAILABLE)


def _flag(value: bool) -> str:  # noqa: FBT001 - of a facet
    return "true" if value else "false"


def _text(number: int | None) -> str | None:
    return str(number) if number is not None else None


def _year(day: date | None) -> int | None:
    return day.year if day is not None else None


def _day(day: date | None) -> float | None:
    """When it begins, in seconds since 1970."""
    return (day - EPOCH).days * DAY if day is not None else None


def _minutes(seconds: int | None) -> float | None:
    return seconds / MINUTE if seconds is not None else None
