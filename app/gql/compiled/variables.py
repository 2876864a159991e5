"""Variables of an operation: those of built-in types as they are, all others by graphql-core."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_nullable_type,
)
from graphql.execution import get_variable_values
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource

NOTHING: Final = VariableValues({}, {})
MOST_ERRORS: Final = 50  # of variables, as the reference executor tells
LEAST_INT, MOST_INT = -(2**31), 2**31 - 1
Declared = tuple[GraphQLVariableSignature, Callable[[Any], bool]]


def _is_text(value: Any) -> bool:
    return value.__class__ is str


def _is_bool(value: Any) -> bool:
    return value.__class__ is bool


def _is_int(value: Any) -> bool:
    return value.__class__ is int and LEAST_INT <= value <= MOST_INT


# What goes through coercion unchanged.
UNCHANGED: Final = (
    (GraphQLString, _is_text),
    (GraphQLID, _is_text),
    (GraphQLBoolean, _is_bool),
    (GraphQLInt, _is_int),
)


class Variables:
    """The variables that one operation declares."""

    def __init__(self, schema: GraphQLSchema, node: OperationDefinitionNode) -> None:
        self._schema = schema
        self._nodes = node.variable_definitions or ()
        found = [_plainly(get_variable_signature(schema, one)) for one in self._nodes]
        plain = tuple([one for one in found if one is not None])
        self._plain: tuple[Declared, ...] | None = plain if len(plain) == len(found) else None

    def read(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values as the operation declares them, or what is wrong with them."""
        if not self._nodes:
            return NOTHING
        if self._plain is not None:
            values = _unchanged(self._plain, given)
            if values is not None:
                return values
        return get_variable_values(self._schema, self._nodes, dict(given), max_errors=MOST_ERRORS)


def _plainly(signature: GraphQLVariableSignature | GraphQLError) -> Declared | None:
    if isinstance(signature, GraphQLError):
        return None
    type_ = get_nullable_type(signature.type)
    return next(((signature, holds) for one, holds in UNCHANGED if one is type_), None)


def _unchanged(declared: tuple[Declared, ...], given: Mapping[str, Any]) -> VariableValues | None:
    """The values, where each is there and such as its type leaves it."""
    sources, coerced = {}, {}
    for signature, holds in declared:
        name = signature.name
        value = given.get(name)
        if not holds(value):
            return None
        sources[name] = VariableValueSource(signature, value)
        coerced[name] = value
    return VariableValues(sources, coerced)
