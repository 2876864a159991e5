"""Builders of statements that are called once for a shape of what is asked."""

from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct
from sqlalchemy import Date, Integer, Select, Text, Uuid, any_, column, func, select, table

from app.core.asked import array, asked
from app.core.page import Keyset, Order, Sorted
from app.core.statements import BUILT_SHAPES, Statements

things = table("things", column("id", Uuid), column("size", Integer), column("day", Date))
A, B = UUID(int=1), UUID(int=2)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Narrow(Struct, frozen=True):
    ids: tuple[UUID, ...] | None = None
    least: int | None = None
    word: str = ""
    colours: tuple[Colour, ...] = ()
    known: bool = False
    day: date | None = None


class Builder:
    """Counts what it builds."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self, narrow: Narrow, most: int) -> Select[Any]:
        self.built += 1
        conditions = [things.c.size <= most]
        if narrow.ids is not None:
            conditions.append(things.c.id == any_(array(narrow.ids, Uuid)))
        if narrow.least is not None:
            conditions.append(things.c.size >= narrow.least)
        if narrow.word:
            conditions.append(func.length(func.concat(narrow.word, "x", type_=Text)) > 3)
        if narrow.known:
            conditions.append(things.c.day.is_not(None))
        if narrow.day is not None:
            conditions.append(things.c.day > narrow.day)
        conditions += [things.c.size != len(colour.value) for colour in narrow.colours]
        return select(things.c.id).where(*conditions)


ASKED = [
    (Narrow(), 1),
    (Narrow(ids=(B, A)), 2),
    (Narrow(ids=()), 2),
    (Narrow(least=0, word="no"), 3),
    (Narrow(least=7, known=True), 4),
    (Narrow(colours=(Colour.RED,)), 5),
    (Narrow(colours=(Colour.BLUE, Colour.RED)), 5),
    (Narrow(day=date(2026, 1, 2), least=-1), 6),
]


def bound(sql: str, args: list[Any]) -> str:
    """The statement with its arguments in it, whatever their numbers."""
    for number in range(len(args), 0, -1):
        value = args[number - 1]
        shown = [str(v) for v in value] if isinstance(value, list | tuple) else str(value)
        sql = sql.replace(f"${number}:", f"{shown}:")
    return sql


def test_what_is_asked_is_what_would_have_been_built() -> None:
    statements, build = Statements(), Builder()
    for _ in range(2):
        for arguments in ASKED:
            shaped = statements.compile(asked(build, *arguments), {})
            plain = Statements().compile(Builder()(*arguments), {})
            assert bound(shaped.sql, shaped.args) == bound(plain.sql, plain.args)
    assert build.built == len(ASKED)


def test_other_values_are_the_same_shape() -> None:
    statements, build = Statements(), Builder()
    for number in range(5):
        narrow = Narrow(ids=(A, B)[: number % 2 + 1], least=number, word="x" * (number + 1))
        args = statements.compile(asked(build, narrow, number + 10), {}).args
        assert sorted(map(str, args)) == sorted(
            map(str, [list(narrow.ids or ()), number, number + 10, narrow.word, "x", 3])
        )
    assert build.built == 1


def test_values_that_a_builder_looks_at_are_refused() -> None:
    """Loudly, and not only for the values that came second."""
    statements = Statements()

    def sized(narrow: Narrow) -> Any:
        return select(things.c.id).limit(len(narrow.ids or ()))

    def sorted_(narrow: Narrow) -> Any:
        return select(things.c.id).where(things.c.id == any_(array(sorted(narrow.ids or ()), Uuid)))

    def among(narrow: Narrow) -> Any:
        return select(things.c.id).where(things.c.size.in_([1] if A in (narrow.ids or ()) else [2]))

    for build in (sized, sorted_, among):
        for _ in range(2):
            with pytest.raises(TypeError):
                statements.compile(asked(build, Narrow(ids=(A,))), {})


def test_nothing_else_can_be_asked_with() -> None:
    with pytest.raises(TypeError, match="BinaryExpression"):
        Statements().compile(asked(Builder(), things.c.size == 1), {})


def test_what_was_built_is_bounded() -> None:
    statements, build = Statements(), Builder()
    for number in range(BUILT_SHAPES + 20):
        colours = tuple(Colour.RED if number >> bit & 1 else Colour.BLUE for bit in range(12))
        statements.built(asked(build, Narrow(colours=colours), 1))
    assert len(statements._built) <= BUILT_SHAPES


def test_pages_of_a_list_are_made_once_for_each_place() -> None:
    listed = Sorted(select(things.c.id), (Order(things.c.size, nullable=True), Order(things.c.id)))
    first, given = listed.page("s", Keyset(5))
    assert given == {"page_rows": 6}
    assert listed.page("s", Keyset(9)) == (first, {"page_rows": 10})
    page = listed.read("s", Keyset(1), [(A, 3, A), (B, None, B)])
    assert (page.ids, page.keys, page.has_next) == ((A,), (msgspec.msgpack.encode((3, A)),), True)
    after, given = listed.page("s", Keyset(1, page.cursors[0]))
    assert given == {"page_rows": 2, "page_after0": 3, "page_after1": A}
    second = listed.read("s", Keyset(1), [(B, None, B)]).cursors[-1]
    unknown, given = listed.page("s", Keyset(1, second))
    assert given == {"page_rows": 2, "page_after1": B}
    assert len({id(first), id(after), id(unknown)}) == 3
    assert listed.page("s", Keyset(1, second))[0] is unknown


def test_cursors_are_a_sequence() -> None:
    listed = Sorted(select(things.c.id), (Order(things.c.id),))
    cursors = listed.read("s", Keyset(3), [(A, A), (B, B)]).cursors
    assert len(cursors) == 2
    assert list(cursors[1:]) == [cursors[1]] == [cursors[-1]]
    assert cursors[0] != cursors[1]
