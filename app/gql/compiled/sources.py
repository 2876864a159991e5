"""Where the value of each field comes from, as the declaration of its view says."""

import inspect
import types
from collections.abc import Awaitable, Callable, Hashable
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from graphql import FieldNode, GraphQLField
from msgspec import Struct
from strawberry.types.field import StrawberryField

from app.gql.access import ACCESS, RESOLVE, STEPS, Root, Steps
from app.gql.compiled.failure import Unsupported
from app.gql.edge import EDGE, Edge
from app.gql.spoken import SPOKEN, Text, asked
from app.gql.view import NODE, OF, spec_of


class Constant(Struct, frozen=True):
    """The same for every object: `__typename`."""

    value: str


class Attribute(Struct, frozen=True):
    """An attribute of the object; `sure` is its declared type where that is a plain one.

    An entity is what its types say: mypy sees to it, and rows are converted by them.
    """

    name: str
    sure: type[Any] | None = None
    optional: bool = True


class GlobalId(Struct, frozen=True):
    """The object's id with the prefix of its kind."""

    kind: str


class Pure(Struct, frozen=True, eq=False):
    """A function of the object alone."""

    of: Callable[[Any], Any]


class Awaited(Struct, frozen=True, eq=False):
    """A method of the object that waits: one call for each, for what stands once in an answer."""

    of: Callable[[Any], Awaitable[Any]]


class Relation(Struct, frozen=True, eq=False):
    """An edge: one batch for all objects of a level."""

    edge: Edge


class RootField(Struct, frozen=True, eq=False):
    """A root field: the resolver that its declaration made, called as by the reference executor."""

    resolve: Callable[..., Awaitable[Any]]
    field: StrawberryField
    root: Root
    steps: Steps | None = None


class Meta(Struct, frozen=True):
    """`__schema` or `__type`: the schema itself, which graphql-core shows."""


Source = Constant | Attribute | GlobalId | Pure | Awaited | Relation | RootField | Meta


def source_of(field: GraphQLField, node: FieldNode, owner: Any) -> Source:
    """The source of a field of the class `owner`, as a document asks for it. Raises Unsupported."""
    declared = (field.extensions or {}).get("strawberry-definition")
    if not isinstance(declared, StrawberryField):
        raise Unsupported("field")
    metadata = declared.metadata
    if RESOLVE in metadata:
        return RootField(metadata[RESOLVE], declared, metadata[ACCESS], metadata.get(STEPS))
    if EDGE in metadata:
        return Relation(metadata[EDGE])
    if SPOKEN in metadata:
        return _text(metadata[SPOKEN], node, declared.python_name, owner)
    if OF in metadata:
        return Pure(metadata[OF])
    if NODE in metadata:
        return GlobalId(metadata[NODE])
    return _own(declared, owner)


def _own(declared: StrawberryField, owner: Any) -> Source:
    """An attribute of the object, or a method that takes nothing else."""
    resolver = declared.base_resolver
    if resolver is None:
        return _attribute(declared.python_name, owner)
    function: Any = resolver.wrapped_func
    if list(inspect.signature(function).parameters) != ["self"]:
        raise Unsupported("resolver")
    return Awaited(function) if resolver.is_async else Pure(function)


def _text(text: Text | None, node: FieldNode, name: str, owner: Any) -> Source:
    """A text: an edge where the document says in which language."""
    if text is None:
        raise Unsupported("interface")
    if asked(node):
        return Relation(text.edge)
    return Pure(text.of) if text.of is not None else _attribute(name, owner)


def _attribute(name: str, owner: Any) -> Attribute:
    spec = spec_of(owner)
    if spec is None:
        return Attribute(name)
    hints = _hints(spec.entity)  # type: ignore[arg-type]  # a class is hashable
    hint, optional = _without_none(hints.get(name))
    sure = hint if hint in (str, bool) else None
    return Attribute(name, sure, optional)


@lru_cache(maxsize=1000)
def _hints(entity: Hashable) -> dict[str, Any]:
    return get_type_hints(entity)


def _without_none(hint: Any) -> tuple[Any, bool]:
    """A type without None, and whether it had it."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = [one for one in get_args(hint) if one is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False
