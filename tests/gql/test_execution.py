"""What executes an operation, and what happens where a plan is at fault."""

from typing import Any

import pytest

from app.container import Container
from app.core.errors import Code
from app.gql.execution import SURPRISE
from app.main import WebApp
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
