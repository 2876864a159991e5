"""The operations that are measured, and how each kind of contender is asked for them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson
from msgspec import Struct
from msgspec.structs import replace

from app.core.ids import encode_id
from bench.graphql.seeding import Seeded, Watcher

USER_HEADER: Final = "x-user-id"
PAGE: Final = """query Page($first: Int!, $after: String) {
  movies(first: $first, after: $after) {
    nodes {
      id title year overview runtime rating
      genres { id name }
      cast(first: 5) { character person { name } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
DETAIL: Final = """query Detail($id: ID!) {
  movie(id: $id) {
    id title originalTitle sortTitle year releaseDate overview tagline runtime rating votes
    popularity certification trailerUrl available addedAt
    library { name }
    genres { id name }
    cast(first: 20) { character person { name } }
    crew(first: 20) { job person { name } }
    versions { id edition resolution height duration parts { part file { id name } } }
    collection { id name overview }
    externalIds { source value }
  }
}"""
NOTHING: Final = "{ __typename }"
FILTERED: Final = """query Filtered($genre: ID!, $from: Int!, $to: Int!) {
  movies(first: 20, sort: RATING, filter: {genreIds: [$genre], yearFrom: $from, yearTo: $to}) {
    nodes { id title year rating }
    totalCount
  }
}"""
WATCHING: Final = """query Watching {
  continueWatching(first: 20) { nodes { id title progress { position duration completed } } }
}"""
YEARS: Final = (1980, 1999)
# PostGraphile names things itself: aliases and `flattened` make the same of it.
PG_PAGE: Final = """query Page($first: Int!, $after: Cursor) {
  movies: allMovies(first: $first, after: $after, orderBy: [SORT_TITLE_ASC]) {
    nodes {
      id: rowId title year overview runtime rating
      genres(orderBy: [POSITION_ASC]) { nodes { genre { id: rowId name } } }
      cast(first: 5, orderBy: [POSITION_ASC]) { nodes { character person { name } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
PG_DETAIL: Final = """query Detail($id: UUID!) {
  movie: movieByRowId(rowId: $id) {
    id: rowId title originalTitle sortTitle year releaseDate overview tagline runtime rating votes
    popularity certification trailerUrl available addedAt
    library { name }
    genres(orderBy: [POSITION_ASC]) { nodes { genre { id: rowId name } } }
    cast(first: 20, orderBy: [POSITION_ASC]) { nodes { character person { name } } }
    crew(first: 20, orderBy: [POSITION_ASC]) { nodes { job person { name } } }
    versions(orderBy: [HEIGHT_DESC]) {
      nodes {
        id: rowId edition resolution height duration
        parts(orderBy: [PART_ASC]) { nodes { part file { id: rowId name } } }
      }
    }
    collection { id: rowId name overview }
    externalIds(orderBy: [SOURCE_ASC]) { nodes { source value } }
  }
}"""
PG_FILTERED: Final = """query Filtered($genre: UUID!, $from: Int!, $to: Int!) {
  movies: ratedMovies(first: 20, genre: $genre, yearFrom: $from, yearTo: $to) {
    nodes { id: rowId title year rating }
    totalCount
  }
}"""
PG_WATCHING: Final = """query Watching {
  continueWatching(first: 20) {
    nodes { id: rowId title progress { position duration completed } }
  }
}"""


class Operation(StrEnum):
    """What is asked for."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


TITLES: Final = {
    Operation.A: "a page of 50 movies with genres and 5 cast",
    Operation.B: "one movie in detail, of 64 in turn",
    Operation.C: "`{__typename}`",
    Operation.D: "filter by genre and years, sort by rating, total count",
    Operation.E: "continue watching of a viewer",
}
DOCUMENTS: Final = {
    Operation.A: PAGE,
    Operation.B: DETAIL,
    Operation.C: NOTHING,
    Operation.D: FILTERED,
    Operation.E: WATCHING,
}
PG_DOCUMENTS: Final = {
    Operation.A: PG_PAGE,
    Operation.B: PG_DETAIL,
    Operation.C: NOTHING,
    Operation.D: PG_FILTERED,
    Operation.E: PG_WATCHING,
}


class Dialect(StrEnum):
    """How a kind of contender is asked."""

    OURS = "ours"
    GRAPHQL = "graphql"
    POSTGRAPHILE = "postgraphile"
    REST = "rest"
    TRIVIAL = "trivial"


class Request(Struct, frozen=True):
    """One HTTP request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class Asking(Struct, frozen=True):
    """Who asks for what: `after` is a cursor of operation A, `shown` which of the movies that are
    shown in operation B.
    """

    operation: Operation
    watcher: Watcher
    after: str | None = None
    shown: int = 0

    def each(self, seeded: Seeded) -> "list[Asking]":
        """What is asked for in turn under load: of B, one movie after the other."""
        if self.operation is not Operation.B:
            return [self]
        return [replace(self, shown=place) for place in range(len(seeded.shown))]


def request(dialect: Dialect, asking: Asking, seeded: Seeded) -> Request | None:
    """The request of a contender; None where it has nothing to be asked."""
    if dialect is Dialect.TRIVIAL:
        paths = {Operation.A: "/page", Operation.C: "/small"}
        path = paths.get(asking.operation)
        return None if path is None else Request("GET", path, {})
    user = {USER_HEADER: str(asking.watcher.id)}
    if dialect is Dialect.REST:
        path = _path(asking, seeded)
        return None if path is None else Request("GET", path, user)
    ours, graphile = dialect is Dialect.OURS, dialect is Dialect.POSTGRAPHILE
    documents = PG_DOCUMENTS if graphile else DOCUMENTS
    sent: dict[str, Any] = {"query": documents[asking.operation]}
    if graphile and asking.operation is not Operation.E:
        user = {}  # it would begin a transaction to set who asks
    if variables := _variables(asking, seeded, ours=ours):
        sent["variables"] = variables
    who = {"authorization": f"Bearer {asking.watcher.token}"} if ours else user
    headers = {"content-type": "application/json", "accept": "application/json", **who}
    return Request("POST", "/graphql", headers, orjson.dumps(sent))


def _variables(asking: Asking, seeded: Seeded, *, ours: bool) -> dict[str, Any]:
    def wire(kind: str, value: UUID) -> str:
        return encode_id(kind, value) if ours else str(value)

    match asking.operation:
        case Operation.A:
            after = {"after": asking.after} if asking.after is not None else {}
            return {"first": 50, **after}
        case Operation.B:
            return {"id": wire("movie", seeded.shown[asking.shown])}
        case Operation.D:
            return {"genre": wire("genre", seeded.genre), "from": YEARS[0], "to": YEARS[1]}
        case _:
            return {}


def _path(asking: Asking, seeded: Seeded) -> str | None:
    match asking.operation:
        case Operation.A:
            after = {"after": asking.after} if asking.after is not None else {}
            return f"/movies?{urlencode({'first': 50, **after})}"
        case Operation.B:
            return f"/movies/{seeded.shown[asking.shown]}"
        case Operation.D:
            wanted = {"genre": seeded.genre, "from": YEARS[0], "to": YEARS[1]}
            return f"/rated?{urlencode(wanted)}"
        case Operation.E:
            return "/watching"
        case _:
            return None
