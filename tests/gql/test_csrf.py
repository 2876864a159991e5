"""What a foreign page can make a browser send, and what comes of it: nothing."""

import itertools
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import orjson
import pytest

from app.auth.domain import Tokens
from app.container import Container
from app.core.config import Config, load_config
from app.gql.credentials import ACCESS_COOKIE, REFRESH_COOKIE
from app.main import POLICY, SECURITY_HEADERS, WebApp
from app.playground.http import policy
from tests.auth.people import person, rows
from tests.support.people import People, Somebody, open_session
from tests.support.pictures import plain
from tests.support.sockets import SocketClosed, connected

HOST: Final = "media.test"
OWN: Final = f"https://{HOST}"
FRIEND: Final = "https://app.friend.test"
FOREIGN: Final = "https://evil.test"
JSON: Final = "application/json"
ORIGINS: Final = (None, OWN, FRIEND, FOREIGN, "null", f"http://{HOST}", f"{OWN}.evil.test", "x:[")
CONTENT_TYPES: Final = (
    JSON,
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    None,
)
CREDENTIALS: Final = ("none", "bearer", "cookie", "cookie and header")
METHODS: Final = ("POST", "GET", "PUT", "HEAD", "DELETE")
PASSWORD: Final = "a sentence nobody guesses"
LOGIN: Final = f'mutation {{ login(username: "ann", password: "{PASSWORD}"%) {{ __typename }} }}'


def config(app: Container, **server: Any) -> Config:
    return app.config.model_copy(update={"server": app.config.server.model_copy(update=server)})


@pytest.fixture
def site(app: Container) -> WebApp:
    """The server as its friend's pages are allowed to call it."""
    return WebApp(config(app, allowed_origins=(FRIEND,)), app)


@pytest.fixture
async def http(site: WebApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=site.asgi())
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        yield client


@pytest.fixture
async def tokens(app: Container, people: People) -> tuple[Somebody, Tokens]:
    ann = await people.admin()
    return ann, await open_session(app, ann.id)


def shown(credential: str, tokens: Tokens) -> dict[str, str]:
    """The headers with which a credential is shown."""
    if credential == "bearer":
        return {"authorization": f"Bearer {tokens.access}"}
    headers: dict[str, str] = {}
    if credential.startswith("cookie"):
        pair = f"{ACCESS_COOKIE}={tokens.access}; {REFRESH_COOKIE}={tokens.refresh}"
        headers["cookie"] = pair
    if credential == "cookie and header":
        headers["x-revenge-csrf"] = "1"
    return headers


def good(credential: str, origin: str | None) -> bool:
    """Whether a write may pass: a header shown on purpose, or a cookie with all it needs."""
    if credential == "cookie and header":
        return origin in (None, OWN, FRIEND)
    return credential == "bearer"


