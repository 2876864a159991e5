"""API keys with one scope each: every root field × every permission, generated from the schema.

A key of an administrator has exactly the permission it was given: fields that ask for another one
are refused before anything is loaded. There is nothing to edit here for a new field.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.apikeys.domain import ApiKey, new_key
from app.container import Container
from app.core.access import NOWHERE, PUBLIC, SESSION_ONLY, SYSTEM, Access, Permission, Viewer
from app.core.crypto import token_hash
from app.core.ids import new_id
from app.gql.access import ACCESS, Root
from app.gql.execution import Request
from app.main import AppGateway, WebApp
from app.schema import build_schema, node_registry
from tests.access_arguments import arguments
from tests.access_stage import Statements, first_of, quiet
from tests.gql.operations import root_fields
from tests.gql.rules import declared
from tests.gql.world import World
from tests.support.api import Api, origin
from tests.support.people import People, Somebody
from tests.test_access import DENIED, outcome, question

FIELDS = root_fields(build_schema()._schema)
NODES = node_registry()
DONE = "query($id: ID!) { node(id: $id) { __typename } }"


def access_of(path: str) -> Access:
    """What a root field is declared to need."""
    root = declared(FIELDS[path], ACCESS)
    assert isinstance(root, Root), path
    return root.access


async def key_rows(
    app: Container, owner: Somebody, scopes: Mapping[str, list[Permission]], **values: Any
) -> dict[str, Somebody]:
    """Keys written straight into the table, whoever could not have made them."""
    made = {}
    async with app.db.write(SYSTEM) as tx:
        for name, given in scopes.items():
            token = new_key()
            key = ApiKey(
                id=new_id(),
                user_id=owner.id,
                name=name,
                description=None,
                prefix=token[:8],
                scopes=tuple(p.value for p in given),
                created_at=app.clock.now(),
                expires_at=values.get("expires_at"),
                last_used_at=None,
                last_address=None,
                revoked_at=values.get("revoked_at"),
            )
            await app.api_key_repository.add(tx, key, token_hash(token))
            made[name] = Somebody(owner.id, "", token)
    return made


@pytest.fixture
async def world(app: Container, people: People) -> World:
    """Somebody of every kind; whose account is changed may do nothing, so that anybody may."""
    made = await quiet(app, people)
    made.bob = await people.make()
    async with app.db.write(SYSTEM) as tx:
        await app.rbac_repository.set_roles(tx, made.bob.id, [])
    return made


@pytest.fixture
async def viewers(app: Container, world: World) -> dict[Permission, Viewer]:
    """By its only scope, what a key of an administrator may."""
    gateway = AppGateway(app, NODES)
    keys = await key_rows(app, world.admin, {p.value: [p] for p in Permission})
    return {p: await gateway.viewer(keys[p.value].token, NOWHERE) for p in Permission}


class Asking:
    """Root fields asked in this process, without what HTTP adds."""

    def __init__(self, web: WebApp, world: World) -> None:
        self._web, self._world = web, world
        self._gateway = AppGateway(world.app, NODES)

    async def ask(self, path: str, viewer: Viewer) -> str:
        """The outcome for a viewer, as the access matrix writes it."""
        given = arguments(path, self._world, "administrator")
        request = Request(question(path, given), given, None)
        context = self._gateway.context(lambda: viewer, origin())
        context.operation = self._web.executor.prepare(request, viewer)
        if not path.startswith("Subscription."):
            return outcome(await self._web.executor.execute(request, context), path)
        stream: Any = await self._web.executor.subscribe(request, context)
        try:
            result = await first_of(stream, 0.05)
            if result is not None:
                return outcome(self._web.executor.answer(result, context), path)
        except TimeoutError:
            return "ok"  # it waits for something to happen
        finally:
            await stream.aclose()
        return "ended"


async def test_s4_a_key_with_one_scope_is_refused_everywhere_else(
    web: WebApp, world: World, viewers: dict[Permission, Viewer]
) -> None:
    """Before a single statement: every field × every other permission."""
    asking, wrong, asked = Asking(web, world), [], 0
    for path in FIELDS:
        needed = access_of(path)
        if needed is PUBLIC:
            continue
        for scope, viewer in viewers.items():
            if scope is needed and scope not in SESSION_ONLY:
                continue
            with Statements(world) as statements:
                found = await asking.ask(path, viewer)
            asked += 1
            if found != "FORBIDDEN" or statements.seen:
                wrong.append((path, scope.value, found, statements.seen[:1]))
    assert wrong == []
    assert asked > (len(Permission) - 1) * 50  # the control: it did go through them


async def test_s4_a_key_with_the_scope_of_a_field_is_let_in(
    web: WebApp, world: World, viewers: dict[Permission, Viewer]
) -> None:
    """What it then finds is another matter: nothing of these ids is there."""
    asking, wrong, let_in = Asking(web, world), [], 0
    for path in sorted(FIELDS):
        needed = access_of(path)
        if not isinstance(needed, Permission) or needed in SESSION_ONLY:
            continue
        found = await asking.ask(path, viewers[needed])
        let_in += found not in DENIED
        if found in {*DENIED, "INTERNAL"}:
            wrong.append((path, needed.value, found))
    assert wrong == []
    assert let_in > 30


async def test_public_fields_take_any_key_and_none(
    web: WebApp, world: World, viewers: dict[Permission, Viewer]
) -> None:
    """None of them says that a permission is lacking."""
    asking = Asking(web, world)
    for path in sorted(path for path in FIELDS if access_of(path) is PUBLIC):
        if path in ("Query.node", "Query.nodes"):  # asked for by kind below
            continue
        some = {await asking.ask(path, viewers[p]) for p in list(Permission)[:3]}
        assert not some & {"FORBIDDEN", "INTERNAL"}, (path, some)


async def test_s4_objects_by_id_ask_for_the_permission_of_their_kind(
    app: Container, api: Api, people: People
) -> None:
    """`node(id:)` × every kind × every permission: a key sees a kind by that very scope only."""
    world = await World.make(app, people)
    keys = await key_rows(app, world.admin, {p.value: [p] for p in Permission})
    wrong, seen = [], 0
    for node in await world.every_node():
        kind = node.rpartition("_")[0]
        needed = NODES.access[kind]
        for scope in Permission:
            answer = await api.send(DONE, {"id": node}, keys[scope.value])
            allowed = needed is PUBLIC or (scope is needed and scope not in SESSION_ONLY)
            shown = "errors" in answer or answer["data"]["node"] is not None
            seen += shown
            if shown and not allowed:
                wrong.append((kind, scope.value, answer))
    assert wrong == []
    assert seen > len(NODES.loads) / 2  # the control: what is allowed is mostly shown


async def test_a_key_that_is_no_more_is_nobody(
    app: Container, web: WebApp, world: World, people: People
) -> None:
    """Expired, revoked, of an account that is off or deleted: as if nothing had been shown."""
    now, every = app.clock.now(), [*Permission]
    off, gone = await people.admin(), await people.admin()
    keys = [
        await key_rows(app, world.admin, {"expired": every}, expires_at=now - timedelta(seconds=1)),
        await key_rows(app, world.admin, {"revoked": every}, revoked_at=now),
        await key_rows(app, off, {"off": every}),
        await key_rows(app, gone, {"gone": every}),
    ]
    good = await key_rows(app, world.admin, {"good": every})
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set is_active = false where id = :id"), {"id": off.id})
        await tx.execute(
            text("update users set deleted_at = now() where id = :id"), {"id": gone.id}
        )
    gateway, asking = AppGateway(app, NODES), Asking(web, world)
    assert (await gateway.viewer(good["good"].token, NOWHERE)).signed_in  # the control
    for name, key in (pair for made in keys for pair in made.items()):
        viewer = await gateway.viewer(key.token, NOWHERE)
        assert not viewer.signed_in, name
        assert viewer.permissions == frozenset(), name
        for path in FIELDS:
            if access_of(path) is not PUBLIC:
                assert await asking.ask(path, viewer) == "UNAUTHENTICATED", (name, path)


async def test_no_key_is_let_in_by_its_scopes_alone(
    web: WebApp, world: World, app: Container, people: People
) -> None:
    """A guest's key with every scope in its row has what a guest has, less what keys never have."""
    keys = await key_rows(app, world.guest, {"all": [*Permission]})
    viewer = await AppGateway(app, NODES).viewer(keys["all"].token, NOWHERE)
    held = (await people.viewer(world.guest)).permissions - SESSION_ONLY
    assert viewer.permissions == held
    asking = Asking(web, world)
    for path in FIELDS:
        needed = access_of(path)
        if isinstance(needed, Permission) and needed not in held:
            assert await asking.ask(path, viewer) == "FORBIDDEN", path
