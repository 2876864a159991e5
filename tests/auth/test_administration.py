"""Looking after accounts: finding, editing, switching off, deleting, restoring."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.clock import SteppedClock, SystemClock
from app.core.errors import Code
from app.core.ids import encode_id
from app.rbac.domain import BuiltIn, RoleInput
from app.users.jobs import PurgeUsers
from tests.auth.people import rows
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.people import People, Somebody

USERS = """query($filter: UserFilter, $sort: UserSort! = USERNAME) {
  users(filter: $filter, sort: $sort) { totalCount nodes { username email } } }"""
ME = "{ viewer { user { username } } }"
DELETED = "{ deletedUsers { totalCount nodes { userId username } } }"


def act(name: str) -> str:
    below = "" if name == "deleteUser" else " { id }"
    return f"mutation($id: ID!) {{ {name}(id: $id){below} }}"


async def find(api: Api, somebody: Somebody, **wanted: Any) -> list[str]:
    found = (await api.run(USERS, somebody, filter=wanted))["users"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["username"] for node in found["nodes"]]


async def test_accounts_are_found_by_the_beginning_of_what_they_are_called(
    api: Api, people: People, app: Container
) -> None:
    root, ann, bob = await people.admin(), await people.make(), await people.make()
    moderator = await people.make(BuiltIn.MODERATOR)
    async with app.db.write(SYSTEM) as tx:
        await app.users.change(tx, ann.id, {"display_name": "Zoë 100%_\\"})
        await app.user_repository.set_email(tx, bob.id, "Zed@Example.org", None)
    assert await find(api, root, search="ADMIN") == [root.username]
    assert await find(api, root, search=" z") == [ann.username, bob.username]
    assert await find(api, root, search="zoË 100%_\\") == [ann.username]
    assert await find(api, root, search="%") == await find(api, root, search="_") == []
    assert await find(api, moderator, search="zed@") == []  # addresses are not theirs to know
    assert await find(api, root, roleId=encode_id("role", BuiltIn.USER.id)) == [
        ann.username,
        bob.username,
    ]
    await api.run(act("deactivateUser"), root, id=bob.ref)
    assert await find(api, root, active=False) == [bob.username]
    error = await api.fails(USERS, root, filter={"search": "x" * 101})
    assert (error.code, error.field) == (Code.INVALID, "search")


@pytest.mark.parametrize("name", ["deactivateUser", "deleteUser"])
async def test_what_closes_an_account_closes_its_sessions_at_once(
    api: Api, people: People, app: Container, name: str
) -> None:
    root, ann = await people.admin(), await people.make()
    assert (await api.run(ME, ann))["viewer"]
    await api.run(act(name), root, id=ann.ref)
    assert (await api.run(ME, ann))["viewer"] is None
    undo = "activateUser" if name == "deactivateUser" else "restoreUser"
    await api.run(act(undo), root, id=ann.ref)
    assert (await api.run(ME, ann))["viewer"] is None  # it has to sign in anew
    again = Somebody(ann.id, ann.username, await people.session(ann.id))
    assert (await api.run(ME, again))["viewer"]
    logged = await rows(
        app,
        "select action from activity_log where resource_id = :id and actor_id = :by"
        " and action not like 'session%' and action not like 'role%' order by id",
        id=ann.id,
        by=root.id,
    )
    expected = {
        "deactivateUser": ["admin.user.ban", "admin.user.unban"],
        "deleteUser": ["user.delete", "user.restore"],
    }
    assert [action for (action,) in logged] == expected[name]


async def test_the_last_administrator_stays_whoever_asks_at_once(
    api: Api, people: People, app: Container
) -> None:
    root, other = await people.admin(), await people.admin()
    answers = await asyncio.gather(
        api.send(act("deactivateUser"), {"id": other.ref}, root),
        api.send(act("deleteUser"), {"id": root.ref}, other),
    )
    assert sum(not answer.get("errors") for answer in answers) == 1
    left = root if not answers[0].get("errors") else other
    for own in ("mutation { deactivateAccount }", "mutation { deleteAccount }"):
        assert (await api.fails(own, left)).code == Code.CONFLICT
    assert (await api.run(ME, left))["viewer"]


async def test_leaving_asks_for_a_fresh_proof(api: Api, people: People, app: Container) -> None:
    ann = await people.make()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update sessions set authenticated_at = now() - interval '1 hour'"))
    for own in ("mutation { deactivateAccount }", "mutation { deleteAccount }"):
        assert (await api.fails(own, ann)).code == Code.REAUTHENTICATE
    fresh = Somebody(ann.id, ann.username, await people.session(ann.id))
    await api.run("mutation { deleteAccount }", fresh)
    assert (await api.run(ME, ann))["viewer"] is None


async def test_nobody_changes_who_may_do_more_or_oneself_by_the_back_door(
    api: Api, people: People
) -> None:
    root = await people.admin()
    for name in ("deactivateUser", "deleteUser"):
        error = await api.fails(act(name), root, id=root.ref)
        assert (error.code, error.field) == (Code.CONFLICT, "id")
    moderator = await people.make(BuiltIn.MODERATOR)
    for name in ("deactivateUser", "activateUser", "deleteUser", "restoreUser"):
        assert (await api.fails(act(name), moderator, id=root.ref)).code == Code.FORBIDDEN


async def test_a_deleted_account_is_nowhere_until_it_is_purged(
    api: Api, people: People, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, ann = await people.admin(), await people.make()
    await api.run(act("deleteUser"), root, id=ann.ref)
    assert ann.username not in await find(api, root)
    assert (await api.run(DELETED, root))["deletedUsers"] == {
        "totalCount": 1,
        "nodes": [{"userId": ann.ref, "username": ann.username}],
    }
    assert (await api.fails(act("deleteUser"), root, id=ann.ref)).code == Code.NOT_FOUND
    await carry_out(app, PurgeUsers())
    assert await rows(app, "select 1 from users where id = :id", id=ann.id) == [(1,)]
    clock = SteppedClock(SystemClock().now() + timedelta(days=31))
    monkeypatch.setattr(app.users, "_clock", clock)
    assert (await api.fails(act("restoreUser"), root, id=ann.ref)).code == Code.NOT_FOUND
    await carry_out(app, PurgeUsers())
    assert await rows(app, "select 1 from users where id = :id", id=ann.id) == []
    assert await rows(app, "select 1 from sessions where user_id = :id", id=ann.id) == []
    assert (await api.run(DELETED, root))["deletedUsers"]["totalCount"] == 0


async def test_who_may_change_accounts_and_not_list_them_is_answered(
    app: Container, api: Api, people: People
) -> None:
    """A role of one permission: the change is made and answered, not made and called a failure."""
    role = await app.roles.create(SYSTEM, RoleInput(name="Editors", permissions=["users:update"]))
    editor, other = await people.make(), await people.make()
    async with app.db.write(SYSTEM) as tx:
        await app.rbac.set_roles(tx, editor.id, [role.id])
        await app.rbac.set_roles(tx, other.id, [])
    app.principals.forget(editor.id)
    document = "mutation($id: ID!) { deactivateUser(id: $id) { id isActive } }"
    found = (await api.run(document, editor, id=other.ref))["deactivateUser"]
    assert found == {"id": other.ref, "isActive": False}
