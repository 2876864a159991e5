"""Keyset pages answer every row exactly once, whatever the order, ties and nulls."""

import base64
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, DateTime, Float, Integer, Text, Uuid, column, select, table

from app.container import Container
from app.core.errors import Invalid
from app.core.ids import new_id
from app.core.page import Keyset, Order, Sorted, decode_cursor, encode_cursor

rows_ = table(
    "test_rows",
    column("id", Uuid),
    column("a", Integer),
    column("b", Text),
    column("c", Float),
)
COLUMNS = {"a": rows_.c.a, "b": rows_.c.b, "c": rows_.c.c}
Row = tuple[int | None, str | None, float | None]
VALUES = st.tuples(
    st.none() | st.integers(0, 2),
    st.none() | st.sampled_from(["", "a", "B", "é"]),
    st.none() | st.sampled_from([0.0, -1.5, 2.25]),
)
SORTS = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans()), max_size=3, unique_by=lambda s: s[0]
)


def expected(rows: dict[UUID, Row], sort: list[tuple[str, bool]], last: bool) -> list[UUID]:
    """What Python makes of the same order: nulls last in both directions."""
    found = sorted(rows, reverse=last)
    for name, descending in reversed(sort):
        index = "abc".index(name)

        def key(i: UUID, index: int = index) -> Any:
            return rows[i][index]

        present = [i for i in found if rows[i][index] is not None]
        groups = sorted({key(i) for i in present}, reverse=descending)
        found = [i for value in groups for i in present if key(i) == value] + [
            i for i in found if rows[i][index] is None
        ]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    values=st.lists(VALUES, max_size=25), sort=SORTS, last=st.booleans(), first=st.integers(1, 7)
)
async def test_pages_are_the_whole_list_once(
    opened: Container,
    values: list[Row],
    sort: list[tuple[str, bool]],
    last: bool,
    first: int,
) -> None:
    rows = {new_id(): value for value in values}
    async with opened.db.pool.acquire() as connection:
        await connection.execute(
            "create unlogged table if not exists test_rows"
            ' (id uuid primary key, a int, b text collate "C", c float8)'
        )
        await connection.execute("truncate test_rows")
        await connection.executemany(
            "insert into test_rows values ($1, $2, $3, $4)",
            [(id_, *value) for id_, value in rows.items()],
        )
    orders = [Order(COLUMNS[name], descending, nullable=True) for name, descending in sort]
    orders.append(Order(rows_.c.id, last))
    got: list[UUID] = []
    after: str | None = None
    for _ in range(len(rows) + 2):
        page = await opened.db.page(Sorted(select(rows_.c.id), orders), "x", Keyset(first, after))
        assert page.has_previous == (after is not None)
        assert len(page.ids) == len(page.cursors) <= first
        got += page.ids
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert got == expected(rows, sort, last)


ORDERS = (Order(column("n", Integer), nullable=True), Order(column("id", Uuid)))


def test_a_cursor_comes_back() -> None:
    values = [5, new_id()]
    assert decode_cursor("s", encode_cursor("s", values), ORDERS) == values
    assert decode_cursor("s", encode_cursor("s", [None, values[1]]), ORDERS)[0] is None
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    timed = (Order(column("t", DateTime(timezone=True))),)
    assert decode_cursor("s", encode_cursor("s", [moment]), timed) == [moment]
    big = (Order(column("n", BigInteger)),)
    assert decode_cursor("s", encode_cursor("s", [2**31 - 1]), big) == [2**31 - 1]


def raw(*values: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(list(values))).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "é",
        "a" * 5,
        raw(),
        raw(1),
        raw(b"xxxx", 1, 2),
        encode_cursor("other", [1, new_id()]),
        encode_cursor("s", [1]),
        encode_cursor("s", ["1", new_id()]),
        encode_cursor("s", [1, None]),
        encode_cursor("s", [1, "no id"]),
        encode_cursor("s", [2**40, new_id()]),
        encode_cursor("s", [1.5, new_id()]),
        base64.urlsafe_b64encode(b"\x91" * 1488 + b"\xc0\xc0\xc0").decode(),
    ],
    ids=count(),  # not the values, which are new in every process
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_cursor("s", cursor, ORDERS)
    assert refused.value.field == "after"


def test_a_text_that_postgresql_cannot_hold_is_no_cursor() -> None:
    with pytest.raises(Invalid):
        decode_cursor("s", encode_cursor("s", ["a\x00b"]), (Order(column("t", Text)),))
