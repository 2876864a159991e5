"""The searched types: from here come documents, indexes, filters, facets and sorts."""

from collections.abc import Mapping
from typing import Final

from app.core.access import Permission
from app.search.domain import Facet, Number, SearchCollection, SearchField, SearchKind
from app.search.service import loading

TITLES: Final = (
    SearchField(name="title", weight=10, title=True),
    SearchField(name="original_title", weight=9, title=True),
    SearchField(name="translated_titles", weight=8, title=True),
    SearchField(name="alternative_titles", weight=7, title=True),
)
ABOUT: Final = (
    SearchField(name="cast", weight=5),
    SearchField(name="directors", weight=5),
    SearchField(name="collection", weight=4),
    SearchField(name="genres", weight=3),
    SearchField(name="studios", weight=3),
    SearchField(name="networks", weight=3),
    SearchField(name="keywords", weight=2),
    SearchField(name="overview", weight=1),
)
YEAR: Final = Facet(name="year", code=2, number=True)
LIBRARY: Final = Facet(name="library", code=8)
AVAILABLE: Final = Facet(name="available", code=9, flag=True)
SHARED: Final = (
    Facet(name="genre", code=1),
    YEAR,
    Facet(name="language", code=3),
    Facet(name="certification", code=4),
    Facet(name="director", code=5),
    Facet(name="studio", code=6),
    Facet(name="keyword", code=7),
    LIBRARY,
    AVAILABLE,
)
COMMON: Final = (Number.YEAR, Number.RELEASED, Number.ADDED, Number.RATING, Number.VOTES)

MOVIES: Final = SearchCollection(
    kind=SearchKind.MOVIE,
    permission=Permission.MOVIES_LIST,
    fields=(*TITLES, *ABOUT),
    facets=(*SHARED, Facet(name="resolution", code=10), Facet(name="hdr", code=11, flag=True)),
    sorts=(*COMMON, Number.POPULARITY, Number.RUNTIME),
    load=loading.movies,
)
SHOWS: Final = SearchCollection(
    kind=SearchKind.SHOW,
    permission=Permission.SHOWS_LIST,
    fields=(*TITLES, *ABOUT),
    facets=(*SHARED, Facet(name="network", code=12), Facet(name="status", code=13)),
    sorts=(*COMMON, Number.POPULARITY, Number.RUNTIME),
    load=loading.shows,
)
SEASONS: Final = SearchCollection(
    kind=SearchKind.SEASON,
    permission=Permission.SHOWS_LIST,
    fields=(
        SearchField(name="title", weight=10, title=True),
        SearchField(name="translated_titles", weight=8, title=True),
        SearchField(name="show_titles", weight=3),
        SearchField(name="overview", weight=1),
    ),
    facets=(
        YEAR,
        LIBRARY,
        AVAILABLE,
        Facet(name="season", code=14, number=True),
    ),
    sorts=(Number.YEAR, Number.RELEASED, Number.ADDED),
    load=loading.seasons,
)
EPISODES: Final = SearchCollection(
    kind=SearchKind.EPISODE,
    permission=Permission.SHOWS_LIST,
    fields=(
        SearchField(name="title", weight=10, title=True),
        SearchField(name="translated_titles", weight=8, title=True),
        SearchField(name="show_titles", weight=3),
        SearchField(name="guests", weight=3),
        SearchField(name="directors", weight=3),
        SearchField(name="overview", weight=1),
    ),
    facets=SEASONS.facets,
    sorts=(*COMMON, Number.RUNTIME),
    load=loading.episodes,
)
PEOPLE: Final = SearchCollection(
    kind=SearchKind.PERSON,
    permission=Permission.MOVIES_LIST,
    fields=(
        SearchField(name="name", weight=10, title=True),
        SearchField(name="also_known_as", weight=7, title=True),
        SearchField(name="birth_place", weight=1),
    ),
    facets=(Facet(name="department", code=15), YEAR),
    sorts=(Number.YEAR, Number.POPULARITY),
    load=loading.people,
)
USERS: Final = SearchCollection(
    kind=SearchKind.USER,
    permission=Permission.USERS_UPDATE,  # who is told addresses may find by them
    fields=(
        SearchField(name="username", weight=10, title=True),
        SearchField(name="display_name", weight=9, title=True),
        SearchField(name="email", weight=5),
    ),
    facets=(Facet(name="active", code=16, flag=True),),
    sorts=(Number.ADDED,),
    load=loading.users,
    scoped=False,
)
COLLECTIONS: Final[Mapping[SearchKind, SearchCollection]] = {
    one.kind: one for one in (MOVIES, SHOWS, SEASONS, EPISODES, PEOPLE, USERS)
}
