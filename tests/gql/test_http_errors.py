"""GraphQL over HTTP: errors and limits, and what the answer says of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from app.container import Container
from app.core.errors import RateLimited, Unavailable
from app.main import WebApp
from tests.gql.posts import JSON, body, error, post
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People

# A machine that stands still for a moment makes the session's server lose Redis.
OF_THE_SERVER = {"app.core.live", "app.core.redis", "app.core.sent"}


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
    records: list[Any] = loud(caplog)
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
    assert loud(caplog) == []


def loud(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What somebody has to look at, but for what the server says of its own ways to others."""
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name not in OF_THE_SERVER
    ]


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