async def everything(app: Container) -> list[Any]:
    """What a request could change."""
    changing = ("sessions", "refresh_tokens", "uploads", "users", "user_passwords")
    found = [await rows(app, f"select xmin, ctid from {name} order by ctid") for name in changing]
    growing = ("outbox", "jobs", "activity_log", "sign_in_attempts")  # others note what was sent
    return found + [await rows(app, f"select id from {name} order by 1") for name in growing]


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_graphql(
    credential: str, app: Container, http: httpx.AsyncClient, people: People
) -> None:
    """Method × content type × origin, for one way to show who asks."""
    passed = set()
    body = orjson.dumps({"query": "mutation { logout }"})
    ann = await people.admin()
    tokens = await open_session(app, ann.id)
    before = await everything(app)
    for method, content_type, origin in itertools.product(METHODS, CONTENT_TYPES, ORIGINS):
        headers = shown(credential, tokens)
        if content_type is not None:
            headers["content-type"] = content_type
        if origin is not None:
            headers["origin"] = origin
        request = http.build_request(method, "/graphql", content=body, headers=headers)
        response = await http.send(request)
        wanted = method == "POST" and content_type == JSON and good(credential, origin)
        done = response.content == b'{"data":{"logout":true}}'
        assert done == wanted, (method, content_type, origin, response.text)
        if done:
            passed.add(origin)
            tokens = await open_session(app, ann.id)
            before = await everything(app)
            continue
        assert await everything(app) == before, (method, content_type, origin)
        assert response.status_code < 500
        if method == "POST" and content_type == JSON and credential != "none":
            assert response.status_code == 403
            assert "set-cookie" not in response.headers
    assert passed == {origin for origin in ORIGINS if good(credential, origin)}


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_uploads(
    credential: str, app: Container, http: httpx.AsyncClient, tokens: tuple[Somebody, Tokens]
) -> None:
    headers = shown(credential, tokens[1])
    before = await everything(app)
    for method, origin in itertools.product(("POST", "GET", "PUT"), ORIGINS):
        about = {} if origin is None else {"origin": origin}
        response = await http.request(
            method, "/uploads", content=plain("PNG"), headers={**headers, **about}
        )
        wanted = method == "PUT" and good(credential, origin)
        assert (response.status_code == 201) == wanted, (method, origin, response.text)
        after = await everything(app)
        assert (after == before) == (not wanted), (method, origin)
        if wanted:
            assert await rows(app, "delete from uploads returning id")
        before = await everything(app)


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_get_routes(
    credential: str, app: Container, http: httpx.AsyncClient, tokens: tuple[Somebody, Tokens]
) -> None:
    """A link may be followed with the cookie (no origin is sent); a foreign page may not read."""
    headers = shown(credential, tokens[1])
    for origin in ORIGINS:
        about = {} if origin is None else {"origin": origin}
        response = await http.get("/activity/export", headers={**headers, **about})
        signed_in = credential != "none"
        cookie = credential.startswith("cookie")
        wanted = signed_in and (not cookie or origin in (None, OWN, FRIEND))
        assert (response.status_code == 200) == wanted, (origin, response.text[:200])
        foreign = origin not in (None, FRIEND)
        assert not (foreign and "access-control-allow-origin" in response.headers)


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_handshakes(credential: str, site: WebApp, tokens: tuple[Somebody, Tokens]) -> None:
    """Browsers always say which page opens a websocket; a cookie without one is nobody's."""
    for origin in ORIGINS:
        headers = {"host": HOST, **shown(credential, tokens[1])}
        if origin is not None:
            headers["origin"] = origin
        own = origin in (None, OWN, FRIEND, f"http://{HOST}")  # this handshake is not over TLS
        if not own:
            with pytest.raises(SocketClosed) as refused:
                async with connected(site.asgi(), headers):
                    pytest.fail("it was let in")
            assert refused.value.code == 4403
            continue
        async with connected(site.asgi(), headers) as socket:
            await socket.init()
            socket.subscribe("1", "{ viewer { user { username } } }")
            answer = (await socket.receive())["payload"]["data"]["viewer"]
        cookie = credential.startswith("cookie")
        known = credential == "bearer" or (cookie and origin is not None)
        assert (answer is not None) == known, (credential, origin)


async def test_a_session_cookie_is_of_no_use_beside_another_credential(
    app: Container, http: httpx.AsyncClient, tokens: tuple[Somebody, Tokens]
) -> None:
    """Whatever stands in Authorization, it does not open the way around the CSRF header."""
    before = await everything(app)
    for authorization in ("x", "Basic eDp5", f"Bearer rvs_{'a' * 43}"):
        headers = {**shown("cookie", tokens[1]), "authorization": authorization}
        response = await http.post(
            "/graphql",
            json={"query": "mutation { refreshSession { user { username } } }"},
            headers={**headers, "origin": FOREIGN},
        )
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "set-cookie" not in response.headers
    assert await everything(app) == before


# -- CORS


async def test_s7_only_allowed_origins_may_read(http: httpx.AsyncClient) -> None:
    for origin in (*ORIGINS, "https://friend.test", f"{FRIEND}.evil.test", f"{FRIEND}:8443", "*"):
        headers = {"content-type": JSON} | ({} if origin is None else {"origin": origin})
        answers = [await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)]
        asks = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,authorization,x-api-key,x-revenge-csrf",
        }
        answers.append(await http.options("/graphql", headers={**headers, **asks}))
        answers.append(await http.get("/nowhere", headers=headers))
        for answer in answers:
            allowed = answer.headers.get("access-control-allow-origin")
            assert allowed == (FRIEND if origin == FRIEND else None), origin
            if allowed is not None:
                assert "origin" in answer.headers["vary"].lower()
                assert answer.headers["access-control-allow-credentials"] == "true"
    preflight = await http.options("/graphql", headers={"origin": FRIEND, **asks})
    assert preflight.status_code == 200
    assert "x-revenge-csrf" in preflight.headers["access-control-allow-headers"].lower()


async def test_s7_by_default_nobody_else_may_read(app: Container) -> None:
    transport = httpx.ASGITransport(app=WebApp(app.config, app).asgi())
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as http:
        for origin in (OWN, FOREIGN, "null"):
            answer = await http.post(
                "/graphql", json={"query": "{ __typename }"}, headers={"origin": origin}
            )
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", ["*", "https://*.test", "null", "https://a.test/", "a.test"])
def test_s7_an_origin_is_written_out(origin: str) -> None:
    with pytest.raises(Exception, match="origin"):
        load_config({"REVENGE_SERVER__ALLOWED_ORIGINS": origin})


# -- hosts, headers, cookies


