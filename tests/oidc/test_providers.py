"""Providers as they are configured: nobody comes to power by one, nobody is locked out."""

from typing import Any

import pytest
from sqlalchemy import text
from starlette.responses import JSONResponse

from app.core.access import SYSTEM, Permission
from app.core.errors import Code
from app.core.ids import decode_id, encode_id, new_id
from app.core.keys import Keyring
from app.oidc.service import Resealing
from app.rbac.domain import BuiltIn, RoleInput
from tests.oidc.conftest import CREATE, FINISH, There
from tests.oidc.provider import CLIENT, SECRET, Provider
from tests.support.people import People, Somebody

ADMINS = encode_id("role", BuiltIn.ADMINISTRATOR.id)
GUESTS = encode_id("role", BuiltIn.GUEST.id)
UPDATE = """mutation ($id: ID!, $input: UpdateOidcProviderInput!) {
  updateOidcProvider(id: $id, input: $input) { name displayName hasSecret issuer
    endpoints { token } roleMappings { value } } }"""
DELETE = "mutation ($id: ID!, $force: Boolean!) { deleteOidcProvider(id: $id, force: $force) }"
TEST = "mutation ($id: ID!) { testOidcProvider(id: $id) { good findings { what good detail } } }"
STORED = """select name, display_name, issuer, client_id, client_secret_sealed, endpoints, claims,
  role_mappings from oidc_providers order by name"""


def switch(what: str) -> str:
    return f"mutation ($id: ID!) {{ {what}OidcProvider(id: $id) {{ enabled isDefault }} }}"


async def stored(there: There) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await there.app.db.records(text(STORED))]


@pytest.fixture
async def manager(there: There, people: People) -> Somebody:
    """Who may configure providers and is no administrator."""
    names = [Permission.OIDC_MANAGE.value, Permission.PROFILE_READ.value]
    role = await there.app.roles.create(SYSTEM, RoleInput(name="Doorkeeper", permissions=names))
    somebody = await people.make()
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.rbac.set_roles(tx, somebody.id, [role.id])
    return somebody


async def test_a_provider_is_added_changed_and_logged(there: There) -> None:
    config = await there.configure(kind="KEYCLOAK")
    given = {"displayName": "Another", "endpoints": {"token": "https://idp.test/t"}}
    made = await there.api.run(UPDATE, there.admin, id=config, input=given)
    assert made["updateOidcProvider"]["displayName"] == "Another"
    assert made["updateOidcProvider"]["endpoints"] == {"token": "https://idp.test/t"}
    given = {"clientSecret": "", "endpoints": {"token": ""}}
    made = await there.api.run(UPDATE, there.admin, id=config, input=given)
    assert made["updateOidcProvider"]["hasSecret"] is False
    assert made["updateOidcProvider"]["endpoints"] == {"token": None}
    logged = await there.app.db.records(
        text(
            "select action, actor_id, changes::text from activity_log"
            " where action like 'oidc.p%' order by id"
        )
    )
    assert [row["action"] for row in logged] == [
        "oidc.provider.add",
        "oidc.provider.update",
        "oidc.provider.update",
    ]
    assert {row["actor_id"] for row in logged} == {there.admin.id}
    assert SECRET not in str([row["changes"] for row in logged])


WRONG: dict[str, dict[str, Any]] = {
    "a name of capitals": {"name": "IDP"},
    "a path as a name": {"name": "../x"},
    "no issuer": {"issuer": ""},
    "a script": {"issuer": "javascript:alert(1)"},
    "an issuer with a query": {"issuer": "https://idp.test/?x=1"},
    "somebody in the address": {"issuer": "https://a:b@idp.test"},
    "no client": {"clientId": " "},
    "scopes without openid": {"scopes": ["profile"]},
    "a scope with a space": {"scopes": ["openid", "a b"]},
    "a secret of two lines": {"clientSecret": "a\nb"},
    "an endpoint without TLS outside": {"endpoints": {"jwks": "file:///etc/passwd"}},
    "one value for two roles": {
        "roleMappings": [{"value": "x", "roleId": ADMINS}, {"value": "x", "roleId": GUESTS}]
    },
    "no such role": {"roleMappings": [{"value": "x", "roleId": encode_id("role", new_id())}]},
}


