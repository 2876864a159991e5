"""Which root fields there are and an operation selects, with what they were declared as."""

from collections.abc import Iterable, Iterator, Mapping

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.types.base import get_object_definition

from app.gql.access import ACCESS, Root


def subscriptions_of(schema: strawberry.Schema) -> Mapping[str, Root]:
    """Every subscription by its name in the schema."""
    if schema.subscription is None:
        return {}
    named = schema.config.name_converter.get_graphql_name
    fields = get_object_definition(schema.subscription, strict=True).fields
    return {named(field): field.metadata[ACCESS] for field in fields}


def fields_below(
    document: DocumentNode, nodes: Iterable[OperationDefinitionNode | FieldNode]
) -> Iterator[FieldNode]:
    """The fields that these select, fragments spread out; for a document that is valid."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    for node in nodes:
        if node.selection_set is not None:
            yield from _spread(node.selection_set, fragments, set())


def _spread(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _spread(node.selection_set, fragments, seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            yield from _spread(fragments[node.name.value].selection_set, fragments, seen)
