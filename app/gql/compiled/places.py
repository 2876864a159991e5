"""Where a value stands: its type with its wrappers taken apart."""

from graphql import (
    GraphQLNamedType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from msgspec import Struct


class Place(Struct, frozen=True, eq=False):
    """A position of some type: whether null may stand there, and of a list what its items are."""

    named: GraphQLNamedType
    required: bool
    item: "Place | None"
    leaf: bool


def place_of(type_: GraphQLOutputType) -> Place:
    """Take the wrappers of a type apart."""
    required = is_non_null_type(type_)
    inner = type_.of_type if is_non_null_type(type_) else type_
    named = get_named_type(type_)
    item = place_of(inner.of_type) if is_list_type(inner) else None
    return Place(named, required, item, is_leaf_type(named))
