"""What is asked of a schema again and again, to make documents out of it."""

from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)


class Facts:
    """What is asked of a schema again and again."""

    def __init__(self, schema: GraphQLSchema, root: str = "Query") -> None:
        self.schema = schema
        named: Any = schema.type_map
        self.root, self.boolean = named[root], named["Boolean"]
        self._unions = [t for t in schema.type_map.values() if isinstance(t, GraphQLUnionType)]
        self.ambiguous = self._ambiguous()
        self._overlapping: dict[str, list[GraphQLNamedType]] = {}
        # Roots with arguments are asked for more often: there is more to ask.
        fields: dict[str, GraphQLField] = self.root.fields
        self.roots: list[str] = [n for n, f in fields.items() for _ in range(1 + len(f.args))]

    def _ambiguous(self) -> frozenset[str]:
        """Names of fields that mean different things in types that can stand in one place."""
        found: dict[str, set[str]] = {}
        for kind in self.schema.type_map.values():
            if not isinstance(kind, GraphQLObjectType):
                continue
            if kind.interfaces or any(kind in union.types for union in self._unions):
                for name, declared in kind.fields.items():
                    found.setdefault(name, set()).add(shape(declared))
        return frozenset(name for name, shapes in found.items() if len(shapes) > 1)

    def overlapping(self, kind: GraphQLNamedType) -> list[GraphQLNamedType]:
        """What a fragment inside of this type may be on."""
        known = self._overlapping.get(kind.name)
        if known is None:
            known = self._overlapping[kind.name] = self._overlaps(kind)
        return known

    def _overlaps(self, kind: GraphQLNamedType) -> list[GraphQLNamedType]:
        if isinstance(kind, GraphQLObjectType):
            return [kind, *kind.interfaces, *(u for u in self._unions if kind in u.types)]
        assert isinstance(kind, GraphQLInterfaceType | GraphQLUnionType)
        possible = list(self.schema.get_possible_types(kind))
        others = {i.name: i for t in possible for i in t.interfaces if i is not kind}
        return [kind, *others.values(), *possible]


def shape(declared: GraphQLField) -> str:
    """A field's type and arguments."""
    return f"{declared.type} { ({a: str(d.type) for a, d in declared.args.items()}) }"


def sort(kind: GraphQLNamedType) -> str:
    if isinstance(kind, GraphQLInterfaceType):
        return "an interface"
    return "a union" if isinstance(kind, GraphQLUnionType) else "an object"
