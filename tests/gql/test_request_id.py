"""Every HTTP answer says under which id the log speaks of its request."""

from typing import Any

import httpx
import pytest

from app.container import Container
from app.core.errors import Unavailable
from app.gql.incoming import GRAPHQL, JSON
from app.main import WebApp
from tests.support.api import Api

QUERY = b'{"query": "{ __typename }"}'
HEADERS = {"content-type": JSON}


def the_id(response: httpx.Response) -> str:
    """The one id of an answer."""
    (found,) = response.headers.get_list("x-request-id")
    assert len(found) == 32
    return found


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (QUERY, {}, 200),
        (b"{", {}, 400),
        (b'{"query": "{ nope }"}', {"accept": GRAPHQL}, 400),
        (QUERY, {"accept": "text/html"}, 406),
        (b'"' + b"x" * (2 << 20) + b'"', {}, 413),
        (QUERY, {"content-type": "text/plain"}, 415),
    ],
)
async def test_answers_and_refusals(
    content: bytes, headers: dict[str, str], status: int, api: Api
) -> None:
    ids = set()
    for _ in range(2):
        response = await api.http.post("/graphql", content=content, headers=HEADERS | headers)
        assert response.status_code == status
        ids.add(the_id(response))
    assert len(ids) == 2


async def test_pages_and_failures(
    app: Container, web: WebApp, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not there, the database away, and what Starlette itself says to a failure."""
    the_id(await api.http.get("/nothing"))
    the_id(await api.http.get("/healthz"))

    async def fail(*_: Any) -> Any:
        raise raised

    raised: Exception = Unavailable("Away.")
    monkeypatch.setattr(app.principals, "viewer", fail)
    away = await api.http.post("/graphql", content=QUERY, headers=HEADERS)
    assert (away.status_code, len(the_id(away))) == (503, 32)
    raised = RuntimeError("unexpected")
    transport = httpx.ASGITransport(app=web.asgi(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://revenge.test") as client:
        failed = await client.post("/graphql", content=QUERY, headers=HEADERS)
    assert (failed.status_code, len(the_id(failed))) == (500, 32)


async def test_pages_of_other_origins_may_read_it(app: Container) -> None:
    server = app.config.server.model_copy(update={"allowed_origins": ("https://friend.test",)})
    api = Api(app, WebApp(app.config.model_copy(update={"server": server}), app))
    headers = HEADERS | {"origin": "https://friend.test"}
    response = await api.http.post("/graphql", content=QUERY, headers=headers)
    assert response.headers["access-control-allow-origin"] == "https://friend.test"
    assert "x-request-id" in response.headers["access-control-expose-headers"].lower()
    the_id(response)
    await api.close()
