"""The checks of the scanner graphql-cop, made by somebody who is not signed in.

What costs too much is refused before anything is loaded, what a foreign page could send is not
taken, and what would help to map the schema is not told.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from app.container import Container
from app.main import WebApp
from tests.auth.people import rows

JSON: Final = {"content-type": "application/json"}
LOGIN: Final = 'login(username: "ann", password: "x") { __typename }'


@pytest.fixture
async def http(app: Container) -> AsyncIterator[httpx.AsyncClient]:
    """The server with its playground closed."""
    graphql = app.config.graphql.model_copy(update={"playground": False})
    web = WebApp(app.config.model_copy(update={"graphql": graphql}), app)
    transport = httpx.ASGITransport(app=web.asgi(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://media.test") as client:
        yield client


async def ask(http: httpx.AsyncClient, query: str, **headers: str) -> dict[str, Any]:
    """The answer to a query."""
    response = await http.post("/graphql", json={"query": query}, headers=headers)
    found: dict[str, Any] = response.json()
    return found


def refused(answer: dict[str, Any]) -> str:
    """The error's sentence, of an answer that has no data."""
    assert not answer.get("data"), answer
    sentence: str = answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] in (
        "INVALID",
        "TOO_COMPLEX",
        "UNAUTHENTICATED",
    )
    return sentence


async def test_alias_overloading(http: httpx.AsyncClient) -> None:
    refused(await ask(http, "{" + " ".join(f"a{n}: __typename" for n in range(101)) + "}"))
    some = "{" + " ".join(f"a{n}: __typename" for n in range(10)) + "}"
    assert len((await ask(http, some))["data"]) == 10


async def test_alias_overloading_of_what_checks_a_secret(
    app: Container, http: httpx.AsyncClient
) -> None:
    before = app.hasher.started
    refused(await ask(http, "mutation {" + f"a: {LOGIN} b: {LOGIN}" + "}"))
    assert app.hasher.started == before
    assert await rows(app, "select 1 from sign_in_attempts") == []


async def test_batch_queries(http: httpx.AsyncClient) -> None:
    for batch in ([], [{"query": "{ __typename }"}], [{"query": "{ __typename }"}] * 10):
        response = await http.post("/graphql", json=batch)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "INVALID"


async def test_directive_overloading(http: httpx.AsyncClient) -> None:
    for directive in ("@aa", "@include(if: true)", "@skip(if: false)"):
        answer = await ask(http, "{ __typename " + directive * 100 + " }")
        refused(answer)
        assert len(answer["errors"]) <= 5  # nor is the answer longer than the question


async def test_circular_introspection(http: httpx.AsyncClient) -> None:
    deep = "name fields { type { " * 8 + "name" + " } }" * 8
    refused(await ask(http, "{ __schema { types { " + deep + " } } }"))


async def test_circular_fragments(http: httpx.AsyncClient) -> None:
    for document in (
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { __typename ...B } fragment B on Query { ...A }",
    ):
        refused(await ask(http, document))


async def test_field_duplication(http: httpx.AsyncClient) -> None:
    for field in ("__typename ", "viewer { permissions } "):
        refused(await ask(http, "{ " + field * 1000 + "}"))


async def test_queries_by_get(http: httpx.AsyncClient) -> None:
    for accept in ("application/json", "text/html", "*/*"):
        response = await http.get(
            "/graphql", params={"query": "{ __typename }"}, headers={"accept": accept}
        )
        assert response.status_code == 405
        assert "Query" not in response.text


async def test_mutations_by_get(app: Container, http: httpx.AsyncClient) -> None:
    response = await http.get("/graphql", params={"query": "mutation { " + LOGIN + " }"})
    assert response.status_code == 405
    assert await rows(app, "select 1 from sign_in_attempts") == []


async def test_queries_as_a_form(http: httpx.AsyncClient) -> None:
    for form in ({"query": "{ __typename }"}, {"query": "mutation { " + LOGIN + " }"}):
        response = await http.post("/graphql", data=form)
        assert response.status_code == 415
        assert "data" not in response.json()
    response = await http.post(
        "/graphql", params={"query": "{ __typename }"}, content=b"", headers=JSON
    )
    assert response.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "{ viewr { permissions } }",
        "{ __schem }",
        "{ __typename @includ(if: true) }",
        "{ movies(frist: 1) { totalCount } }",
        "{ movies(sort: ADDE) { totalCount } }",
        "{ movies { totalCont } }",
        "query($a: Strin) { __typename }",
        "{ ... on Quer { __typename } }",
        "mutation { logn }",
    ],
)
async def test_field_suggestions(query: str, http: httpx.AsyncClient) -> None:
    answer = await ask(http, query)
    refused(answer)
    for error in answer["errors"]:
        assert "did you mean" not in error["message"].lower()
        for real in ("viewer", "__schema", "first", "totalCount", "ADDED", "String", "login "):
            assert real not in error["message"], error["message"]


async def test_introspection(http: httpx.AsyncClient) -> None:
    for query in (
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ a: __schema { queryType { name } } }",
        "{ ...A } fragment A on Query { __schema { queryType { name } } }",
    ):
        answer = await ask(http, query)
        refused(answer)
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "path",
    ["/", "/graphql", "/graphiql", "/playground", "/playground/main.js", "/altair", "/console"],
)
async def test_a_page_to_ask_from(path: str, http: httpx.AsyncClient) -> None:
    response = await http.get(path, headers={"accept": "text/html"})
    assert response.status_code in (404, 405)
    assert "graphiql" not in response.text.lower()
    assert "playground" not in response.text.lower()


async def test_tracing(http: httpx.AsyncClient) -> None:
    for headers in ({}, {"apollo-tracing": "1", "x-apollo-tracing": "1"}):
        answer = await ask(http, "{ __typename }", **headers)
        assert answer == {"data": {"__typename": "Query"}}
    body = {"query": "{ __typename }", "extensions": {"tracing": True, "debug": True}}
    assert (await http.post("/graphql", json=body)).json() == {"data": {"__typename": "Query"}}


async def test_unhandled_errors(
    app: Container, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"qwerty", b'{"query": "qwerty"}', b'{"query": "{ qwerty"}', b"{}", b"\xff"):
        response = await http.post("/graphql", content=content, headers=JSON)
        assert response.status_code in (200, 400)
        assert set(response.json()) == {"errors"}
        for word in ("traceback", "exception", "stack", ".py", "graphql.error"):
            assert word not in response.text.lower()

    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("hunter2 at /srv/secret.py")

    monkeypatch.setattr(app.sign_in, "password", fail)
    answer = await ask(http, "mutation { " + LOGIN + " }")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert set(error["extensions"]) == {"code", "requestId"}
    assert "hunter2" not in str(answer)
    assert "RuntimeError" not in str(answer)
