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
from app.gql.compiled.plan import Choice, Entry
from app.gql.compiled.sources import Meta

Path = list[str | int]


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
        made = {e.key: _field(e, data[e.key], [e.key], errors) for e in roots if e.key in data}
    except _Upwards as upwards:
        return None, [upwards.error]
    return made, errors


def _field(entry: Entry, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    if isinstance(entry.source, Meta):
        return value
    return _value(entry, entry.place, value, path, errors)


def _value(entry: Entry, place: Place, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    before = len(errors)
    try:
        return _inner(entry, place, value, path, errors)
    except _Upwards as upwards:
        if place.required:
            raise
        del errors[before:]
        errors.append(upwards.error)
        return None


def _inner(entry: Entry, place: Place, value: Any, path: Path, errors: list[GraphQLError]) -> Any:
    if isinstance(value, Failure):
        raise _Upwards(located_error(value.error, value.nodes, path))
    if place.item is not None and isinstance(value, list):
        item = place.item
        return [_value(entry, item, v, [*path, i], errors) for i, v in enumerate(value)]
    if isinstance(value, dict) and entry.child is not None:
        return _object(entry, value, path, errors)
    return value


def _object(
    entry: Entry, part: dict[str, Any], path: Path, errors: list[GraphQLError]
) -> dict[str, Any]:
    child = entry.child
    assert child is not None  # noqa: S101 - asked only for objects
    if isinstance(child, Choice):
        known = {key: child.entry(key) for key in part}
    else:
        known = {e.key: e for e in child.entries}
    return {key: _field(known[key], value, [*path, key], errors) for key, value in part.items()}
