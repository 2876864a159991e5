"""Arguments of a field: read once where they are constants, once for each request where not."""

from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, GraphQLField, Node, VariableNode
from graphql.execution import get_argument_values
from graphql.execution.values import VariableValues
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument, convert_arguments

from app.gql.edge import Edge


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
        self._kept: dict[str, Any] | None = None

    def read(self, variables: VariableValues) -> dict[str, Any]:
        """The values, fresh ones for each caller. Raises GraphQLError for a wrong one."""
        if self.none:
            return {}
        given = get_argument_values(self._field, self._node, variables, None, True)
        return convert_arguments(given, self._declared, self._scalars, self._config)

    def kept(self, edge: Edge, variables: VariableValues) -> dict[str, Any]:
        """The arguments of an edge, converted; constant ones only once.

        Raises GraphQLError or Invalid for a wrong one.
        """
        if self._kept is not None:
            return self._kept
        values = edge.convert(self.read(variables))
        if self.constant:
            self._kept = values
        return values


def variables_of(node: Node | None) -> Iterator[str]:
    """Names of the variables in a literal, at any depth."""
    if isinstance(node, VariableNode):
        yield node.name.value
        return
    for one in getattr(node, "values", None) or ():
        yield from variables_of(one)
    for field in getattr(node, "fields", None) or ():
        yield from variables_of(field.value)
