"""Subscriptions without a socket."""

from collections.abc import AsyncIterator
from typing import Any

from app.core.access import NOWHERE
from app.gql.execution import Request
from app.main import AppGateway, WebApp
from app.schema import node_registry
from tests.gql.world import World
from tests.support.api import origin
from tests.support.people import Somebody


async def follow(
    web: WebApp, world: World, who: Somebody, document: str, **variables: Any
) -> AsyncIterator[Any]:
    """The results of a subscription."""
    gateway = AppGateway(world.app, node_registry())
    context = gateway.context(lambda: viewer, origin())
    viewer = await gateway.viewer(who.token, NOWHERE)
    request = Request(document, variables, None)
    context.operation = web.executor.prepare(request, viewer)
    async for result in await web.executor.subscribe(request, context):
        yield web.executor.answer(result, context)
