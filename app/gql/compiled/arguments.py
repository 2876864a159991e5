"""Arguments of a field: read once where they are constants, once for each request where not."""

from collections.abc import Hashable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from graphql import FieldNode, GraphQLField, Node, VariableNode
from graphql.execution import get_argument_values
from graphql.execution.values import VariableValues
from msgspec import Struct
from strawberry.scalars import ID
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument, convert_arguments
from strawberry.types.base import StrawberryOptional

from app.gql.edge import Edge

PLAIN: Final = (str, ID, int, float, bool)
# Values that nobody can change: a resolver may have the very ones that another was given.
UNCHANGING: Final = (str, int, float, Enum, type(None))


class Wanted(Struct, frozen=True, eq=False):
    """An edge under the arguments that it is wanted with; `key` is the same for all such."""

    edge: Edge
    arguments: Mapping[str, Any]
    key: Hashable


class Arguments:
    """The arguments of one field of a document, as its resolver takes them."""

    def __init__(
        self,
        field: GraphQLField,
        node: FieldNode,
        declared: list[StrawberryArgument],
        conversion: tuple[Any, StrawberryConfig],
    ) -> None:
        self._field, self._node, self._declared = field, node, declared
        self._scalars, self._config = conversion
        read = (name for a in node.arguments or () for name in variables_of(a.value))
        self.variables = frozenset(read)
        self.constant = not self.variables
        self.none = not field.args
        self._kept: Wanted | None = None
        self._plain = self._plainly_given()
        self._rest: dict[str, Any] | None = None

    def read(self, variables: VariableValues) -> dict[str, Any]:
        """The values, fresh ones for each caller. Raises GraphQLError for a wrong one."""
        if self.none:
            return {}
        if self._rest is not None and self._plain is not None:
            values = dict(self._rest)
            for argument, variable in self._plain.items():
                value = values[argument] = variables.coerced.get(variable)
                if value is None:
                    break
            else:
                return values
        given = get_argument_values(self._field, self._node, variables, None, True)
        values = convert_arguments(given, self._declared, self._scalars, self._config)
        if self._plain is not None and self._rest is None:
            self._rest = self._others(values, self._plain)
            if self._rest is None:
                self._plain = None
        return values

    def _others(self, values: dict[str, Any], plain: dict[str, str]) -> dict[str, Any] | None:
        """The values that are always the same, with places for the plain ones: in the order that
        arguments are declared in, for the first one that is wrong is told. None where they change.
        """
        names = [str(one.python_name) for one in self._declared]
        rest = {
            name: None if name in plain else values[name]  # what was given may be a password
            for name in names
            if name in values or name in plain
        }
        return rest if all(isinstance(value, UNCHANGING) for value in rest.values()) else None

    def _plainly_given(self) -> dict[str, str] | None:
        """Arguments that are variables of built-in types, which graphql-core and Strawberry pass on
        as they are, by the resolver's names; None where variables are given otherwise too.
        """
        named = {self._config.name_converter.from_argument(a): a for a in self._declared}
        found = {}
        for argument in self._node.arguments or ():
            name, value = argument.name.value, argument.value
            if isinstance(value, VariableNode):
                declared = named.get(name)
                if declared is None or not _is_plain(declared.type):
                    return None
                found[str(declared.python_name)] = value.name.value
            elif any(variables_of(value)):
                return None
        return found

    def wanted(self, edge: Edge, variables: VariableValues) -> Wanted:
        """The field's edge with its arguments, converted; constant ones only once.

        Raises GraphQLError or Invalid for a wrong one.
        """
        if self._kept is not None:
            return self._kept
        values = edge.convert(self.read(variables))
        key = (id(edge), *sorted(values.items())) if values else id(edge)
        wanted = Wanted(edge, values, key)
        if self.constant:
            self._kept = wanted
        return wanted


def _is_plain(declared: Any) -> bool:
    """Whether its values are passed on as they are; more than optional (`Maybe`) is wrapped."""
    if type(declared) is StrawberryOptional:
        declared = declared.of_type
    return any(declared is one for one in PLAIN)


def variables_of(node: Node | None) -> Iterator[str]:
    """Names of the variables in a literal, at any depth."""
    if isinstance(node, VariableNode):
        yield node.name.value
        return
    for one in getattr(node, "values", None) or ():
        yield from variables_of(one)
    for field in getattr(node, "fields", None) or ():
        yield from variables_of(field.value)
