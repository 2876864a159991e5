"""A database with something of everything, and whoever may ask about it: only read by tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import is_required_argument
from msgspec.structs import replace

from app.container import Container
from app.context import Context
from app.core.access import ANONYMOUS, SYSTEM, Permission, Viewer
from app.core.ids import encode_id
from app.gql.node import NodeRegistry
from app.rbac.domain import BuiltIn
from app.settings.domain import SERVER
from tests.activity.entries import row, write
from tests.apikeys.keys import mint
from tests.catalog.spoken import AWAY, say
from tests.gql.faults import Faults, Troubled
from tests.gql.operations import operation
from tests.gql.values import Pool
from tests.gql.world import World
from tests.support.api import Api, origin
from tests.support.people import People, open_session

FEW = (Permission.MOVIES_LIST, Permission.MOVIES_GET, Permission.LIBRARIES_LIST)


@dataclass
class Seeded:
    """What documents ask about. `viewers` are by name."""

    app: Container
    world: World
    nodes: NodeRegistry
    viewers: Mapping[str, Viewer]
    pool: Pool

    @classmethod
    async def make(cls, app: Container, api: Api, schema: Any, nodes: NodeRegistry) -> "Seeded":
        """Everything, in a moment."""
        people = People(app)
        world = await World.make(app, people)
        await app.settings.update(SYSTEM, "server.name", "Ours")
        await world.shelves.unmatched(world.open, [f"Lost {n}.mkv" for n in range(3)])
        await write(app, *(row(actor_id=one.id) for one in world.everybody))
        await app.settings.update(SYSTEM, "metadata.languages", "en de fr")
        for movie in world.open.movies[::2]:
            await say(app, movie, AWAY, original_language="ja")
        ids = await _ids(world)
        viewers = await _viewers(world)
        pool = Pool(ids, await _cursors(world, api, schema), _texts(ids))
        return cls(app, world, nodes, viewers, pool)

    def context(self, viewer: Viewer, faults: Faults | None) -> Context:
        """Of one operation."""
        app: Any = self.app if faults is None else Troubled(self.app, faults)
        return Context(app, self.nodes, lambda: viewer, origin())


async def _viewers(world: World) -> dict[str, Viewer]:
    key = await mint(world.app, world.people, world.alice, FEW)
    people = {"admin": world.admin, "alice": world.alice, "child": world.child}
    found = {name: await world.people.viewer(one) for name, one in people.items()}
    found["alice"] = replace(found["alice"], language="de")
    found["key"] = await world.app.principals.viewer(key.token)
    return {**found, "anonymous": replace(ANONYMOUS, client=found["admin"].client)}


async def _ids(world: World) -> dict[str, list[str]]:
    app, found = world.app, dict[str, list[str]]()
    for ref in await world.every_node():
        found.setdefault(ref.rpartition("_")[0], []).append(ref)
    made = [*world.shows, *world.hidden_shows]
    sessions = [(await open_session(app, world.alice.id)).session.id]
    more: dict[str, Any] = {
        "user": [one.id for one in world.everybody],
        "session": sessions,
        "role": [role.id for role in BuiltIn],
        "library": [world.open.id, world.hidden.id],
        "scan": [*world.open.scans, *world.hidden.scans],
        "file": [*world.open.files, *world.hidden.files],
        "genre": [*world.open.genres.values(), *world.hidden.genres.values()],
        "collection": [*world.open.collections.values(), *world.hidden.collections.values()],
        "movie": [*world.open.movies, *world.hidden.movies],
        "network": [i for show in made for i in show.networks.values()],
        "show": [show.id for show in made],
        "season": [i for show in made for i in show.seasons.values()],
        "episode": [i for show in made for i in show.episodes.values()],
        "version": world.open.versions,
        "person": [*world.open.people.values(), *world.hidden.people.values()],
    }
    for kind, ids in more.items():
        found.setdefault(kind, []).extend(encode_id(kind, i) for i in ids)
    return found


async def _cursors(world: World, api: Api, schema: Any) -> dict[str, list[str]]:
    """Ends of pages of every list."""
    found: dict[str, list[str]] = {}
    for name, made in schema.query_type.fields.items():
        if "after" not in made.args:
            continue
        needed = [a for a, d in made.args.items() if is_required_argument(d)]
        given = {a: "open" if a == "query" else world.open.ref for a in needed}
        for first in (1, 2):
            document = operation(
                f"Query.{name}", made, {**given, "first": first}, "{ pageInfo { endCursor } }"
            )
            answer = await api.send(document, {**given, "first": first}, world.admin)
            data = answer["data"]
            if data[name]["pageInfo"]["endCursor"]:
                found.setdefault(name, []).append(data[name]["pageInfo"]["endCursor"])
    return found


def _texts(ids: Mapping[str, list[str]]) -> dict[str, list[Any]]:
    return {
        "key": [*(setting.key for setting in SERVER.all()), "nothing.at_all"],
        "userSetting.key": ["display.theme", "content.language", "nothing"],
        "seed": ["", "a", "b"],
        "language": ["de", "de", "fr", "pt-PT", "ja", "EN_us", "xx", "no language"],
        "search": ["a", "user", "admin", "", "act", "open actor"],
        "query": ["open", "actor", "drama one", "opne show", "hidden", '"open', "?", "o"],
        "prefix": ["o", "op", "open s", "act", "dra", "?"],
        "genre": ["drama", "Drama", "nothing"],
        "director": ["Dan Director"],
        "kind": ["libraries.scan", "nothing"],
        "actions": ["user.login", "library.update", "x"],
        "resourceType": ["library", "user"],
        "resourceId": [i for kind in ("library", "user") for i in ids[kind]],
    }
