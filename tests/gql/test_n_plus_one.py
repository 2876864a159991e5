"""The SQL of an operation does not depend on how long its lists are: for every edge and list."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import Config
from app.core.ids import new_id
from app.gql.edge import Edge
from app.libraries.domain import LibraryId, ScanId
from app.main import WebApp
from app.rbac.domain import BuiltIn, Grantee, Level
from app.scanning.jobs import ScanLibrary
from app.schema import build_schema
from tests.activity.entries import row, write
from tests.apikeys.keys import forged
from tests.conftest import empty, wait_until
from tests.gql.conftest import patient
from tests.gql.operations import Selections
from tests.gql.rules import declared, fields_of, is_connection
from tests.gql.test_objects import GENEROUS
from tests.oidc.links import linked
from tests.search.index import index
from tests.support.api import Api
from tests.support.library import Film, Shelves
from tests.support.people import People, Somebody, open_session
from tests.support.series import Series, add_series
from tests.support.statements import caused

SCHEMA = build_schema()._schema
SIZES = (1, 10, 50)
MANY = 10_000
OF_SEARCHES = {"SearchConnection", "SearchEdge", "SearchCompletion"}
ACCOUNTS = """insert into users (id, username, username_key, avatar_id, deleted_at)
  select gen_random_uuid(), 'a' || gen_random_uuid(), 'a' || gen_random_uuid(),
    gen_random_uuid(), {state} from generate_series(1, 60)"""
ROLES = """insert into user_roles (user_id, role_id)
  select id, cast(:role as uuid) from users where starts_with(username, 'a')
  on conflict do nothing"""
QUERY = SCHEMA.query_type
assert QUERY is not None
CONNECTIONS = sorted(n for n, f in QUERY.fields.items() if is_connection(get_named_type(f.type)))
EDGES = sorted(
    path
    for path, owner, made in fields_of(SCHEMA)
    if isinstance(declared(made, "edge"), Edge) and isinstance(owner, GraphQLObjectType)
)


def routes() -> dict[str, tuple[str, str]]:
    """For every object type the shortest way to it: a list of the roots, and the fields below."""
    found: dict[str, tuple[str, str]] = {}
    waiting: deque[tuple[Any, str, str]] = deque()
    assert QUERY is not None
    for name in CONNECTIONS:
        page: Any = get_named_type(QUERY.fields[name].type)
        waiting.append((get_named_type(page.fields["nodes"].type), name, "nodes { @ }"))
    while waiting:
        kind, root, way = waiting.popleft()
        if isinstance(kind, GraphQLInterfaceType):
            for possible in SCHEMA.get_possible_types(kind):
                waiting.append((possible, root, way.replace("@", f"... on {possible} {{ @ }}")))
            continue
        if not isinstance(kind, GraphQLObjectType) or kind.name in found:
            continue
        found[kind.name] = (root, way)
        for name, made in kind.fields.items():
            if not any(is_required_argument(a) for a in made.args.values()):
                waiting.append(
                    (get_named_type(made.type), root, way.replace("@", f"{name} {{ @ }}"))
                )
    return found


ROUTES = routes()


def through(path: str, size: int, given: Mapping[str, str]) -> str:
    """An operation whose lists have `size` elements, each with the edge."""
    owner, _, name = path.partition(".")
    root, way = ROUTES[owner]
    kind: Any = SCHEMA.type_map[owner]
    target = get_named_type(kind.fields[name].type)
    shown = "" if is_leaf_type(target) else Selections(SCHEMA, 0).of(target)
    below = way.replace("@", f"{name} {shown}")
    return f"{{ {root}({given.get(root, '')} first: {size}) {{ {below} }} }}"


class Measured:
    """Counts what an operation costs the database when nothing is cached. `given` are the
    arguments that lists need.
    """

    def __init__(self, app: Container, api: Api, who: Somebody, given: Mapping[str, str]) -> None:
        self._app, self._api, self._who, self.given = app, api, who, given

    async def empty_caches(self) -> None:
        await self._app.cache.settle()
        self._app.cache.gap()
        await self._app.redis.client.flushdb()

    async def fewest(self, operation: str, most: int) -> tuple[list[str], dict[str, Any]]:
        """The same, tried again where it was more than that: on a machine that stalls Redis is
        passed by, and something is read twice. What is read per node is so every time.
        """
        for _ in range(2):
            seen, data = await self.statements(operation)
            if len(seen) <= most:
                break
        return seen, data

    async def statements(self, operation: str) -> tuple[list[str], dict[str, Any]]:
        """The SQL, and the data that it was for."""
        # Without its heartbeat nothing is kept in process, and what two fields share is read twice.
        live = self._app.live
        await wait_until(lambda: live.healthy)
        # A viewer is kept for 30 seconds: theirs must not end between here and the operation.
        self._app.principals.forget(self._who.id)
        await self._api.run("{ viewer { permissions } }", self._who)
        await self.empty_caches()
        seen: list[str] = []
        self._app.db.statements = caused(seen)
        try:
            return seen, await self._api.run(operation, self._who)
        finally:
            self._app.db.statements = None


@pytest.fixture(scope="module")
async def measured(config: Config, housekeeping: Any) -> Any:
    """Sixty of everything, each with all that it can have; these tests only read."""
    await empty(housekeeping)
    app = Container(patient(config))
    await app.open()
    people = People(app)
    admin = await people.admin()
    shelves = Shelves(app)
    first = await shelves.library("Library 0")
    films = [
        Film(
            f"Film {n}",
            genres=("Drama", f"Genre {n}"),
            cast=("Ann Actor", f"Actor {n}"),
            crew=("Dan Director", f"Writer {n}"),
            collection=f"Saga {n}",
            studios=("Big Studio", f"Studio {n}"),
        )
        for n in range(60)
    ]
    await shelves.fill(first, films)
    shows = await add_series(app, first, sixty(app))
    libraries = [first.id]
    for n in range(1, 60):
        shelf = await shelves.library(f"Library {n}")
        libraries.append(shelf.id)
        await shelves.scan(shelf)
    await shelves.scan(first)
    await shelves.watched(admin.id, first.movies)
    begun = [min(place for place in made.episodes if place[0]) for made in shows]
    first_episodes = [made.episodes[p] for made, p in zip(shows, begun, strict=True)]
    await shelves.watched(admin.id, first_episodes, fraction=1)
    # One kind after the other: a list of both has one statement more than a list of one.
    await app.db.pool.execute(
        "update watch_progress set last_watched_at = last_watched_at - interval '1 day'"
        " where root_id <> item_id"
    )
    for _ in range(60):
        async with app.db.write(SYSTEM) as tx:
            tx.enqueue(ScanLibrary(LibraryId(new_id()), ScanId(new_id())))
    await share(app, people, libraries)
    await write(app, *(row(actor_id=admin.id) for _ in range(60)))
    for _ in range(60):
        await open_session(app, admin.id)
    async with app.db.write(SYSTEM) as tx:
        for state in ("null", "now()"):
            await tx.execute(text(ACCOUNTS.format(state=state)))
        # Everybody has a role: which of them are on a page is a matter of chance.
        await tx.execute(text(ROLES), {"role": BuiltIn.USER.id})
    for _ in range(60):
        await forged(app, admin)
    for n in range(50):
        await linked(app, admin, f"provider-{n}")
    graphql = app.config.graphql.model_copy(update=GENEROUS)
    api = Api(app, WebApp(app.config.model_copy(update={"graphql": graphql}), app))
    await shelves.unmatched(first, [f"Film {n} (1990).mkv" for n in range(60)])
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text(UNIDENTIFIED), {"ids": first.movies})
    of_library = f'libraryId: "{first.ref}"'
    missed = {f"nothing {n}": 1 for n in range(60)}
    async with app.db.write(SYSTEM) as tx:
        await app.searching.misses.note(tx, missed, app.clock.now())
    await index(app)
    await app.search_words.latest()  # as it is in a process that has searched before
    # In an order in which films that are like those of a page are on none.
    searched = 'query: "film", kinds: [MOVIE], sort: ADDED'
    given = {"unmatched": of_library, "unidentified": of_library, "search": searched}
    yield Measured(app, api, admin, given)
    await api.close()
    await app.close()


UNIDENTIFIED = (
    "insert into item_metadata (item_id, state) select unnest(cast(:ids as uuid[])), 'unmatched'"
    " on conflict (item_id) do update set state = excluded.state"
)


def sixty(app: Container) -> list[Series]:
    """Shows with specials, an episode of two in one file, and one that is to be aired today."""
    today = app.clock.now().date()
    return [
        Series(
            f"Show {n}",
            {0: 1, 1: 3},
            joined=[[(1, 1), (1, 2)]],
            absent=[(1, 3)],
            aired={(1, 3): today},
            genres=("Drama", f"Show Genre {n}"),
            networks=("ABC", f"Network {n}"),
            cast=("Ann Actor", f"Actor {n}"),
            guests=("Gus Guest", f"Guest {n}"),
        )
        for n in range(60)
    ]


async def share(app: Container, people: People, libraries: list[LibraryId]) -> None:
    """A role for each library that it is granted to, and somebody they are all hidden from."""
    other, made = await people.make(), [new_id() for _ in libraries]
    insert = text("insert into roles (id, name, name_key) values (:id, :name, :name)")
    async with app.db.write(SYSTEM) as tx:
        for library in libraries:
            await app.rbac_repository.hide(tx, other.id, library)
            await app.rbac_repository.grant(tx, Grantee(user_id=other.id), library, Level.VIEW)
        for role, library in zip(made, libraries, strict=True):
            await tx.execute(insert, {"id": role, "name": role.hex})
            await app.rbac_repository.grant(tx, Grantee(role_id=role), library, Level.VIEW)


def lengths(value: Any) -> int:
    """The longest list in an answer."""
    if isinstance(value, dict):
        return max((lengths(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return max([len(value), *(lengths(v) for v in value)])
    return 0


def test_every_edge_is_reached() -> None:
    assert len(EDGES) > 15
    unreached = {path.partition(".")[0] for path in EDGES} - set(ROUTES)
    # The only one there is, and what `test_every_edge_of_a_search` is about.
    assert unreached == {"Viewer", *OF_SEARCHES}


@pytest.mark.uncounted
async def test_every_edge(measured: Measured) -> None:
    wrong = {}
    for path in EDGES:
        if path.partition(".")[0] not in ROUTES:
            continue
        told: dict[int, list[str]] = {}
        for size in SIZES:
            most = min((len(seen) for seen in told.values()), default=MANY)
            seen, data = await measured.fewest(through(path, size, measured.given), most)
            assert lengths(data) >= size, (path, size)
            assert seen, f"{path} was answered from a cache"
            told[size] = seen
        if len({len(seen) for seen in told.values()}) != 1:
            wrong[path] = told
    assert wrong == {}


@pytest.mark.uncounted
@pytest.mark.parametrize("name", CONNECTIONS)
async def test_every_list_with_all_that_is_below_it(name: str, measured: Measured) -> None:
    assert QUERY is not None
    page: Any = get_named_type(QUERY.fields[name].type)
    below = Selections(SCHEMA, 1).of(page.fields["nodes"].type)
    shown = f"{{ totalCount pageInfo {{ endCursor }} edges {{ cursor node {below} }} }}"
    told: dict[int, Counter[str]] = {}
    for size in SIZES:
        most = min((counted.total() for counted in told.values()), default=MANY)
        given = measured.given.get(name, "")
        seen, data = await measured.fewest(f"{{ {name}({given} first: {size}) {shown} }}", most)
        assert len(data[name]["edges"]) == size
        told[size] = Counter(seen)
    fewest = min(told.values(), key=Counter.total)
    assert all(counted.total() == fewest.total() for counted in told.values()), {
        size: list(counted - fewest) for size, counted in told.items()
    }


@pytest.mark.uncounted
@pytest.mark.parametrize(
    "below",
    [
        "facets(names: [GENRE, LIBRARY, YEAR]) { values { label count } }",
        "edges { highlights { field text ranges { start } } }",
    ],
)
async def test_every_edge_of_a_search(measured: Measured, below: str) -> None:
    told: dict[int, list[str]] = {}
    for size in SIZES:
        most = min((len(seen) for seen in told.values()), default=MANY)
        head = f"search({measured.given['search']} first: {size})"
        asked = f"{{ {head} {{ nodes {{ __typename }} {below} }} }}"
        seen, data = await measured.fewest(asked, most)
        assert len(data["search"]["nodes"]) == size
        told[size] = seen
    assert len({len(seen) for seen in told.values()}) == 1, told


@pytest.mark.uncounted
async def test_pictures_of_completions(measured: Measured) -> None:
    told: dict[int, list[str]] = {}
    for size in (1, 10, 20):
        most = min((len(seen) for seen in told.values()), default=MANY)
        head = f'autocomplete(prefix: "fil", kinds: [MOVIE], limit: {size})'
        asked = f"{{ {head} {{ id artwork {{ url }} }} }}"
        seen, data = await measured.fewest(asked, most)
        assert len(data["autocomplete"]) == size
        assert all(one["artwork"] for one in data["autocomplete"])
        told[size] = seen
    assert len({len(seen) for seen in told.values()}) == 1, told


async def test_nodes_of_one_kind_are_one_batch(measured: Measured) -> None:
    data = (await measured.statements("{ movies(first: 50) { nodes { id } } }"))[1]
    ids = [node["id"] for node in data["movies"]["nodes"]]
    counts = []
    for size in SIZES:
        asked = ", ".join(f'"{i}"' for i in ids[:size])
        seen, _ = await measured.statements(f"{{ nodes(ids: [{asked}]) {{ id }} }}")
        counts.append(len(seen))
    assert counts == [1, 1, 1]


async def test_a_second_time_nothing_is_read(measured: Measured) -> None:
    """What is cached is the whole page of a plain list."""
    operation = "{ movies(first: 50) { nodes { title genres { name } cast { person { name } } } } }"
    first, _ = await measured.statements(operation)
    assert first
    app = measured._app
    await app.cache.settle()
    seen: list[str] = []
    app.db.statements = caused(seen)
    try:
        await measured._api.run(operation, measured._who)
    finally:
        app.db.statements = None
    assert seen == []
