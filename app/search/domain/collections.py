"""What is searched: one declaration for each type, from which everything else is made."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from app.core.access import Permission


class SearchKind(StrEnum):
    """What can be found; also the prefix of its id."""

    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"
    PERSON = "person"
    USER = "user"


class Number(StrEnum):
    """What is sorted by; a name means one thing in all collections.

    Days and moments are seconds since 1970, the runtime minutes.
    """

    YEAR = "year"
    RELEASED = "released"
    ADDED = "added"
    RATING = "rating"
    VOTES = "votes"
    POPULARITY = "popularity"
    RUNTIME = "runtime"


class Sight(Struct, frozen=True, array_like=True):
    """Where something can be seen: a library, and from which age on there; None is unrated."""

    library_id: UUID
    age: int | None = None


class Document(Struct, frozen=True, kw_only=True):
    """What is known of one thing for searching: texts by field, facets as texts, numbers.

    It has no field that its own sights do not cover: whoever sees it may find it by all of it.
    Without sights it is in no library, and its collection's permission alone decides. `people` are
    the persons that it names, whose own documents follow from it.
    """

    id: UUID
    kind: SearchKind
    sights: tuple[Sight, ...] = ()
    texts: Mapping[str, tuple[str, ...]] = {}
    facets: Mapping[str, tuple[str, ...]] = {}
    numbers: Mapping[str, float] = {}
    people: tuple[UUID, ...] = ()


Load = Callable[[Any, Collection[UUID]], Awaitable[Mapping[UUID, Document]]]
"""`(app, ids)`: the documents of what there is of these ids, in at most a handful of statements."""


class SearchField(Struct, frozen=True, kw_only=True):
    """A text that is searched. `weight` is from 1 to 10; a `title` is what the thing is called:
    completed, corrected, and what a hit is recognised by.
    """

    name: str
    weight: int
    title: bool = False


class Facet(Struct, frozen=True, kw_only=True):
    """What hits are counted and filtered by; `flag` is "true" or "false", `number` a number.

    Facets of one name are one, with one code, which is stored: another never gets it.
    """

    name: str
    code: int
    flag: bool = False
    number: bool = False


class SearchCollection(Struct, frozen=True, kw_only=True):
    """One searched type."""

    kind: SearchKind
    permission: Permission
    fields: tuple[SearchField, ...]
    facets: tuple[Facet, ...] = ()
    sorts: tuple[Number, ...] = ()
    load: Load
    scoped: bool = True
    """Whether its documents are in libraries; others are for their permission's holders alone."""

    @property
    def titles(self) -> tuple[str, ...]:
        """The fields that are titles, the most telling first."""
        return tuple(field.name for field in self.fields if field.title)


MOST_QUERY: Final = 200  # characters
MOST_HITS: Final = 1000  # that pages go through
MOST_FACET_VALUES: Final = 50
