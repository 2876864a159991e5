"""Reads as SQLAlchemy Core writes them, made into SQL once.

A statement that is run again as the very same object, as constants are, is known by its address;
one that was built anew by its shape, which SQLAlchemy finds out by looking at all of it; one that
is `asked` by the shape of what it is asked with.
"""

import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    DateTime,
    Enum,
    Executable,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from app.core.asked import Asked

COMPILED_SHAPES: Final = 2000
KNOWN_STATEMENTS: Final = 5000
BUILT_SHAPES: Final = 1000
NOTHING_GIVEN: Final[Mapping[str, Any]] = {}
KEYS: Final = "ids"  # the parameter by which batch reads are asked
# Types that PostgreSQL sends in the same form within an anonymous record as in a column.
PLAIN: Final = (Uuid, String, Integer, Numeric, Float, Boolean, DateTime, Date, LargeBinary, JSONB)
_MANY_KEYS: Final = re.compile(r"= ANY \((\$(\d+)::\w+\[\])\)")

Statement = Executable | Asked


class Argument(Struct, frozen=True):
    """A parameter of a statement: its name where it is given with each run, else its value."""

    name: str | None
    value: Any
    ready: Callable[[Any], Any] | None


class Question(Struct, frozen=True):
    """A statement as PostgreSQL is asked it. `columns`: their names, where its rows may be parts of
    another statement's.
    """

    sql: str
    args: list[Any]
    columns: tuple[str, ...] | None


class Known(Struct, frozen=True):
    """A statement that was run before. Another one may have its address by now."""

    statement: Callable[[], object]
    sql: str
    names: frozenset[str]
    arguments: tuple[Argument, ...]
    columns: tuple[str, ...] | None

    def bind(self, params: Mapping[str, Any]) -> list[Any]:
        """The arguments by position."""
        return [
            argument.value
            if argument.name is None
            else params[argument.name]
            if argument.ready is None
            else argument.ready(params[argument.name])
            for argument in self.arguments
        ]


class Statements:
    """What was compiled before, bounded."""

    def __init__(self) -> None:
        self._dialect: Any = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
        self._shapes: dict[Any, Any] = {}
        self._known: dict[int, Known] = {}
        self._built: dict[tuple[Any, ...], Any] = {}

    def built(self, question: Asked) -> tuple[Any, dict[str, Any]]:
        """What was built for questions of this shape, and the values that are given with it."""
        shape, values = question.taken_apart()
        found = self._built.get(shape)
        if found is None:
            if len(self._built) >= BUILT_SHAPES:
                self._built.clear()
            found = self._built[shape] = question.built()
        return found, values

    def compile(self, statement: Statement, params: Mapping[str, Any]) -> Question:
        """A statement with its positional arguments; its shape is compiled only once."""
        if isinstance(statement, Asked):
            built, values = self.built(statement)
            return self.compile(built, {**values, **params})
        known = self._known.get(id(statement))
        if known is None or known.statement() is not statement or known.names != params.keys():
            known = self._compile(statement, params)
            if len(self._known) > KNOWN_STATEMENTS:
                self._known.clear()
            self._known[id(statement)] = known
        return Question(known.sql, known.bind(params), known.columns)

    def _watched(self, statement: object) -> Callable[[], object]:
        """A reference to it, with which what is known of it goes."""
        address, known = id(statement), self._known

        def forget(gone: object) -> None:
            if (found := known.get(address)) is not None and found.statement is gone:
                del known[address]

        return weakref.ref(statement, forget)

    def _compile(self, statement: Executable, params: Mapping[str, Any]) -> Known:
        if len(self._shapes) > COMPILED_SHAPES:
            self._shapes.clear()
        compiled: Any
        compiled, extracted, _, _ = statement._compile_w_cache(  # noqa: SLF001
            self._dialect, compiled_cache=self._shapes, column_keys=[]
        )
        values = compiled.construct_params(params, extracted_parameters=extracted)
        processors = compiled._bind_processors  # noqa: SLF001 - no public way to a cached shape
        if compiled._render_postcompile or compiled.post_compile_params:  # noqa: SLF001
            raise TypeError("Use any_(array) in reads, not in_(): its shape changes with its size.")
        arguments = []
        for name in compiled.positiontup or ():
            ready, value = processors.get(name), values[name]
            if type(value) is list and _goes_as_it_is(compiled.binds[name].type, self._dialect):
                ready = None
            given = name in params
            arguments.append(
                Argument(
                    name if given else None,
                    None if given else ready(value) if ready else value,
                    ready,
                )
            )
        sql = _planned_once(compiled.string, compiled.positiontup or ())
        return Known(
            self._watched(statement),
            sql,
            frozenset(params),
            tuple(arguments),
            _columns(compiled._result_columns),  # noqa: SLF001 - no public way to what it returns
        )


def _goes_as_it_is(type_: Any, dialect: Any) -> bool:
    """Whether a list of this type is what PostgreSQL's driver takes: SQLAlchemy would copy it."""
    item = getattr(type_, "item_type", None)
    return item is not None and item.dialect_impl(dialect).bind_processor(dialect) is None


def _columns(found: Sequence[Any]) -> tuple[str, ...] | None:
    """The names of the columns, where their types are read alike within a record."""
    if all(_is_plain(one.type) for one in found):
        return tuple([str(one.keyname) for one in found]) or None
    return None


def _is_plain(type_: Any) -> bool:
    """Whether its values are read alike within a record.

    Of arrays the driver knows those of text from the start. Others it gets to know where they are
    columns, on each connection anew; in a record it would break off, and the connection with it.
    """
    if isinstance(type_, ARRAY):
        return isinstance(type_.item_type, Text)
    return isinstance(type_, PLAIN) and not isinstance(type_, Enum)


def _planned_once(sql: str, names: Sequence[str]) -> str:
    """Hide from the planner how many keys a batch read is given.

    PostgreSQL plans a prepared statement anew for every run as long as plans for the values at hand
    look cheaper than one for any: a plan for one key does, always, and making it costs several
    times what it saves. Behind a sub-select the values are not seen, and one plan is kept. It goes
    by the indexes of the keys, which is right for as many keys as a batch may have.
    """
    if KEYS not in names:
        return sql

    def hidden(met: re.Match[str]) -> str:
        keys, place = met.groups()
        if names[int(place) - 1] != KEYS:
            return met[0]
        return f"= ANY ((SELECT {keys})::{keys.partition('::')[2]})"

    return _MANY_KEYS.sub(hidden, sql)
