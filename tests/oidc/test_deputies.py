"""Somebody who may configure providers, and no more than that, comes to no power by it."""

from typing import Any

import pytest

from app.container import Container
from app.core.access import Permission
from app.core.errors import Code
from app.core.ids import encode_id
from app.rbac.domain import BuiltIn
from tests.auth.test_abuse import deputy
from tests.oidc.links import linked
from tests.support.api import Api, ApiError
from tests.support.people import People, Somebody

UPDATE = """mutation($id: ID!, $input: UpdateOidcProviderInput!) {
  updateOidcProvider(id: $id, input: $input) { displayName } }"""
ELSEWHERE = {"endpoints": {"token": "https://evil.test/token", "jwks": "https://evil.test/keys"}}


async def refused(api: Api, operation: str, somebody: Somebody, **values: Any) -> None:
    with pytest.raises(ApiError) as caught:
        await api.run(operation, somebody, **values)
    assert caught.value.code == Code.FORBIDDEN


async def test_no_provider_of_mightier_people_is_led_elsewhere(
    api: Api, app: Container, people: People
) -> None:
    who, peer, admin = (
        await deputy(app, people, Permission.OIDC_MANAGE),
        await people.make(),
        await people.admin(),
    )
    _, good, _ = await linked(app, peer, "peers")
    _, bad, _ = await linked(app, admin, "bosses")
    await api.run(UPDATE, who, id=good, input=ELSEWHERE)
    await refused(api, UPDATE, who, id=bad, input=ELSEWHERE)
    await api.run(UPDATE, admin, id=bad, input=ELSEWHERE)


async def test_no_mapping_to_a_mightier_role_is_used(
    api: Api, app: Container, people: People
) -> None:
    who, peer = await deputy(app, people, Permission.OIDC_MANAGE), await people.make()
    _, config, _ = await linked(app, peer)
    admin = await people.admin()
    role = encode_id("role", BuiltIn.ADMINISTRATOR.id)
    mapping = {"roleMappings": [{"value": "bosses", "roleId": role}]}
    await api.run(UPDATE, admin, id=config, input=mapping)
    await refused(api, UPDATE, who, id=config, input=ELSEWHERE)
    await refused(api, UPDATE, who, id=config, input={"claims": {"roles": "mine"}})
