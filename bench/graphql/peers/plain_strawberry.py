"""The operations' schema in plain Strawberry: types with resolvers, DataLoaders, asyncpg."""

import contextlib
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from bench.graphql.operations import USER_HEADER
from bench.graphql.peers.queries import SQL, cursor_of, place_of

V = TypeVar("V")


class Context:
    """What one request has: the pool, the user and the loaders."""

    def __init__(self, pool: Any, user: UUID | None) -> None:
        self.pool, self.user = pool, user
        self.genres = self._lists("genres", lambda r: Genre(id=r["id"], name=r["name"]))
        self.external_ids = self._lists(
            "external_ids", lambda r: ExternalId(source=r["source"], value=r["value"])
        )
        self.collections = self._single(
            "collections",
            "itemId",
            lambda r: Collection(id=r["id"], name=r["name"], overview=r["overview"]),
        )
        self.people = self._single("people", "id", lambda r: Person(name=r["name"]))
        self.libraries = self._single("libraries", "id", lambda r: Library(name=r["name"]))
        self.versions = DataLoader(load_fn=self._versions)
        self.progress = DataLoader(load_fn=self._progress)
        self._credits: dict[tuple[str, int], DataLoader[UUID, list[Credit]]] = {}

    def credits(self, kind: str, first: int) -> "DataLoader[UUID, list[Credit]]":
        """The loader of this kind of credits."""
        made = self._credits.get((kind, first))
        if made is None:
            made = self._credits[kind, first] = self._lists("credits", Credit.of, kind, first)
        return made

    def _lists(
        self, query: str, make: Callable[[Any], V], *arguments: Any
    ) -> "DataLoader[UUID, list[V]]":
        async def load(keys: list[UUID]) -> list[list[V]]:
            found: dict[UUID, list[V]] = {key: [] for key in keys}
            for row in await self.pool.fetch(SQL[query], keys, *arguments):
                found[row["itemId"]].append(make(row))
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)

    def _single(
        self, query: str, key_name: str, make: Callable[[Any], V]
    ) -> "DataLoader[UUID, V | None]":
        async def load(keys: list[UUID]) -> list[V | None]:
            rows = await self.pool.fetch(SQL[query], keys)
            found = {row[key_name]: make(row) for row in rows}
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    async def _versions(self, keys: list[UUID]) -> "list[list[Version]]":
        rows = await self.pool.fetch(SQL["versions"], keys)
        return [versions_of(row for row in rows if row["itemId"] == key) for key in keys]

    async def _progress(self, keys: list[UUID]) -> "list[Progress | None]":
        rows = await self.pool.fetch(SQL["progress"], self.user, keys)
        found = {
            row["itemId"]: Progress(
                position=row["position"], duration=row["duration"], completed=row["completed"]
            )
            for row in rows
        }
        return [found.get(key) for key in keys]


Asked = Info[Context, None]


@strawberry.type
class Genre:
    """A genre."""

    id: UUID
    name: str


@strawberry.type
class Person:
    """Somebody in a film."""

    name: str


@strawberry.type
class Credit:
    """Somebody's part in a film."""

    character: str | None
    job: str | None
    person_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: Any) -> "Credit":
        """A credit of a row."""
        return cls(character=row["character"], job=row["job"], person_id=row["personId"])

    @strawberry.field
    async def person(self, info: Asked) -> Person | None:
        """Who."""
        return await info.context.people.load(self.person_id)


@strawberry.type
class File:
    """A file."""

    id: UUID
    name: str


@strawberry.type
class Part:
    """One file of a version."""

    part: int | None
    file: File | None


@strawberry.type
class Version:
    """A version of a film."""

    id: UUID
    edition: str | None
    resolution: str | None
    height: int | None
    duration: float | None
    parts: list[Part]


def versions_of(rows: Iterable[Any]) -> list[Version]:
    """The versions of one film."""
    found: dict[UUID, Version] = {}
    for row in rows:
        names = ("id", "edition", "resolution", "height", "duration")
        version = found.setdefault(row["id"], Version(**{n: row[n] for n in names}, parts=[]))
        version.parts.append(
            Part(part=row["part"], file=File(id=row["fileId"], name=row["fileName"]))
        )
    return list(found.values())


@strawberry.type
class Collection:
    """Films that belong together."""

    id: UUID
    name: str
    overview: str | None


@strawberry.type
class ExternalId:
    """An id elsewhere."""

    source: str
    value: str


@strawberry.type
class Library:
    """A library."""

    name: str


@strawberry.type
class Progress:
    """A viewer's progress."""

    position: float
    duration: float | None
    completed: bool


@cache
def _snake(name: str) -> str:
    """`sortTitle` as Python writes it."""
    return re.sub("([A-Z])", r"_\1", name).lower()


