"""GraphQL over HTTP: what a request may look like, and what the answer does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from app.container import Container
from app.core.errors import RateLimited, Unavailable
from app.gql.incoming import media_of
from app.main import WebApp
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.support.scopes import graphql_scope

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


# -- what is taken


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; charset=utf8",
    ],
)
async def test_json_is_taken(content_type: str, api: Api) -> None:
    response = await post(api, content_type=content_type)
    assert response.status_code == 200
    assert orjson.loads(response.content) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "x-application/json",
        "application/json+x",
        "application/jsonp",
        "application/graphql",
        "application/json; charset=latin-1",
        "application/json, text/plain",
        "text/plain; application/json",
    ],
)
async def test_other_content_types_are_not(content_type: str, api: Api) -> None:
    """A simple request of a foreign page can have none of the types that are taken."""
    response = await post(api, content_type=content_type)
    assert response.status_code == 415
    assert error(response)["extensions"]["code"] == "INVALID"


async def test_a_request_without_a_content_type(api: Api) -> None:
    request = api.http.build_request("POST", "/graphql", content=TYPENAME)
    assert (await api.http.send(request)).status_code == 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_only_post(method: str, api: Api) -> None:
    for query in ("", "?query={__typename}"):
        response = await api.http.request(method, f"/graphql{query}", headers={"accept": JSON})
        assert response.status_code == 405, response.text
        assert "POST" in response.headers["allow"]


async def test_multipart_uploads_are_not_taken(api: Api) -> None:
    operations = '{"query":"mutation { logout }"}'
    response = await api.http.post(
        "/graphql", files={"operations": (None, operations), "0": ("a.txt", b"x")}
    )
    assert response.status_code == 415


BAD_BODIES = [
    b"",
    b"{",
    b"null",
    b"1",
    b'"x"',
    b"true",
    b"[]",
    b"{}",
    b'[{"query":"{ __typename }"}]',
    b'{"query":null}',
    b'{"query":""}',
    b'{"query":1}',
    b'{"query":["{ __typename }"]}',
    b'{"query":"{ __typename }","variables":[]}',
    b'{"query":"{ __typename }","variables":"{}"}',
    b'{"query":"{ __typename }","operationName":1}',
    b'{"query":"{ __typename }","extensions":[]}',
    b'{"query":"{ __typename }","variables":{"a":NaN}}',
    b'{"query":"{ __typename }","variables":{"a":"\\u0000"}}',
    b'{"query":"{ __typename }","variables":{"\\u0000":1}}',
    b'{"query":"{ __typename }","variables":{"a":"\\ud800"}}',
    b'{"query":"{ __typename }\xff"}',
    b"\xff\xfe{\x00}\x00",
    b'{"query":"{ __typename }"}x',
    b"[" * 100_000,
    b'{"query":"{ __typename }","variables":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
    b'{"query":"{ __typename }","variables":{"a":' + b"[" * 70 + b"]" * 70 + b"}}",
    b'{"query":"{ __typename }","variables":{"a":' + b"[" * 1100 + b"]" * 1100 + b"}}",
]


@pytest.mark.parametrize("bad", BAD_BODIES, ids=lambda b: b[:40].decode("latin-1"))
async def test_bad_bodies(bad: bytes, api: Api) -> None:
    response = await post(api, bad)
    assert response.status_code == 400
    assert error(response)["extensions"]["code"] == "INVALID"
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"


@pytest.mark.parametrize(
    "fine",
    [
        b'{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}',
        b'{"query":"{ __typename }","operationName":""}',
        b'{"query":"{ __typename }","more":[1]}',
        b'{"query":"{ __typename }","variables":{"a":' + b"[" * 60 + b"]" * 60 + b"}}",
        b'{"query":"{ __typename }","variables":{"a":' + b"9" * 5000 + b"}}",
        b'{"query":"{ __typename }","variables":{"a":1e400}}',
        b'\n{"query":"{ __typename }"}\n',
    ],
    ids=lambda b: b[:60].decode(),
)
async def test_odd_but_good_bodies(fine: bytes, api: Api) -> None:
    response = await post(api, fine)
    assert response.status_code in (200, 400)
    if response.status_code == 400:  # a number beyond what any type here can hold
        assert error(response)["extensions"]["code"] == "INVALID"
    else:
        assert orjson.loads(response.content) == {"data": {"__typename": "Query"}}


async def test_bodies_are_bounded(api: Api) -> None:
    most = 256 << 10
    exact = TYPENAME + b" " * (most - len(TYPENAME))
    assert (await post(api, exact)).status_code == 200
    response = await post(api, exact + b" ")
    assert response.status_code == 413
    assert error(response)["extensions"]["code"] == "INVALID"


async def test_who_hangs_up_within_a_body_is_no_fault_of_ours(api: Api) -> None:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"query"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = graphql_scope()
    await api.web.asgi()(scope, receive, send)
    assert sent[0]["status"] == 499


async def test_bodies_without_a_length_are_bounded(api: Api) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield b" " * (1 << 16)

    response = await post(api, endless())
    assert response.status_code == 413
    assert sent <= 6 << 16


@pytest.mark.parametrize("length", ["²", "-1", "1e9", "9" * 30, "", "0x10"])
async def test_lengths_that_are_none(length: str, api: Api) -> None:
    given: Any = {"content-type": JSON, "content-length": length.encode("latin-1")}
    request = api.http.build_request("POST", "/graphql", content=TYPENAME, headers=given)
    assert (await api.http.send(request)).status_code in (200, 413)


# -- how it is answered


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL};q=0, */*", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("text/html", None),
        (f"{JSON};q=0", None),
        ("image/*", None),
        ("nonsense;;;q=x,,,", None),
    ],
)
async def test_negotiation(accept: str | None, media: str | None, api: Api) -> None:
    assert media_of({} if accept is None else {b"accept": accept.encode()}) == media
    response = await post(api, accept=accept or "")
    if media is None:
        assert response.status_code == 406
    else:
        assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("{ __typename }", 200),
        ("{", 400),
        ("{ nope }", 400),
        ("{ viewer { ...Nope } }", 400),
        ("{ movies { totalCount } }", 200),
        ("subscription { libraryChanged { event } }", 400),
        ("query A { __typename } query B { __typename }", 400),
    ],
)
async def test_statuses_by_media_type(query: str, status: int, api: Api) -> None:
    """The newer type tells a request that was not executed; the older one is always 200."""
    response = await post(api, body(query), accept=GRAPHQL)
    assert response.status_code == status
    response = await post(api, body(query), accept=JSON)
    assert response.status_code == 200
    answer = orjson.loads(response.content)
    assert ("data" in answer) == (status == 200)


async def test_security_headers(api: Api) -> None:
    for response in (await post(api), await post(api, b"{"), await post(api, content_type="x/y")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "server" not in response.headers


# -- errors


async def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError("password=hunter2 at /srv/secret.py")


def raising(raised: Exception) -> Callable[..., Awaitable[Any]]:
    async def fail(*_: Any, **__: Any) -> Any:
        raise raised

    return fail


async def test_what_nobody_expected_is_masked_and_logged_once(
    api: Api,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    admin = await people.admin()
    monkeypatch.setattr(api.app.server, "info", fails)
    with caplog.at_level(logging.INFO):
        response = await post(api, body("{ serverInfo { name } viewer { permissions } }"), admin)
    assert response.status_code == 200
    found = error(response)
    assert found["extensions"]["code"] == "INTERNAL"
    assert b"hunter2" not in response.content
    assert b"secret.py" not in response.content
    assert b"RuntimeError" not in response.content
    records: list[Any] = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(records) == 1
    logged = records[0].msg
    assert logged["event"] == "gql.internal_error"
    assert logged["request_id"] == found["extensions"]["requestId"]
    assert logged["request_id"] == response.headers["x-request-id"]
    assert "hunter2" in logged["exception"]


async def test_expected_failures_are_not_logged(
    api: Api, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for query in ("{", "{ nope }", "{ jobs { totalCount } }", "{ node(id: 7) { id } }"):
            await post(api, body(query), world.alice)
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("raised", "extensions"),
    [
        (RateLimited("Slowly.", retry_after=2.34), {"code": "RATE_LIMITED", "retryAfter": 2.3}),
        (Unavailable("Away.", retry_after=2), {"code": "UNAVAILABLE", "retryAfter": 2}),
        (Unavailable("Away."), {"code": "UNAVAILABLE"}),
        (TimeoutError(), {"code": "TIMEOUT"}),
    ],
)
async def test_error_shapes(
    raised: Exception,
    extensions: dict[str, Any],
    api: Api,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = await people.admin()
    monkeypatch.setattr(api.app.server, "info", raising(raised))
    found = error(await post(api, body("{ serverInfo { name } }"), admin))
    assert found["extensions"] == extensions
    assert found["path"] == ["serverInfo"]
    assert found["locations"] == [{"line": 1, "column": 3}]
    assert found["message"]


async def test_arguments_at_fault_are_named(api: Api, people: People) -> None:
    admin = await people.admin()
    mutation = 'mutation { createUser(input: {username: "x", password: "long enough"}) { id } }'
    found = error(await post(api, body(mutation), admin))
    assert found["extensions"] == {"code": "INVALID", "field": "username"}


async def test_one_field_fails_alone(
    api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nullable neighbour is answered all the same."""
    user = await people.make()
    answer = await api.send(
        '{ job(id: "job_00000000000000000000000000000000") { id } viewer { user { id } } }',
        {},
        user,
    )
    assert answer["data"] == {"job": None, "viewer": {"user": {"id": user.ref}}}
    assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]


