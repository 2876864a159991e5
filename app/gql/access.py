"""Root fields: each states its access; it is checked before anything loads and printed."""

import contextlib
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Final, get_args, get_origin
from uuid import UUID

import strawberry
from msgspec import Struct

from app.core.access import Access
from app.core.errors import NotFound
from app.core.page import Listing
from app.core.ratelimit import Tier
from app.gql.arguments import Bound, NodeRef, bind
from app.gql.connection import Connection
from app.gql.info import Info
from app.gql.rates import charge_field
from app.gql.requires import requires
from app.gql.view import Spec, spec_of

# Of a field's metadata: what it declares, the resolver made of that, and its steps.
ACCESS: Final = "access"
RESOLVE: Final = "resolve"
STEPS: Final = "steps"


class Root(Struct, frozen=True, kw_only=True):
    """A root field as declared: for the analyser, the access matrix and the executors.

    `max` is the most values of a plain list; a list without one is a connection. `tier` is the rate
    limit that it takes from beside those of the whole operation. What is `shared` is the same for
    all viewers of the same scope until something that was read becomes stale: answers of such
    fields are kept whole. `personal` and `state` are of subscriptions, see there.
    """

    access: Access
    returns: Any
    secret: bool
    max: int | None = None
    tier: Tier | None = None
    shared: bool = False
    personal: bool = True
    state: bool = False


class Steps(Struct, frozen=True, eq=False):
    """The resolver of a query or mutation in two: `ask` for its value, and `show` that as what it
    returns. `view` is what an id is shown as, `bound` are the arguments with their rules.
    """

    bound: Bound
    ask: Callable[[Any, Info, dict[str, Any]], Awaitable[Any]]
    show: Callable[[Any, Info], Awaitable[Any]]
    view: Spec | None


def query(
    returns: Any,
    *,
    access: Access,
    max: int | None = None,  # noqa: A002 - as at edges
    tier: Tier | None = None,
    shared: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a query. A Listing becomes the connection; a UUID is loaded as the view's node.

    A plain list, which only a closed set makes, states the most values that it has.
    """
    if shared and tier is not None:
        raise TypeError("What is taken from a kept answer takes from no limit of its own.")
    root = Root(access=access, returns=returns, secret=False, max=max, tier=tier, shared=shared)
    return lambda function: _field(function, root)


def mutation(
    returns: Any, *, access: Access, secret: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a mutation: what it returns is shown as by a query, a NodeRef as whatever it is.

    One that checks a `secret` may stand in an operation only once.
    """
    tier = Tier.AUTH if secret else None
    root = Root(access=access, returns=returns, secret=secret, tier=tier)
    return lambda function: _field(function, root)


def subscription(
    returns: Any, *, access: Access, personal: bool = True, state: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a subscription over an async generator.

    One that is not `personal` depends on nothing of who listens but scope and permissions, neither
    itself nor in any field below it: those whose rights are equal share it (see `streams`). Such a
    one tells a `state` when it begins with what is, and each result replaces the one before: who
    joins later is told the last one. A field `lagged` of what it returns is true in the first
    result after some that its subscriber missed.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        root = Root(access=access, returns=returns, secret=False, personal=personal, state=state)
        bound = bind(function)

        async def resolve(self: Any, info: Info, **given: Any) -> Any:
            info.viewer.require(access)
            return _watched(function(self, info, **bound.convert(given)), info, access)

        _sign(resolve, bound, AsyncGenerator[returns, None])
        return strawberry.subscription(
            resolver=resolve, description=inspect.getdoc(function), **_printed(root, resolve)
        )

    return decorate


async def _watched(
    results: AsyncGenerator[Any, None], info: Info, access: Access
) -> AsyncGenerator[Any, None]:
    """The results as long as the caller has the right to them: a socket outlives changes of it."""
    async with contextlib.aclosing(results):
        async for result in results:
            info.viewer.require(access)
            yield result


def _printed(root: Root, resolve: Callable[..., Any]) -> dict[str, Any]:
    return {
        "directives": [requires(root.access)],
        "metadata": {ACCESS: root, RESOLVE: resolve},
    }


def _field(function: Callable[..., Any], root: Root) -> Any:
    bound = bind(function)
    shape = _shape(root.returns)

    async def ask(self: Any, info: Info, given: dict[str, Any]) -> Any:
        info.viewer.require(root.access)
        arguments = bound.convert(given)
        if root.tier is not None:
            await charge_field(info, root.tier)
        return await function(self, info, **arguments)

    async def show(value: Any, info: Info) -> Any:
        return await _shown(value, shape, info)

    async def resolve(self: Any, info: Info, **given: Any) -> Any:
        return await _shown(await ask(self, info, given), shape, info)

    _sign(resolve, bound, root.returns)
    printed = _printed(root, resolve)
    printed["metadata"][STEPS] = Steps(bound, ask, show, None if shape.kind else shape.spec)
    return strawberry.field(
        resolver=resolve,
        description=inspect.getdoc(function),
        graphql_type=root.returns,
        **printed,
    )


def _sign(resolve: Any, bound: Bound, returns: Any) -> None:
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter("self", positional),
        inspect.Parameter("info", positional, annotation=Info),
        *bound.parameters,
    ]
    resolve.__signature__ = inspect.Signature(parameters, return_annotation=returns)
    resolve.__annotations__ = {p.name: p.annotation for p in parameters[1:]} | {"return": returns}


class _Shape(Struct, frozen=True):
    kind: type[Any] | None
    spec: Spec | None


def _shape(returns: Any) -> _Shape:
    """What a value has to become: a connection of some view, or a view by its id."""
    if get_origin(returns) is Connection:
        target = get_args(returns)[0]
        return _Shape(returns, spec_of(target))
    candidates = [returns, *get_args(returns)]
    return _Shape(None, next((s for c in candidates if (s := spec_of(c)) is not None), None))


async def _shown(value: Any, shape: _Shape, info: Info) -> Any:
    if isinstance(value, Listing):
        return await _connection(value, shape, info)
    if isinstance(value, UUID) and shape.spec is not None and shape.spec.load is not None:
        return (await shape.spec.load(info.app, info.viewer, [value])).get(value)
    if isinstance(value, NodeRef):
        key = (value.kind, value.id)
        found = await info.context.nodes.load(info.app, info.viewer, [key])
        if key not in found:  # deleted in this very moment
            raise NotFound("It is no longer there.", field="id")
        return found[key]
    return value


async def _connection(listing: Listing[Any], shape: _Shape, info: Info) -> Any:
    page = listing.page
    if shape.spec is not None and shape.spec.load is not None:
        found = await shape.spec.load(info.app, info.viewer, page.ids)
    else:
        keys = [(ref.kind, ref.id) for ref in page.ids]
        loaded = await info.context.nodes.load(info.app, info.viewer, keys)
        found = {ref: loaded.get((ref.kind, ref.id)) for ref in page.ids}
    shown = [found.get(id_) for id_ in page.ids]
    return Connection(shown=shown, page=page, counter=listing.count)
