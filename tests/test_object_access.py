"""Object by object: two users with everything that a user can own, and every argument with an id.

Whatever one asks for by an id of the other's is answered as if there were no such thing, and
nothing is changed by it. Generated from the schema: an argument of a kind that is not in `owned`
fails.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.auth.domain import LetterKind
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.core.tables import metadata
from app.gql.access import STEPS
from app.gql.arguments import Ref
from app.rbac.domain import Grantee, Level, RoleInput
from app.schema import build_schema, node_registry
from app.uploads.domain import upload_key
from tests.access_arguments import ARGUMENTS
from tests.access_stage import fingerprint
from tests.activity.entries import row, write
from tests.apikeys.keys import forged
from tests.gql.operations import operation, root_fields
from tests.gql.world import PICTURE, World
from tests.oidc.links import linked
from tests.support.api import Api
from tests.support.letters import letter
from tests.support.people import People, Somebody, open_session

SCHEMA = build_schema()._schema
FIELDS = root_fields(SCHEMA)
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
# What is nobody's own: whoever may ask for the kind at all may ask for each of it.
EVERYBODYS = {"oidc_provider", "genre"}
PICTURE_OF = "select id from artwork where item_id = :id order by id limit 1"
# A key and a table of another part: rows of these are made where there is such a table.
IN_TABLES = {"passkey": "passkeys", "device": "trusted_devices"}


def rules_of(path: str) -> dict[str, tuple[Any, ...]]:
    """What a root field's arguments have to be, by their names in Python."""
    definition: Any = (FIELDS[path].extensions or {})["strawberry-definition"]
    return dict(definition.metadata[STEPS].bound.rules)


def id_arguments() -> Iterator[tuple[str, str, str]]:
    """Every argument that is an id of a kind: the field, the argument and the kind."""
    for path in sorted(FIELDS):
        if path.startswith("Subscription."):
            continue
        names = {
            re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", name): name for name in FIELDS[path].args
        }
        for name, rules in rules_of(path).items():
            for rule in rules:
                if isinstance(rule, Ref):
                    for kind in rule.kinds:
                        yield path, names[name], kind


ID_ARGUMENTS = list(id_arguments())


async def owned(world: World, somebody: Somebody) -> dict[str, UUID]:
    """One of everything that belongs to somebody, or that they alone of the two may see."""
    app, shelf = world.app, world.hidden if somebody is world.bob else world.open
    show = (world.hidden_shows if somebody is world.bob else world.shows)[0]
    name = f"{somebody.username}-{new_id().hex[20:]}"
    role = await app.roles.create(SYSTEM, RoleInput(name=f"Club of {name}", permissions=[]))
    async with app.db.write(SYSTEM) as tx:
        found = await app.rbac_repository.held(tx, somebody.id)
        await app.rbac_repository.set_roles(tx, somebody.id, [*found, role.id])
    grant = await app.rbac.grant_to(SYSTEM, Grantee(user_id=somebody.id), shelf.id, Level.VIEW)
    refs = await linked(app, somebody, f"provider-of-{name}")
    await letter(app, somebody.id, LetterKind.RESET_PASSWORD, f"rvm_{name}", email=f"{name}@a.test")
    viewer = await world.people.viewer(somebody)
    await app.user_settings.update(viewer, "display.theme", "dark")
    return {
        "user": somebody.id,
        "session": (await open_session(app, somebody.id)).session.id,
        "apikey": await forged(app, somebody),
        "upload": await sent(world, somebody),
        "role": role.id,
        "grant": grant.id,
        "activity": (await write(app, row(actor_id=somebody.id, actor_name=somebody.username)))[0],
        "oidc_link": _id(refs[2]),
        "oidc_provider": _id(refs[0]),
        "oidc_provider_config": _id(refs[1]),
        "library": shelf.id,
        "scan": shelf.scans[0],
        "file": shelf.files[0],
        "movie": shelf.movies[0],
        "show": show.id,
        "season": show.seasons[1],
        "episode": show.episodes[1, 1],
        "network": list(show.networks.values())[-1],
        "version": shelf.versions[0],
        "genre": next(iter(shelf.genres.values())),
        "collection": shelf.collections["Hidden Saga" if shelf is world.hidden else "Open Saga"],
        "person": shelf.people["Hidden Actor" if shelf is world.hidden else "Open Actor"],
        "image": await app.db.scalar(text(PICTURE_OF), {"id": shelf.movies[0]}),
        "job": world.job,
        **await of_tables(app, somebody),
    }


def _id(ref: str) -> UUID:
    return UUID(ref.rpartition("_")[2])


async def sent(world: World, somebody: Somebody) -> UUID:
    """A picture that somebody has sent and not used."""
    upload_id = new_id()

    async def once() -> Any:
        yield PICTURE

    await world.app.blobs.put(upload_key(upload_id), once(), len(PICTURE))
    async with world.app.db.write(SYSTEM) as tx:
        await tx.execute(
            text(
                "insert into uploads (id, user_id, size, expires_at)"
                " values (:id, :user, :size, now() + interval '1 hour')"
            ),
            {"id": upload_id, "user": somebody.id, "size": len(PICTURE)},
        )
    return upload_id