async def test_only_its_own_host_names(app: Container) -> None:
    web = WebApp(config(app, hosts=(HOST, "*.home.test")), app).asgi()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=web), base_url=OWN) as http:
        for host, known in (
            (HOST, True),
            (f"{HOST}:8096", True),
            ("tv.home.test", True),
            ("evil.test", False),
            (f"{HOST}.evil.test", False),
            (f"evil.test:{HOST}", False),
            ("", False),
        ):
            response = await http.get("/graphql", headers={"host": host})
            assert (response.status_code != 400) == known, host
            assert response.headers["x-content-type-options"] == "nosniff"
        for path in ("/healthz", "/readyz", "/startupz"):  # supervisors ask by the address
            response = await http.get(path, headers={"host": "10.0.0.7:8096"})
            assert response.status_code == 200, path
        assert (await http.get("/healthz/", headers={"host": "evil.test"})).status_code == 400
    async with connected(web, {"host": HOST}) as socket:
        await socket.init()


ROUTES: Final = (
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/startupz", 200),
    ("GET", "/graphql", 405),
    ("POST", "/graphql", 415),
    ("DELETE", "/graphql", 405),
    ("PUT", "/uploads", 401),
    ("GET", "/activity/export", 401),
    ("GET", "/avatars/avatar_0/64.webp", 401),
    ("GET", "/nowhere", 404),
    ("GET", "/playground/nothing.js", 404),
)


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
async def test_security_headers_everywhere(
    method: str, path: str, status: int, http: httpx.AsyncClient
) -> None:
    response = await http.request(method, path)
    assert response.status_code == status
    for name, value in SECURITY_HEADERS:
        assert response.headers.get_list(name.decode()) == [value.decode()]
    assert response.headers.get_list("content-security-policy") == [POLICY[1].decode()]
    assert response.headers["strict-transport-security"].startswith("max-age=")
    assert response.headers["x-request-id"]
    assert "server" not in response.headers
    assert "x-powered-by" not in response.headers


async def test_security_headers_of_failures(
    app: Container, site: WebApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(app.principals, "viewer", fail)
    transport = httpx.ASGITransport(app=site.asgi(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as http:
        response = await http.get("/activity/export")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["content-security-policy"] == POLICY[1].decode()
    assert "strict-transport-security" not in response.headers  # not over TLS


async def test_the_playground_keeps_its_own_policy(http: httpx.AsyncClient) -> None:
    response = await http.get("/graphql", headers={"accept": "text/html"})
    assert response.headers.get_list("content-security-policy") == [policy(HOST)]
    assert policy(HOST) == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' ws://{HOST} wss://{HOST}; img-src 'self' data:; "
        "font-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


async def test_cookies_are_out_of_reach(app: Container, http: httpx.AsyncClient) -> None:
    await person(app, "ann", password=PASSWORD)
    response = await http.post("/graphql", json={"query": LOGIN.replace("%", ", cookies: true")})
    cookies = {c.split("=", 1)[0]: c for c in response.headers.get_list("set-cookie")}
    assert set(cookies) == {ACCESS_COOKIE, REFRESH_COOKIE}
    for name, path in ((ACCESS_COOKIE, "/"), (REFRESH_COOKIE, "/graphql")):
        parts = {part.strip() for part in cookies[name].split(";")[1:]}
        assert {"HttpOnly", "Secure", "SameSite=Lax", f"Path={path}"} < parts
        assert not [p for p in parts if p.startswith("Domain")]  # no other host gets it
        (age,) = (int(p.removeprefix("Max-Age=")) for p in parts if p.startswith("Max-Age="))
        assert age == 30 * 24 * 3600


# -- where somebody is


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody's proxy
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # what a client wrote itself
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "<script>", ""),
    ],
)
async def test_s6_the_rightmost_hop_that_is_no_proxy_of_ours(
    peer: str, forwarded: str | None, found: str, app: Container
) -> None:
    web = WebApp(config(app, trusted_proxies=("10.0.0.0/8",)), app).asgi()
    await person(app, "ann", password=PASSWORD)
    transport = httpx.ASGITransport(app=web, client=(peer, 1))
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as http:
        await http.post("/graphql", json={"query": LOGIN.replace("%", "")}, headers=headers)
    ((address,),) = await rows(app, "select address from sessions")
    assert (address or "") == found


async def test_s6_the_scheme_is_believed_from_a_proxy_alone(app: Container) -> None:
    web = WebApp(config(app, trusted_proxies=("10.0.0.1",)), app).asgi()
    for peer, secure in (("10.0.0.1", True), ("10.0.0.2", False)):
        transport = httpx.ASGITransport(app=web, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as http:
            response = await http.get("/healthz", headers={"x-forwarded-proto": "https"})
        assert ("strict-transport-security" in response.headers) == secure
