"""What content is found by, as search reads it: all names, bounded, the most telling first."""

from datetime import date, datetime
from typing import Final

from msgspec import Struct

from app.items.domain import ItemId, ItemState
from app.libraries.domain import LibraryId
from app.people.domain import PersonId

MOST_TITLES: Final = 50
MOST_KEYWORDS: Final = 60
MOST_CAST: Final = 30
MOST_NAMES: Final = 20  # of all others: directors, studios, networks, genres
MOST_OVERVIEWS: Final = 3  # its own one, and those in other languages
LONGEST_NAME: Final = 300  # characters
LONGEST_OVERVIEW: Final = 1000


class Searched(Struct, frozen=True, kw_only=True):
    """An item by its titles. `overviews` are those in other languages, its original one first;
    `people` all who are credited on it.
    """

    id: ItemId
    library_id: LibraryId
    age: int | None
    state: ItemState
    added_at: datetime
    title: str | None
    translated_titles: tuple[str, ...]
    overview: str | None
    overviews: tuple[str, ...]
    release_date: date | None
    people: tuple[PersonId, ...]


class SearchedWork(Searched, frozen=True, kw_only=True):
    """A film or show by all that is said of it. `genres` are slugs, `collection` is its names in
    all languages; `runtime` in seconds.
    """

    original_title: str | None
    alternative_titles: tuple[str, ...]
    original_language: str | None
    certification: str | None
    genres: tuple[str, ...]
    cast: tuple[str, ...]
    directors: tuple[str, ...]
    studios: tuple[str, ...]
    networks: tuple[str, ...]
    keywords: tuple[str, ...]
    collection: tuple[str, ...]
    year: int | None
    runtime: int | None
    rating: float | None
    votes: int | None
    popularity: float | None
