"""What the live suite needs: `--smoke-url`, an account from SMOKE_USER and SMOKE_PASSWORD."""

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

OPTION = "--smoke-url"
LOGIN = """
mutation ($name: String!, $password: String!) {
  login(username: $name, password: $password) {
    ... on LoginSuccess { accessToken user { username } }
  }
}
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The address of a deployed server; without it the tests of this folder are skipped."""
    parser.addoption(OPTION, metavar="URL", help="run the live suite against this server")


class Deployed:
    """A server somewhere, and how to ask it."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url = url.rstrip("/")
        self.client = client
        self.token: str | None = None

    @property
    def sockets(self) -> str:
        """The address of its websockets."""
        return self.url.replace("http", "ws", 1) + "/graphql"

    async def post(self, query: str, **variables: Any) -> httpx.Response:
        """Send an operation, signed in where there is a token."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        return await self.client.post(f"{self.url}/graphql", json=body, headers=headers)

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an operation that has to succeed."""
        answer = await self.post(query, **variables)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert "errors" not in found, found["errors"]
        return found["data"]


@pytest.fixture(scope="session")
def smoke_url(request: pytest.FixtureRequest) -> str:
    """The server under test; skips where none is named."""
    url: str | None = request.config.getoption(OPTION, None)
    if not url:
        pytest.skip(f"needs a deployed server: {OPTION}=URL")
    return url


@pytest.fixture(scope="session")
async def anonymous(smoke_url: str) -> AsyncIterator[Deployed]:
    """The server, asked by nobody in particular."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield Deployed(smoke_url, client)


@pytest.fixture(scope="session")
async def signed_in(smoke_url: str) -> AsyncIterator[Deployed]:
    """The server, asked by the account that the environment names; signed out at the end."""
    name, password = os.environ.get("SMOKE_USER"), os.environ.get("SMOKE_PASSWORD")
    if not name or not password:
        pytest.skip("needs an account: SMOKE_USER and SMOKE_PASSWORD")
    async with httpx.AsyncClient(timeout=30) as client:
        server = Deployed(smoke_url, client)
        data = await server.ask(LOGIN, name=name, password=password)
        server.token = data["login"]["accessToken"]
        yield server
        await server.ask("mutation { logout }")
