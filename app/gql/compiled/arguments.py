"""Arguments of a field: read once where they are constants, once for each request where not."""

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
        self.constant = not any(has_variable(a.value) for a in node.arguments or ())
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


def has_variable(node: Node | None) -> bool:
    """Whether a literal holds a variable, at any depth."""
    if isinstance(node, VariableNode):
        return True
    inner = [*(getattr(node, "values", None) or ())]
    inner += [field.value for field in getattr(node, "fields", None) or ()]
    return any(has_variable(one) for one in inner)
