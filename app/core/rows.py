"""Rows as Structs, checked by msgspec."""

from collections.abc import Callable, ItemsView, KeysView, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, ClassVar, Final, TypeVar, cast

import msgspec

T = TypeVar("T")
Record = Any  # asyncpg's, or a Row: a tuple that knows the names of its columns
ROW_TYPES: Final = 1000


class Row(tuple[Any, ...]):
    """What asyncpg's records are, made of a plain tuple."""

    __slots__ = ()
    columns: ClassVar[dict[str, int]]

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
    return type("Row", (Row,), {"__slots__": (), "columns": places})


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
        columns = tuple(rows[0].keys())
        plain = [dict(zip(columns, row, strict=True)) for row in rows]
    found: list[T] = msgspec.convert(plain, _list_of(cast("Any", into)))
    return found


@lru_cache(ROW_TYPES)
def _list_of(into: type[Any]) -> Any:
    return list[into]  # type: ignore[valid-type]


def _in_order(rows: Sequence[Record], fields: tuple[str, ...]) -> list[Any]:
    """The rows as tuples in the order of the fields; more columns than those do no harm."""
    columns = tuple(rows[0].keys())
    if columns[: len(fields)] == fields:
        return [*map(tuple, rows)]
    named = [field for field in fields if field in columns]
    if tuple(named) != fields[: len(named)]:
        raise TypeError(f"There is no column for a field before {named[-1]}.")
    places = [columns.index(field) for field in named]
    pick: Callable[[Any], Any] = itemgetter(*places)
    return list(map(pick, rows)) if len(places) > 1 else [(row[places[0]],) for row in rows]