@pytest.mark.parametrize("way", WRONG)
async def test_what_is_no_provider(way: str, there: There) -> None:
    values = {"name": "idp", "issuer": "https://idp.test", "clientId": CLIENT, **WRONG[way]}
    error = await there.api.fails(CREATE, there.admin, input=values)
    assert error.code in {Code.INVALID, Code.NOT_FOUND}
    assert await stored(there) == []


async def test_a_name_is_one_provider_s(there: There) -> None:
    await there.configure()
    before = await stored(there)
    values = {"name": "idp", "issuer": "https://idp.test", "clientId": CLIENT}
    assert (await there.api.fails(CREATE, there.admin, input=values)).code is Code.CONFLICT
    assert await stored(there) == before


async def test_one_default_that_is_on(there: There) -> None:
    first, second = await there.configure(), await there.configure("other")

    async def both(what: str, which: str) -> dict[str, Any]:
        return await there.api.run(switch(what), there.admin, id=which)

    await both("setDefault", first)
    assert (await both("setDefault", second))["setDefaultOidcProvider"]["isDefault"] is True
    shown = "{ oidcProviders { nodes { name isDefault } } }"
    assert (await there.api.run(shown))["oidcProviders"]["nodes"] == [
        {"name": "idp", "isDefault": False},
        {"name": "other", "isDefault": True},
    ]
    off = await both("disable", second)
    assert off["disableOidcProvider"] == {"enabled": False, "isDefault": False}
    assert len((await there.api.run(shown))["oidcProviders"]["nodes"]) == 1
    error = await there.api.fails(switch("setDefault"), there.admin, id=second)
    assert error.code is Code.CONFLICT
    start = 'mutation { startOidcSignIn(provider: "other") { binding } }'
    assert (await there.api.fails(start)).code is Code.NOT_FOUND
    assert (await both("enable", second))["enableOidcProvider"]["enabled"] is True
    await there.api.run(start)


async def test_who_was_on_the_way_when_it_was_disabled(there: There) -> None:
    config = await there.configure()
    begun = await there.start()
    code = await there.code(begun)
    await there.api.run(switch("disable"), there.admin, id=config)
    error = await there.api.fails(FINISH, code=code, binding=begun["binding"])
    assert error.code is Code.NOT_FOUND
    assert (await there.left())["sessions"] == 1


async def test_nobody_is_locked_out(there: There) -> None:
    config = await there.configure()
    user = decode_id("user", (await there.sign_in())["user"]["id"])
    for force in (False, True):
        error = await there.api.fails(DELETE, there.admin, id=config, force=force)
        assert error.code is Code.CONFLICT
    assert (await there.left())["links"] == 1
    moved = {"issuer": "https://elsewhere.test"}
    error = await there.api.fails(UPDATE, there.admin, id=config, input=moved)
    assert error.code is Code.CONFLICT
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.auth_repository.set_password(tx, user, "a hash", one_time=False)
    assert (await there.api.fails(DELETE, there.admin, id=config, force=False)).code == "CONFLICT"
    await there.api.run(DELETE, there.admin, id=config, force=True)
    assert (await there.left())["links"] == 0
    assert await stored(there) == []
    error = await there.api.fails(DELETE, there.admin, id=config, force=True)
    assert error.code is Code.NOT_FOUND


