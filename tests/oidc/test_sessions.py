"""Sessions that began at a provider: second factors, cookies, sign-out there, proof once more."""

import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from app.auth.domain import Factor
from app.core.access import NOWHERE, SYSTEM
from app.core.errors import Code
from app.core.ids import decode_id
from app.oidc.jobs import CleanOidcStates
from tests.oidc.conftest import FINISH, FINISH_LINK, LINK, URL, There, fragment
from tests.oidc.provider import CLIENT, Provider, running
from tests.support.jobs import carry_out
from tests.support.people import People, Somebody

LEAVE = "{ oidcLogoutUrl }"
AGAIN = """mutation ($provider: String!) {
  startOidcReauthentication(provider: $provider) { authorizationUrl binding } }"""
PROVED = """mutation ($code: String!, $binding: String) {
  finishOidcReauthentication(code: $code, binding: $binding) }"""
STALE = "update sessions set authenticated_at = authenticated_at - interval '11 minutes'"
JSON = {"content-type": "application/json"}
GUARD = {**JSON, "x-revenge-csrf": "1"}


async def run(there: There, statement: str) -> None:
    async with there.app.db.write(SYSTEM) as tx:
        await tx.execute(text(statement))


def somebody(made: dict[str, Any]) -> Somebody:
    """Who has just signed in."""
    user = made["user"]
    return Somebody(decode_id("user", user["id"]), user["username"], made["accessToken"])


def noting(provider: Provider) -> list[str]:
    """The ID tokens that a provider hands out from now on."""
    said: list[str] = []

    def note(token: str) -> str:
        said.append(token)
        return token

    provider.on_token = note
    return said


async def leave(there: There, who: Somebody) -> dict[str, str] | None:
    """Where to sign out, as the parts of the address."""
    url = (await there.api.run(LEAVE, who))["oidcLogoutUrl"]
    if url is None:
        return None
    parts = urlsplit(url)
    return {"at": f"{parts.scheme}://{parts.netloc}{parts.path}", **dict(parse_qsl(parts.query))}


# -- sign-out


async def test_each_session_is_signed_out_where_it_began(there: There, people: People) -> None:
    home, said = there.provider, noting(there.provider)
    await there.configure()
    first = somebody(await there.sign_in())
    async with running() as other:
        said_there = noting(other)
        await there.configure("other", issuer=other.issuer)
        there.provider = other
        begun = (await there.api.run(LINK, first, provider="other"))["startOidcLink"]
        code = await there.code(begun, "other")
        await there.api.run(FINISH_LINK, first, code=code, binding=begun["binding"])
        second = somebody(await there.sign_in("other"))
        assert second.id == first.id
        back = {"client_id": CLIENT, "post_logout_redirect_uri": f"{URL}/"}
        elsewhere = {"at": f"{other.url}/logout", "id_token_hint": said_there[-1], **back}
        at_home = {"at": f"{home.url}/logout", "id_token_hint": said[0], **back}
        assert await leave(there, second) == elsewhere
        assert await leave(there, first) == at_home
        there.provider = home
        third = somebody(await there.sign_in())
        assert len(said) == 2
        assert await leave(there, third) == {**at_home, "id_token_hint": said[1]}
        assert await leave(there, first) == at_home
    by_password = Somebody(first.id, first.username, await people.session(first.id))
    assert await leave(there, by_password) is None
    assert await leave(there, there.admin) is None
    await run(there, "delete from oidc_providers where name = 'other'")
    assert await leave(there, second) is None
    assert await leave(there, first) == at_home


async def test_a_provider_without_sign_out(there: There, provider: Provider) -> None:
    provider.on_discovery = lambda d: d.pop("end_session_endpoint")
    await there.configure()
    assert await leave(there, somebody(await there.sign_in())) is None


