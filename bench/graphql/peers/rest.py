"""A hand-written REST endpoint for each operation: Starlette, asyncpg, orjson."""

import contextlib
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.graphql.operations import USER_HEADER
from bench.graphql.peers.queries import SQL, cursor_of, place_of

LISTED: Final = "m.id, m.title, m.year, m.overview, m.runtime, m.rating, m.sort_title"
PAGE: Final = f"""select {LISTED} from movies m join items i on i.id = m.id
where i.state = 'available' order by m.sort_title, m.id limit $1"""
AFTER: Final = f"""select {LISTED} from movies m join items i on i.id = m.id
where i.state = 'available' and (m.sort_title, m.id) > ($2, $3)
order by m.sort_title, m.id limit $1"""
CREDITS: Final = """select c.item_id, c.kind, c.character, c.job, p.name
from (select item_id, kind, character, job, person_id, position,
             row_number() over (partition by item_id, kind order by position) as place
        from credits where item_id = any($1) and kind = any($2)) c
join people p on p.id = c.person_id
where c.place <= $3 order by c.item_id, c.kind, c.position"""
RATED: Final = """select m.id, m.title, m.year, m.rating from movies m join items i on i.id = m.id
where i.state = 'available' and m.year between $2 and $3
  and exists (select from item_genres g where g.item_id = m.id and g.genre_id = $4)
order by m.rating desc nulls last, m.id desc limit $1"""
CONTINUING: Final = """select m.id, m.title, p.position, p.duration, p.completed
from watch_progress p join movies m on m.id = p.item_id join items i on i.id = m.id
where p.user_id = $1 and not p.completed and p.position > 0
  and (p.duration is null or p.position >= 0.05 * p.duration) and i.state = 'available'
order by p.last_watched_at desc, p.item_id desc limit $2"""
MOVIE: Final = f"""select found.*, l.name as library
from ({SQL["movies"]}) found join libraries l on l.id = found."libraryId\""""


def answer(found: Any) -> Response:
    """As JSON."""
    return Response(orjson.dumps(found, default=str), media_type="application/json")


def by_item(rows: Iterable[Any]) -> dict[UUID, list[dict[str, Any]]]:
    """Genres of films."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["itemId"]].append({"id": row["id"], "name": row["name"]})
    return found


async def movies(request: Request) -> Response:
    """Operation A."""
    first, after = int(request.query_params["first"]), request.query_params.get("after")
    async with request.app.state.pool.acquire() as connection:
        if after is None:
            rows = await connection.fetch(PAGE, first + 1)
        else:
            rows = await connection.fetch(AFTER, first + 1, *place_of(after))
        page = rows[:first]
        ids = [row["id"] for row in page]
        genres = by_item(await connection.fetch(SQL["genres"], ids))
        credited = await connection.fetch(CREDITS, ids, ["cast"], 5)
    cast: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in credited:
        member = {"character": row["character"], "person": {"name": row["name"]}}
        cast[row["item_id"]].append(member)
    nodes = [
        {
            "id": row["id"],
            "title": row["title"],
            "year": row["year"],
            "overview": row["overview"],
            "runtime": row["runtime"],
            "rating": row["rating"],
            "genres": genres[row["id"]],
            "cast": cast[row["id"]],
        }
        for row in page
    ]
    last = page[-1] if page else None
    end = None if last is None else cursor_of(last["sort_title"], last["id"])
    info = {"hasNextPage": len(rows) > first, "endCursor": end}
    return answer({"movies": {"nodes": nodes, "pageInfo": info}})


async def movie(request: Request) -> Response:
    """Operation B."""
    ids = [UUID(request.path_params["id"])]
    async with request.app.state.pool.acquire() as connection:
        found = dict(await connection.fetchrow(MOVIE, ids))
        del found["libraryId"]
        found["library"] = {"name": found["library"]}
        found["genres"] = by_item(await connection.fetch(SQL["genres"], ids))[ids[0]]
        credited = await connection.fetch(CREDITS, ids, ["cast", "crew"], 20)
        versions = await connection.fetch(SQL["versions"], ids)
        collection = await connection.fetchrow(SQL["collections"], ids)
        external = await connection.fetch(SQL["external_ids"], ids)
    for kind, said in (("cast", "character"), ("crew", "job")):
        found[kind] = [
            {said: row[said], "person": {"name": row["name"]}}
            for row in credited
            if row["kind"] == kind
        ]
    found["versions"] = list(_versions(versions).values())
    named = ("id", "name", "overview")
    found["collection"] = {n: collection[n] for n in named} if collection else None
    found["externalIds"] = [{n: row[n] for n in ("source", "value")} for row in external]
    return answer({"movie": found})


def _versions(rows: Iterable[Any]) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        names = ("id", "edition", "resolution", "height", "duration")
        version = found.setdefault(row["id"], {**{n: row[n] for n in names}, "parts": []})
        file = {"id": row["fileId"], "name": row["fileName"]}
        version["parts"].append({"part": row["part"], "file": file})
    return found


async def rated(request: Request) -> Response:
    """Operation D."""
    given = request.query_params
    years, genre = (int(given["from"]), int(given["to"])), UUID(given["genre"])
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(RATED, 20, *years, genre)
        total = await connection.fetchval(SQL["rated_count"], *years, genre)
    return answer({"movies": {"nodes": [dict(row) for row in rows], "totalCount": total}})


async def watching(request: Request) -> Response:
    """Operation E."""
    user = UUID(request.headers[USER_HEADER])
    rows = await request.app.state.pool.fetch(CONTINUING, user, 20)
    of_progress = ("position", "duration", "completed")
    nodes = [
        {"id": row["id"], "title": row["title"], "progress": {n: row[n] for n in of_progress}}
        for row in rows
    ]
    return answer({"continueWatching": {"nodes": nodes}})


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """The pool."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as app.state.pool:
        yield


ROUTES: Final = (
    Route("/movies", movies),
    Route("/movies/{id}", movie),
    Route("/rated", rated),
    Route("/watching", watching),
)


def application() -> Starlette:
    """The server."""
    return Starlette(routes=ROUTES, lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        application(),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
    )
