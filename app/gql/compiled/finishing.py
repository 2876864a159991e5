"""The answer of an operation in which something failed: nulls, where they go, and the errors.

Only such operations pay for it. A field error is reported where it happened; a null that may not
stand goes up to the nearest place where one may ("Handling Execution Errors" of the specification).
Of several errors below one null, the first in the order of the document is reported.
"""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, located_error

from app.gql.compiled.failure import Failure
from app.gql.compiled.places import Place
from app.gql.compiled.plan import Choice, Entry, Selection
from app.gql.compiled.sources import Meta

Path = list[str | int]
# What a value may be of: one field, or those of this name in all types of an interface or union.
# Validation sees to it that they agree on lists and nulls; what is below them may differ.
Fields = Sequence[Entry]


class _Upwards(Exception):
    """A null on its way up."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


def finished(
    roots: Sequence[Entry], data: dict[str, Any]
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data with its nulls in place, and the errors."""
    errors: list[GraphQLError] = []
    try:
        made = {e.key: _field([e], data[e.key], [e.key], errors) for e in roots if e.key in data}
    except _Upwards as upwards:
        return None, [upwards.error]
    return made, errors


def _field(fields: Fields, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    if isinstance(fields[0].source, Meta):
        return value
    return _value(fields, fields[0].place, value, path, errors)


def _value(fields: Fields, place: Place, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    before = len(errors)
    try:
        return _inner(fields, place, value, path, errors)
    except _Upwards as upwards:
        if place.required:
            raise
        del errors[before:]
        errors.append(upwards.error)
        return None


def _inner(fields: Fields, place: Place, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    if isinstance(value, Failure):
        raise _Upwards(located_error(value.error, value.nodes, path))
    if place.item is not None and isinstance(value, list):
        item = place.item
        return [_value(fields, item, v, [*path, i], errors) for i, v in enumerate(value)]
    if isinstance(value, dict) and fields[0].child is not None:
        known = _below(fields)
        return {key: _field(known[key], v, [*path, key], errors) for key, v in value.items()}
    return value


def _below(fields: Fields) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for field in fields:
        for selection in _selections(field.child):
            for entry in selection.entries:
                found.setdefault(entry.key, []).append(entry)
    return found


def _selections(child: Selection | Choice | None) -> Sequence[Selection]:
    if isinstance(child, Choice):
        return list(child.selections.values())
    return [] if child is None else [child]
