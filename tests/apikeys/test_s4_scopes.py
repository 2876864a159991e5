"""S4: what a key was not given it cannot do; what its owner lost it has lost, everywhere."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SESSION_ONLY, SYSTEM, Permission
from app.core.clock import SteppedClock
from app.core.errors import Code
from app.core.ids import encode_id
from app.gql.access import ACCESS, Root
from app.main import WebApp
from app.rbac.domain import BuiltIn
from app.schema import build_schema
from tests.apikeys.keys import ALL, USERS, mint, post, user_of
from tests.auth.people import rows
from tests.conftest import make_config, wait_until
from tests.gql.operations import root_fields
from tests.gql.rules import declared
from tests.support.api import Api
from tests.support.library import Shelves, films
from tests.support.people import People
from tests.support.sockets import connected

FIELDS = root_fields(build_schema()._schema)
NEVER = {
    path
    for path, made in FIELDS.items()
    if isinstance(root := declared(made, ACCESS), Root) and root.access in SESSION_ONLY
}
MOVIES = "{ movies { nodes { id } } }"
WHO = "{ viewer { permissions session { id } user { id } } }"


def test_s4_no_key_edits_accounts() -> None:
    """A key of who looks after accounts would lift limits and switch off accounts otherwise."""
    assert {
        f"Mutation.{name}"
        for name in ("createUser", "updateUser", "activateUser", "deactivateUser", "deleteUser")
    } <= NEVER


async def test_s4_a_key_has_its_scopes_and_no_more(
    app: Container, api: Api, people: People
) -> None:
    admin = await people.admin()
    shelf = await Shelves(app).library("Films")
    await Shelves(app).fill(shelf, films(2))
    lister = user_of(await mint(app, people, admin, [Permission.MOVIES_LIST]))
    reader = user_of(await mint(app, people, admin, [Permission.JOBS_LIST]))
    assert len((await api.run(MOVIES, lister))["movies"]["nodes"]) == 2
    error = await api.fails(MOVIES, reader)
    assert error.code is Code.FORBIDDEN
    assert "API key" in error.message
    assert (await api.fails("{ jobs { totalCount } }", lister)).code is Code.FORBIDDEN
    await api.run("{ jobs { totalCount } }", reader)
    error = await api.fails(
        "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }", lister, id=shelf.ref
    )
    assert error.code is Code.FORBIDDEN
    told = (await api.run(WHO, lister))["viewer"]
    assert told["permissions"] == ["movies:list"]
    assert told["session"] is None


async def test_s4_a_key_sees_what_its_owner_may_see(
    app: Container, api: Api, people: People
) -> None:
    shelves = Shelves(app)
    mine, other = await shelves.library("Mine"), await shelves.library("Other")
    await shelves.fill(mine, films(2))
    await shelves.fill(other, films(3, 10))
    user = await people.make(libraries=[mine.id])
    program = user_of(await mint(app, people, user))
    assert len((await api.run(MOVIES, program))["movies"]["nodes"]) == 2
    await app.rbac.revoke(SYSTEM, user.id, mine.id)
    assert (await api.run(MOVIES, program))["movies"]["nodes"] == []
    await app.rbac.grant(SYSTEM, user.id, other.id)
    assert len((await api.run(MOVIES, program))["movies"]["nodes"]) == 3


async def test_s4_what_the_owner_loses_the_key_loses(
    app: Container, api: Api, people: People
) -> None:
    """And has again when the owner has it again: scopes are what it may have at most."""
    user = await people.make(BuiltIn.MODERATOR)
    program = user_of(await mint(app, people, user, ["jobs:list", "movies:list"]))

    async def held() -> list[str]:
        found: list[str] = (await api.run(WHO, program))["viewer"]["permissions"]
        return found

    async def become(role: BuiltIn) -> None:
        async with app.db.write(SYSTEM) as tx:
            await app.rbac.set_roles(tx, user.id, [role.id])
        app.principals.forget(user.id)

    assert await held() == ["jobs:list", "movies:list"]
    await become(BuiltIn.USER)
    assert await held() == ["movies:list"]
    await become(BuiltIn.ADMINISTRATOR)
    assert await held() == ["jobs:list", "movies:list"]


async def test_s4_no_key_reads_keys_by_id(app: Container, api: Api, people: People) -> None:
    admin = await people.admin()
    minted = await mint(app, people, admin, ALL)
    node = "query($id: ID!) { node(id: $id) { id } }"
    ref = encode_id("apikey", minted.api_key.id)
    assert (await api.run(node, admin, id=ref))["node"] is not None
    assert (await api.run(node, user_of(minted), id=ref))["node"] is None


# -- how it is shown


async def test_both_headers_take_a_key(app: Container, api: Api, people: People) -> None:
    user = await people.make()
    minted = await mint(app, people, user)
    for headers in (
        {"x-api-key": minted.token},
        {"authorization": f"Bearer {minted.token}"},
        {"authorization": f"bearer  {minted.token}"},
        {"x-api-key": minted.token, "authorization": f"Bearer {minted.token}"},
    ):
        answer = (await post(api, WHO, headers)).json()
        assert answer["data"]["viewer"]["user"]["id"] == user.ref, headers


async def test_two_different_credentials_are_refused(
    app: Container, api: Api, people: People
) -> None:
    user = await people.make()
    one, two = await mint(app, people, user), await mint(app, people, user)
    for other in (user.token, two.token, "rv_" + "0" * 64, "nonsense"):
        headers = {"x-api-key": one.token, "authorization": f"Bearer {other}"}
        answer = await post(api, WHO, headers)
        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "INVALID"
        assert "X-API-Key" in error["message"]
        assert other not in answer.text


@pytest.mark.parametrize(
    "token",
    [
        "rv_",
        "rv_" + "0" * 63,
        "rv_" + "0" * 65,
        "rv_" + "g" * 64,
        "rv_" + "A" * 64,
        "rv_" + "\uff10" * 64,
        "RV_" + "0" * 64,
        "0" * 64,
        "rv_" + "0" * 64 + "\n",
        "rv_" + "0" * 100_000,
        "",
    ],
)
async def test_what_is_no_key_is_not_looked_up(token: str, app: Container) -> None:
    """However it is wrong, it costs the same: nothing."""
    seen: list[str] = []
    app.db.statements = lambda sql: seen.append(sql) if "token_hash" in sql else None
    try:
        assert not (await app.principals.viewer(token)).signed_in
    finally:
        app.db.statements = None
    assert seen == []


async def test_an_unknown_key_is_nobody(app: Container, api: Api) -> None:
    answer = (await post(api, WHO, {"x-api-key": "rv_" + "0" * 64})).json()
    assert answer["data"]["viewer"] is None


async def test_the_export_takes_a_key(app: Container, api: Api, people: People) -> None:
    admin = await people.admin()
    good = await mint(app, people, admin, [Permission.AUDIT_EXPORT])
    other = await mint(app, people, admin, [Permission.AUDIT_READ])
    route = "/activity/export"
    assert (await api.http.get(route, headers={"x-api-key": good.token})).status_code == 200
    answer = await api.http.get(route, headers={"authorization": f"Bearer {good.token}"})
    assert answer.status_code == 200
    assert encode_id("apikey", good.api_key.id) in answer.text
    assert (await api.http.get(route, headers={"x-api-key": other.token})).status_code == 403


async def test_what_a_key_did_is_logged_as_its_doing(
    app: Container, api: Api, people: People
) -> None:
    admin = await people.admin()
    shelf = await Shelves(app).library("Films")
    minted = await mint(app, people, admin, [Permission.LIBRARIES_SCAN])
    await api.run(
        "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }", user_of(minted), id=shelf.ref
    )
    [found] = await rows(
        app, "select actor_id, api_key_id from activity_log where action = 'library.scan'"
    )
    assert found == (admin.id, minted.api_key.id)


# -- when it is not good any more


async def test_an_expired_key_is_refused_also_one_that_is_remembered(
    app: Container, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteppedClock(datetime.now(UTC))
    monkeypatch.setattr(app.principals, "_clock", clock)
    expires = clock.now() + timedelta(minutes=1)
    minted = await mint(app, people, await people.make(), expires_at=expires)
    assert (await app.principals.viewer(minted.token)).signed_in
    clock.advance(timedelta(seconds=59))
    assert (await app.principals.viewer(minted.token)).signed_in
    clock.advance(timedelta(seconds=1))
    assert not (await app.principals.viewer(minted.token)).signed_in


@pytest.mark.parametrize("column", ["is_active = false", "deleted_at = now()"])
async def test_the_key_of_who_has_no_account_any_more(
    column: str, app: Container, people: People
) -> None:
    user = await people.make()
    minted = await mint(app, people, user)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text(f"update users set {column} where id = :id"), {"id": user.id})
        await tx.notify("principal", str(user.id))
    app.principals.forget(user.id)
    assert not (await app.principals.viewer(minted.token)).signed_in


async def test_the_key_of_who_owes_a_second_factor(
    app: Container, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await people.make()
    minted = await mint(app, people, user)

    class Has:
        factors_: tuple[str, ...] = ()

        async def factors(self, user_id: Any) -> tuple[str, ...]:
            assert user_id == user.id
            return self.factors_

        async def trusts(self, user_id: Any, token: str) -> bool:
            raise AssertionError

    known = Has()
    monkeypatch.setattr(app.sign_in, "second_factors", known)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("insert into user_policies (user_id, requires_factor) values (:id, true)"),
            {"id": user.id},
        )
    app.principals.forget(user.id)
    assert not (await app.principals.viewer(minted.token)).signed_in
    known.factors_ = ("totp",)
    app.principals.forget(user.id)
    assert (await app.principals.viewer(minted.token)).signed_in


@pytest.mark.alone
@pytest.mark.parametrize("redis", ["there", "away"])
async def test_a_revoked_key_is_refused_elsewhere_within_100_ms(
    redis: str, app: Container, people: People, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """On another process, which remembers it, also when Redis cannot tell it."""
    address = redis_url if redis == "there" else "redis://127.0.0.1:1/0"
    other = Container(make_config(database_url, address, tmp_path))
    await other.open()
    try:
        await wait_until(lambda: other.listener.healthy)
        late = []
        for _ in range(5):
            user = await people.make()
            minted = await mint(app, people, user)
            assert (await other.principals.viewer(minted.token)).signed_in
            assert await remembered(other, minted.token)
            await app.api_keys.revoke(await people.viewer(user), minted.api_key.id)
            committed = monotonic()
            while (await other.principals.viewer(minted.token)).signed_in:
                assert monotonic() - committed < 5
                await asyncio.sleep(0.001)
            late.append(monotonic() - committed)
        assert max(late) < 0.1, late
    finally:
        await other.close()


async def remembered(app: Container, token: str) -> bool:
    """The control: without a notification it would go on being accepted."""
    seen: list[str] = []
    app.db.statements = lambda sql: seen.append(sql) if "token_hash" in sql else None
    try:
        return (await app.principals.viewer(token)).signed_in and seen == []
    finally:
        app.db.statements = None


async def test_a_websocket_ends_with_its_key(app: Container, web: WebApp, people: People) -> None:
    user = await people.make()
    minted = await mint(app, people, user)
    async with connected(web.asgi()) as socket:
        await socket.init(f"Bearer {minted.token}")
        socket.subscribe("1", WHO)
        assert (await socket.receive())["payload"]["data"]["viewer"]["user"]["id"] == user.ref
        await app.api_keys.revoke(await people.viewer(user), minted.api_key.id)
        assert await socket.ends(timeout=1) == 4403


def test_users_have_scopes_to_give() -> None:
    """The control of these tests: the lists they take scopes from are neither empty nor alike."""
    assert 5 < len(USERS) < len(ALL) < len(Permission)
