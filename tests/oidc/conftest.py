"""A configured provider, and a browser that goes there and back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.settings.domain import PUBLIC_URL
from tests.oidc.provider import CLIENT, SECRET, Provider, running
from tests.support.api import Api
from tests.support.people import People, Somebody

URL = "https://media.test"
START = """mutation ($provider: String!, $path: String!) {
  startOidcSignIn(provider: $provider, redirectPath: $path) { authorizationUrl binding } }"""
LINK = """mutation ($provider: String!) {
  startOidcLink(provider: $provider) { authorizationUrl binding } }"""
FINISH = """mutation ($code: String!, $binding: String) {
  finishOidcSignIn(code: $code, binding: $binding) { __typename
    ... on LoginSuccess { accessToken user { id username displayName } }
    ... on MfaRequired { challenge } } }"""
FINISH_LINK = """mutation ($code: String!, $binding: String) {
  finishOidcLink(code: $code, binding: $binding) { id provider email name } }"""
CREATE = """mutation ($input: CreateOidcProviderInput!) {
  createOidcProvider(input: $input) { id name kind hasSecret scopes claims { roles } } }"""
LEFT = """select (select count(*) from users) as users, (select count(*) from sessions) as sessions,
  (select count(*) from oidc_links) as links"""


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running() as made:
        yield made


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@dataclass
class There:
    """A way there and back by hand."""

    app: Container
    api: Api
    admin: Somebody
    provider: Provider

    async def configure(self, name: str = "idp", **more: Any) -> str:
        """Add the provider; its id."""
        values = {
            "name": name,
            "displayName": "The Provider",
            "issuer": self.provider.issuer,
            "clientId": CLIENT,
            "clientSecret": SECRET,
            **more,
        }
        made = await self.api.run(CREATE, self.admin, input=values)
        return str(made["createOidcProvider"]["id"])

    async def start(self, name: str = "idp", path: str = "/home") -> dict[str, str]:
        """Where to go, and the binding."""
        made = await self.api.run(START, provider=name, path=path)
        return dict(made["startOidcSignIn"])

    async def back(self, query: str, name: str = "idp") -> Any:
        """The callback's answer."""
        return await self.api.http.get(f"/oidc/{name}/callback?{query}")

    async def code(self, begun: dict[str, str], name: str = "idp") -> str:
        """There and back: the one-time code. Fails the test where there is none."""
        answer = await self.back(self.provider.visit(begun["authorizationUrl"]), name)
        assert answer.status_code == 303, answer.text
        said = fragment(answer)
        assert "oidc" in said, said
        return said["oidc"]

    async def sign_in(self, name: str = "idp") -> dict[str, Any]:
        """The whole way."""
        begun = await self.start(name)
        code = await self.code(begun, name)
        made = await self.api.run(FINISH, code=code, binding=begun["binding"])
        return dict(made["finishOidcSignIn"])

    async def left(self) -> dict[str, int]:
        """How many accounts, sessions and links there are."""
        return dict((await self.app.db.records(text(LEFT)))[0])


def fragment(answer: Any) -> dict[str, str]:
    """What stands behind the # of the address to go on to."""
    return dict(parse_qsl(urlsplit(answer.headers["location"]).fragment))


@pytest.fixture
async def there(
    app: Container, api: Api, admin: Somebody, provider: Provider
) -> AsyncIterator[There]:
    await app.settings.update(SYSTEM, PUBLIC_URL.key, URL)
    app.oidc_talk._asked_anew.clear()
    yield There(app, api, admin, provider)
    await app.outside.close()
