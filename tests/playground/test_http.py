"""The page and its files as HTTP sees them."""

import re
from pathlib import Path

import httpx
import pytest

from app.container import Container
from app.main import WebApp
from app.playground import http as playground
from tests.support.api import Api

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BROWSER = {"accept": HTML}


async def test_a_browser_gets_the_page_under_a_strict_policy(installed: None, api: Api) -> None:
    answer = await api.http.get("/graphql", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "connect-src": "'self' ws://revenge.test wss://revenge.test",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


async def test_the_page_names_only_files_that_are_served(installed: None, api: Api) -> None:
    page = (await api.http.get("/graphql", headers=BROWSER)).text
    named = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(named) == 8
    for address in named:
        answer = await api.http.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|style=", page)


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "", "application/graphql-response+json"]
)
async def test_a_program_is_told_to_post(api: Api, accept: str) -> None:
    answer = await api.http.get("/graphql?query={__typename}", headers={"accept": accept})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID"


async def test_off_means_off(app: Container) -> None:
    graphql = app.config.graphql.model_copy(update={"playground": False})
    closed = WebApp(app.config.model_copy(update={"graphql": graphql}), app)
    transport = httpx.ASGITransport(app=closed.asgi())
    async with httpx.AsyncClient(transport=transport, base_url="http://revenge.test") as client:
        answer = await client.get("/graphql", headers=BROWSER)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        for name in playground.FILES:
            assert (await client.get(f"/playground/{name}")).status_code == 404


async def test_where_it_is_not_installed_the_page_says_how(
    api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent = (tmp_path / "graphiql.min.js", playground.SCRIPT)
    monkeypatch.setitem(playground.INSTALLED, "graphiql.js", absent)
    monkeypatch.setitem(playground.FILES, "graphiql.js", absent)
    answer = await api.http.get("/graphql", headers=BROWSER)
    assert answer.status_code == 503
    assert "npm ci --prefix app/playground" in answer.text
    assert "<script" not in answer.text
    assert (await api.http.get("/playground/graphiql.js")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "http.py",
        "package.json",
        "static/main.js",
        "node_modules/graphiql/package.json",
        "../http.py",
        "..%2fhttp.py",
        "%2e%2e/%2e%2e/main.py",
        "..%5chttp.py",
        "%2fetc%2fpasswd",
        "main.js%00",
        "MAIN.JS",
        "",
    ],
)
async def test_no_other_file_is_served(api: Api, path: str) -> None:
    answer = await api.http.get(f"/playground/{path}")
    assert answer.status_code == 404
    assert "import" not in answer.text


async def test_a_file_that_is_known_is_not_sent_again(api: Api) -> None:
    first = await api.http.get("/playground/main.js")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
    second = await api.http.get("/playground/main.js", headers=again)
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    other = await api.http.get("/playground/main.js", headers={"if-none-match": '"other"'})
    assert other.content == first.content


@pytest.mark.parametrize(
    "host", ["evil.test; script-src *", "a b", "x,y", "'none'", "[::1", "h:123456", ""]
)
def test_a_strange_host_does_not_get_into_the_policy(host: str) -> None:
    assert "connect-src 'self';" in playground.policy(host)


@pytest.mark.parametrize("host", ["revenge.test:8096", "[::1]:8096", "192.0.2.7"])
def test_websockets_of_this_host_are_written_out(host: str) -> None:
    assert f"connect-src 'self' ws://{host} wss://{host};" in playground.policy(host)


def test_locks_name_no_registry() -> None:
    for folder in (playground.HERE, Path(__file__).parents[1] / "clients"):
        lock = (folder / "package-lock.json").read_text(encoding="utf-8")
        assert '"resolved"' not in lock
        assert "registry" not in lock
