"""Reads that are asked in the same moment go as one statement, and answer as they would alone."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    Numeric,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from app.container import Container
from app.core import combined
from app.core.errors import Unavailable
from app.core.levels import Level
from app.core.rows import Row, row_type, structs_of
from app.core.statements import Question
from tests.core.numbers import number

ID = UUID("01920000-0000-7000-8000-000000000001")
AT = datetime(2026, 2, 3, 4, 5, 6, 789, UTC)
KEYS = bindparam("keys", type_=ARRAY(Integer))


@pytest.fixture(autouse=True)
def second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Combine whatever was asked once."""
    monkeypatch.setattr(combined, "OFTEN", 1)


async def asked(app: Container, *reads: Select[*tuple[Any, ...]]) -> list[Any]:
    with Level():
        return await asyncio.gather(*(app.db.records(r) for r in reads), return_exceptions=True)


KINDS: list[tuple[Any, Any]] = [
    (Uuid, ID),
    (Text, "Zwölf $1 'Uhr'"),
    (Integer, -7),
    (Numeric, Decimal("12.50")),
    (Double, 0.1),
    (Boolean, True),
    (DateTime(timezone=True), AT),
    (LargeBinary, b"\x00\xff"),
    (ARRAY(Text), ["a", "", None]),
]


async def test_values_are_what_they_are_alone(app: Container, sent: list[str]) -> None:
    columns = [cast(literal(v, t), t).label(f"c{i}") for i, (t, v) in enumerate(KINDS)]
    json = cast(literal('{"a": [1, "ü", null]}', Text), JSONB).label("json")
    wide = select(*columns, json, cast(null(), Text).label("nothing"))
    none = select(literal(1).label("x")).where(literal(False, Boolean))
    alone = [await app.db.records(wide), await app.db.records(none)]
    await asked(app, wide, none)
    del sent[:]
    together = await asked(app, wide, none)
    assert len(sent) == 1
    assert together[1] == alone[1] == []
    [one], [same] = alone[0], together[0]
    assert isinstance(same, Row)
    assert dict(same) == dict(one) == dict(same.items())
    assert list(same) == list(one)
    assert list(same.keys()) == list(one.keys())
    assert (same["c2"], same[2], same.get("c2"), same.get("c99")) == (-7, -7, -7, None)
    assert same["json"] == {"a": [1, "ü", None]}


class Numbered(Struct, frozen=True):
    n: int
    slept: str


class Placed(Struct, frozen=True, array_like=True):
    n: int


@pytest.mark.parametrize("kind", [Numbered, Placed])
async def test_structs_are_made_of_them(app: Container, kind: type[Any]) -> None:
    for _ in range(3):
        found = await asked(app, number(7), number(8))
        assert [[one.n for one in structs_of(rows, kind)] for rows in found] == [[7], [8]]


class Two(Struct, frozen=True, array_like=True):
    n: int
    m: int = 5


def test_columns_are_put_in_order() -> None:
    def made(into: type[Any], **columns: Any) -> list[Any]:
        return structs_of([row_type(tuple(columns))(columns.values())], into)

    assert made(Placed, n=1) == made(Placed, other="o", n=1) == made(Placed, n=1, other="o")
    assert made(Two, m=2, n=1) == made(Two, n=1, m=2, other="o") == [Two(1, 2)]
    assert made(Two, other="o", n=1) == [Two(1)]
    with pytest.raises(TypeError, match="no column for a field before m"):
        made(Two, m=2)
    with pytest.raises(ValueError, match="same name"):
        structs_of([row_type(("n", "n"))((1, 2))], Numbered)


async def test_what_comes_for_the_first_time_is_not_combined(
    app: Container, sent: list[str]
) -> None:
    for statements in (3, 1, 1):
        del sent[:]
        found = await asked(app, number(1), number(2), number(3))
        assert [rows[0]["n"] for rows in found] == [1, 2, 3]
        assert len(sent) == statements


