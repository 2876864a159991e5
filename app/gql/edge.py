"""Edges: a relation between types is data, loaded in batches whatever executes the query."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Annotated, Any, Final, Protocol, get_origin

import strawberry
from aiodataloader import DataLoader
from msgspec import Struct

from app.core.access import PUBLIC, Access, Viewer
from app.gql.arguments import Bound, Bounds, Doc
from app.gql.info import Info

Batch = Callable[..., Awaitable[Mapping[Any, Any]]]
EDGE: Final = "edge"  # of a field's metadata
DEFAULT_FAN_OUT = 10
REQUIRED: Final = inspect.Parameter.empty
MOST_KEYS = 500
# The load of an edge to an object of whatever kind: the registry of nodes, by keys (kind, id).
ANY_NODE: Final = None


class Argument(Struct, frozen=True):
    """An argument of an edge: its type, default (REQUIRED for none), rules, and description. `most`
    bounds a number.
    """

    type: Any
    default: Any
    rules: tuple[Any, ...]
    doc: str
    most: int | None = None


def arg(type_: Any, default: Any, *, ge: int = 1, le: int = 100, doc: str = "") -> Argument:
    """Declare an argument of an edge; numbers lie between `ge` and `le`."""
    told = doc or f"At most this many, {ge} to {le}."
    return Argument(type_, default, (Bounds(ge, le),) if type_ is int else (), told, le)


class Nodes(Protocol):
    """The registry of nodes."""

    @property
    def load(self) -> Batch:
        """Entities by (kind, id)."""
        ...


class Edge(Struct, frozen=True, kw_only=True):
    """A relation. `key` is the attribute of the entity that the batch is asked by."""

    load: Batch | None
    key: str
    many: int | None
    usual: int
    description: str
    access: Access
    args: Mapping[str, Argument]

    def convert(self, given: dict[str, Any]) -> dict[str, Any]:
        """Arguments within their limits, lists as tuples. Raises Invalid, naming the argument."""
        if not given:
            return given
        rules = {name: argument.rules for name, argument in self.args.items()}
        values = Bound([], rules).convert(given)
        return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}

    def batch(self, nodes: "Nodes") -> Batch:
        """What loads it."""
        return nodes.load if self.load is ANY_NODE else self.load

    def fan_out(self, given: Mapping[str, Any]) -> int:
        """How many values one node has, for the cost of an operation."""
        first = given.get("first")
        if isinstance(first, int):
            return max(1, first)
        return self.usual if self.many else 1


def edge(  # noqa: PLR0913 - a declaration
    load: Batch | None,
    description: str = "",
    *,
    key: str = "id",
    max: int | None = None,  # noqa: A002 - reads as what it is at the declaration
    usual: int = DEFAULT_FAN_OUT,
    access: Access = PUBLIC,
    **args: Argument,
) -> Any:
    """Declare a relation: `load(app, viewer, keys, **args) -> {key: value}` answers for all nodes.

    `max` bounds a list whose length the caller does not choose, `usual` is how long it mostly is:
    what it counts for in the cost of an operation. `ANY_NODE` loads objects of whatever kind.
    """
    many = max or next((a.most for name, a in args.items() if name == "first"), None)
    return Edge(
        load=load,
        key=key,
        many=many,
        usual=usual,
        description=description,
        access=access,
        args=args,
    )


class Loaders:
    """The batches of one operation: edges of the same kind and arguments load together."""

    def __init__(self, app: Any, nodes: Nodes) -> None:
        self._app, self._nodes = app, nodes
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    async def load(self, relation: Edge, viewer: Viewer, key: Any, args: Mapping[str, Any]) -> Any:
        """The value of an edge for one node, together with its siblings."""
        # A subscription outlives a change of rights: other rights, another batch.
        rights = (viewer.user_id, viewer.scope.key, viewer.permissions, viewer.language)
        which = (id(relation), tuple(sorted(args.items())), rights)
        loader = self._loaders.get(which)
        if loader is None:

            async def batch(keys: list[Any]) -> list[Any]:
                wanted: Collection[Any] = list(dict.fromkeys(keys))
                found = await relation.batch(self._nodes)(self._app, viewer, wanted, **args)
                return [found.get(k) for k in keys]

            loader = DataLoader(batch, cache=False, max_batch_size=MOST_KEYS)
            self._loaders[which] = loader
        return await loader.load(key)


def edge_field(relation: Edge, annotation: Any) -> Any:
    """The Strawberry field that resolves an edge through the operation's loaders."""
    is_list = get_origin(annotation) is list

    async def resolve(self: Any, info: Info, **given: Any) -> Any:
        viewer = info.viewer
        if relation.access is not PUBLIC:
            viewer.require(relation.access)
        key = getattr(self, relation.key)
        if key is None:
            return [] if is_list else None
        args = relation.convert(given)
        value = await info.context.loaders.load(relation, viewer, key, args)
        if not is_list:
            return value
        return list(value)[: relation.many] if value else []

    sign(resolve, relation.args, annotation)
    return resolve


def sign(resolve: Any, args: Mapping[str, Argument], annotation: Any) -> None:
    """Give a resolver the arguments that Strawberry shall see."""
    parameters = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
        *(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=a.default,
                annotation=Annotated[a.type, strawberry.argument(description=a.doc)],
            )
            for name, a in args.items()
        ),
    ]
    resolve.__signature__ = inspect.Signature(parameters, return_annotation=annotation)
    resolve.__annotations__ = {p.name: p.annotation for p in parameters[1:]} | {
        "return": annotation
    }


__all__ = ["EDGE", "Argument", "Doc", "Edge", "Loaders", "arg", "edge", "edge_field", "sign"]
