"""Introspection: a schema shown by graphql-core itself, a root field at a time."""

from collections.abc import Mapping
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)

from app.gql.compiled.failure import Unsupported
from app.gql.compiled.plan import Entry


class Document(Protocol):
    """The operation that selects it."""

    @property
    def document(self) -> DocumentNode: ...
    @property
    def node(self) -> OperationDefinitionNode: ...


def described(
    schema: GraphQLSchema, asked: Document, entry: Entry, variables: Mapping[str, Any]
) -> Any:
    """The value of `__schema` or `__type`. Raises Unsupported where that fails."""
    fragments = [n for n in asked.document.definitions if isinstance(n, FragmentDefinitionNode)]
    operation = OperationDefinitionNode(
        operation=asked.node.operation,
        variable_definitions=asked.node.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(entry.nodes)),
    )
    document = DocumentNode(definitions=(operation, *fragments))
    result = execute_sync(schema, document, variable_values=dict(variables))
    if result.errors or result.data is None:
        raise Unsupported("introspection")
    return result.data[entry.key]