async def test_only_what_is_asked_often_is_combined(
    app: Container, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each combination has to be planned, on every connection."""
    monkeypatch.setattr(combined, "OFTEN", 3)
    reads = [select(literal(n).label(name)) for n, name in enumerate(("often", "asked"))]
    counts = []
    for _ in range(5):
        del sent[:]
        await asked(app, *reads)
        counts.append(len(sent))
    assert counts == [2, 2, 2, 1, 1]


async def test_combinations_leave_room_for_other_statements(
    app: Container, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combined, "MOST_COMBINED", 2)
    monkeypatch.setattr(combined, "KEPT", 6)
    made = app.db._combined
    made._made.clear()
    made._asked.clear()

    async def ask(name: str) -> int:
        del sent[:]
        reads = (select(literal(n).label(f"{name}{n}")) for n in range(2))
        found = await asked(app, *reads)
        assert [rows[0][0] for rows in found] == [0, 1]
        return len(sent)

    for _ in range(2):
        statements = [await ask(name) for name in "abc"]
    assert statements == [1, 1, 2]
    for name in "defgh":  # others are usual by now
        await ask(name)
    assert [await ask("h"), await ask("h")] == [1, 1]
    assert len(made._made) + len(made._asked) <= 6


async def test_in_whatever_order_they_are_asked(app: Container, sent: list[str]) -> None:
    """The same reads are the same statement, and each gets its own rows."""
    other = select(literal(9).label("other"))
    for turn in range(combined.OFTEN + 3):
        del sent[:]
        reads = [number(1), other] if turn % 2 else [other, number(1)]
        found = await asked(app, *reads)
        assert [next(iter(rows[0].keys())) for rows in found] == (
            ["n", "other"] if turn % 2 else ["other", "n"]
        )
    assert len(sent) == 1


async def test_nothing_waits_outside_of_a_level(app: Container, sent: list[str]) -> None:
    for _ in range(3):
        await asyncio.gather(app.db.records(number(1)), app.db.records(number(2)))
    assert len(sent) == 6


async def test_many_keys_and_plain_text_stay_alone(app: Container, sent: list[str]) -> None:
    keyed = select(literal(1).label("n")).where(literal(1) == any_(KEYS))

    async def round_(keys: list[int]) -> None:
        with Level():
            await asyncio.gather(
                app.db.records(keyed, {"keys": keys}),
                app.db.records(text("select 5")),
                app.db.records(number(3)),
            )

    for keys, statements in (([1], 3), ([1], 2), (list(range(combined.MOST_KEYS + 1)), 3)):
        del sent[:]
        await round_(keys)
        assert len(sent) == statements, keys


async def test_many_rows_are_not_combined_again(app: Container, sent: list[str]) -> None:
    rows = select(func.generate_series(1, combined.MOST_ROWS + 1, type_=Integer).label("m"))
    counts = []
    for _ in range(4):
        del sent[:]
        found = await asked(app, rows, number(1))
        assert [row["m"] for row in found[0]] == list(range(1, combined.MOST_ROWS + 2))
        counts.append(len(sent))
    assert counts == [2, 1, 2, 2]


def asked_for(*keys: int) -> list[Question]:
    return [Question("", [list(range(count)), "word"], ("n",)) for count in keys]


def test_how_many_rows_are_too_many() -> None:
    one = combined.MOST_ROWS
    assert combined._most_rows(asked_for(0, 0)) == one
    assert combined._most_rows(asked_for(1, 1)) == one
    assert combined._most_rows(asked_for(1, 9, 9)) == 2 * one
    assert combined._most_rows(asked_for(5, 3)) == 3 * one
    assert combined._most_rows(asked_for(*[24] * 16)) == combined.MOST_AT_ONCE


async def test_each_read_meets_its_own_error(app: Container) -> None:
    zero = select((literal(1) / literal(0)).label("broken"))
    for _ in range(3):
        one, two, three = await asked(app, number(1), zero, number(3))
        assert (one[0]["n"], three[0]["n"]) == (1, 3)
        assert isinstance(two, Exception)
    far = select(cast(literal("x" * 5, Text), Integer).label("n"))
    for _ in range(3):
        one, two = await asked(app, number(1), far)
        assert one[0]["n"] == 1
        assert isinstance(two, Exception)


async def test_where_no_connection_is_free_they_wait_once(
    app: Container, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = number(1), number(2), number(3)
    for _ in range(2):
        await asked(app, *reads)
    monkeypatch.setattr(app.db._readers, "_wait", 0.2)
    await app.db._readers.give_back()
    taken = [await app.db.pool.acquire() for _ in range(app.db.pool.get_max_size())]
    del sent[:]
    try:
        found = await asked(app, *reads)
    finally:
        for connection in taken:
            await app.db.pool.release(connection)
    assert len(sent) == 1
    assert all(isinstance(one, Unavailable) for one in found), found
    assert [rows[0]["n"] for rows in await asked(app, *reads)] == [1, 2, 3]


async def test_a_type_that_is_another_in_a_record_keeps_reads_apart(
    app: Container, sent: list[str]
) -> None:
    words = select(cast(func.to_tsvector("simple", "one two"), TSVECTOR).label("words"))
    alone = await app.db.scalar(words)
    counts = []
    for _ in range(4):
        del sent[:]
        one, two = await asked(app, number(1), words)
        assert (one[0]["n"], two[0]["words"]) == (1, alone)
        counts.append(len(sent))
    assert counts == [2, 2, 2, 2]


async def test_arrays_that_the_driver_learns_of_keep_reads_apart(
    app: Container, sent: list[str]
) -> None:
    """On another connection it does not know them yet, and would give the connection up."""
    ids = select(cast(literal([ID], ARRAY(Uuid)), ARRAY(Uuid)).label("ids"))
    numbers = select(cast(cast(literal("{1,2}"), Text), ARRAY(Integer)).label("numbers"))
    for _ in range(3):
        await app.db._readers.give_back()
        await app.db.pool.expire_connections()
        del sent[:]
        found = await asked(app, ids, numbers)
        assert [[row[0] for row in rows] for rows in found] == [[[ID]], [[1, 2]]]
        assert len(sent) == 2


async def test_what_would_be_prepared_for_every_run_is_not_combined(
    app: Container, sent: list[str]
) -> None:
    names = [f"c{n}" for n in range(combined.LONGEST // 60)]
    long = select(*(cast(literal(n), Integer).label(f"{c:_<30}") for n, c in enumerate(names)))
    await asked(app, long, number(1))
    del sent[:]
    for _ in range(2):
        await asked(app, long, number(1))
    assert len(sent) == 4


@pytest.mark.parametrize("who", [0, 1])
async def test_a_cancelled_read_takes_no_other_with_it(app: Container, who: int) -> None:
    slow = [number(1, 0.3), number(2, 0.3)]
    await asked(app, *slow)
    await asked(app, *slow)
    with Level():
        tasks = [asyncio.create_task(app.db.records(read)) for read in slow]
        await asyncio.sleep(0.1)
        tasks[who].cancel()
        rows = await asyncio.wait_for(tasks[1 - who], 5)
    assert rows[0]["n"] == 2 - who
    with pytest.raises(asyncio.CancelledError):
        await tasks[who]


async def test_cancelled_before_it_was_sent(app: Container) -> None:
    await asked(app, number(1), number(2))
    with Level():
        tasks = [asyncio.create_task(app.db.records(number(n))) for n in (1, 2)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        rows = await asyncio.wait_for(tasks[1], 5)
    assert rows[0]["n"] == 2
    assert tasks[0].cancelled()
