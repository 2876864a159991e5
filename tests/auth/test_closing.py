"""What opened an account does not outlive its end, in no process; nor come back with it."""

from typing import Any

import pytest

from app.container import Container
from app.core.access import ANONYMOUS
from tests.apikeys.keys import mint
from tests.auth.people import rows, until
from tests.auth.test_principals import second
from tests.support.api import Api
from tests.support.people import People


def act(name: str) -> str:
    below = "" if name == "deleteUser" else " { id }"
    return f"mutation($id: ID!) {{ {name}(id: $id){below} }}"


@pytest.mark.parametrize("name", ["deactivateUser", "deleteUser"])
async def test_every_credential_ends_at_once_in_every_process(
    api: Api, people: People, app: Container, name: str
) -> None:
    root, ann = await people.admin(), await people.make()
    key = await mint(app, people, ann)
    async with second(app) as other:
        for token in (key.token, ann.token):
            assert (await other.principals.viewer(token)).user_id == ann.id
        await api.run(act(name), root, id=ann.ref)
        for token in (key.token, ann.token):
            assert await app.principals.viewer(token) is ANONYMOUS
        await until(lambda: not other.principals._kept, 2)
        for token in (key.token, ann.token):
            assert await other.principals.viewer(token) is ANONYMOUS


async def test_a_restored_account_starts_anew(api: Api, people: People, app: Container) -> None:
    root, ann, bob = await people.admin(), await people.make(), await people.make()
    key, theirs = await mint(app, people, ann), await mint(app, people, bob)
    await api.run(act("deleteUser"), root, id=ann.ref)
    await api.run(act("restoreUser"), root, id=ann.ref)
    for token in (key.token, ann.token):
        assert await app.principals.viewer(token) is ANONYMOUS
    assert (await app.principals.viewer(theirs.token)).user_id == bob.id
    revoked = await rows(app, "select user_id from api_keys where revoked_at is not null")
    assert revoked == [(ann.id,)]
    logged = await rows(
        app, "select action, actor_id from activity_log where action ~ 'apikey.r' order by id"
    )
    assert logged == [("apikey.revoke", root.id), ("admin.apikey.revoke", root.id)]


async def test_a_key_of_an_account_that_was_switched_off_is_good_again_with_it(
    api: Api, people: People, app: Container
) -> None:
    root, ann = await people.admin(), await people.make()
    key: Any = await mint(app, people, ann)
    await api.run(act("deactivateUser"), root, id=ann.ref)
    assert await app.principals.viewer(key.token) is ANONYMOUS
    await api.run(act("activateUser"), root, id=ann.ref)
    assert (await app.principals.viewer(key.token)).user_id == ann.id
    assert await app.principals.viewer(ann.token) is ANONYMOUS


async def test_leaving_revokes_ones_own_keys(api: Api, people: People, app: Container) -> None:
    ann = await people.make()
    key = await mint(app, people, ann)
    await api.run("mutation { deleteAccount }", ann)
    assert await app.principals.viewer(key.token) is ANONYMOUS
    logged = await rows(app, "select action, actor_id from activity_log where action ~ 'apikey.r'")
    assert logged == [("apikey.revoke", ann.id)]