async def test_an_id_token_goes_with_its_session(there: There) -> None:
    await there.configure()
    ended, kept = [somebody(await there.sign_in()) for _ in range(2)]
    begun = await there.start()
    await run(there, "update oidc_sessions set created_at = now() - interval '11 minutes'")
    await there.api.run("mutation { logout }", ended)
    assert await carry_out(there.app, CleanOidcStates()) == "completed"
    assert await leave(there, kept) is not None
    assert await there.app.db.scalar(text("select count(*) from oidc_sessions")) == 1
    assert (await there.left())["links"] == 1
    # Ways that wait are kept, those that are over are not.
    await there.code(begun)
    await run(there, "update oidc_states set expires_at = now() - interval '1 second'")
    waiting = await there.start()
    await carry_out(there.app, CleanOidcStates())
    assert await there.app.db.scalar(text("select count(*) from oidc_states")) == 1
    await there.code(waiting)


# -- a second factor


class Phone:
    """As if everybody had an authenticator app."""

    async def factors(self, user_id: UUID) -> tuple[Factor, ...]:
        return (Factor.TOTP,)

    async def trusts(self, user_id: UUID, token: str) -> bool:
        return False


async def test_a_second_factor_is_asked_for(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    await there.configure()
    said = noting(there.provider)
    monkeypatch.setattr(there.app.sign_in, "second_factors", Phone())
    asked = await there.sign_in()
    assert asked["__typename"] == "MfaRequired"
    assert (await there.left())["sessions"] == 1  # the administrator's
    challenge = await there.app.sign_in.challenge(asked["challenge"], NOWHERE)
    await run(there, "update oidc_sessions set created_at = created_at - interval '6 minutes'")
    await carry_out(there.app, CleanOidcStates())  # while it waits
    async with there.app.db.write(SYSTEM) as tx:
        done = await there.app.sign_in.complete(tx, challenge, Factor.TOTP)
    assert (done.tokens.session.method, done.tokens.session.factor) == ("oidc+totp", True)
    who = Somebody(done.user.id, done.user.username, done.tokens.access)
    left = await leave(there, who)
    assert left is not None
    assert left["id_token_hint"] == said[0]


# -- a browser


@pytest.fixture
async def browser(there: There) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies, at an address with TLS."""
    transport = httpx.ASGITransport(app=there.api.web.asgi())
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client


async def ask(browser: httpx.AsyncClient, query: str, headers: dict[str, str], **v: str) -> Any:
    body = {"query": query, "variables": v}
    return (await browser.post("/graphql", json=body, headers=headers)).json()


async def test_a_browser_comes_in_with_cookies_alone(
    there: There, browser: httpx.AsyncClient
) -> None:
    await there.configure()
    start = """mutation { startOidcSignIn(provider: "idp", cookies: true) {
      authorizationUrl binding } }"""
    begun = (await ask(browser, start, JSON))["data"]["startOidcSignIn"]
    assert begun["binding"] is None
    query = there.provider.visit(begun["authorizationUrl"])
    answer = await browser.get(f"/oidc/idp/callback?{query}")
    finish = """mutation ($code: String!) { finishOidcSignIn(code: $code, cookies: true) {
      ... on LoginSuccess { accessToken refreshToken user { id } } } }"""
    code = fragment(answer)["oidc"]
    other = await there.api.fails(FINISH, code=code)
    assert other.code is Code.UNAUTHENTICATED  # a browser without the cookie
    made = (await ask(browser, finish, GUARD, code=code))["data"]["finishOidcSignIn"]
    assert (made["accessToken"], made["refreshToken"]) == (None, None)
    assert {c.name for c in browser.cookies.jar} == {"revenge_session", "revenge_refresh"}
    who = "{ viewer { user { id } } }"
    assert await ask(browser, who, GUARD) == {"data": {"viewer": {"user": made["user"]}}}
    unguarded = await ask(browser, who, JSON)
    assert (unguarded.get("data") or {}).get("viewer") is None
    away = (await ask(browser, LEAVE, GUARD))["data"]["oidcLogoutUrl"]
    assert away.startswith(f"{there.provider.url}/logout?")


# -- proof once more


async def again(there: There, who: Somebody) -> dict[str, str]:
    """There once more; `query` is what the browser is sent back with."""
    begun: dict[str, str] = (await there.api.run(AGAIN, who, provider="idp"))[
        "startOidcReauthentication"
    ]
    return {**begun, "query": there.provider.visit(begun["authorizationUrl"])}


async def is_recent(there: There, who: Somebody) -> bool:
    answer = await there.api.send(LINK, {"provider": "idp"}, who)
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {Code.REAUTHENTICATE}
    return not codes


async def test_who_has_no_password_proves_it_at_the_provider(
    there: There, provider: Provider
) -> None:
    await there.configure()
    who = somebody(await there.sign_in())
    await run(there, STALE)
    assert not await is_recent(there, who)
    begun = await again(there, who)
    asked = dict(parse_qsl(urlsplit(begun["authorizationUrl"]).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    provider.claims["auth_time"] = int(time.time())
    code = fragment(await there.back(begun["query"]))["oidc"]
    assert not await is_recent(there, who)
    for binding in (None, "another"):
        refused = await there.api.fails(PROVED, who, code=code, binding=binding)
        assert refused.code is Code.UNAUTHENTICATED
    said = {"code": code, "binding": begun["binding"]}
    assert (await there.api.run(PROVED, who, **said))["finishOidcReauthentication"] is True
    assert await is_recent(there, who)
    assert (await there.api.fails(PROVED, who, **said)).code is Code.UNAUTHENTICATED
    assert (await there.left())["sessions"] == 2


NOT_ANEW: dict[str, Any] = {
    "no time": None,
    "an hour ago": -3600,
    "in an hour": 3600,
    "a text": "now",
    "true": True,
    "endless": 10**400,
}


@pytest.mark.parametrize("when", NOT_ANEW)
async def test_an_old_sign_in_there_is_no_proof(
    when: str, there: There, provider: Provider
) -> None:
    await there.configure()
    who = somebody(await there.sign_in())
    await run(there, STALE)
    begun, said = await again(there, who), NOT_ANEW[when]
    whole = type(said) is int and said < 10**6
    provider.claims["auth_time"] = int(time.time()) + said if whole else said
    assert fragment(await there.back(begun["query"]))["oidc_error"] in {"stale", "token"}
    assert not await is_recent(there, who)


async def test_only_the_linked_account_proves_anything(
    there: There, provider: Provider, people: People
) -> None:
    await there.configure()
    stranger = await people.make()
    who = somebody(await there.sign_in())
    refused = await there.api.fails(AGAIN, stranger, provider="idp")
    assert refused.code is Code.NOT_FOUND
    await run(there, STALE)
    provider.claims = {"sub": "subject-2", "auth_time": int(time.time())}
    begun = await again(there, who)
    said = {"code": fragment(await there.back(begun["query"]))["oidc"]}
    said["binding"] = begun["binding"]
    assert (await there.api.fails(PROVED, who, **said)).code is Code.UNAUTHENTICATED
    assert not await is_recent(there, who)
    # Neither is it a way to sign in, to link, or to prove it for somebody else.
    provider.claims["sub"] = "subject-1"
    begun = await again(there, who)
    said = {"code": fragment(await there.back(begun["query"]))["oidc"]}
    said["binding"] = begun["binding"]
    before = await there.left()
    for query, by in ((FINISH, None), (FINISH_LINK, who), (PROVED, stranger)):
        assert (await there.api.fails(query, by, **said)).code is Code.UNAUTHENTICATED
    signing_in = await there.start()
    code = await there.code(signing_in)
    wrong = await there.api.fails(PROVED, who, code=code, binding=signing_in["binding"])
    assert wrong.code is Code.UNAUTHENTICATED
    assert await there.left() == before
    assert not await is_recent(there, who)
