"""Roles of one's own: made, changed, given and deleted, and what must not happen with them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM, Permission, Viewer
from app.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.core.ids import encode_id, new_id
from app.rbac.domain import (
    MOST_CUSTOM,
    BeyondViewer,
    BuiltIn,
    Grantee,
    LastAdministrator,
    Level,
    Role,
    RoleInput,
    RoleInUse,
    RoleIsBuiltIn,
    RoleNameTaken,
    RoleNotFound,
    SeesEverything,
    TooManyRoles,
)
from app.users.domain import UserNotFound
from tests.auth.people import client_of, library, person, rows, viewer_of
from tests.support.api import Api
from tests.support.people import People


async def make(app: Container, name: str = "Club", *permissions: str) -> Role:
    return await app.roles.create(SYSTEM, RoleInput(name=name, permissions=permissions))


async def assign(app: Container, viewer: Viewer, user_id: Any, *roles: Any) -> None:
    await app.rbac.assign_to(viewer, user_id, [role.id for role in roles])


async def test_a_role_keeps_what_it_was_made_of(app: Container, api: Api) -> None:
    admin = await client_of(app, await person(app, "root", BuiltIn.ADMINISTRATOR))
    made = await api.run(
        """mutation { createRole(input: {name: " Club ", description: "For us.",
           permissions: ["jobs:list", "movies:list"]}) {
             id name description permissions builtIn requiresFactor users } }""",
        admin,
    )
    role = made["createRole"]
    assert role == {
        "id": role["id"],
        "name": "Club",
        "description": "For us.",
        "permissions": ["jobs:list", "movies:list"],
        "builtIn": None,
        "requiresFactor": False,
        "users": 0,
    }
    listed = await api.run("{ roles { totalCount nodes { name builtIn } } }", admin)
    assert [n["name"] for n in listed["roles"]["nodes"]] == [
        "Administrator",
        "Moderator",
        "User",
        "Guest",
        "Club",
    ]
    assert listed["roles"]["totalCount"] == 5
    known = await api.run("{ permissions { name description forApiKeys } }", admin)
    assert len(known["permissions"]) == len(Permission)


async def test_several_roles_add_up_and_changes_count_at_once(app: Container) -> None:
    user = await person(app, "ann", BuiltIn.GUEST)
    club = await make(app, "Club", "jobs:list")
    await assign(app, SYSTEM, user.id, BuiltIn.GUEST, club)
    viewer = await viewer_of(app, user)
    assert viewer.may(Permission.JOBS_LIST)
    assert viewer.may(Permission.MOVIES_LIST)
    await app.roles.update(SYSTEM, club.id, RoleInput(permissions=["audit:read"]))
    viewer = await viewer_of(app, user)
    assert viewer.may(Permission.AUDIT_READ)
    assert not viewer.may(Permission.JOBS_LIST)


async def test_names_are_one_of_a_kind(app: Container) -> None:
    await make(app, "Club")
    for name in ("CLUB", "ｃｌｕｂ", "Moderator", "GUEST"):
        with pytest.raises(RoleNameTaken):
            await make(app, name)
    other = await make(app, "Other")
    with pytest.raises(RoleNameTaken):
        await app.roles.update(SYSTEM, other.id, RoleInput(name="club"))
    with pytest.raises(Invalid):
        await make(app, " ")


@pytest.mark.parametrize("role", [*BuiltIn])
async def test_built_in_roles_stay_as_they_are(app: Container, role: BuiltIn) -> None:
    before = await rows(app, "select * from roles order by id")
    with pytest.raises(RoleIsBuiltIn):
        await app.roles.update(SYSTEM, role.id, RoleInput(permissions=[]))
    with pytest.raises(RoleIsBuiltIn):
        await app.roles.delete(SYSTEM, role.id, None)
    assert await rows(app, "select * from roles order by id") == before


async def test_a_role_in_use_is_deleted_only_with_what_comes_instead(app: Container) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob")
    club = await make(app, "Club", "jobs:list")
    await assign(app, SYSTEM, ann.id, club)
    await assign(app, SYSTEM, bob.id, club, BuiltIn.GUEST)
    films = await library(app)
    await app.rbac.grant_to(SYSTEM, Grantee(role_id=club.id), films, Level.VIEW)
    assert (await viewer_of(app, ann)).scope.admits_library(films)
    with pytest.raises(RoleInUse, match="2 users have the role Club"):
        await app.roles.delete(SYSTEM, club.id, None)
    with pytest.raises(Invalid):
        await app.roles.delete(SYSTEM, club.id, club.id)
    with pytest.raises(RoleNotFound):
        await app.roles.delete(SYSTEM, club.id, new_id())
    await app.roles.delete(SYSTEM, club.id, BuiltIn.GUEST.id)
    held = await rows(app, "select role_id from user_roles")
    assert held == [(BuiltIn.GUEST.id,)] * 2
    assert await rows(app, "select 1 from library_grants") == []
    assert not (await viewer_of(app, ann)).scope.admits_library(films)


async def test_there_are_only_so_many_roles(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        statement = text("insert into roles (id, name, name_key) values (:id, :name, :name)")
        made = [{"id": new_id(), "name": f"r{n}"} for n in range(MOST_CUSTOM - 1)]
        await tx.execute(statement, made)
    results = await asyncio.gather(
        *(make(app, f"Late {n}") for n in range(4)), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in results) == ["Role", *["TooManyRoles"] * 3]
    assert issubclass(TooManyRoles, Conflict)


async def clerk(app: Container, *permissions: str) -> Viewer:
    """Somebody with a role of these permissions."""
    role = await make(app, "Clerk", *permissions)
    user = await person(app, "clerk", None)
    await assign(app, SYSTEM, user.id, role)
    return await viewer_of(app, user)


async def test_nobody_makes_or_gives_more_than_they_have(app: Container) -> None:
    viewer = await clerk(
        app, "roles:manage", "roles:assign", "roles:list", "users:list", "jobs:list"
    )
    victim = await person(app, "ann")
    strong = await make(app, "Strong", "settings:write")
    tries = [
        app.roles.create(viewer, RoleInput(name="Mine", permissions=["settings:write"])),
        app.roles.update(viewer, strong.id, RoleInput(permissions=[])),
        app.roles.delete(viewer, strong.id, None),
        app.roles.require_factor(viewer, BuiltIn.ADMINISTRATOR.id, required=True),
        assign(app, viewer, viewer.account, strong),
        assign(app, viewer, viewer.account, BuiltIn.ADMINISTRATOR),
        assign(app, viewer, victim.id),  # would take a role that may do more
    ]
    before = await rows(app, "select * from user_roles order by 1, 2")
    for attempt in tries:
        with pytest.raises(BeyondViewer):
            await attempt
    assert await rows(app, "select * from user_roles order by 1, 2") == before
    weak = await app.roles.create(viewer, RoleInput(name="Weak", permissions=["jobs:list"]))
    new = await person(app, "new", None)
    await assign(app, viewer, new.id, weak)  # the control
    assert issubclass(BeyondViewer, Forbidden)


async def test_a_role_with_libraries_is_given_only_by_who_sees_them(app: Container) -> None:
    viewer = await clerk(app, "roles:assign", "users:list")
    films = await library(app)
    club = await make(app)
    await app.rbac.grant_to(SYSTEM, Grantee(role_id=club.id), films, Level.DOWNLOAD)
    own = [row[0] for row in await rows(app, "select role_id from user_roles")]
    with pytest.raises(BeyondViewer):
        await app.rbac.assign_to(viewer, viewer.account, [*own, club.id])
    assert not (await viewer_of_id(app, viewer)).scope.admits_library(films)


async def viewer_of_id(app: Container, viewer: Viewer) -> Viewer:
    user = await app.users.get(SYSTEM, viewer.account)  # type: ignore[arg-type]
    return await viewer_of(app, user)


async def test_the_last_administrator_stays_one(app: Container) -> None:
    one = await person(app, "one", BuiltIn.ADMINISTRATOR)
    with pytest.raises(LastAdministrator):
        await assign(app, SYSTEM, one.id, BuiltIn.USER)
    two = await person(app, "two", BuiltIn.ADMINISTRATOR)
    results = await asyncio.gather(
        *(assign(app, SYSTEM, user.id, BuiltIn.USER) for user in (one, two)),
        return_exceptions=True,
    )
    assert sorted(type(r).__name__ for r in results) == ["LastAdministrator", "NoneType"]


async def test_an_administrator_who_is_switched_off_does_not_count(app: Container) -> None:
    one = await person(app, "one", BuiltIn.ADMINISTRATOR)
    await person(app, "off", BuiltIn.ADMINISTRATOR)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set is_active = false where username = 'off'"))
    with pytest.raises(LastAdministrator):
        async with app.db.write(SYSTEM) as tx:
            await app.rbac.require_another_administrator(tx, one.id)


async def test_roles_at_the_same_time_do_not_mix(app: Container) -> None:
    user = await person(app, "ann")
    made = [await make(app, f"r{n}") for n in range(6)]
    await asyncio.gather(*(assign(app, SYSTEM, user.id, role) for role in made))
    assert len(await rows(app, "select 1 from user_roles")) == 1


async def test_what_is_missing_is_said(app: Container) -> None:
    user = await person(app, "ann")
    with pytest.raises(UserNotFound):
        await assign(app, SYSTEM, new_id(), BuiltIn.USER)
    with pytest.raises(UserNotFound):
        await app.rbac.require_factor(SYSTEM, new_id(), required=True)
    with pytest.raises(NotFound):
        await app.rbac.assign_to(SYSTEM, user.id, [BuiltIn.USER.id, new_id()])
    assert await rows(app, "select role_id from user_roles") == [(BuiltIn.USER.id,)]
    with pytest.raises(AppError):
        await app.rbac.assign_to(SYSTEM, user.id, [new_id() for _ in range(21)])


async def test_a_second_factor_is_required_by_role_and_by_user(app: Container) -> None:
    ann, bob = await person(app, "ann"), await person(app, "bob", BuiltIn.GUEST)
    await app.roles.require_factor(SYSTEM, BuiltIn.USER.id, required=True)
    assert (await viewer_of(app, ann)).owes_factor
    assert not (await viewer_of(app, bob)).owes_factor
    await app.rbac.require_factor(SYSTEM, bob.id, required=True)
    assert (await viewer_of(app, bob)).owes_factor
    await app.roles.require_factor(SYSTEM, BuiltIn.USER.id, required=False)
    await app.rbac.require_factor(SYSTEM, bob.id, required=False)
    for user in (ann, bob):
        assert not (await viewer_of(app, user)).owes_factor


async def test_what_is_hidden_stays_hidden_from_all_but_administrators(app: Container) -> None:
    user, films = await person(app, "ann"), await library(app)
    await app.rbac.grant(SYSTEM, user.id, films, Level.MANAGE)
    assert (await viewer_of(app, user)).scope.may_manage(films)
    await app.rbac.hide(SYSTEM, user.id, films)
    await app.rbac.grant_to(SYSTEM, Grantee(role_id=BuiltIn.USER.id), films, Level.MANAGE)
    assert not (await viewer_of(app, user)).scope.admits_library(films)
    await app.rbac.unhide(SYSTEM, user.id, films)
    assert (await viewer_of(app, user)).scope.may_manage(films)
    admin = await person(app, "root", BuiltIn.ADMINISTRATOR)
    with pytest.raises(SeesEverything, match="Administrators see every library"):
        await app.rbac.hide(SYSTEM, admin.id, films)


async def test_every_change_is_logged_with_names(app: Container, people: People) -> None:
    admin = await people.viewer(await people.admin())
    user = await person(app, "ann")
    await rows(app, "delete from activity_log")
    club = await app.roles.create(admin, RoleInput(name="Club", permissions=["jobs:list"]))
    await assign(app, admin, user.id, club)
    await app.roles.update(admin, club.id, RoleInput(name="Society"))
    await app.roles.delete(admin, club.id, BuiltIn.USER.id)
    logged = await rows(app, "select action, actor_id, changes from activity_log order by id")
    assert [row[0] for row in logged] == [
        "role.create",
        "admin.role.assign",
        "admin.role.revoke",
        "role.update",
        "role.delete",
    ]
    assert {row[1] for row in logged} == {admin.user_id}
    assert logged[1][2] == {"roles": {"old": ["User"], "new": ["Club"]}}
    assert logged[3][2] == {"name": {"old": "Club", "new": "Society"}}
    assert logged[4][2]["users"] == {"old": 1, "new": 0}


async def test_s4_nobody_reads_the_roles_of_others(app: Container, api: Api) -> None:
    """Rights that are stored count: at the root, at the edge and by id."""
    ann, bob = await person(app, "ann"), await person(app, "bob", BuiltIn.MODERATOR)
    club = await make(app)
    token = await client_of(app, ann)
    for query in ("{ roles { totalCount } }", '{ role(id: "%s") { name } }'):
        error = await api.fails(query.replace("%s", encode_id("role", club.id)), token)
        assert error.code == "FORBIDDEN"
    node = "query($id: ID!) { node(id: $id) { ... on Role { name } } }"
    assert (await api.run(node, token, id=encode_id("role", club.id)))["node"] is None
    own = await api.run(node, token, id=encode_id("role", BuiltIn.USER.id))
    assert own["node"] is None
    found = await app.role_repository.by_users(await viewer_of(app, ann), [ann.id, bob.id])
    assert set(found) == {ann.id}
