"""Movies, and the questions one can ask of a list of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from app.catalog.domain import CollectionId, ContentQuery
from app.items.domain import ItemState
from app.libraries.domain import LibraryId

MovieId = NewType("MovieId", UUID)


class Movie(Struct, frozen=True, kw_only=True):
    """A film in one library. `runtime` in seconds, `rating` from 0 to 10, `popularity` from 0."""

    id: MovieId
    library_id: LibraryId
    title: str
    sort_title: str
    original_title: str | None = None
    year: int | None = None
    release_date: date | None = None
    overview: str | None = None
    tagline: str | None = None
    runtime: int | None = None
    rating: float | None = None
    votes: int | None = None
    popularity: float | None = None
    trailer_url: str | None = None
    certification: str | None = None
    age: int | None = None
    state: ItemState = ItemState.AVAILABLE
    added_at: datetime


class Naming(Struct, frozen=True, kw_only=True):
    """By what a film is found again: `title_key` and `name_year` as the names of its files say
    them, whatever is said elsewhere; `year` as it is shown.
    """

    id: MovieId
    title_key: str
    name_year: int | None
    year: int | None

    @property
    def years(self) -> frozenset[int]:
        """Every year that is said of it."""
        return frozenset(y for y in (self.name_year, self.year) if y is not None)


def same_years(
    one: tuple[int | None, frozenset[int]], other: tuple[int | None, frozenset[int]]
) -> bool:
    """Whether films of one title can be one film, by (year in the name, all years said).

    Without a year in either name nothing may contradict; else one year has to be common to both,
    so that "Dune" is neither that of 1984 nor that of 2021.
    """
    if one[0] is None and other[0] is None:
        return not (one[1] and other[1]) or bool(one[1] & other[1])
    return bool(one[1] & other[1])


class MovieSort(StrEnum):
    """What a list of movies is ordered by."""

    TITLE = "title"
    YEAR = "year"
    ADDED = "added"
    RATING = "rating"
    POPULARITY = "popularity"
    RANDOM = "random"


class MovieQuery(ContentQuery, frozen=True, kw_only=True):
    """Which movies, in which order."""

    collection: CollectionId | None = None
    resolutions: tuple[str, ...] = ()
    hdr: bool | None = None
    sort: MovieSort = MovieSort.TITLE

    @property
    def sort_key(self) -> str:
        """Names the order, so that a cursor of another one is refused."""
        direction = "desc" if self.descending else "asc"
        return f"movies.{self.sort.value}.{direction}.{self.seed}"
