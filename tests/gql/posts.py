"""Requests over HTTP, and the error of an answer."""

from typing import Any

import httpx
import orjson

from tests.support.api import Api
from tests.support.people import Somebody

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
TYPENAME = b'{"query":"{ __typename }"}'


async def post(
    api: Api,
    body: Any = TYPENAME,
    who: Somebody | None = None,
    **headers: str,
) -> httpx.Response:
    """A request as it is, with `content_type` and the like as headers."""
    given = {"content-type": JSON} | {k.replace("_", "-"): v for k, v in headers.items()}
    if who is not None:
        given["authorization"] = who.authorization
    return await api.http.post("/graphql", content=body, headers=given)


def error(response: httpx.Response) -> dict[str, Any]:
    """The first error of an answer."""
    found: dict[str, Any] = orjson.loads(response.content)["errors"][0]
    return found


def body(query: str = "{ __typename }", **more: Any) -> bytes:
    return orjson.dumps({"query": query, **more})