@strawberry.type
class Movie:
    """A film."""

    id: UUID
    title: str
    original_title: str | None
    sort_title: str
    year: int | None
    release_date: date | None
    overview: str | None
    tagline: str | None
    runtime: int | None
    rating: float | None
    votes: int | None
    popularity: float | None
    trailer_url: str | None
    certification: str | None
    available: bool
    added_at: datetime
    library_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: Any) -> "Movie":
        """A film of a row."""
        return cls(**{_snake(name): value for name, value in row.items()})

    @strawberry.field
    async def library(self, info: Asked) -> Library | None:
        """Where it is."""
        return await info.context.libraries.load(self.library_id)

    @strawberry.field
    async def genres(self, info: Asked) -> list[Genre]:
        """Its genres."""
        return await info.context.genres.load(self.id)

    @strawberry.field
    async def cast(self, info: Asked, first: int = 20) -> list[Credit]:
        """In front of the camera."""
        return await info.context.credits("cast", first).load(self.id)

    @strawberry.field
    async def crew(self, info: Asked, first: int = 20) -> list[Credit]:
        """Behind it."""
        return await info.context.credits("crew", first).load(self.id)

    @strawberry.field
    async def versions(self, info: Asked) -> list[Version]:
        """What can be played."""
        return await info.context.versions.load(self.id)

    @strawberry.field
    async def collection(self, info: Asked) -> Collection | None:
        """What it belongs to."""
        return await info.context.collections.load(self.id)

    @strawberry.field
    async def external_ids(self, info: Asked) -> list[ExternalId]:
        """Its ids elsewhere."""
        return await info.context.external_ids.load(self.id)

    @strawberry.field
    async def progress(self, info: Asked) -> Progress | None:
        """The viewer's progress."""
        return await info.context.progress.load(self.id)


@strawberry.type
class PageInfo:
    """Where a page ends."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class MovieConnection:
    """A page of films."""

    nodes: list[Movie]
    page_info: PageInfo
    counted: strawberry.Private[tuple[Any, ...]] = ()

    @strawberry.field
    async def total_count(self, info: Asked) -> int:
        """How many there are in all."""
        return int(await info.context.pool.fetchval(SQL["rated_count"], *self.counted))


@strawberry.input
class MovieFilter:
    """Which films."""

    genre_ids: list[strawberry.ID]
    year_from: int
    year_to: int


@strawberry.enum
class MovieSort(Enum):
    """Orders of films."""

    TITLE = "title"
    RATING = "rating"


def connection(rows: list[Any], first: int, *counted: Any) -> MovieConnection:
    """A page of one row more than is shown."""
    page = rows[:first]
    end = cursor_of(page[-1]["sortTitle"], page[-1]["id"]) if page else None
    info = PageInfo(has_next_page=len(rows) > first, end_cursor=end)
    return MovieConnection(nodes=[Movie.of(row) for row in page], page_info=info, counted=counted)


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def movies(
        self,
        info: Asked,
        filter: MovieFilter | None = None,  # noqa: A002
        sort: MovieSort = MovieSort.TITLE,
        first: int = 20,
        after: str | None = None,
    ) -> MovieConnection:
        """Films by title, or those of a filter by rating."""
        pool = info.context.pool
        if filter is not None and sort is MovieSort.RATING:
            genre = UUID(filter.genre_ids[0])
            wanted = filter.year_from, filter.year_to, genre
            return connection(await pool.fetch(SQL["rated"], first + 1, *wanted), first, *wanted)
        if after is not None:
            rows = await pool.fetch(SQL["page_after"], first + 1, *place_of(after))
        else:
            rows = await pool.fetch(SQL["page"], first + 1)
        return connection(rows, first)

    @strawberry.field
    async def movie(self, info: Asked, id: strawberry.ID) -> Movie | None:  # noqa: A002
        """A film."""
        row = await info.context.pool.fetchrow(SQL["movies"], [UUID(id)])
        return None if row is None else Movie.of(row)

    @strawberry.field
    async def continue_watching(self, info: Asked, first: int = 20) -> MovieConnection:
        """What the viewer has begun."""
        rows = await info.context.pool.fetch(SQL["continuing"], info.context.user, first + 1)
        return connection(rows, first)


class Server(GraphQL[Context, None]):
    """Strawberry's own ASGI application."""

    pool: Any

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002
    ) -> Context:
        """New loaders for every request."""
        user = request.headers.get(USER_HEADER)
        return Context(self.pool, UUID(user) if user else None)


def application() -> Starlette:
    """The server."""
    server = Server(strawberry.Schema(query=Query))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as server.pool:
            yield

    return Starlette(routes=[Route("/graphql", server)], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        application(),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
    )
