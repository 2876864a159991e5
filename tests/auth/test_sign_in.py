"""The gate: second factors, cookies, hashes of other servers."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import bcrypt
import httpx
import orjson
import pytest
from sqlalchemy import text

from app.auth.domain import BadChallenge, Entry, Factor, LoginSuccess, MfaRequired
from app.container import Container
from app.core.access import ENROLMENT, NOTHING, SYSTEM, Client
from app.core.errors import Invalid
from app.rbac.domain import PERMISSIONS, BuiltIn
from tests.auth.gate import HOME, PASSWORD, signed_in, try_
from tests.auth.people import person, rows
from tests.support.api import Api
from tests.support.scopes import graphql_scope


class Pockets:
    """Second factors as the gate asks for them."""

    def __init__(self) -> None:
        self.held: dict[UUID, tuple[Factor, ...]] = {}
        self.devices: set[tuple[UUID, str]] = set()

    async def factors(self, user_id: UUID) -> tuple[Factor, ...]:
        return self.held.get(user_id, ())

    async def trusts(self, user_id: UUID, token: str) -> bool:
        return (user_id, token) in self.devices


@pytest.fixture
def pockets(app: Container, monkeypatch: pytest.MonkeyPatch) -> Pockets:
    made = Pockets()
    monkeypatch.setattr(app.sign_in, "second_factors", made)
    return made


# -- second factors


async def test_s2_a_second_factor_is_asked_for(app: Container, pockets: Pockets) -> None:
    user = await person(app, "ann", password=PASSWORD)
    pockets.held[user.id] = (Factor.TOTP,)
    result = await app.sign_in.password("ann", PASSWORD, Entry(client=HOME))
    assert isinstance(result, MfaRequired)
    assert result.factors == (Factor.TOTP,)
    assert await rows(app, "select 1 from sessions") == []
    assert not (await app.principals.viewer(result.challenge)).signed_in
    challenge = await app.sign_in.challenge(result.challenge, HOME)
    async with app.db.write(SYSTEM) as tx:
        login = await app.sign_in.complete(tx, challenge, Factor.TOTP)
    assert login.tokens.session.method == "password+totp"
    assert login.tokens.session.factor


async def test_a_challenge_is_good_once_of_fifty(app: Container, pockets: Pockets) -> None:
    user = await person(app, "ann", password=PASSWORD)
    pockets.held[user.id] = (Factor.TOTP,)
    result = await app.sign_in.password("ann", PASSWORD, Entry())
    assert isinstance(result, MfaRequired)
    challenge = await app.sign_in.challenge(result.challenge, HOME)

    async def finish() -> bool:
        async with app.db.write(SYSTEM) as tx:
            try:
                await app.sign_in.complete(tx, challenge, Factor.TOTP)
            except BadChallenge:
                return False
        return True

    assert sum(await asyncio.gather(*(finish() for _ in range(50)))) == 1
    assert await rows(app, "select count(*) from sessions") == [(1,)]


async def test_a_challenge_bears_five_tries_and_five_minutes(
    app: Container, pockets: Pockets
) -> None:
    user = await person(app, "ann", password=PASSWORD)
    pockets.held[user.id] = (Factor.TOTP,)
    result = await app.sign_in.password("ann", PASSWORD, Entry())
    assert isinstance(result, MfaRequired)
    looks = [app.sign_in.challenge(result.challenge, HOME) for _ in range(50)]
    found = await asyncio.gather(*looks, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in found) == 5
    late = await app.sign_in.password("ann", PASSWORD, Entry())
    assert isinstance(late, MfaRequired)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update sign_in_challenges set expires_at = now()"))
    with pytest.raises(BadChallenge):
        await app.sign_in.challenge(late.challenge, HOME)


async def test_a_trusted_device_stands_for_a_factor(app: Container, pockets: Pockets) -> None:
    user = await person(app, "ann", password=PASSWORD)
    pockets.held[user.id] = (Factor.WEBAUTHN,)
    pockets.devices.add((user.id, "rvd_mine"))
    trusted = await app.sign_in.password("ann", PASSWORD, Entry(trusted_device="rvd_mine"))
    assert isinstance(trusted, LoginSuccess)
    assert trusted.tokens.session.factor
    other = await app.sign_in.password("ann", PASSWORD, Entry(trusted_device="rvd_theirs"))
    assert isinstance(other, MfaRequired)


async def test_a_change_of_password_voids_what_waits(app: Container, pockets: Pockets) -> None:
    user = await person(app, "ann", password=PASSWORD)
    pockets.held[user.id] = (Factor.TOTP,)
    result = await app.sign_in.password("ann", PASSWORD, Entry())
    assert isinstance(result, MfaRequired)
    await app.accounts.reset_password("ann")
    with pytest.raises(BadChallenge):
        await app.sign_in.challenge(result.challenge, HOME)


# -- hashes and rules of passwords


async def test_a_hash_of_bcrypt_is_verified_and_made_anew(app: Container) -> None:
    user = await person(app, "ann", password=PASSWORD)
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    async with app.db.write(SYSTEM) as tx:
        await app.auth_repository.set_password(tx, user.id, old, one_time=False)
    assert await try_(app, HOME) == "UNAUTHENTICATED"
    assert await try_(app, HOME, PASSWORD) == "ok"
    [(stored,)] = await rows(app, "select hash from user_passwords")
    assert stored.startswith("$argon2id$")
    assert await try_(app, HOME, PASSWORD) == "ok"


async def test_many_sign_ins_at_once_renew_an_old_hash(app: Container) -> None:
    """None waits for another that waits for it."""
    user = await person(app, "ann", password=PASSWORD)
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    async with app.db.write(SYSTEM) as tx:
        await app.auth_repository.set_password(tx, user.id, old, one_time=False)
    told = await asyncio.gather(*(try_(app, Client(f"192.0.2.{n}"), PASSWORD) for n in range(4)))
    # Who comes second finds another hash than the one that was checked, and has to come again.
    assert set(told) <= {"ok", "UNAUTHENTICATED"}
    assert "ok" in told
    assert await try_(app, HOME, PASSWORD) == "ok"


async def test_when_somebody_signed_in_is_known(app: Container) -> None:
    await person(app, "ann", password=PASSWORD)
    assert await rows(app, "select last_login_at from users") == [(None,)]
    assert await try_(app, HOME) == "UNAUTHENTICATED"
    assert await rows(app, "select last_login_at from users") == [(None,)]
    assert await try_(app, HOME, PASSWORD) == "ok"
    recent = "select last_login_at > now() - interval '1 minute' from users"
    assert await rows(app, recent) == [(True,)]


async def test_a_password_that_an_administrator_set_has_to_be_changed(app: Container) -> None:
    """Before that nothing can be done with it: nobody acts as somebody else."""
    user = await person(app, "ann")
    hashed = await app.hasher.hash(PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        await app.auth_repository.set_password(tx, user.id, hashed, one_time=True, must_change=True)
    result, viewer = await signed_in(app, user)
    assert result.must_change_password
    assert viewer.owes_password
    assert viewer.permissions <= ENROLMENT
    assert viewer.scope == NOTHING
    await app.accounts.change_password(viewer, PASSWORD, "a quite different sentence")
    changed = await app.principals.viewer(result.tokens.access)
    assert not changed.owes_password
    assert changed.permissions == PERMISSIONS[BuiltIn.USER]


@pytest.mark.parametrize("hash_", ["$2b$31$" + "a" * 53, "$2b$04$short", "$2x$04$" + "a" * 53])
async def test_absurd_hashes_of_bcrypt_are_not_computed(app: Container, hash_: str) -> None:
    async with asyncio.timeout(5):
        assert not await app.hasher.verify(hash_, PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 1025, "passw0rd", "12345678", "qwertyuiop", "annannann", "ann@example.org"],
)
async def test_weak_passwords_are_refused_unquoted(app: Container, password: str) -> None:
    with pytest.raises(Invalid) as error:
        await app.passwords.judge(password, about=["annannann", "ann@example.org"])
    assert password not in error.value.message


@pytest.mark.parametrize(
    "password", [PASSWORD, "Tr0ub4dor&3x", "ünïcødé-pässwörter", "z" * 9 + PASSWORD * 40]
)
async def test_others_will_do_however_they_are_composed(app: Container, password: str) -> None:
    async with asyncio.timeout(5):
        await app.passwords.judge(password)


# -- cookies

LOGIN = """
mutation ($p: String!) {
  login(username: "ann", password: $p, cookies: true) {
    ... on LoginSuccess { accessToken refreshToken user { username } }
  }
}
"""
JSON = {"content-type": "application/json"}
GUARD = {**JSON, "x-revenge-csrf": "1"}


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies, at an address with TLS."""
    transport = httpx.ASGITransport(app=api.web.asgi())
    async with httpx.AsyncClient(transport=transport, base_url="https://revenge.test") as client:
        yield client


