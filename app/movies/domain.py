"""Movies, and the questions one can ask of a list of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from app.catalog.domain import CollectionId, ContentQuery
from app.catalog.domain.searched import SearchedWork
from app.items.domain import ItemState
from app.libraries.domain import LibraryId

MovieId = NewType("MovieId", UUID)


class Movie(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
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


class SearchedMovie(SearchedWork, frozen=True, kw_only=True):
    """A film by all that is said of it, and what its versions are like; None is unknown."""

    resolutions: tuple[str | None, ...] | None
    hdr: bool | None


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
