"""Reads that are asked in the same moment, sent as one statement.

What a read costs is mostly its way to PostgreSQL and back, on both sides. The edges of one level of
an operation read a few rows each by a few keys: together they take a third of the time. So within
`level()`, reads that wait in the same turn of the event loop become

    select (select array_agg(r) from (first read) r), (select array_agg(r) from (second read) r), …

with their rows as anonymous records, in their order. Reads by many keys stay on their own: records
that PostgreSQL describes one by one cost more than the way. Only what was asked together before is
combined, and often, for each combination is planned anew; and whatever fails together is asked
again one by one, so that each read meets its own error.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, Final

from msgspec import Struct

from app.core.rows import Record, Row, row_type
from app.core.statements import Question

MOST_KEYS: Final = 24  # of one read
MOST_READS: Final = 16
MOST_ROWS: Final = 100  # of a combination
KEPT: Final = 500  # sets of reads that were asked together
OFTEN: Final = 20  # times, before they are combined: planning that costs what many runs save
MOST_COMBINED: Final = 40  # of the 100 statements that the driver keeps ready on a connection
LONGEST: Final = 15_000  # of a statement: what is longer the driver prepares anew for every run
_PLACE: Final = re.compile(r"\$(\d+)")

Rows = list[Record]
Send = Callable[[str, list[Any]], Awaitable[Rows]]


class _Waiting(Struct, eq=False):
    """A read that waits for others, and where its rows come: None where it is left on its own."""

    question: Question
    rows: "asyncio.Future[Rows | None] | None" = None


class _Level(Struct, eq=False):
    waiting: list[_Waiting]


class _Combination(Struct, frozen=True):
    """Several statements as one, and what a row of each is: nothing, where there were too many."""

    sql: str
    rows: tuple[type[Row], ...] = ()


_LEVEL: Final[ContextVar[_Level | None]] = ContextVar("level", default=None)


@contextlib.contextmanager
def level() -> Iterator[None]:
    """Let reads go together that are asked in the same moment, in here and in tasks made here."""
    token = _LEVEL.set(_Level([]))
    try:
        yield
    finally:
        _LEVEL.reset(token)


class Combined:
    """Sends reads, alone or together."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._made: dict[tuple[str, ...], _Combination] = {}
        self._asked: dict[tuple[str, ...], int] = {}  # how often, those that were not made yet

    async def fetch(self, question: Question) -> Rows:
        """The rows of a read. Raises what sending it alone raises."""
        here = _LEVEL.get()
        found: Rows | None = None
        if here is not None and _is_small(question):
            mine = _Waiting(question)
            here.waiting.append(mine)
            if len(here.waiting) == 1:
                found = await self._lead(here)
            else:
                mine.rows = asyncio.get_running_loop().create_future()
                found = await mine.rows
        return await self._send(question.sql, question.args) if found is None else found

    async def _lead(self, here: _Level) -> Rows | None:
        """Ask for all that wait: the first one does it, for the others too."""
        waiting, answers, late = here.waiting, None, None
        try:
            await _until_none_joins(waiting)
            here.waiting = []
            waiting.sort(key=_sql)  # in whatever order fields ask, it is one combination
            answers = await self._together([one.question for one in waiting])
        except TimeoutError as error:
            late = error
            raise
        finally:  # the others hear of it, even where this one was cancelled
            if here.waiting is waiting:
                here.waiting = []
            for index, one in enumerate(waiting):
                if one.rows is None or one.rows.done():
                    continue
                if late is not None:
                    one.rows.set_exception(late)
                else:
                    one.rows.set_result(None if answers is None else answers[index])
        [mine] = [index for index, one in enumerate(waiting) if one.rows is None]
        return None if answers is None else answers[mine]

    async def _together(self, questions: Sequence[Question]) -> list[Rows] | None:
        if not 1 < len(questions) <= MOST_READS:
            return None
        key = tuple([question.sql for question in questions])
        combination = self._known(key, questions)
        if combination is None or not combination.rows:
            return None
        try:
            [found] = await self._send(combination.sql, [a for q in questions for a in q.args])
        except TimeoutError:  # no connection is free: each would wait as long again, for another
            raise
        except Exception:  # noqa: BLE001 - each read meets its own error, on its own
            return None
        of = combination.rows
        answers = [[*map(row, rows or ())] for row, rows in zip(of, found, strict=True)]
        if sum(map(len, answers)) > MOST_ROWS:
            self._made[key] = _Combination("")
        return answers

    def _known(self, key: tuple[str, ...], questions: Sequence[Question]) -> _Combination | None:
        """The combination of these reads, where they were asked together often."""
        found = self._made.get(key)
        if found is not None:
            return found
        times = self._asked.pop(key, 0)
        if times < OFTEN or sum(1 for one in self._made.values() if one.rows) >= MOST_COMBINED:
            if len(self._asked) + len(self._made) >= KEPT:
                self._asked.clear()
                self._made.clear()  # others may be usual by now
            self._asked[key] = times + 1
            return None
        found = self._made[key] = _combination(questions)
        return found


def _combination(questions: Sequence[Question]) -> _Combination:
    parts: list[str] = []
    before = 0

    def later(place: re.Match[str]) -> str:
        return f"${int(place[1]) + before}"

    for question in questions:
        read = _PLACE.sub(later, question.sql)
        parts.append(f"(select array_agg(r) from ({read}) r)")  # noqa: S608 - statements of ours
        before += len(question.args)
    sql = f"select {', '.join(parts)}"
    if len(sql) > LONGEST:
        return _Combination("")
    return _Combination(sql, tuple([row_type(question.columns or ()) for question in questions]))


def _sql(one: _Waiting) -> str:
    return one.question.sql


async def _until_none_joins(waiting: list[_Waiting]) -> None:
    joined = 0
    while len(waiting) > joined:
        joined = len(waiting)
        await asyncio.sleep(0)


def _is_small(question: Question) -> bool:
    if question.columns is None:
        return False
    left = MOST_KEYS
    for value in question.args:
        if value.__class__ is list:
            left -= len(value)
    return left >= 0