async def ask(browser: httpx.AsyncClient, query: str, headers: dict[str, str], **v: str) -> object:
    body = {"query": query, "variables": v}
    return (await browser.post("/graphql", json=body, headers=headers)).json()


async def test_a_browser_signs_in_stays_and_leaves(
    app: Container, browser: httpx.AsyncClient
) -> None:
    await person(app, "ann", password=PASSWORD)
    answer = await ask(browser, LOGIN, JSON, p=PASSWORD)
    assert answer == {
        "data": {"login": {"accessToken": None, "refreshToken": None, "user": {"username": "ann"}}}
    }
    assert {c.name for c in browser.cookies.jar} == {"revenge_session", "revenge_refresh"}
    who = "{ viewer { user { username } } }"
    signed_in = {"data": {"viewer": {"user": {"username": "ann"}}}}
    assert await ask(browser, who, GUARD) == signed_in
    before = {c.name: c.value for c in browser.cookies.jar}
    refreshed = await ask(browser, "mutation { refreshSession { accessToken } }", GUARD)
    assert refreshed == {"data": {"refreshSession": {"accessToken": None}}}
    assert all(c.value != before[c.name] for c in browser.cookies.jar)
    assert await ask(browser, who, GUARD) == signed_in
    assert await ask(browser, "mutation { logout }", GUARD) == {"data": {"logout": True}}
    assert len(browser.cookies.jar) == 0
    assert await rows(app, "select 1 from sessions where revoked_at is null") == []


