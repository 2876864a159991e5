"""Who configures providers does not come to power by them; mappings outlive roles."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM, Permission
from app.core.errors import Code
from app.core.ids import decode_id, encode_id
from app.oidc.domain import Identity
from app.rbac.domain import MOST_HELD, BuiltIn, RoleInput
from tests.oidc.conftest import There
from tests.oidc.provider import Provider
from tests.oidc.test_good import ADMINS, MODERATORS, roles
from tests.support.people import People, Somebody

UPDATE = """mutation ($id: ID!, $input: UpdateOidcProviderInput!) {
  updateOidcProvider(id: $id, input: $input) { id displayName } }"""
ENABLE = "mutation ($id: ID!) { enableOidcProvider(id: $id) { enabled } }"
DISABLE = "mutation ($id: ID!) { disableOidcProvider(id: $id) { enabled } }"
DECISIVE: list[dict[str, Any]] = [
    {"clientId": "mine"},
    {"clientSecret": "mine"},
    {"clientSecret": ""},
    {"scopes": ["openid", "mine"]},
    {"claims": {"roles": "mine"}},
    {"claims": {"email": "mine"}},
    {"trustEmail": False},
    {"updateOnLogin": False},
    *(
        {"endpoints": {name: "https://mine.test"}}
        for name in ("authorization", "token", "userinfo", "jwks", "endSession")
    ),
]


@pytest.fixture
async def configurer(there: There, people: People) -> Somebody:
    """Somebody who may configure providers, and nothing else."""
    made = await people.make()
    wanted = RoleInput(name="Configurers", permissions=(Permission.OIDC_MANAGE.value,))
    role = await there.app.roles.create(SYSTEM, wanted)
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.rbac_repository.set_roles(tx, made.id, [BuiltIn.USER.id, role.id])
    return Somebody(made.id, made.username, await people.session(made.id))


async def link(there: There, ref: str, somebody: Somebody) -> None:
    async with there.app.db.write(SYSTEM) as tx:
        provider_id = decode_id("oidc_provider_config", ref)
        identity = Identity(subject=str(somebody.id))
        assert await there.app.oidc_link_repository.add(tx, somebody.id, provider_id, identity)


async def stored(there: There) -> dict[str, Any]:
    return dict((await there.app.db.records(text("select * from oidc_providers")))[0])


@pytest.mark.parametrize("change", [*DECISIVE, {"displayName": "Other"}, {"roleMappings": []}])
async def test_a_provider_that_leads_to_more_is_for_who_may_do_more(
    there: There, configurer: Somebody, change: dict[str, Any]
) -> None:
    ref = await there.configure(roleMappings=[{"value": "root", "roleId": ADMINS}])
    before = await stored(there)
    error = await there.api.fails(UPDATE, configurer, id=ref, input=change)
    assert error.code is Code.FORBIDDEN
    assert await stored(there) == before
    await there.api.run(UPDATE, there.admin, id=ref, input=change)
    assert await stored(there) != before


async def test_nor_does_who_may_do_less_offer_it_again(there: There, configurer: Somebody) -> None:
    ref = await there.configure(roleMappings=[{"value": "root", "roleId": ADMINS}])
    await there.api.run(DISABLE, configurer, id=ref)
    assert (await there.api.fails(ENABLE, configurer, id=ref)).code is Code.FORBIDDEN
    assert (await stored(there))["enabled"] is False
    await there.api.run(ENABLE, there.admin, id=ref)
    assert (await stored(there))["enabled"] is True


@pytest.mark.parametrize("change", DECISIVE)
async def test_who_comes_in_as_others_is_decided_by_who_may_do_what_they_may(
    there: There, configurer: Somebody, people: People, change: dict[str, Any]
) -> None:
    ref = await there.configure()
    await link(there, ref, configurer)
    await link(there, ref, await people.make())
    await there.api.run(UPDATE, configurer, id=ref, input={"clientId": "allowed"})
    await link(there, ref, await people.make(BuiltIn.MODERATOR))
    before = await stored(there)
    error = await there.api.fails(UPDATE, configurer, id=ref, input=change)
    assert error.code is Code.FORBIDDEN
    assert await stored(there) == before
    await there.api.run(UPDATE, configurer, id=ref, input={"displayName": "Allowed"})
    await there.api.run(UPDATE, there.admin, id=ref, input=change)
    assert await stored(there) != before


async def new_role(there: There, name: str) -> tuple[UUID, str]:
    role = await there.app.roles.create(SYSTEM, RoleInput(name=name))
    return role.id, encode_id("role", role.id)


async def test_a_mapping_to_a_role_that_is_gone_keeps_nobody_out(
    there: There, provider: Provider
) -> None:
    role_id, ref = await new_role(there, "Gone")
    mappings = [{"value": "gone", "roleId": ref}, {"value": "staff", "roleId": MODERATORS}]
    config = await there.configure(roleMappings=mappings)
    provider.info = {"groups": ["gone", "staff"]}
    await there.app.roles.delete(SYSTEM, role_id, None)
    made = (await there.sign_in())["user"]["id"]
    assert await roles(there, made) == {BuiltIn.USER.id, BuiltIn.MODERATOR.id}
    provider.info = {"groups": ["gone"]}
    assert (await there.sign_in())["__typename"] == "LoginSuccess"
    assert await roles(there, made) == {BuiltIn.USER.id}
    await there.api.run(UPDATE, there.admin, id=config, input={"displayName": "Still"})


async def test_no_more_roles_than_a_user_may_have(there: There, provider: Provider) -> None:
    made = [await new_role(there, f"Role {number}") for number in range(MOST_HELD + 5)]
    mappings = [{"value": ref, "roleId": ref} for _, ref in made]
    await there.configure(roleMappings=[*mappings, {"value": "root", "roleId": ADMINS}])
    provider.info = {"groups": ["root", *(ref for _, ref in made)]}
    user = (await there.sign_in())["user"]["id"]
    held = await roles(there, user)
    assert len(held) == MOST_HELD
    assert {BuiltIn.USER.id, BuiltIn.ADMINISTRATOR.id} <= held
    assert (await there.sign_in())["user"]["id"] == user
    assert await roles(there, user) == held
    # Even the last administrator, who is none any more at the provider.
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.rbac.set_roles(tx, there.admin.id, {BuiltIn.USER.id})
    provider.info = {"groups": [ref for _, ref in made]}
    await there.sign_in()
    held = await roles(there, user)
    assert len(held) == MOST_HELD
    assert BuiltIn.ADMINISTRATOR.id in held
