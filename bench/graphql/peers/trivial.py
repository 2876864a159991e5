"""The least that a JSON endpoint of Starlette does: it answers a constant."""

import os
from typing import Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SMALL: Final = {"data": {"__typename": "Query"}}


NODE: Final = {
    "id": f"movie_{'0' * 32}",
    "title": "Film 0000000",
    "year": 2000,
    "overview": "x" * 151,
    "runtime": 7200,
    "rating": 7.5,
    "genres": [{"id": f"genre_{'0' * 32}", "name": "Western"}] * 3,
    "cast": [{"character": "Clara the 1.", "person": {"name": "Clara Hansen 0000"}}] * 5,
}
# As much as a page of films.
PAGE: Final = {
    "data": {
        "movies": {
            "nodes": [NODE] * 50,
            "pageInfo": {"hasNextPage": True, "endCursor": "x" * 80},
        }
    }
}


async def small(_: Request) -> Response:
    """What `{__typename}` answers."""
    return Response(orjson.dumps(SMALL), media_type="application/json")


async def large(_: Request) -> Response:
    """What a page of films answers."""
    return Response(orjson.dumps(PAGE), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/small", small), Route("/page", large)]),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
    )