async def test_cookies_need_tls(api: Api, app: Container) -> None:
    await person(app, "ann", password=PASSWORD)
    assert (await api.fails(LOGIN, p=PASSWORD)).code == "CONFLICT"
    assert await rows(app, "select 1 from sessions") == []


async def test_two_credentials_are_one_too_many(api: Api) -> None:
    headers = {**JSON, "authorization": "Bearer rvs_a", "x-api-key": "rv_b"}
    response = await api.http.post(
        "/graphql", content=b'{"query":"{ __typename }"}', headers=headers
    )
    assert response.status_code == 400


async def test_who_hangs_up_leaves_the_hashers_queue(app: Container, api: Api) -> None:
    """Nothing is hashed for a client that is gone before its turn."""
    await person(app, "ann", password=PASSWORD)
    query = 'mutation { login(username: "ann", password: "wrong") { __typename } }'
    body = orjson.dumps({"query": query})
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    hangs_up, sent = asyncio.Event(), []

    async def receive() -> dict[str, object]:
        if messages:
            return messages.pop()
        await hangs_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = graphql_scope()
    busy = [app.hasher._slots.acquire() for _ in range(app.hasher._threads)]
    await asyncio.gather(*busy)
    try:
        before = app.hasher.started
        asking = asyncio.create_task(api.web.asgi()(scope, receive, send))
        async with asyncio.timeout(5):
            while not app.hasher.waiting:
                await asyncio.sleep(0.01)
            hangs_up.set()
            await asking
        assert app.hasher.waiting == 0
    finally:
        for _ in busy:
            app.hasher._slots.release()
    await asyncio.sleep(0.1)
    assert app.hasher.started == before
    assert sent[0]["status"] == 499
