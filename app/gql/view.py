"""Views: a GraphQL type over an entity. Plain fields are read off it, relations are edges."""

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

import strawberry
from msgspec import Struct

from app.core.access import PUBLIC, Access
from app.core.ids import encode_id
from app.gql.edge import EDGE, Batch, Edge, edge_field
from app.gql.requires import requires
from app.gql.spoken import Spoken, spoken_field

C = TypeVar("C", bound=type[Any])
MARK = "__view__"
# Of a field's metadata: the function of the entity that it is, and the kind of an id.
OF: Final = "of"
NODE: Final = "node"


class Spec(Struct, frozen=True, kw_only=True):
    """What is known of a view: its entity, node kind, batch by id and edges by field name."""

    entity: type[Any]
    node: str | None
    load: Batch | None
    access: Access
    edges: dict[str, Edge]


class Computed(Struct, frozen=True):
    """A field that is a pure function of its entity."""

    of: Callable[[Any], Any]
    description: str
    deprecated: str | None


@strawberry.interface(name="Node", description="An object with a global id.")
class Node:
    """Every object that `node(id:)` can find."""

    id: strawberry.ID = strawberry.field(
        description="Global id, prefixed with the type: `movie_0192…`."
    )


def field(
    description: str, *, of: Callable[[Any], Any] | None = None, deprecated: str | None = None
) -> Any:
    """A plain field with its description; with `of` it is computed from the entity. `deprecated`
    says what to ask for instead.
    """
    if of is not None:
        return Computed(of, description, deprecated)
    return strawberry.field(description=description, deprecation_reason=deprecated)


def view(
    entity: type[Any],
    *,
    node: str | None = None,
    load: Batch | None = None,
    access: Access | None = None,
) -> Callable[[C], C]:
    """Make a class the GraphQL type of an entity; the docstring is its description.

    With `node`, its ids are `node_…` and `load(app, viewer, ids)` answers for `node(id:)`, to those
    who have the `access`, which then has no default.
    """
    if node is not None and access is None:
        raise TypeError(f"The node {node} does not say who may ask for it by id.")

    def decorate(cls: C) -> C:
        _adopt(cls)
        if load is None and _texts(cls):
            raise TypeError(f"{cls.__name__} has texts, and nothing that loads them.")
        edges = _prepare(cls, load)
        if node is not None:
            cls.id = strawberry.field(
                resolver=_id_resolver(node),
                description="Global id; it never changes.",
                metadata={NODE: node},
            )
            cls.__annotations__["id"] = strawberry.ID
        cls.is_type_of = classmethod(lambda _, obj, __: isinstance(obj, entity))
        made = strawberry.type(
            name=cls.__name__.removesuffix("View"), description=inspect.getdoc(cls)
        )(cls)
        inherited = {
            k: v for base in cls.__mro__[1:] for k, v in getattr(base, "__edges__", {}).items()
        }
        setattr(
            made,
            MARK,
            Spec(
                entity=entity,
                node=node,
                load=load,
                access=access or PUBLIC,
                edges={**inherited, **edges},
            ),
        )
        return made

    return decorate


def interface(cls: C) -> C:
    """Make a class an interface of several views; its edges are those of all of them."""
    cls.__spoken__ = _texts(cls)
    edges = _prepare(cls, None)
    made = strawberry.interface(
        name=cls.__name__.removesuffix("View"), description=inspect.getdoc(cls)
    )(cls)
    made.__edges__ = edges
    return made


def spec_of(cls: Any) -> Spec | None:
    """The spec of a view class, or None."""
    found = vars(cls).get(MARK) if isinstance(cls, type) else None
    return found if isinstance(found, Spec) else None


def _texts(cls: type[Any]) -> dict[str, tuple[Any, Spoken]]:
    """The texts that a class declares, with their annotations."""
    annotations = vars(cls).get("__annotations__", {})
    found = ((name, annotation, vars(cls).get(name)) for name, annotation in annotations.items())
    return {name: (kind, text) for name, kind, text in found if isinstance(text, Spoken)}


def _adopt(cls: type[Any]) -> None:
    """Declare the texts of its interfaces as the view's own: each view loads its entities."""
    for base in cls.__mro__[1:]:
        for name, (annotation, declared) in vars(base).get("__spoken__", {}).items():
            if name not in cls.__annotations__:
                cls.__annotations__[name] = annotation
                setattr(cls, name, declared)


def _prepare(cls: type[Any], load: Batch | None) -> dict[str, Edge]:
    edges = {}
    for name, annotation in list(vars(cls).get("__annotations__", {}).items()):
        declared = vars(cls).get(name)
        if isinstance(declared, Edge):
            edges[name] = declared
            resolver = edge_field(declared, annotation)
            # Where its annotation is resolved: views may refer to ones further down.
            resolver.__module__ = cls.__module__
            made = strawberry.field(
                resolver=resolver,
                description=declared.description or None,
                metadata={EDGE: declared},
                directives=[requires(declared.access)] if declared.access is not PUBLIC else (),
            )
            setattr(cls, name, made)
        elif isinstance(declared, Spoken):
            setattr(cls, name, spoken_field(name, declared, annotation, load))
        elif isinstance(declared, Computed):
            made = strawberry.field(
                resolver=_computed(declared.of),
                description=declared.description,
                deprecation_reason=declared.deprecated,
                graphql_type=annotation,
                metadata={OF: declared.of},
            )
            setattr(cls, name, made)
    return edges


def _computed(of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def resolve(self: Any) -> Any:
        return of(self)

    return resolve


def _id_resolver(kind: str) -> Callable[[Any], strawberry.ID]:
    def resolve(self: Any) -> strawberry.ID:
        return strawberry.ID(encode_id(kind, self.id))

    return resolve
