"""Rows as Structs, checked by msgspec."""

from collections.abc import Callable, ItemsView, KeysView, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, Final, TypeVar, cast

import msgspec

T = TypeVar("T")
Record = Any  # asyncpg's, or a Row: a tuple that knows the names of its columns
Plain = Callable[[Sequence[Record]], list[Any]]
ROW_TYPES: Final = 1000


class Row(tuple[Any, ...]):
    """What asyncpg's records are, made of a plain tuple."""

    __slots__ = ()
    columns: ClassVar[dict[str, int]]
    names: ClassVar[tuple[str, ...]]

    def __getitem__(self, key: Any) -> Any:
        """A value by its place or by the name of its column."""
        return tuple.__getitem__(self, self.columns[key] if isinstance(key, str) else key)

    def keys(self) -> KeysView[str]:
        """The names of the columns."""
        return self.columns.keys()

    def items(self) -> ItemsView[str, Any]:
        """The values by name."""
        return dict(zip(self.columns, self, strict=True)).items()

    def get(self, key: str, default: Any = None) -> Any:
        """A value by name, where there is such a column."""
        return self[key] if key in self.columns else default


@lru_cache(ROW_TYPES)
def row_type(columns: tuple[str, ...]) -> type[Row]:
    """Rows with these columns."""
    places = {name: place for place, name in enumerate(columns)}
    return type("Row", (Row,), {"__slots__": (), "columns": places, "names": columns})


def structs_of(rows: Sequence[Record], into: type[T]) -> list[T]:
    """Rows as Structs: columns and fields share their names.

    Of an `array_like` Struct a field without a default needs a column, and so do those before it;
    then no dictionary is made of each row, and this takes a quarter of the time.
    """
    if not rows:
        return []
    first, kind = rows[0], cast("Any", into)
    if isinstance(first, Row):
        plain = _plainly(first.names, kind, list)(rows)
    else:
        plain = _plainly(tuple(first.keys()), kind, _tuples)(rows)
    found: list[T] = msgspec.convert((plain,), _several(kind)).all
    return found


@lru_cache(ROW_TYPES)
def _several(into: type[Any]) -> Any:
    """A list of them as a Struct: what msgspec knows of another type it finds out every time."""
    return msgspec.defstruct("Several", [("all", list[into])], array_like=True)  # type: ignore[valid-type]


@lru_cache(ROW_TYPES)
def _plainly(columns: tuple[str, ...], into: type[Any], as_they_are: Plain) -> Plain:
    """How rows with these columns become what msgspec makes Structs of."""
    if len(set(columns)) < len(columns):
        raise ValueError(f"Two columns have the same name: {', '.join(columns)}.")
    config = getattr(into, "__struct_config__", None)
    if config is None or not config.array_like:
        return lambda rows: [dict(zip(columns, row, strict=True)) for row in rows]
    fields: tuple[str, ...] = into.__struct_fields__
    if columns[: len(fields)] == fields:  # more columns than those do no harm
        return as_they_are
    named = [field for field in fields if field in columns]
    if tuple(named) != fields[: len(named)]:
        raise TypeError(f"There is no column for a field before {named[-1]}.")
    places = [columns.index(field) for field in named]
    if len(places) == 1:
        return lambda rows: [(row[places[0]],) for row in rows]
    pick: Callable[[Any], Any] = itemgetter(*places)
    return lambda rows: list(map(pick, rows))


def _tuples(rows: Sequence[Record]) -> list[Any]:
    return [*map(tuple, rows)]