async def test_a_provider_is_tried(there: There, provider: Provider) -> None:
    config = await there.configure()

    async def found() -> dict[str, bool]:
        made = (await there.api.run(TEST, there.admin, id=config))["testOidcProvider"]
        assert made["good"] == all(one["good"] for one in made["findings"])
        assert SECRET not in str(made)
        return {one["what"]: one["good"] for one in made["findings"]}

    assert await found() == {"discovery": True, "algorithms": True, "keys": True}
    provider.responses["/jwks"] = lambda: JSONResponse({"keys": []})
    assert await found() == {"discovery": True, "algorithms": True, "keys": False}
    await there.app.cache.settle()
    wrong = await there.configure("wrong", issuer=f"{provider.issuer}/nowhere")
    made = (await there.api.run(TEST, there.admin, id=wrong))["testOidcProvider"]
    assert [one["what"] for one in made["findings"]] == ["discovery"]
    assert made["good"] is False
    assert (await there.left())["users"] == 1


async def test_nobody_comes_to_power_by_a_mapping(
    there: There, provider: Provider, manager: Somebody
) -> None:
    values = {"name": "mine", "issuer": provider.issuer, "clientId": CLIENT}
    for role in (ADMINS, encode_id("role", BuiltIn.MODERATOR.id)):
        mapped = {**values, "roleMappings": [{"value": "staff", "roleId": role}]}
        assert (await there.api.fails(CREATE, manager, input=mapped)).code is Code.FORBIDDEN
    assert await stored(there) == []
    made = (await there.api.run(CREATE, manager, input=values))["createOidcProvider"]["id"]
    taken = {"roleMappings": [{"value": "staff", "roleId": ADMINS}]}
    assert (await there.api.fails(UPDATE, manager, id=made, input=taken)).code is Code.FORBIDDEN


DECISIONS: list[dict[str, Any]] = [
    {"endpoints": {"token": "https://evil.test/t", "jwks": "https://evil.test/k"}},
    {"claims": {"roles": "nickname"}},
    {"clientId": "another"},
    {"clientSecret": "another"},
    {"scopes": ["openid", "all"]},
    {"roleMappings": []},
]


@pytest.mark.parametrize("change", DECISIONS)
async def test_nor_by_what_a_provider_says(
    change: dict[str, Any], there: There, manager: Somebody
) -> None:
    """Whoever answers for a provider could say that they are its administrator."""
    mapped = await there.configure(roleMappings=[{"value": "root", "roleId": ADMINS}])
    linked = await there.configure("other")
    async with there.app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into oidc_links (id, user_id, provider_id, subject)"
                " values (:id, :user, :provider, 'root')"
            ),
            {
                "id": new_id(),
                "user": there.admin.id,
                "provider": decode_id("oidc_provider_config", linked),
            },
        )
    before = await stored(there)
    changed = [mapped] if change == {"roleMappings": []} else [mapped, linked]
    for config in changed:
        error = await there.api.fails(UPDATE, manager, id=config, input=change)
        assert error.code is Code.FORBIDDEN
    assert await stored(there) == before
    await there.api.run(UPDATE, there.admin, id=mapped, input=change)


async def test_what_is_sealed_is_sealed_anew(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    await there.configure()
    await there.sign_in()
    await there.start()
    app, old = there.app, there.app.config.secret_key
    assert old is not None
    new = "another key, as long as it has to be"
    ring = Keyring(new, [old])
    for service in (app.oidc_talk, app.oidc_sign_in, app.oidc_flows, app.oidc_providers):
        monkeypatch.setattr(service, "_keyring", ring)
    resealing = Resealing(app)
    monkeypatch.setattr(resealing, "_keyring", ring)
    steps = (resealing.secrets, resealing.tokens, resealing.states)
    assert [await step() for step in steps] == [1, 1, 2]
    assert [await step() for step in steps] == [0, 0, 0]
    alone = Keyring(new)
    for service in (app.oidc_talk, app.oidc_sign_in, app.oidc_flows, app.oidc_providers):
        monkeypatch.setattr(service, "_keyring", alone)
    made = await there.sign_in()  # the old key is gone
    assert made["__typename"] == "LoginSuccess"
    first = await app.db.scalar(text("select session_id from oidc_sessions order by created_at"))
    found = await app.oidc_session_repository.origin(first)
    assert found is not None
    assert alone.open("oidc.id_token", found[1], first.bytes).count(b".") == 2
