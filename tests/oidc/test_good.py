"""The ways that work: first sign-in, again, Authentik, Keycloak, rotation, roles, names."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import decode_id, encode_id
from app.rbac.domain import BuiltIn
from tests.oidc.conftest import FINISH, START, There, fragment
from tests.oidc.provider import CLIENT, EC, NEXT, Provider, running
from tests.support.people import People

ADMINS = encode_id("role", BuiltIn.ADMINISTRATOR.id)
MODERATORS = encode_id("role", BuiltIn.MODERATOR.id)


async def roles(there: There, user: str) -> set[UUID]:
    found = await there.app.db.records(
        text("select role_id from user_roles where user_id = :id"), {"id": decode_id("user", user)}
    )
    return {row["role_id"] for row in found}


async def test_first_and_second_sign_in(there: There, provider: Provider) -> None:
    await there.configure()
    provider.info = {
        "preferred_username": "Änne.Meier@corp",
        "name": "Änne Meier",
        "email": "anne@example.org",
        "email_verified": True,
    }
    first = await there.sign_in()
    user = first["user"]
    assert first["__typename"] == "LoginSuccess"
    assert user["username"] == "nne-Meier"
    assert user["displayName"] == "Änne Meier"
    row = (await there.app.db.records(text("select * from users where email is not null")))[0]
    assert (row["email"], row["email_verified_at"] is None) == ("anne@example.org", False)
    assert await roles(there, user["id"]) == {BuiltIn.USER.id}
    secret = await there.app.auth_repository.secret(row["id"])
    assert secret is not None
    assert secret.hash is None
    again = await there.sign_in()
    assert again["user"]["id"] == user["id"]
    assert (await there.left())["links"] == 1
    session = (await there.app.db.records(text("select method from sessions order by id desc")))[0]
    assert session["method"] == "oidc"
    logged = await there.app.db.records(
        text("select success, actor_id from activity_log where action = 'oidc.login'")
    )
    assert [(r["success"], r["actor_id"]) for r in logged] == [(True, row["id"])] * 2


@pytest.mark.parametrize("said", [False, None, "true", 1, ["true"]])
async def test_an_address_is_verified_only_by_true(
    there: There, provider: Provider, said: Any
) -> None:
    await there.configure()
    provider.info = {"email": "anne@example.org", "email_verified": said}
    await there.sign_in()
    # It waits to be confirmed: an account that held it already would be reset by its owner's mail,
    # with a stranger linked to it.
    await there.sign_in()
    assert await there.app.user_repository.by_email("anne@example.org") is None
    [letter] = await there.app.db.records(text("select kind, email from account_tokens"))
    assert (letter["kind"], letter["email"]) == ("verify_email", "anne@example.org")


async def test_names_and_verified_addresses_follow_the_provider(
    there: There, provider: Provider, people: People
) -> None:
    config = await there.configure()
    provider.info = {"name": "Anne", "email": "anne@example.org", "email_verified": True}
    made = (await there.sign_in())["user"]
    other = await people.make()
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.user_repository.set_email(tx, other.id, "taken@example.org", None)

    async def now() -> tuple[str, str | None, bool]:
        found = text("select display_name, email, email_verified_at from users where id = :id")
        user_id = decode_id("user", made["id"])
        row = (await there.app.db.records(found, {"id": user_id}))[0]
        return row["display_name"], row["email"], row["email_verified_at"] is not None

    provider.info = {"name": "Anne Meier", "email": "new@example.org", "email_verified": True}
    assert (await there.sign_in())["user"]["displayName"] == "Anne Meier"
    assert await now() == ("Anne Meier", "new@example.org", True)
    logged = await there.app.db.records(
        text("select changes::text as said from activity_log where action = 'user.update'")
    )
    assert len(logged) == 3
    assert not any("example.org" in row["said"] for row in logged)
    for email, verified in [("said@example.org", False), ("taken@example.org", True), (None, True)]:
        provider.info = {"email": email, "email_verified": verified}
        assert (await there.sign_in())["user"]["id"] == made["id"]
        assert await now() == ("Anne Meier", "new@example.org", True)
    off = """mutation ($id: ID!) {
      updateOidcProvider(id: $id, input: { updateOnLogin: false }) { id } }"""
    await there.api.run(off, there.admin, id=config)
    provider.info = {"name": "Else", "email": "else@example.org", "email_verified": True}
    await there.sign_in()
    assert await now() == ("Anne Meier", "new@example.org", True)


async def test_an_address_of_somebody_is_never_taken_over(
    there: There, provider: Provider, people: People
) -> None:
    await there.configure()
    victim = await people.make()
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.user_repository.set_email(tx, victim.id, "anne@example.org", None)
    provider.info = {
        "email": "Anne@Example.org",
        "email_verified": True,
        "preferred_username": victim.username,
    }
    made = await there.sign_in()
    assert made["user"]["id"] != victim.ref
    assert made["user"]["username"] == f"{victim.username}-2"
    owner = await there.app.user_repository.by_email("anne@example.org")
    assert owner is not None
    assert owner.id == victim.id


async def test_no_account_is_made_where_none_shall_be(there: There, provider: Provider) -> None:
    await there.configure(autoCreate=False)
    before = await there.left()
    begun = await there.start()
    code = await there.code(begun)
    error = await there.api.fails(FINISH, code=code, binding=begun["binding"])
    assert error.code is Code.UNAUTHENTICATED
    assert await there.left() == before


@pytest.mark.parametrize("how", ["is_active = false", "deleted_at = now()"])
async def test_who_is_off_or_deleted_stays_out(there: There, provider: Provider, how: str) -> None:
    await there.configure()
    await there.sign_in()
    async with there.app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(f"update users set {how} where id in (select user_id from oidc_links)")
        )
    before = await there.left()
    begun = await there.start()
    error = await there.api.fails(FINISH, code=await there.code(begun), binding=begun["binding"])
    assert error.code is Code.UNAUTHENTICATED
    assert await there.left() == before


async def test_keys_rotate(there: There, provider: Provider) -> None:
    await there.configure()
    await there.sign_in()
    provider.keys, provider.signer = [provider.signer, NEXT], NEXT
    await there.sign_in()
    assert provider.asked.count("/jwks") == 2
    # A stranger's key is not looked for again and again.
    provider.keys, provider.signer, provider.algorithm = [NEXT], EC, "ES256"
    for _ in range(3):
        begun = await there.start()
        answer = await there.back(provider.visit(begun["authorizationUrl"]))
        assert fragment(answer) == {"oidc_error": "key"}
    assert provider.asked.count("/jwks") == 2


async def test_elliptic_curves(there: There, provider: Provider) -> None:
    await there.configure()
    provider.keys, provider.signer, provider.algorithm = [EC], EC, "ES256"
    provider.info = None
    assert (await there.sign_in())["__typename"] == "LoginSuccess"


async def test_authentik(there: There) -> None:
    """Issuer with a slash at its end, groups in the ID token, userinfo beside it."""
    async with running("/application/o/revenge/") as provider:
        there.provider = provider
        provider.claims = {
            "sub": "ab" * 32,
            "acr": "goauthentik.io/providers/oauth2/default",
            "amr": ["pwd"],
            "azp": CLIENT,
            "uid": "x",
            "sid": "y",
            "email": "anne@example.org",
            "email_verified": True,
            "name": "Anne",
            "preferred_username": "anne",
            "groups": ["authentik Admins", "media-staff"],
        }
        await there.configure(
            kind="AUTHENTIK", roleMappings=[{"value": "media-staff", "roleId": MODERATORS}]
        )
        made = await there.sign_in()
        assert made["user"]["username"] == "anne"
        assert await roles(there, made["user"]["id"]) == {BuiltIn.USER.id, BuiltIn.MODERATOR.id}
        assert "/application/o/revenge/.well-known/openid-configuration" in provider.asked


async def test_keycloak(there: There) -> None:
    """Roles below `realm_access`, in userinfo; a list as audience."""
    async with running("/realms/home") as provider:
        there.provider = provider
        provider.claims = {
            "sub": "f:1:anne",
            "typ": "ID",
            "aud": [CLIENT, "account"],
            "azp": CLIENT,
            "session_state": "x",
            "preferred_username": "anne",
        }
        provider.info = {"realm_access": {"roles": ["offline_access", "media-admin"]}}
        await there.configure(
            kind="KEYCLOAK", roleMappings=[{"value": "media-admin", "roleId": MODERATORS}]
        )
        made = await there.sign_in()
        assert await roles(there, made["user"]["id"]) == {BuiltIn.USER.id, BuiltIn.MODERATOR.id}
        provider.info = {"realm_access": {"roles": []}}
        await there.sign_in()
        assert await roles(there, made["user"]["id"]) == {BuiltIn.USER.id}


async def test_only_mapped_roles_come_and_go(there: There, provider: Provider) -> None:
    await there.configure(roleMappings=[{"value": "staff", "roleId": MODERATORS}])
    provider.info = {"groups": ["staff", "administrators"]}
    made = (await there.sign_in())["user"]["id"]
    assert await roles(there, made) == {BuiltIn.USER.id, BuiltIn.MODERATOR.id}
    async with there.app.db.write(SYSTEM) as tx:
        mine = {BuiltIn.GUEST.id, BuiltIn.MODERATOR.id}
        await there.app.rbac.set_roles(tx, decode_id("user", made), mine)
    provider.info = {"groups": []}
    await there.sign_in()
    assert await roles(there, made) == {BuiltIn.GUEST.id}


async def test_the_last_administrator_stays_one(there: There, provider: Provider) -> None:
    await there.configure(roleMappings=[{"value": "root", "roleId": ADMINS}])
    provider.info = {"groups": ["root"]}
    made = (await there.sign_in())["user"]["id"]
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.rbac.set_roles(tx, there.admin.id, {BuiltIn.USER.id})
    provider.info = {"groups": []}
    await there.sign_in()
    assert BuiltIn.ADMINISTRATOR.id in await roles(there, made)


async def test_a_browser_keeps_everything_in_cookies(there: There, provider: Provider) -> None:
    await there.configure()
    http, url = there.api.http, "https://media.test"
    query = START.replace("redirectPath: $path", "redirectPath: $path, cookies: true")
    body = {"query": query, "variables": {"provider": "idp", "path": "/home?x=1"}}
    begun = (await http.post(f"{url}/graphql", json=body)).json()
    made = begun["data"]["startOidcSignIn"]
    assert made["binding"] is None
    assert any(name.startswith("revenge_oidc_") for name in http.cookies)
    back = f"{url}/oidc/idp/callback?{provider.visit(made['authorizationUrl'])}"
    kept = dict(http.cookies)
    http.cookies.clear()
    assert (await http.get(back)).status_code == 400  # another browser
    http.cookies.update(kept)
    answer = await http.get(
        back, headers={"cookie": "; ".join(f"{k}={v}" for k, v in kept.items())}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{url}/home?x=1#oidc=")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_code_is_nothing_without_the_binding(there: There, provider: Provider) -> None:
    await there.configure()
    begun, other = await there.start(), await there.start()
    code = await there.code(begun)
    for binding in (None, other["binding"], code, "x"):
        error = await there.api.fails(FINISH, code=code, binding=binding)
        assert error.code is Code.UNAUTHENTICATED
    assert (await there.left())["users"] == 1
    good = await there.api.run(FINISH, code=code, binding=begun["binding"])
    assert good["finishOidcSignIn"]["__typename"] == "LoginSuccess"


ELSEWHERE = ["//evil.test", "/\\evil.test", "https://evil.test", "evil", "javascript:x", ""]


@pytest.mark.parametrize("path", [*ELSEWHERE, "/a\nb", "/ü", "/a#b", "/" + "x" * 600])
async def test_one_returns_to_this_server_alone(there: There, path: str) -> None:
    await there.configure()
    error = await there.api.fails(START, provider="idp", path=path)
    assert error.code is Code.INVALID


async def test_nothing_secret_is_stored_in_clear_text(there: There, provider: Provider) -> None:
    """S9: sealing never depends on the length of a key and never falls back to clear text."""
    await there.configure()
    begun = await there.start()
    await there.code(begun)
    query = dict(parse_qsl(urlsplit(begun["authorizationUrl"]).query))
    dump = ""
    for table in ("oidc_providers", "oidc_states", "oidc_links", "activity_log", "outbox", "jobs"):
        rows = await there.app.db.records(text(f"select t::text as row from {table} t"))
        dump += "\n".join(row["row"] for row in rows)
    for secret in ("the client's secret", query["state"], query["nonce"], begun["binding"]):
        assert secret not in dump
        assert secret.encode().hex() not in dump
