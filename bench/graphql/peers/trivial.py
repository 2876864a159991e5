"""The least that a JSON endpoint of Starlette does: it answers a constant."""

import os
from typing import Any, Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SMALL: Final = {"data": {"__typename": "Query"}}


def page(octets: int) -> dict[str, Any]:
    """An answer of about this size, in the form of a page of films."""
    node = {"id": "0" * 38, "title": "A film", "overview": "x" * 150, "genres": [{"name": "War"}]}
    each = len(orjson.dumps(node)) + 1
    return {"data": {"movies": {"nodes": [node] * (octets // each)}}}


PAGE: Final = page(int(os.environ.get("PAGE_OCTETS", "24000")))


async def small(_: Request) -> Response:
    """What `{__typename}` answers."""
    return Response(orjson.dumps(SMALL), media_type="application/json")


async def large(_: Request) -> Response:
    """As much as a page of films."""
    return Response(orjson.dumps(PAGE), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/small", small), Route("/page", large)]),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
    )
