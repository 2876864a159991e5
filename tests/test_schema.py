"""The schema keeps its promises, and the rules that say so fail where one is broken."""

import re
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema

from app.container import Container
from app.core.access import PUBLIC
from app.core.ids import encode_id, new_id
from app.gql.access import Root, query
from app.gql.connection import Connection
from app.gql.edge import Edge
from app.gql.node import NodeRegistry
from app.gql.view import Node, field, spec_of, view
from app.schema import NODES, build_schema, node_registry
from tests.gql import rules
from tests.gql.world import World
from tests.support.api import Api
from tests.support.people import People

EXPORT = Path(__file__).parent.parent / "schema.graphql"
Rule = Callable[[GraphQLSchema], list[str]]
RULES: list[Rule] = [
    rules.roots_without_access,
    rules.unbounded_lists,
    rules.unpaged_connections,
    rules.resolvers_with_io,
    rules.undescribed,
    rules.leaked_names,
]


@pytest.fixture
async def world(app: Container, people: People) -> World:
    return await World.make(app, people)


@pytest.fixture(scope="module")
def real() -> GraphQLSchema:
    return build_schema()._schema


def test_the_export_is_current() -> None:
    assert EXPORT.read_text(encoding="utf-8") == build_schema().as_str() + "\n", (
        "schema.graphql is not current: make schema"
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_real_schema(rule: Rule, real: GraphQLSchema) -> None:
    assert rule(real) == []


def test_kinds_of_nodes_are_unique_and_complete(real: GraphQLSchema) -> None:
    assert rules.node_kinds_twice(NODES) == []
    assert rules.nodes_not_registered(real, NODES) == []
    assert set(node_registry().loads) == {
        spec.node for view_ in NODES if (spec := spec_of(view_)) is not None
    }


def test_access_is_printed_at_every_root_field(real: GraphQLSchema) -> None:
    printed = EXPORT.read_text(encoding="utf-8")
    roots = [f for root in rules.root_types(real) for f in root.fields.values()]
    closed = [
        path
        for path, _, made in rules.fields_of(real)
        if isinstance(edge := rules.declared(made, "edge"), Edge) and edge.access is not PUBLIC
    ]
    assert sorted(closed) == [
        *(f"{kind}.metadata" for kind in ("Episode",)),
        "File.path",
        "Library.folders",
        *(f"{kind}.metadata" for kind in ("MediaItem", "Movie")),
        "Role.users",
        "Scan.errors",
        *(f"{kind}.metadata" for kind in ("Season", "Show")),
    ]
    assert len(re.findall(r"@requires\(access: [A-Z_]+\)", printed)) == len(roots) + len(closed)
    for root in rules.root_types(real):
        for name, made in root.fields.items():
            declared = rules.declared(made, "access")
            assert isinstance(declared, Root), name
            public = declared.access is PUBLIC
            assert public == (name in rules.PUBLIC_ROOTS), name


def test_every_edge_of_a_view_stands_in_its_spec(real: GraphQLSchema) -> None:
    edges = {
        path
        for path, _, made in rules.fields_of(real)
        if isinstance(rules.declared(made, "edge"), Edge)
    }
    assert {"Movie.cast", "Movie.library", "MediaItem.progress", "Part.file"} <= edges
    for view_ in NODES:
        spec = spec_of(view_)
        assert spec is not None
        name = view_.__name__.removesuffix("View")
        assert {p.split(".")[1] for p in edges if p.startswith(f"{name}.")} == {
            _camel(edge) for edge in spec.edges
        }


async def test_every_kind_of_node_loads(api: Api, world: World) -> None:
    """Through `node(id:)` and `nodes(ids:)`, as what it is."""
    ids = await world.every_node()
    assert {ref.rpartition("_")[0] for ref in ids} == set(node_registry().loads)
    for ref in ids:
        data = await api.run(
            "query($id: ID!) { node(id: $id) { __typename id } }", world.admin, id=ref
        )
        assert data["node"]["id"] == ref
        kind = ref.rpartition("_")[0].replace("_", "")
        assert data["node"]["__typename"].lower() in {kind, "mediafile"}
    missing = [encode_id(ref.rpartition("_")[0], new_id()) for ref in ids]
    asked = [*missing, *ids]
    data = await api.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", world.admin, ids=asked)
    assert [found and found["id"] for found in data["nodes"]] == [None] * len(missing) + ids


# -- the control: a schema that breaks every rule


@strawberry.type
class Plain:
    name: str

    @strawberry.field
    async def slow(self) -> int:
        return 1


@strawberry.type
class Thing(Node):
    things: list["Thing"]


async def _load(*_: Any) -> dict[Any, Any]:
    return {}


class _Entity:
    pass


@view(_Entity, node="same", load=_load, access=PUBLIC)
class _OneView(Node):
    """One."""


async def _load_other(*_: Any) -> dict[Any, Any]:
    return {}


@view(_Entity, node="same", load=_load_other, access=PUBLIC)
class _OtherView(Node):
    """Other."""

    fine: str = field("Fine.")


@strawberry.type
class BadQuery:
    open_field: str = "x"

    @query(list[Plain], access=PUBLIC)
    async def plain(self, info: strawberry.Info, some_number: int = 1) -> Any:
        return []

    @query(Connection[Thing], access=PUBLIC)
    async def endless(self, info: strawberry.Info) -> Any:
        """Without first and after."""

    @query(Thing | None, access=PUBLIC)
    async def thing(self, info: strawberry.Info) -> Any:
        """A thing."""

    @query(Node | None, access=PUBLIC)
    async def any_of(self, info: strawberry.Info) -> Any:
        """Any."""


@strawberry.type
class BadSubscription:
    @strawberry.subscription
    async def open_stream(self) -> AsyncGenerator[int, None]:
        yield 1


@strawberry.type(name="LeakyView")
class _Leaky:
    name: str = "x"


@pytest.fixture(scope="module")
def bad() -> GraphQLSchema:
    return strawberry.Schema(
        query=BadQuery, subscription=BadSubscription, types=[_Leaky, _OtherView]
    )._schema


@pytest.mark.parametrize(
    ("rule", "complaints"),
    [
        (
            rules.roots_without_access,
            ["BadQuery.openField states no access", "BadSubscription.openStream states no access"],
        ),
        (
            rules.unbounded_lists,
            [
                "BadQuery.plain answers a list that is not a connection",
                "Thing.things lists objects with ids without being an edge",
            ],
        ),
        (
            rules.unpaged_connections,
            ["BadQuery.endless is a connection without first and after"],
        ),
        (rules.resolvers_with_io, ["Plain.slow has an async resolver and is no edge"]),
        (rules.leaked_names, ["LeakyView leaks a name of the code"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_rules_catch_what_is_bad(rule: Rule, complaints: list[str], bad: GraphQLSchema) -> None:
    assert set(complaints) <= set(rule(bad))


def test_undescribed_things_are_caught(bad: GraphQLSchema) -> None:
    found = rules.undescribed(bad)
    for name in ("BadQuery", "BadQuery.plain", "BadQuery.plain(someNumber:)", "Plain.name"):
        assert f"{name} has no description" in found


def test_two_views_of_one_kind_are_caught(bad: GraphQLSchema) -> None:
    assert rules.node_kinds_twice((_OneView, _OtherView)) == [
        "_OtherView and _OneView are both same"
    ]
    assert rules.node_kinds_twice((Plain,)) == ["Plain stands among the nodes and cannot be loaded"]
    with pytest.raises(TypeError, match="Two views call themselves same"):
        NodeRegistry([_OneView, _OtherView])
    assert "Thing implements Node and is not registered" in rules.nodes_not_registered(
        bad, (_OtherView,)
    )


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)
