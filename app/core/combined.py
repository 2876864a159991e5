"""Reads that are asked in the same moment, sent as one statement.

What a read costs is mostly its way to PostgreSQL and back, on both sides. The edges of one level of
an operation read a few rows each by a few keys: together they take a third of the time. So within
a `Level`, reads that wait in the same turn of the event loop become

    select (select array_agg(r) from (first read) r), (select array_agg(r) from (second read) r), …

with their rows as anonymous records, in their order. Reads by many keys stay on their own: records
that PostgreSQL describes one by one cost more than the way. Only what was asked together before is
combined, and often, for each combination is planned anew; and whatever fails together is asked
again one by one, so that each read meets its own error.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from app.core.levels import LEVEL, Asked, Level, Rows
from app.core.rows import Row, row_type
from app.core.statements import Question
from app.core.together import together

MOST_KEYS: Final = 24  # of one read
MOST_READS: Final = 16
MOST_ROWS: Final = 90  # of a combination, for each statement less
MOST_AT_ONCE: Final = 2_000  # rows: more keep the event loop
KEPT: Final = 500  # sets of reads that were asked together
OFTEN: Final = 20  # times, before they are combined: planning that costs what many runs save
MOST_COMBINED: Final = 40  # of the 100 statements that the driver keeps ready on a connection
LONGEST: Final = 15_000  # of a statement: what is longer the driver prepares anew for every run
_PLACE: Final = re.compile(r"\$(\d+)")

Send = Callable[[str, list[Any]], Awaitable[Rows]]


class _Group(Struct, eq=False):
    """Reads that are asked in the same moment by one task, and how it hears of their answers: not
    at all where it is the one who asks for all.
    """

    asked: Sequence[Asked]
    told: "asyncio.Future[None] | None" = None


class _Combination(Struct, frozen=True):
    """Several statements as one, and what a row of each is: nothing, where there were too many."""

    sql: str
    rows: tuple[type[Row], ...] = ()


class Combined:
    """Sends reads, alone or together."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._made: dict[tuple[str, ...], _Combination] = {}
        self._asked: dict[tuple[str, ...], int] = {}  # how often, those that were not made yet

    async def fetch(self, question: Question) -> Rows:
        """The rows of a read. Raises what sending it alone raises."""
        here = LEVEL.get()
        if here is None:
            return await self._send(question.sql, question.args)
        asked = Asked(question, self)
        if here.stepping:
            return await asked
        await self.answer([asked], here)
        return asked.answer()

    async def answer(self, asked: Sequence[Asked], among: Level | None) -> None:
        """Ask all of them at once; each gets its rows or its error. `among` whom others may ask
        in the same moment.
        """
        small, work = [], []
        for one in asked:
            if _is_small(one.question):
                small.append(one)
            else:
                work.append(self._alone(one))
        if small:
            work.append(self._small(small) if among is None else self._among(small, among))
        await together(work)

    async def _alone(self, one: Asked) -> None:
        try:
            one.rows = await self._send(one.question.sql, one.question.args)
        except Exception as error:  # noqa: BLE001 - whoever asked meets it
            one.error = error

    async def _small(self, asked: Sequence[Asked]) -> None:
        await self._together(asked)
        await self._others(asked)

    async def _others(self, asked: Sequence[Asked]) -> None:
        if left := [
            self._alone(one) for one in asked if one.rows is None and one.error is None
        ]:  # both None
            await together(left)

    async def _among(self, asked: Sequence[Asked], here: Level) -> None:
        mine = _Group(asked)
        here.waiting.append(mine)
        if len(here.waiting) == 1:
            await self._lead(here)
        else:
            mine.told = asyncio.get_running_loop().create_future()
            await mine.told
        await self._others(asked)

    async def _lead(self, here: Level) -> None:
        """Ask for all that wait: the first one does it, for the others too."""
        waiting: list[_Group] = here.waiting
        try:
            await _until_none_joins(waiting)
            here.waiting = []
            await self._together([one for group in waiting for one in group.asked])
        finally:  # the others hear of it, even where this one was cancelled
            if here.waiting is waiting:
                here.waiting = []
            for group in waiting:
                if group.told is not None and not group.told.done():
                    group.told.set_result(None)

    async def _together(self, asked: Sequence[Asked]) -> None:
        """Answer all by one statement, where that is known to be good; else none of them."""
        if not 1 < len(asked) <= MOST_READS:
            return
        # In whatever order fields ask, it is one combination.
        ordered = sorted(asked, key=_sql)
        questions = [one.question for one in ordered]
        key = tuple([question.sql for question in questions])
        combination = self._known(key, questions)
        if combination is None or not combination.rows:
            return
        try:
            [found] = await self._send(combination.sql, [a for q in questions for a in q.args])
        except TimeoutError as error:  # each would wait as long again for a connection of its own
            for one in asked:
                one.error = error
            return
        except Exception:  # noqa: BLE001 - each read meets its own error, on its own
            return
        answers = [
            [*map(row, rows or ())] for row, rows in zip(combination.rows, found, strict=True)
        ]
        for one, rows in zip(ordered, answers, strict=True):
            one.rows = rows
        size = sum(map(len, answers))
        if size > MOST_ROWS and size > _most_rows(questions):  # counting keys takes longer
            self._made[key] = _Combination("")

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


def _sql(one: Asked) -> str:
    return one.question.sql


async def _until_none_joins(waiting: list[_Group]) -> None:
    joined = 0
    while len(waiting) > joined:
        joined = len(waiting)
        await asyncio.sleep(0)


def _most_rows(questions: Sequence[Question]) -> int:
    """As many as a combination may have: asked for more keys, it may have more."""
    keys = max(1, min(map(_keys, questions)))
    return min(MOST_ROWS * (len(questions) - 1) * keys, MOST_AT_ONCE)


def _keys(question: Question) -> int:
    return sum([len(value) for value in question.args if value.__class__ is list])


def _is_small(question: Question) -> bool:
    return question.columns is not None and _keys(question) <= MOST_KEYS
