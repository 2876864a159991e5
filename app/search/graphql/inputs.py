"""What is asked with: enumerations and the filter, made of what the collections declare."""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import strawberry
from msgspec import Struct

from app.catalog.domain.genres import genre_slug
from app.catalog.graphql import refs
from app.core.errors import Invalid
from app.gql.arguments import Doc, Length
from app.gql.enums import expose
from app.search.domain import Between, Facet, Filters, Number, OneOf, SearchKind
from app.search.service.collections import COLLECTIONS

MOST_VALUES: Final = 50
MOST_VALUE: Final = 200  # characters
GENRE: Final = "genre"  # whose values are slugs, and filtered by any name of theirs
LIBRARY: Final = "library"  # which is filtered by ids
FACETS: Final[Mapping[str, Facet]] = {
    facet.name: facet for one in COLLECTIONS.values() for facet in one.facets
}
NUMBERS: Final = tuple(n for n in Number if any(n in one.sorts for one in COLLECTIONS.values()))
# What each facet is.
TOLD: Final[Mapping[str, str]] = {
    "genre": "genre",
    "year": "year of release, or of birth",
    "language": "original language, as a BCP 47 tag",
    "certification": "age certification",
    "director": "director",
    "studio": "studio",
    "keyword": "keyword",
    "library": "library",
    "available": "whether a file is there",
    "resolution": "resolution, such as 1080p",
    "hdr": "whether there is a version in HDR",
    "network": "network",
    "status": "status, such as ended",
    "season": "number of the season",
    "department": "department that somebody is known for",
    "active": "whether the account can sign in",
}


def _enumeration(name: str, values: Mapping[str, str]) -> Any:
    return enum.Enum(name, values)


def _stamp(value: date) -> float:
    moment = value if isinstance(value, datetime) else datetime(*value.timetuple()[:3], tzinfo=UTC)
    return moment.timestamp()


class Figure(Struct, frozen=True):
    """How a number is asked for: its type in the API, what it is, and how it is read."""

    type: Any
    told: str
    read: Callable[[Any], float] = float


FIGURES: Final[Mapping[Number, Figure]] = {
    Number.YEAR: Figure(int, "year of release, or of birth"),
    Number.RELEASED: Figure(date, "day of release", _stamp),
    Number.ADDED: Figure(datetime, "time at which it was added", _stamp),
    Number.RATING: Figure(float, "average rating, from 0 to 10"),
    Number.VOTES: Figure(int, "number of votes"),
    Number.POPULARITY: Figure(float, "popularity"),
    Number.RUNTIME: Figure(int, "runtime in minutes"),
}

expose(
    SearchKind,
    "What can be searched for.",
    {
        SearchKind.MOVIE: "Films.",
        SearchKind.SHOW: "Shows.",
        SearchKind.SEASON: "Seasons of shows.",
        SearchKind.EPISODE: "Episodes of shows.",
        SearchKind.PERSON: "People who took part in something in your libraries.",
        SearchKind.USER: "Accounts, for those who may list them.",
    },
)
SearchFacet = _enumeration("SearchFacet", {name.upper(): name for name in FACETS})
expose(
    SearchFacet,
    "What results can be counted by.",
    {one: f"By {TOLD[one.value]}." for one in SearchFacet},
)
SearchSort = _enumeration(
    "SearchSort", {"RELEVANCE": "relevance", **{n.name: n.value for n in NUMBERS}}
)
expose(
    SearchSort,
    "Order of results.",
    {
        SearchSort.RELEVANCE: "The best first.",
        **{SearchSort[n.name]: f"By {FIGURES[n].told}." for n in NUMBERS},
    },
)


def _fields() -> Iterator[tuple[str, Any, str]]:
    """The fields of the filter: name, type and description."""
    yield "library_ids", list[strawberry.ID], "In any of these libraries."
    for name, facet in FACETS.items():
        if name == LIBRARY:
            continue
        if facet.flag:
            yield name, bool, f"By {TOLD[name]}."
        else:
            kind = int if facet.number else str
            yield name, list[kind], f"By {TOLD[name]}: any of these, at most {MOST_VALUES}."  # type: ignore[valid-type]
    for number in NUMBERS:
        figure = FIGURES[number]
        yield f"{number.value}_from", figure.type, f"By {figure.told}: at least this."
        yield f"{number.value}_to", figure.type, f"By {figure.told}: at most this."


def _filter() -> Any:
    made: Any = type(
        "SearchFilter", (), {"__doc__": "Argument of searches.", "__annotations__": {}}
    )
    made.__module__ = __name__
    for name, kind, told in _fields():
        made.__annotations__[name] = kind | None
        setattr(made, name, strawberry.field(default=None, description=told))
    return strawberry.input(
        made, description="What all results have. Types without it are left out."
    )


SearchFilter: Any = _filter()
Filter = Annotated[SearchFilter | None, Doc("What all results have.")]
Kinds = Annotated[
    list[SearchKind] | None,
    Length(1, len(SearchKind)),
    Doc("What is searched for; by default all that you may list."),
]
IndexedKinds = Annotated[
    list[SearchKind] | None,
    Length(1, len(SearchKind)),
    Doc("What is indexed anew; by default everything."),
]


def sort_of(given: Any) -> Number | None:
    """What is sorted by; None for relevance."""
    return None if given is SearchSort.RELEVANCE else Number(given.value)


def filters_of(given: Any | None) -> Filters:
    """What a filter asks for. Raises Invalid, naming the field."""
    if given is None:
        return Filters()
    libraries = None
    if given.library_ids is not None:
        libraries = refs("library", given.library_ids, "libraryIds")
    return Filters(values=tuple(_values(given)), ranges=tuple(_ranges(given)), libraries=libraries)


def _values(given: Any) -> Iterator[OneOf]:
    for name, facet in FACETS.items():
        asked = getattr(given, name, None)
        if asked is None:
            continue
        if facet.flag:
            yield OneOf(name, (str(asked).lower(),))
        else:
            values = _checked(name, map(str, asked))
            if name == GENRE:
                values = [genre_slug(value) for value in values]
            yield OneOf(name, tuple(sorted(set(values))))


def _checked(name: str, asked: Iterable[str]) -> list[str]:
    values = list(asked)
    if not 1 <= len(values) <= MOST_VALUES:
        raise Invalid(f"{name} takes 1 to {MOST_VALUES} values.", field=name)
    if not all(1 <= len(value) <= MOST_VALUE for value in values):
        raise Invalid(f"Values of {name} have 1 to {MOST_VALUE} characters.", field=name)
    return values


def _ranges(given: Any) -> Iterator[Between]:
    for number in NUMBERS:
        read, name = FIGURES[number].read, number.value
        least, most = getattr(given, f"{name}_from"), getattr(given, f"{name}_to")
        if least is None and most is None:
            continue
        if least is not None and most is not None and least > most:
            raise Invalid(f"{name}From is more than {name}To.", field=f"{name}From")
        yield Between(
            number, None if least is None else read(least), None if most is None else read(most)
        )
