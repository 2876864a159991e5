"""Who writes items at random, as many at once do."""

import random
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.items.domain import ItemKind, ItemState
from app.libraries.domain import LibraryId

KINDS = tuple(ItemKind)
AGES = (None, 0, 6, 12, 13, 18)
COLUMNS = ("id", "kind", "library_id", "parent_id", "age", "state")
INSERT = "insert into items (%s) values ($1, $2, $3, $4, $5, $6)" % ", ".join(COLUMNS)  # noqa: UP031
AGAIN = INSERT + " on conflict (id) do update set age = excluded.age"


class Writer:
    """A connection that writes at random. It changes only what it has made: nobody waits."""

    def __init__(self, connection: Any, dice: random.Random, libraries: list[LibraryId]) -> None:
        self.connection, self.dice, self.libraries = connection, dice, libraries
        self.mine: list[UUID] = []
        self._kept: list[UUID] = []
        self._open: Any = None
        self._marks: list[tuple[Any, list[UUID]]] = []

    async def step(self) -> bool:
        """One thing; whether it ended a transaction."""
        if self._open is None:
            self._open = self.connection.transaction()
            await self._open.start()
            self._kept = list(self.mine)
        if self.dice.random() < 0.2:
            await self.end()
            return True
        doing = (self._insert, self._copy, self._update, self._update, self._delete, self._mark)
        await self.dice.choice(doing)()
        return False

    async def end(self) -> None:
        """Commit, or leave no trace."""
        ending, self._open, self._marks = self._open, None, []
        if ending is None:
            return
        if self.dice.random() < 0.6:
            await ending.commit()
        else:
            await ending.rollback()
            self.mine = self._kept

    def _row(self) -> tuple[Any, ...]:
        pick = self.dice.choice
        above = pick(self.mine) if self.mine and self.dice.random() < 0.4 else None
        state = pick(tuple(ItemState)).value
        return new_id(), pick(KINDS).value, pick(self.libraries), above, pick(AGES), state

    def _some(self) -> list[UUID]:
        return self.dice.sample(self.mine, min(len(self.mine), self.dice.randint(0, 6)))

    async def _insert(self) -> None:
        new = [self._row() for _ in range(self.dice.randint(1, 5))]
        await self.connection.executemany(INSERT, new)
        self.mine += [row[0] for row in new]
        again = [(i, *self._row()[1:3], None, *self._row()[4:]) for i in self._some()]
        await self.connection.executemany(AGAIN, again)

    async def _copy(self) -> None:
        new = [self._row() for _ in range(self.dice.randint(0, 40))]
        await self.connection.copy_records_to_table("items", records=new, columns=COLUMNS)
        self.mine += [row[0] for row in new]

    async def _update(self) -> None:
        pick = self.dice.choice
        column, value = pick(
            (
                ("library_id", pick(self.libraries)),
                ("state", pick(tuple(ItemState)).value),
                ("age", pick(AGES)),
                ("certification", "PG"),
            )
        )
        statement = f"update items set {column} = $2 where id = any($1)"
        await self.connection.execute(statement, self._some(), value)

    async def _delete(self) -> None:
        """With all that hangs on them: parts are deleted by PostgreSQL itself."""
        await self.connection.execute("delete from items where id = any($1)", self._some())
        left = "select id from items where id = any($1)"
        self.mine = [row[0] for row in await self.connection.fetch(left, self.mine)]

    async def _mark(self) -> None:
        """A part of the transaction is taken back, or begins."""
        if self._marks and self.dice.random() < 0.6:
            mark, self.mine = self._marks.pop()
            await mark.rollback()
        else:
            mark = self.connection.transaction()
            await mark.start()
            self._marks.append((mark, list(self.mine)))
