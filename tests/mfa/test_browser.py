"""Chromium with an authenticator of its own: passkeys as browsers make and show them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, Route
from playwright.async_api import async_playwright as playwright

from app.container import Container
from app.core.access import SYSTEM
from app.main import WebApp
from tests.mfa.member import PASSWORD, Member
from tests.playground.conftest import ARGS, CHROMIUM, Server
from tests.support.api import Api

PAGE = """<!doctype html><meta charset="utf-8"><title>Passkeys</title><script>
async function send(query, variables, token) {
  const headers = {"content-type": "application/json"}
  if (token) headers.authorization = `Bearer ${token}`
  const response = await fetch("/graphql", {
    method: "POST", headers, body: JSON.stringify({query, variables})})
  const answer = await response.json()
  if (answer.errors) throw new Error(answer.errors[0].message)
  return Object.values(answer.data)[0]
}
const logIn = (username, password) => send(`mutation($username: String!, $password: String!) {
  login(username: $username, password: $password) { __typename
    ... on LoginSuccess { accessToken } ... on MfaRequired { challenge methods } } }`,
  {username, password})
async function shown(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return (await navigator.credentials.get({publicKey})).toJSON()
}
async function register(token) {
  const options = await send("mutation { registerPasskeyOptions }", {}, token)
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = (await navigator.credentials.create({publicKey})).toJSON()
  return send(`mutation($credential: JSON!) {
    registerPasskey(credential: $credential, name: "Chromium") { id name domain synced } }`,
    {credential}, token)
}
async function second(challenge) {
  const credential = await shown(await send(
    "mutation($challenge: String!) { webauthnChallenge(challenge: $challenge) }", {challenge}))
  return send(`mutation($challenge: String!, $credential: JSON!) {
    webauthnAuthenticate(challenge: $challenge, credential: $credential) {
      session { method secondFactor } user { username } } }`, {challenge, credential})
}
async function alone() {
  const credential = await shown(await send("mutation { passkeyOptions }", {}))
  return send(`mutation($credential: JSON!) { signInWithPasskey(credential: $credential) {
    ... on LoginSuccess { session { method secondFactor } user { username } } } }`, {credential})
}
</script>"""


@contextlib.asynccontextmanager
async def served(web: WebApp) -> AsyncIterator[str]:
    """The application on localhost, where browsers have passkeys without HTTPS."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(web.asgi(), log_config=None, timeout_graceful_shutdown=1)
        server = Server(config)
        task = asyncio.create_task(server.serve([listening]))
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        try:
            yield f"http://localhost:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def page(app: Container, web: WebApp) -> AsyncIterator[Page]:
    """The page beside the API, with an authenticator that verifies its user."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with served(web) as address, playwright() as driver:
        await app.settings.update(SYSTEM, "server.public_url", address)
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        opened = await browser.new_page()
        opened.set_default_timeout(15_000)

        async def page_of_ours(route: Route) -> None:
            await route.fulfill(body=PAGE, content_type="text/html")

        await opened.route(f"{address}/passkeys", page_of_ours)
        await opened.goto(f"{address}/passkeys")
        yield opened
        await browser.close()


async def authenticator(page: Page, *, verifies: bool = True) -> Any:
    """A device that keeps discoverable passkeys; `verifies`: its user shows a finger."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


async def test_a_passkey_from_its_making_to_a_sign_in_without_a_password(
    api: Api, page: Page
) -> None:
    await Member.make(api)
    session, device = await authenticator(page)
    login = await page.evaluate("password => logIn('alice', password)", PASSWORD)
    made = await page.evaluate("token => register(token)", login["accessToken"])
    assert (made["name"], made["domain"]) == ("Chromium", "localhost")
    waiting = await page.evaluate("password => logIn('alice', password)", PASSWORD)
    assert (waiting["__typename"], waiting["methods"]) == ("MfaRequired", ["WEBAUTHN"])
    second = await page.evaluate("challenge => second(challenge)", waiting["challenge"])
    assert second["session"] == {"method": "password+webauthn", "secondFactor": True}
    alone = await page.evaluate("alone()")
    assert alone["user"] == {"username": "alice"}
    assert alone["session"] == {"method": "passkey", "secondFactor": True}
    kept = await session.send("WebAuthn.getCredentials", {"authenticatorId": device})
    assert [c["isResidentCredential"] for c in kept["credentials"]] == [True]
    again = await page.evaluate("register(null).catch(e => e.message)")
    assert "sign" in again.lower()


async def test_a_device_that_has_one_makes_no_other_and_one_without_a_finger_none(
    api: Api, page: Page
) -> None:
    member = await Member.make(api)
    session, device = await authenticator(page)
    token = member.me.token
    await page.evaluate("token => register(token)", token)
    twice = await page.evaluate("token => register(token).catch(e => e.name)", token)
    assert twice == "InvalidStateError"
    await session.send(
        "WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False}
    )
    assert await page.evaluate("alone().catch(e => e.name)") == "NotAllowedError"
    found = await member.run("{ secondFactors { passkeys { name } } }")
    assert found == {"passkeys": [{"name": "Chromium"}]}
