"""A deployed server, looked at from outside: `make smoke URL=https://media.example.org`."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.smoke.conftest import Deployed

PATIENCE = 15.0
LEVELS = 60


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/startupz"])
async def test_health(anonymous: Deployed, path: str) -> None:
    answer = await anonymous.client.get(anonymous.url + path)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] in {"ok", "degraded"}


async def test_nobody_is_signed_in_without_a_token(anonymous: Deployed) -> None:
    assert await anonymous.ask("{ viewer { user { id } } }") == {"viewer": None}


async def test_sign_in(signed_in: Deployed) -> None:
    data = await signed_in.ask("{ viewer { user { id username } roles { name } permissions } }")
    assert data["viewer"]["user"]["id"].startswith("user_")
    assert "profile:read" in data["viewer"]["permissions"]


async def test_a_wrong_password_is_refused(anonymous: Deployed) -> None:
    answer = await anonymous.post(
        'mutation { login(username: "nobody-at-all", password: "not-the-password") { __typename } }'
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_what_needs_an_account_needs_one(anonymous: Deployed) -> None:
    answer = await anonymous.post("{ movies { totalCount } }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_server_info(signed_in: Deployed) -> None:
    info = (await signed_in.ask("{ serverInfo { name version databaseVersion } }"))["serverInfo"]
    assert info["name"]
    assert info["version"]
    assert info["databaseVersion"]


async def test_libraries(signed_in: Deployed) -> None:
    query = "{ libraries { totalCount nodes { id name kind lastScan { state found } } } }"
    libraries = (await signed_in.ask(query))["libraries"]
    assert libraries["totalCount"] >= len(libraries["nodes"])


async def test_a_page_of_movies(signed_in: Deployed) -> None:
    query = """query ($after: String) { movies(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { id title year versions { resolution parts { file { name media { container } } } } }
    } }"""
    first = (await signed_in.ask(query))["movies"]
    assert len(first["nodes"]) == min(2, first["totalCount"])
    if first["pageInfo"]["hasNextPage"]:
        second = await signed_in.ask(query, after=first["pageInfo"]["endCursor"])
        seen = {movie["id"] for movie in first["nodes"]}
        assert seen.isdisjoint(movie["id"] for movie in second["movies"]["nodes"])


async def test_an_id_leads_back_to_its_node(signed_in: Deployed) -> None:
    own = (await signed_in.ask("{ viewer { user { id } } }"))["viewer"]["user"]["id"]
    movies = (await signed_in.ask("{ movies(first: 1) { nodes { id } } }"))["movies"]["nodes"]
    for id_ in (own, *(movie["id"] for movie in movies)):
        node = (await signed_in.ask("query ($id: ID!) { node(id: $id) { id } }", id=id_))["node"]
        assert node == {"id": id_}


async def test_the_schema_is_shown_to_those_signed_in_alone(
    anonymous: Deployed, signed_in: Deployed
) -> None:
    query = "{ __schema { queryType { name } } }"
    assert (await signed_in.ask(query))["__schema"]["queryType"]["name"] == "Query"
    found = (await anonymous.post(query)).json()
    if "errors" not in found:
        pytest.skip("this server opens its schema (REVENGE_GRAPHQL__OPEN_INTROSPECTION)")
    assert found["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_another_content_type_is_refused(anonymous: Deployed) -> None:
    answer = await anonymous.client.post(
        f"{anonymous.url}/graphql",
        content=b'{"query": "{ __typename }"}',
        headers={"content-type": "text/plain"},
    )
    assert answer.status_code == 415


async def test_a_fragment_bomb_is_refused_at_once(anonymous: Deployed) -> None:
    bomb = "{ ...F0 }" + "".join(
        f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(LEVELS)
    )
    bomb += f" fragment F{LEVELS} on Query {{ viewer {{ user {{ id }} }} }}"
    started = time.monotonic()
    answer = await anonymous.post(bomb)
    assert time.monotonic() - started < 5
    assert answer.status_code < 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"


@asynccontextmanager
async def socket(server: Deployed) -> AsyncIterator[ClientConnection]:
    """An acknowledged `graphql-transport-ws` connection."""
    protocol = Subprotocol("graphql-transport-ws")
    async with asyncio.timeout(PATIENCE), connect(server.sockets, subprotocols=[protocol]) as ws:
        assert ws.subprotocol == protocol
        payload = {"authorization": f"Bearer {server.token}"} if server.token else {}
        await ws.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await ws.recv()) == {"type": "connection_ack"}
        yield ws


async def start(ws: ClientConnection, id_: str, query: str, **variables: Any) -> None:
    """Begin an operation over a websocket."""
    payload = {"query": query, "variables": variables}
    await ws.send(json.dumps({"id": id_, "type": "subscribe", "payload": payload}))


async def test_a_websocket_is_acknowledged(anonymous: Deployed) -> None:
    async with socket(anonymous) as ws:
        await ws.send(json.dumps({"type": "ping"}))
        assert json.loads(await ws.recv()) == {"type": "pong"}


async def test_a_subscription_starts(signed_in: Deployed) -> None:
    async with socket(signed_in) as ws:
        await start(ws, "live", "subscription { libraryChanged { event } }")
        await start(ws, "once", "{ __typename }")
        # A change of a library may come in between; a refusal of the subscription may not.
        answered = False
        while not answered:
            frame = json.loads(await ws.recv())
            assert frame["type"] == "next" or frame["id"] == "once", frame
            answered = frame["id"] == "once" and frame["type"] == "complete"
        await ws.send(json.dumps({"id": "live", "type": "complete"}))


async def test_a_subscription_brings_the_newest_scan(signed_in: Deployed) -> None:
    query = "{ libraries(first: 100) { nodes { id lastScan { id } } } }"
    libraries = (await signed_in.ask(query))["libraries"]["nodes"]
    scanned = next((library for library in libraries if library["lastScan"]), None)
    if scanned is None:
        pytest.skip("no library of this server has been scanned")
    async with socket(signed_in) as ws:
        follow = "subscription ($id: ID!) { scanProgress(libraryId: $id) { state fraction } }"
        await start(ws, "scan", follow, id=scanned["id"])
        frame = json.loads(await ws.recv())
    assert frame["type"] == "next", frame
    assert 0 <= frame["payload"]["data"]["scanProgress"]["fraction"] <= 1
