"""Keyset pages: a cursor is the sort key of a row, so that page 1,000 costs what page 1 does."""

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar, overload
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, false, or_, tuple_
from sqlalchemy.sql import sqltypes

from app.core.errors import Invalid

T = TypeVar("T")
MAX_PAGE = 100
_encode = msgspec.msgpack.Encoder().encode


class Keyset(Struct, frozen=True):
    """Which page is asked for: the first `first` rows after the cursor `after`."""

    first: int = 20
    after: str | None = None


class Cursors(Sequence[str]):
    """The cursors of a page's rows, each made when it is looked at: mostly that is the last."""

    def __init__(self, sort: str, keys: Sequence[bytes]) -> None:
        self._sort, self._keys = sort, keys

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Cursors": ...
    def __getitem__(self, index: int | slice) -> "str | Cursors":
        if isinstance(index, slice):
            return Cursors(self._sort, self._keys[index])
        return encode_cursor(self._sort, msgspec.msgpack.decode(self._keys[index]))


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """A page of ids, with the sort and the sort key of each, encoded, that cursors are made of."""

    ids: tuple[T, ...]
    sort: str = ""
    keys: tuple[bytes, ...] = ()
    has_next: bool = False
    has_previous: bool = False

    @property
    def cursors(self) -> Cursors:
        """A cursor for each id."""
        return Cursors(self.sort, self.keys)


class Listing(Struct, Generic[T], frozen=True):
    """What a connection is made of: a page, and how to count the whole list if asked."""

    page: Page[T]
    count: Callable[[], Awaitable[int]]


class Order(Struct, frozen=True):
    """One column of a sort; `nulls` always come last, whichever the direction."""

    column: ColumnElement[Any]
    descending: bool = False
    nullable: bool = False


@lru_cache(512)  # sorts that a caller seeds are without number
def _fingerprint(sort: str) -> bytes:
    return hashlib.blake2b(sort.encode(), digest_size=4).digest()


def encode_cursor(sort: str, values: Sequence[Any]) -> str:
    """A cursor bound to its sort, as URL-safe text without padding."""
    raw = msgspec.msgpack.encode([_fingerprint(sort), *values])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(sort: str, cursor: str, orders: Sequence[Order]) -> list[Any]:
    """The sort key in a cursor. Raises Invalid for one of another sort or none at all."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        mark, *values = msgspec.msgpack.decode(raw, type=list[Any])
        if mark != _fingerprint(sort) or len(values) != len(orders):
            raise Invalid("This cursor belongs to another question or sort order.", field="after")
        return [_typed(value, order) for value, order in zip(values, orders, strict=True)]
    # Nested a thousand times over, what a forged one holds is a RecursionError.
    except (binascii.Error, RecursionError, ValueError, msgspec.MsgspecError):
        raise Invalid("This is not a cursor of this list.", field="after") from None


_TYPES: Mapping[type[Any], Any] = {
    sqltypes.Uuid: UUID,
    sqltypes.DateTime: datetime,
    sqltypes.Date: date,
    sqltypes.Numeric: Decimal,
    sqltypes.Float: float,
    sqltypes.Integer: int,
    sqltypes.Text: str,
    sqltypes.String: str,
}


def _typed(value: Any, order: Order) -> Any:
    if value is None and order.nullable:
        return None
    kind = next(t for base, t in _TYPES.items() if isinstance(order.column.type, base))
    typed = msgspec.convert(value, kind, strict=kind is not Decimal)
    if kind is int and not -(2**31) <= typed < 2**31:
        raise Invalid("This is not a cursor of this list.", field="after")
    if kind is str and "\x00" in typed:
        raise Invalid("This is not a cursor of this list.", field="after")
    return typed


def _after(order: Order, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false()
    beyond = order.column < value if order.descending else order.column > value
    return or_(beyond, order.column.is_(None)) if order.nullable else beyond


def _same(order: Order, value: Any) -> ColumnElement[bool]:
    return order.column.is_(None) if value is None else order.column == value


def seek(orders: Sequence[Order], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows strictly after `values` in this order, nulls last."""
    plain = not any(order.nullable for order in orders)
    if plain and len({order.descending for order in orders}) == 1:
        key, row = tuple_(*(order.column for order in orders)), tuple_(*values)
        return key < row if orders[0].descending else key > row  # one index range
    branches = []
    for depth, order in enumerate(orders):
        equal = [_same(o, v) for o, v in zip(orders[:depth], values[:depth], strict=True)]
        branches.append(and_(*equal, _after(order, values[depth])))
    return or_(*branches)


class Sorted:
    """A list of rows whose first column is their id, and its order: what has pages."""

    def __init__(self, statement: Select[Any], orders: Sequence[Order]) -> None:
        self._statement, self._orders = statement, tuple(orders)
        self._pages: dict[tuple[bool, ...] | None, Select[Any]] = {}

    def page(self, sort: str, page: Keyset) -> tuple[Select[Any], dict[str, Any]]:
        """The statement of one page, with the sort key after the id, and what it is given."""
        given: dict[str, Any] = {"page_rows": page.first + 1}
        nulls = None
        if page.after is not None:
            values = decode_cursor(sort, page.after, self._orders)
            given |= {f"page_after{n}": v for n, v in enumerate(values) if v is not None}
            nulls = tuple(value is None for value in values)
        if nulls not in self._pages:
            self._pages[nulls] = self._paged(nulls)
        return self._pages[nulls], given

    def _paged(self, nulls: tuple[bool, ...] | None) -> Select[Any]:
        statement = self._statement
        for index, order in enumerate(self._orders):
            statement = statement.add_columns(order.column.label(f"_k{index}"))
            direction = order.column.desc() if order.descending else order.column.asc()
            statement = statement.order_by(direction.nulls_last() if order.nullable else direction)
        if nulls is not None:
            after = [
                None if null else bindparam(f"page_after{index}", type_=order.column.type)
                for index, (null, order) in enumerate(zip(nulls, self._orders, strict=True))
            ]
            statement = statement.where(seek(self._orders, after))
        return statement.limit(bindparam("page_rows", type_=Integer))

    def read(self, sort: str, page: Keyset, rows: Sequence[Any]) -> Page[Any]:
        """The page that these rows are."""
        shown = rows[: page.first]
        width = len(self._orders)
        return Page(
            ids=tuple([row[0] for row in shown]),
            sort=sort,
            keys=tuple([_encode(tuple(row)[-width:]) for row in shown]),
            has_next=len(rows) > page.first,
            has_previous=page.after is not None,
        )
