"""Statements as functions of what is asked, built once for every shape of it.

`asked(_listed, scope, query)` stands for `_listed(scope, query)`. The function is called only where
nothing of this shape was asked before, and then with `Given` parameters in place of the values: no
SQLAlchemy is left to do when the values are others. Shape is what a builder may branch on: whether
there is a value (None and what is empty are none), truths, and members of enumerations.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, NoReturn
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import ARRAY, BindParameter, ColumnElement, String, bindparam
from sqlalchemy.types import TypeEngine

# What goes to PostgreSQL as it is; a datetime is a date.
_VALUES: Final = (UUID, int, float, date, Decimal)
_MANY: Final = (tuple, frozenset)


class Given(BindParameter[Any]):
    """A value that is known only when the statement runs; its type is that of what it meets."""

    inherit_cache = True

    def __bool__(self) -> bool:
        """There is one: what is empty has a shape of its own."""
        return True

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("Values are given when the statement runs: bind many with array().")

    def __contains__(self, other: object) -> NoReturn:
        raise TypeError("Values are given when the statement runs: compare them in SQL.")


class Asked(Struct, frozen=True):
    """A call of a builder of statements that was not made yet."""

    build: Callable[..., Any]
    arguments: tuple[Any, ...]

    def taken_apart(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The shape of it, under which to keep what was built, and the values by name."""
        shape: list[Any] = [self.build]
        values: dict[str, Any] = {}
        for index, argument in enumerate(self.arguments):
            _take(argument, f"given{index}", shape, values)
        return tuple(shape), values

    def built(self) -> Any:
        """What the builder makes of a question of this shape."""
        return self.build(
            *(_template(argument, f"given{index}") for index, argument in enumerate(self.arguments))
        )


def asked(build: Callable[..., Any], *arguments: Any) -> Asked:
    """`build(*arguments)`, built once for each shape: of Structs, values, and tuples of those.

    The builder is a function or a method; it must look at nothing else that changes.
    """
    return Asked(build, arguments)


def array(values: Collection[Any], type_: type[TypeEngine[Any]]) -> ColumnElement[Any]:
    """Many values as one parameter, for `any_`."""
    given: Any = values
    if isinstance(given, Given):
        return bindparam(given.key, type_=ARRAY(type_))
    return bindparam(None, sorted(values), type_=ARRAY(type_), unique=True)


def _take(value: Any, name: str, shape: list[Any], values: dict[str, Any]) -> None:
    """Tell what is shape of a value from what is to be given."""
    kind: Any = type(value)
    if kind is bool or value is None or isinstance(value, Enum):
        shape.append(value)
    elif isinstance(value, Struct):
        shape.append(kind)
        for field, inner in _fields(kind, name):
            _take(getattr(value, field), inner, shape, values)
    elif _is_given(value):
        shape.append(Given)
        values[name] = sorted(value) if isinstance(value, _MANY) else value
    elif isinstance(value, (str, *_MANY)):  # empty, or of members
        shape.append(value)
    else:
        raise TypeError(f"{kind.__name__} is nothing that a statement can be asked with.")


def _is_given(value: Any) -> bool:
    if isinstance(value, str):
        return value != ""
    if isinstance(value, _MANY):
        return bool(value) and not isinstance(next(iter(value)), Enum)
    return isinstance(value, _VALUES)


def _template(value: Any, name: str) -> Any:
    """The value with parameters in it in place of what is given."""
    if isinstance(value, bool | Enum) or value is None:
        return value
    if isinstance(value, Struct):
        fields = {f: _template(getattr(value, f), inner) for f, inner in _fields(type(value), name)}
        return structs.replace(value, **fields)
    if _is_given(value):
        # Where a text meets nothing of a type, as an argument of a function, it is still one.
        return Given(name, type_=String() if isinstance(value, str) else None, required=True)
    return value


@cache
def _fields(kind: Any, name: str) -> tuple[tuple[str, str], ...]:
    return tuple((field, f"{name}_{field}") for field in kind.__struct_fields__)
