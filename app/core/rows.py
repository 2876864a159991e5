"""Rows as Structs, checked by msgspec."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")
Record = Any  # asyncpg's: a tuple that knows the names of its columns


def structs_of(rows: Sequence[Record], into: type[T]) -> list[T]:
    """Rows as Structs: columns and fields share their names.

    Of an `array_like` Struct a field without a default needs a column, and so do those before it;
    then no dictionary is made of each row, and this takes a quarter of the time.
    """
    if not rows:
        return []
    config = getattr(into, "__struct_config__", None)
    if config is not None and config.array_like:
        plain = _in_order(rows, cast("Any", into).__struct_fields__)
    else:
        plain = [dict(row) for row in rows]
    return msgspec.convert(plain, list[into])  # type: ignore[valid-type]


def _in_order(rows: Sequence[Record], fields: tuple[str, ...]) -> list[Any]:
    """The rows as tuples in the order of the fields; more columns than those do no harm."""
    columns = tuple(rows[0].keys())
    if columns[: len(fields)] == fields:
        return list(map(tuple, rows))
    named = [field for field in fields if field in columns]
    if tuple(named) != fields[: len(named)]:
        raise TypeError(f"There is no column for a field before {named[-1]}.")
    places = [columns.index(field) for field in named]
    pick: Callable[[Any], Any] = itemgetter(*places)
    return list(map(pick, rows)) if len(places) > 1 else [(row[places[0]],) for row in rows]
