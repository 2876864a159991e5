"""An edge that asks once per node is caught by the counting of `test_n_plus_one`."""

import contextlib
from typing import Annotated, Any
from uuid import UUID

import strawberry
from msgspec import Struct
from sqlalchemy import text

from app.container import Container
from app.context import Context
from app.core.access import PUBLIC, SYSTEM
from app.core.ids import new_id
from app.gql.access import query
from app.gql.arguments import Doc
from app.gql.documents import Documents
from app.gql.edge import edge
from app.gql.execution import Executor, Prepared, Request, Schema
from app.gql.info import Info
from app.gql.node import NodeRegistry
from app.gql.view import field, view
from tests.support.api import origin
from tests.support.statements import caused

SIZES = (1, 10, 50)


class Thing(Struct, frozen=True):
    """A thing."""

    id: UUID


async def one_by_one(app: Any, viewer: Any, ids: Any) -> dict[Any, Any]:
    return {i: await app.db.scalar(text("select 'bad'")) for i in ids}


async def at_once(app: Any, viewer: Any, ids: Any) -> dict[Any, Any]:
    await app.db.scalar(text("select 'good'"))
    return dict.fromkeys(ids, "good")


@view(Thing)
class ThingView:
    """A thing."""

    bad: str = edge(one_by_one, "Asked for each.")
    good: str = edge(at_once, "Asked for all.")
    plain: str = field("Nothing.", of=lambda _: "x")


@strawberry.type
class ControlQuery:
    """Things."""

    @query(list[ThingView], access=PUBLIC)
    async def things(self, info: Info, ids: Annotated[int, Doc("How many.")]) -> Any:
        """Some things."""
        return [Thing(new_id()) for _ in range(ids)]


async def test_the_counting_catches_one_statement_per_node(opened: Container) -> None:
    from strawberry.schema.config import StrawberryConfig

    schema = Schema(
        query=ControlQuery, extensions=[Prepared], config=StrawberryConfig(info_class=Info)
    )
    graphql = opened.config.graphql
    executor = Executor(
        schema, Documents(schema._schema, graphql, opened.metrics), graphql, opened.metrics
    )
    counts: dict[str, list[int]] = {"good": [], "bad": []}
    for name, found in counts.items():
        for size in SIZES:
            request = Request(f"{{ things(ids: {size}) {{ {name} }} }}", {}, None)
            context = Context(opened, NodeRegistry([]), lambda: SYSTEM, origin())
            context.operation = executor.prepare(request, SYSTEM)
            seen: list[str] = []
            opened.db.statements = caused(seen)
            with contextlib.suppress(AssertionError):
                answer = await executor.execute(request, context)
                assert "errors" not in answer
            opened.db.statements = None
            found.append(seen.count(f"select '{name}'"))  # settings may be read meanwhile
    assert counts == {"good": [1, 1, 1], "bad": list(SIZES)}
