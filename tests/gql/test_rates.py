"""Rate limits of the API: who is limited, by what, before what, and how it is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.ratelimit import Tier, TooOften
from app.gql.rates import charge_field
from app.main import WebApp
from tests.conftest import make_config
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.support.sockets import SocketClosed, connected
from tests.support.statements import caused

JSON = "application/json"
TYPENAME = "{ __typename }"
LOGIN = """mutation { login(username: "nobody", password: "wrong wrong wrong") { __typename } }"""
RATE = "{ rateLimit { tier limit remaining resetAt cost } }"


class Limited:
    """The application with limits, asked from any address."""

    def __init__(self, app: Container) -> None:
        self.app = app
        self.web = WebApp(app.config, app)

    async def numbers(self, **numbers: float) -> None:
        """Change settings such as `global_burst`."""
        for name, value in numbers.items():
            await self.app.settings.update(SYSTEM, f"limits.{name.replace('_', '.')}", value)

    async def send(
        self,
        body: str | bytes = TYPENAME,
        who: Somebody | None = None,
        *,
        address: str = "203.0.113.5",
        **headers: str,
    ) -> httpx.Response:
        """A query from an address; bytes are the body as it is."""
        given = {"content-type": JSON} | {k.replace("_", "-"): v for k, v in headers.items()}
        if who is not None:
            given["authorization"] = who.authorization
        content = body if isinstance(body, bytes) else orjson.dumps({"query": body})
        async with self.client(address) as client:
            return await client.post("/graphql", content=content, headers=given)

    def client(self, address: str) -> httpx.AsyncClient:
        """A client at an address."""
        transport = httpx.ASGITransport(app=self.web.asgi(), client=(address, 4000))
        return httpx.AsyncClient(transport=transport, base_url="http://revenge.test")


@pytest.fixture
async def limited(
    app: Container, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Limited]:
    limits = {"enabled": True}
    made = Container(make_config(database_url, redis_url, tmp_path, limits=limits))
    await made.open()
    yield Limited(made)
    await made.close()


def refusal(response: httpx.Response) -> dict[str, Any]:
    """The extensions of the first error, which has to be a refusal that says when to come back."""
    extensions: dict[str, Any] = orjson.loads(response.content)["errors"][0]["extensions"]
    assert extensions["code"] == "RATE_LIMITED", extensions
    assert extensions["retryAfter"] > 0
    assert int(response.headers["retry-after"]) >= max(1, int(extensions["retryAfter"]))
    return extensions


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{nonsense", {}, 400),
        (b"[]", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"{}", {"content_type": "text/plain"}, 415),
        (b"x" * 300_000, {}, 413),
        (b"{}", {"accept": "text/html"}, 406),
        (TYPENAME, {"authorization": "Bearer rvs_" + "x" * 43}, 200),
        (TYPENAME, {"authorization": "Basic eDp5"}, 200),
        (TYPENAME, {"x_api_key": "rv_" + "0" * 64}, 200),
    ],
)
async def test_s6_malformed_bodies_and_bad_credentials_are_limited_too(
    body: Any, headers: dict[str, str], status: int, limited: Limited
) -> None:
    await limited.numbers(global_burst=5, global_rate=0.1)
    for _ in range(5):
        assert (await limited.send(body, None, **headers)).status_code == status
    response = await limited.send(body, None, **headers)
    assert response.status_code == 429
    assert refusal(response)["rateLimit"]["tier"] == "GLOBAL"
    assert (await limited.send()).status_code == 429
    assert (await limited.send(address="203.0.113.6")).status_code == 200


async def test_s6_headers_of_a_stranger_change_nothing(limited: Limited) -> None:
    await limited.numbers(global_burst=5, global_rate=0.1)
    found = []
    for n in range(20):
        spoofed = f"198.51.100.{n}"
        response = await limited.send(
            x_forwarded_for=spoofed,
            x_real_ip=spoofed,
            forwarded=f"for={spoofed}",
            true_client_ip=spoofed,
            cf_connecting_ip=spoofed,
            x_client_ip=spoofed,
        )
        found.append(response.status_code)
    assert found == [200] * 5 + [429] * 15


async def test_s6_behind_a_proxy_it_is_the_hop_that_the_proxy_saw(limited: Limited) -> None:
    """The control: who comes through a trusted proxy has a limit of their own, however they lie."""
    await limited.numbers(global_burst=5, global_rate=0.1)
    for n in range(5):
        told = f"198.51.100.{n}, 203.0.113.9"
        response = await limited.send(address="127.0.0.1", x_forwarded_for=told)
        assert response.status_code == 200
    told = "198.51.100.77, 203.0.113.9"
    assert (await limited.send(address="127.0.0.1", x_forwarded_for=told)).status_code == 429
    told = "203.0.113.10"
    assert (await limited.send(address="127.0.0.1", x_forwarded_for=told)).status_code == 200


async def test_s6_retry_after_is_sent_and_is_true(limited: Limited) -> None:
    await limited.numbers(global_burst=2, global_rate=4)
    assert [(await limited.send()).status_code for _ in range(2)] == [200, 200]
    response = await limited.send()
    assert response.status_code == 429
    wait = refusal(response)["retryAfter"]
    assert 0 < wait <= 0.6
    assert response.headers["retry-after"] == "1"
    await asyncio.sleep(wait + 0.1)
    assert (await limited.send()).status_code == 200


async def test_what_is_left_is_told(limited: Limited, people: People) -> None:
    ann = await people.make()
    await limited.numbers(global_burst=100, global_rate=50)
    response = await limited.send(RATE, ann)
    answer = orjson.loads(response.content)
    shown = answer["data"]["rateLimit"]
    assert (shown["tier"], shown["limit"], shown["remaining"]) == ("GLOBAL", 100, 99)
    told = answer["extensions"]["rateLimit"]
    assert (told["limit"], told["remaining"], told["cost"]) == (100, 99, shown["cost"])
    headers = response.headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("100", "99")
    assert headers["ratelimit-policy"] == '"global";q=100;w=2'
    assert headers["ratelimit"] == f'"global";r=99;t={headers["ratelimit-reset"]}'
    assert 1 <= int(headers["ratelimit-reset"]) <= 3
    assert "retry-after" not in headers
    refused = await limited.send(b"{nonsense")
    assert refused.headers["ratelimit-limit"] == "100"


async def test_an_account_has_one_limit_from_wherever_it_asks(
    limited: Limited, people: People
) -> None:
    ann, bob = await people.make(), await people.make()
    again = Somebody(ann.id, ann.username, await people.session(ann.id))
    await limited.numbers(global_burst=6, global_rate=0.1)
    found = [
        (await limited.send(TYPENAME, (ann, again)[n % 2], address=f"203.0.113.{n}")).status_code
        for n in range(10)
    ]
    assert found == [200] * 6 + [429] * 4
    assert (await limited.send(TYPENAME, bob, address="203.0.113.99")).status_code == 200


async def test_an_operation_takes_by_its_cost(limited: Limited, people: People) -> None:
    ann = await people.make()
    await limited.numbers(global_burst=100, global_rate=0.5)
    dear = f"{{ movies(first: 100) {{ nodes {{ id title }} }} {RATE[1:]}"
    answer = orjson.loads((await limited.send(dear, ann)).content)
    shown = answer["data"]["rateLimit"]
    assert shown["cost"] > 200
    assert shown["remaining"] == 100 - -(-shown["cost"] // 100)


async def test_secrets_are_checked_only_so_often(limited: Limited) -> None:
    """And what is refused is refused before anything is read or hashed."""
    await limited.numbers(auth_burst=3, auth_rate=0.1)
    for _ in range(3):
        assert "RATE_LIMITED" not in (await limited.send(LOGIN)).text
    seen: list[str] = []
    limited.app.db.statements = caused(seen)
    try:
        response = await limited.send(LOGIN)
    finally:
        limited.app.db.statements = None
    assert seen == []
    assert response.status_code == 200
    assert refusal(response)["rateLimit"]["tier"] == "AUTH"
    assert (await limited.send(address="203.0.113.5")).status_code == 200  # the rest goes on
    other = await limited.send(LOGIN, address="203.0.113.6")
    assert "RATE_LIMITED" not in other.text


async def test_an_accounts_own_secrets_are_limited_from_all_addresses(
    limited: Limited, people: People
) -> None:
    ann = await people.make()
    await limited.numbers(auth_burst=2, auth_rate=0.1)
    prove = 'mutation { reauthenticate(password: "wrong wrong wrong") }'
    found = [
        "RATE_LIMITED" in (await limited.send(prove, ann, address=f"203.0.113.{n}")).text
        for n in range(4)
    ]
    assert found == [False, False, True, True]


async def test_mutations_have_a_limit_of_their_own(limited: Limited, people: People) -> None:
    ann = await people.make()
    await limited.numbers(mutation_burst=4, mutation_rate=0.1)
    one = 'updateUserSetting(key: "display.theme", value: "dark") { key }'
    two = f"mutation {{ a: {one} b: {one} }}"
    assert [(await limited.send(two, ann)).status_code for _ in range(3)] == [200, 200, 429]
    response = await limited.send(two, ann)
    assert refusal(response)["rateLimit"]["tier"] == "MUTATION"
    assert response.headers["ratelimit-limit"] == "4"
    assert (await limited.send(TYPENAME, ann)).status_code == 200


async def test_other_routes_are_limited_and_probes_are_not(limited: Limited) -> None:
    await limited.numbers(global_burst=5, global_rate=0.1)
    async with limited.client("203.0.113.5") as client:
        found = [(await client.get("/activity/export")).status_code for _ in range(7)]
        assert found[:5] == [401] * 5
        assert found[5:] == [429] * 2
        assert (await client.get("/nowhere")).status_code == 429
        assert (await client.get("/graphql")).status_code == 429
        response = await client.get("/nowhere")
        assert response.headers["retry-after"]
        assert response.headers["x-content-type-options"] == "nosniff"
        for path in ("/healthz", "/readyz", "/startupz"):
            assert (await client.get(path)).status_code == 200


async def test_websockets_are_limited_alike(limited: Limited, people: People) -> None:
    await limited.numbers(global_burst=5, global_rate=0.1)
    asgi = limited.web.asgi()
    async with connected(asgi) as socket:  # takes one for the handshake, one for the beginning
        await socket.init()
        answers = []
        for n in range(5):
            socket.subscribe(f"{n}", TYPENAME)
            answers.append(await socket.receive())
            if answers[-1]["type"] == "next":
                assert (await socket.receive())["type"] == "complete"
    assert [answer["type"] for answer in answers] == ["next"] * 3 + ["error"] * 2
    assert answers[-1]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    with pytest.raises(SocketClosed) as closed:
        async with connected(asgi):
            pass
    assert closed.value.code == 4429


async def test_a_socket_that_begins_too_often_is_closed(limited: Limited) -> None:
    await limited.numbers(global_burst=1, global_rate=0.1)
    async with connected(limited.web.asgi()) as socket:
        socket.send({"type": "connection_init"})
        assert await socket.ends() == 4429


async def test_accounts_are_limited_over_websockets(limited: Limited, people: People) -> None:
    ann = await people.make()
    await limited.numbers(global_burst=20, global_rate=0.1)
    for n in range(18):
        response = await limited.send(TYPENAME, ann, address=f"203.0.113.{n}")
        assert response.status_code == 200
    async with connected(limited.web.asgi()) as socket:
        await socket.init(ann.authorization)
        kinds = []
        for n in range(4):
            socket.subscribe(f"{n}", TYPENAME)
            kinds.append((await socket.receive())["type"])
            if kinds[-1] == "next":
                await socket.receive()
    assert kinds == ["next", "next", "error", "error"]


async def test_a_refused_handshake_is_an_answer_where_the_server_can_send_one(
    limited: Limited,
) -> None:
    await limited.numbers(global_burst=1, global_rate=0.1)
    assert (await limited.send(address="203.0.113.7")).status_code == 200
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"host", b"revenge.test")],
        "client": ("203.0.113.7", 4000),
        "subprotocols": ["graphql-transport-ws"],
        "extensions": {"websocket.http.response": {}},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await limited.web.asgi()(scope, receive, send)
    start, body = sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 429)
    assert dict(start["headers"])[b"retry-after"]
    assert orjson.loads(body["body"])["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_query_of_a_tier_takes_from_it(limited: Limited, people: People) -> None:
    """Queries declare their tier; this one is declared here."""
    ann, bob = await people.make(), await people.make()
    await limited.numbers(search_burst=2, search_rate=0.1)

    async def look(who: Somebody) -> None:
        viewer = await people.viewer(who)
        await charge_field(SimpleNamespace(app=limited.app, viewer=viewer), Tier.SEARCH)

    await look(ann)
    await look(ann)
    with pytest.raises(TooOften) as refused:
        await look(ann)
    assert refused.value.verdict.tier is Tier.SEARCH
    await look(bob)


async def test_without_redis_it_is_limited_all_the_same(
    app: Container, database_url: str, tmp_path: Path
) -> None:
    config = make_config(database_url, "redis://127.0.0.1:1/0", tmp_path, limits={"enabled": True})
    made = Container(config)
    await made.open()
    try:
        limited = Limited(made)
        await limited.numbers(global_burst=5, global_rate=0.1)
        found = await asyncio.gather(*(limited.send() for _ in range(20)))
        assert sorted(response.status_code for response in found) == [200] * 5 + [429] * 15
    finally:
        await made.close()


async def test_two_processes_count_together(
    limited: Limited, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    other = Container(make_config(database_url, redis_url, tmp_path, limits={"enabled": True}))
    await limited.numbers(global_burst=6, global_rate=0.1)
    await other.open()
    try:
        both = [limited, Limited(other)]
        found = await asyncio.gather(*(both[n % 2].send() for n in range(20)))
        assert sorted(response.status_code for response in found) == [200] * 6 + [429] * 14
    finally:
        await other.close()


async def test_turned_off_nothing_is_limited_or_told(api: Api) -> None:
    response = await api.http.post("/graphql", json={"query": RATE})
    assert orjson.loads(response.content) == {"data": {"rateLimit": None}}
    assert "ratelimit-limit" not in response.headers
