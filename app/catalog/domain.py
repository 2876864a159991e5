"""Genres, credits, external ids and collections."""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NewType
from uuid import UUID

from msgspec import Struct

from app.items.domain import ItemId
from app.people.domain import PersonId

GenreId = NewType("GenreId", UUID)
CollectionId = NewType("CollectionId", UUID)


class Genre(Struct, frozen=True, kw_only=True):
    """A genre; `slug` is its name in lower case with dashes."""

    id: GenreId
    name: str
    slug: str


class CreditKind(StrEnum):
    """In front of the camera or behind it."""

    CAST = "cast"
    CREW = "crew"


class Credit(Struct, frozen=True, kw_only=True):
    """A person's part in an item: a character, or a job such as "Director"."""

    id: UUID
    item_id: ItemId
    person_id: PersonId
    kind: CreditKind
    character: str | None = None
    job: str | None = None
    position: int = 0


class ExternalId(Struct, frozen=True, kw_only=True):
    """The id of an item elsewhere: source "imdb", value "tt0133093"."""

    source: str
    value: str


class Collection(Struct, frozen=True, kw_only=True):
    """Films that belong together."""

    id: CollectionId
    name: str
    overview: str | None = None


class Person(Struct, frozen=True, kw_only=True):
    """A person as an NFO file names one."""

    name: str
    character: str | None = None
    job: str | None = None
    portrait_url: str | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """A picture as an NFO file names one: its aspect ("poster", "fanart") and address."""

    aspect: str
    url: str


class Details(Struct, frozen=True, kw_only=True):
    """What is said of a movie or episode by a file beside it or inside it; all of it optional."""

    title: str | None = None
    original_title: str | None = None
    sort_title: str | None = None
    year: int | None = None
    release_date: str | None = None
    overview: str | None = None
    tagline: str | None = None
    runtime: int | None = None
    certification: str | None = None
    rating: float | None = None
    votes: int | None = None
    genres: tuple[str, ...] = ()
    cast: tuple[Person, ...] = ()
    crew: tuple[Person, ...] = ()
    collection: str | None = None
    collection_overview: str | None = None
    ids: Mapping[str, str] = {}
    pictures: tuple[Picture, ...] = ()
    trailer_url: str | None = None


def merged(said: Iterable[Details]) -> Details:
    """What several files, one at least, say of one thing: the first that says it is believed."""
    first, *others = said
    if not others:
        return first
    found: dict[str, Any] = {}
    for details in (first, *others):
        values = {n: v for n in Details.__struct_fields__ if (v := getattr(details, n))}
        # These two belong to what another field says, and are not taken without it.
        if "rating" in found:
            values.pop("votes", None)
        if found.get("collection") not in {None, details.collection}:
            values.pop("collection_overview", None)
        ids = {**values.pop("ids", {}), **found.get("ids", {})}
        found = {**values, **found, "ids": ids}
    return Details(**found)


MOST_SLUG: Final = 400
SOURCES: Final = frozenset({"tmdb", "imdb", "tvdb", "trakt", "anidb", "tvmaze", "wikidata"})
"""Whose ids say which film it is; one of its collection ("tmdbSet") would make them all one."""


def slug(name: str) -> str:
    """A name as a key: "Science-Fiction" and "science fiction" are one."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return "-".join(words.split())[:MOST_SLUG]
