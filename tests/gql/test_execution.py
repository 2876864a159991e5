"""What executes an operation, and what happens where a plan is at fault."""

from typing import Any

import pytest
from prometheus_client import generate_latest

from app.container import Container
from app.core.errors import Code
from app.gql.execution import SURPRISE
from app.main import WebApp
from tests.gql.listening import audience, change, heard, told
from tests.gql.world import World
from tests.support.api import Api

QUERY = "{ libraries { nodes { name } } }"
MUTATION = "mutation { logout }"


class Broken:
    """An executor with a fault."""

    async def execute(self, *_: object) -> Any:
        raise KeyError("a fault of ours")


@pytest.mark.fallback
async def test_a_query_that_a_plan_fails_on_is_answered_by_the_reference_executor(
    api: Api, web: WebApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = await api.run(QUERY, world.alice)
    monkeypatch.setattr(web.executor, "_compiled", Broken())
    before = surprises(world.app)
    assert await api.run(QUERY, world.alice) == expected
    assert surprises(world.app) == before + 1


async def test_a_mutation_that_a_plan_fails_on_is_not_run_again(
    api: Api, web: WebApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.executor, "_compiled", Broken())
    before = surprises(world.app)
    assert (await api.fails(MUTATION, world.alice)).code is Code.INTERNAL
    assert surprises(world.app) == before


def surprises(app: Container) -> float:
    """How often a plan was at fault."""
    value: float = app.metrics.gql_fallback.labels(SURPRISE)._value.get()
    return value


async def test_everything_works_without_plans(world: World) -> None:
    """The whole way of a query, of who may not, of a mutation and of a subscription."""
    graphql = world.app.config.graphql.model_copy(update={"compiled": False})
    web = WebApp(world.app.config.model_copy(update={"graphql": graphql}), world.app)
    api = Api(world.app, web)
    for _ in range(3):  # the third would be a kept one
        shown = await api.run("{ libraries { totalCount nodes { name } } }", world.alice)
        assert shown == {"libraries": {"totalCount": 1, "nodes": [{"name": "Open"}]}}
        assert (await api.fails("{ movies { totalCount } }")).code is Code.UNAUTHENTICATED
    async with audience(web.asgi(), [world.alice] * 2) as sockets:
        await heard(world.app, 2)
        await change(world.app, world.open.id, world.open.movies[0])
        changes = [await told(socket) for socket in sockets]
    assert changes[0] == changes[1]
    assert changes[0][0]["updated"] == world.open.movie_refs[:1]
    assert await api.run(MUTATION, world.alice) == {"logout": True}
    await api.close()


async def test_fallbacks_are_told_by_their_reason(app: Container) -> None:
    app.metrics.gql_fallback.labels(SURPRISE)
    shown = generate_latest(app.metrics.registry).decode()
    assert f'revenge_gql_fallback_total{{reason="{SURPRISE}"}}' in shown
