"""Operations made out of the schema: the smallest one of a root field, and everything below it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.gql.facts import Facts
from tests.gql.rules import root_types

NO_ALIASES: Final[Mapping[str, str]] = MappingProxyType({})
KINDS = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}


def root_fields(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    """Every root field as `Query.movies`."""
    return {
        f"{root.name}.{name}": field
        for root in root_types(schema)
        for name, field in root.fields.items()
    }


def smallest(path: str, field: GraphQLField, given: Mapping[str, Any]) -> str:
    """An operation of one root field that selects next to nothing; arguments are variables."""
    left_out = [
        name for name, a in field.args.items() if is_required_argument(a) and name not in given
    ]
    assert not left_out, f"{path} needs {left_out}: add them to the table"
    leaf = is_leaf_type(get_named_type(field.type))
    return operation(path, field, given, "" if leaf else "{ __typename }")


def operation(path: str, field: GraphQLField, given: Mapping[str, Any], selection: str) -> str:
    """An operation of one root field, whose arguments are variables."""
    kind, _, name = path.partition(".")
    variables = ", ".join(f"${a}: {field.args[a].type}" for a in given)
    passed = ", ".join(f"{a}: ${a}" for a in given)
    head = f"{KINDS[kind]}({variables})" if variables else KINDS[kind]
    return f"{head} {{ {name}{f'({passed})' if passed else ''} {selection} }}"


class Selections:
    """Selection sets of types, each field and edge once, some levels deep."""

    def __init__(self, schema: GraphQLSchema, depth: int) -> None:
        self._schema, self._depth = schema, depth
        self._ambiguous = Facts(schema).ambiguous

    def of(self, kind: Any, depth: int = 0) -> str:
        """Everything of a type that needs no argument."""
        kind = get_named_type(kind)
        if isinstance(kind, GraphQLUnionType):
            inner = " ".join(f"... on {t.name} {self._member(t, depth)}" for t in kind.types)
            return f"{{ __typename {inner} }}"
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return ""
        return self._object(kind, depth)

    def _member(self, kind: GraphQLObjectType, depth: int) -> str:
        """The same of a type of a union, which calls by another name what others mean by it."""
        odd = [name for name in kind.fields if name in self._ambiguous]
        return self._object(kind, depth, {name: f"{name}_of_{kind.name}: " for name in odd})

    def _object(self, kind: Any, depth: int, aliases: Mapping[str, str] = NO_ALIASES) -> str:
        chosen = ["__typename"]
        for name, field in kind.fields.items():
            alias = aliases.get(name, "")
            if any(is_required_argument(a) for a in field.args.values()):
                continue
            if is_leaf_type(get_named_type(field.type)):
                chosen.append(f"{alias}{name}")
            elif depth < self._depth:
                chosen.append(f"{alias}{name} {self.of(field.type, depth + 1)}")
        return f"{{ {' '.join(chosen)} }}"
