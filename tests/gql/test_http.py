"""GraphQL over HTTP: what a request may look like, and how it is answered."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from app.gql.incoming import media_of
from tests.gql.posts import GRAPHQL, JSON, TYPENAME, body, error, post
from tests.support.api import Api
from tests.support.scopes import graphql_scope

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