async def test_the_database_away_is_said_before_anything_runs(
    api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await people.admin()
    away = raising(Unavailable("The database does not answer just now.", retry_after=2))
    monkeypatch.setattr(api.app.principals, "viewer", away)
    response = await post(api, body("{ viewer { permissions } }"), admin)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert error(response)["extensions"]["code"] == "UNAVAILABLE"


async def test_operations_have_a_time_limit(
    app: Container, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await people.admin()
    cancelled = asyncio.Event()

    async def slow() -> Any:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    monkeypatch.setattr(app.server, "info", slow)
    graphql = app.config.graphql.model_copy(update={"timeout": 0.2})
    hurried = Api(app, WebApp(app.config.model_copy(update={"graphql": graphql}), app))
    try:
        answer = await hurried.send("{ serverInfo { name } }", {}, admin)
    finally:
        await hurried.close()
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"] == {"code": "TIMEOUT"}
    assert "0.2 seconds" in answer["errors"][0]["message"]
    async with asyncio.timeout(2):
        await cancelled.wait()


async def test_a_token_that_is_no_good_is_nobody(api: Api, people: People) -> None:
    """Garbage in the header makes nobody of one, and never an error."""
    user = await people.make()
    good = user.token
    tokens = [
        "Bearer",
        "Bearer ",
        f"Basic {good}",
        f"Bearer {good}x",
        f"Bearer {good[:-1]}",
        f"Bearer {good} {good}",
        "Bearer rvs_" + "a" * 500,
        "Bearer rvs_\u00e9\u00ff",
        "Bearer rvs_%00",
        good,
    ]
    for token in tokens:
        given = {"content-type": JSON, "authorization": token.encode("latin-1")}
        response = await api.http.post(
            "/graphql",
            content=body("{ viewer { permissions } }"),
            headers=given,  # type: ignore[arg-type]
        )
        assert orjson.loads(response.content) == {"data": {"viewer": None}}, token
    shown = await api.run("{ viewer { roles { builtIn } } }", user)
    assert shown["viewer"]["roles"] == [{"builtIn": "USER"}]


async def test_a_large_answer_is_refused_not_truncated(
    api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.gql import answers

    monkeypatch.setattr(answers, "MOST_ANSWER", 50)
    admin = await people.admin()
    found = error(await post(api, body("{ serverInfo { name version features } }"), admin))
    assert found["extensions"]["code"] == "INVALID"


async def test_playground_and_introspection_follow_their_settings(
    app: Container, people: People
) -> None:
    schema = "{ __schema { queryType { name } } }"
    user = await people.make()
    for opened in (False, True):
        graphql = app.config.graphql.model_copy(update={"open_introspection": opened})
        api = Api(app, WebApp(app.config.model_copy(update={"graphql": graphql}), app))
        try:
            answer = await api.send(schema, {}, None)
            assert ("errors" in answer) is not opened
            if not opened:
                assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert "errors" not in await api.send(schema, {}, user)
        finally:
            await api.close()


async def test_variables_of_every_type(api: Api, world: World) -> None:
    """Values that no type takes are INVALID, whatever they are."""
    query = """query($f: MovieFilter, $n: Int, $s: MovieSort, $b: Boolean, $t: String) {
      movies(filter: $f, first: 1, sort: TITLE, descending: $b, seed: "x", after: $t) { totalCount }
      again: movies(first: 5) { totalCount } }"""
    query = query.replace("$n: Int, $s: MovieSort, ", "")
    for name in ("f", "b", "t"):
        values: tuple[Any, ...] = (1, -1, 2**63, 1.5, "x", "", [], [[]], {}, {"x": 1}, True)
        for value in values:
            answer = await api.send(query, {name: value}, world.admin)
            for found in answer.get("errors", ()):
                assert found["extensions"]["code"] == "INVALID", (name, value, found)