async def of_tables(app: Container, somebody: Somebody) -> dict[str, UUID]:
    """Rows with nothing in them but whose they are."""
    made = {}
    for kind, name in IN_TABLES.items():
        table = metadata.tables.get(name)
        if table is None:
            continue
        values: dict[str, Any] = {}
        for column in table.columns:
            if column.nullable or column.server_default is not None:
                continue
            python = column.type.python_type
            values[column.name] = {
                UUID: new_id(),
                bytes: new_id().bytes,
                str: f"{kind}-{new_id().hex}",
                bool: False,
                int: 0,
                list: [],
            }.get(python, app.clock.now())
            if column.name.startswith("expires"):
                values[column.name] = app.clock.now().replace(year=app.clock.now().year + 1)
        values["user_id"] = somebody.id
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(table.insert().values(values))
        made[kind] = values["id"]
    return made


@pytest.fixture
async def world(app: Container, people: People) -> World:
    return await World.make(app, people)


@pytest.fixture
async def bold(world: World) -> Somebody:
    """Somebody with a role of every permission that is not about the whole server or users, who
    may see the open library: what is refused is refused because of the object.
    """
    about = ("users:", "roles:", "oidc:", "settings:write", "jobs:", "server:", "audit:")
    grants = "libraries:grant"
    every = [p.value for p in (await world.people.viewer(world.admin)).permissions]
    names = sorted(name for name in every if not name.startswith((*about, grants)))
    made = await world.app.roles.create(SYSTEM, RoleInput(name="Bold", permissions=names))
    somebody = await world.people.make(libraries=[world.open.id])
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.rbac.set_roles(tx, somebody.id, [made.id])
    world.app.principals.forget(somebody.id)
    return somebody


async def ask(api: Api, world: World, path: str, name: str, ref: str, who: Somebody) -> Any:
    """What is answered when this id is given, without the id itself."""
    given = ARGUMENTS[path](world, "user") if path in ARGUMENTS else {}
    listed = "[" in str(FIELDS[path].args[name].type)
    given = {**given, name: [ref] if listed else ref}
    leaf = not hasattr(_named(FIELDS[path].type), "fields") and not hasattr(
        _named(FIELDS[path].type), "types"
    )
    document = operation(path, FIELDS[path], given, "" if leaf else "{ __typename }")
    answer = await api.send(document, given, who)
    answer.pop("extensions", None)
    for error in answer.get("errors", ()):
        error["extensions"].pop("requestId", None)
    return _masked(answer, ref)


def _named(kind: Any) -> Any:
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


def _masked(value: Any, ref: str) -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner, ref) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, ref) for inner in value]
    return value.replace(ref, "…") if isinstance(value, str) else value


def test_every_kind_has_an_object() -> None:
    """A new kind of id needs one in `owned`."""
    known = set(inspect.getsource(owned).split('"')) | set(IN_TABLES)
    asked = {kind for _, _, kind in ID_ARGUMENTS} | set(node_registry().loads)
    assert asked <= known
    assert len(ID_ARGUMENTS) > 30


@pytest.mark.parametrize("who", ["alice", "bold"])
async def test_what_is_anothers_is_as_if_it_were_not_there(
    who: str, api: Api, world: World, bold: Somebody
) -> None:
    theirs = await owned(world, world.bob)
    asker = world.alice if who == "alice" else bold
    await owned(world, asker)
    before, wrong = await fingerprint(world), []
    for path, name, kind in ID_ARGUMENTS:
        if kind in EVERYBODYS:
            continue
        found = await ask(api, world, path, name, encode_id(kind, theirs[kind]), asker)
        missing = await ask(api, world, path, name, encode_id(kind, new_id()), asker)
        if found != missing:
            wrong.append((path, name, found, missing))
        after = await fingerprint(world)
        if after != before:
            wrong.append((path, name, "changed", [a for a in after if a not in before]))
            before = after
    assert wrong == []


@pytest.mark.parametrize("who", ["alice", "bold"])
async def test_no_node_of_anothers_is_shown(
    who: str, api: Api, world: World, bold: Somebody
) -> None:
    theirs = await owned(world, world.bob)
    asker = world.alice if who == "alice" else bold
    mine = await owned(world, asker)
    shown = []
    for kind in sorted(node_registry().loads):
        if kind not in EVERYBODYS:
            answer = await api.run(NODE, asker, id=encode_id(kind, theirs[kind]))
            assert answer["node"] is None, kind
        answer = await api.run(NODE, asker, id=encode_id(kind, mine[kind]))
        shown += [kind] if answer["node"] is not None else []
    assert len(shown) > 4, shown  # the control: one's own are there


async def test_ones_own_are_told_from_what_is_missing(
    api: Api, world: World, bold: Somebody
) -> None:
    """The control: the same questions about one's own objects are answered differently."""
    different = set()
    for path, name, kind in ID_ARGUMENTS:
        async with world.app.db.write(SYSTEM) as tx:
            # A server has not so many of these.
            await tx.execute(text("delete from oidc_providers"))
            clubs = "(select id from roles where name like 'Club of %')"
            await tx.execute(text(f"delete from user_roles where role_id in {clubs}"))
            await tx.execute(text(f"delete from roles where id in {clubs}"))
        mine = await owned(world, bold)
        found = await ask(api, world, path, name, encode_id(kind, mine[kind]), bold)
        missing = await ask(api, world, path, name, encode_id(kind, new_id()), bold)
        if found != missing:
            different.add(kind)
        if path == "Mutation.deleteLibrary":
            async with world.app.db.write(SYSTEM) as tx:
                await tx.execute(text("update libraries set deleting = false"))
            world.app.cache.gap()
    assert {"session", "apikey", "upload", "movie", "library"} <= different, different
