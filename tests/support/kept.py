"""What many tests begin with, made once: its rows are put back for the next, which is many times
as fast as to write them anew.
"""

import copy
import io
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import asyncpg
from msgspec import Struct

from app.container import Container
from app.core.tables import metadata
from app.rbac.domain import BuiltIn
from tests.support.people import People

Made = TypeVar("Made")
COLUMNS = {
    table.name: [column.name for column in table.columns if column.computed is None]
    for table in metadata.sorted_tables
    if table.name not in {"outbox", "roles"}  # the outbox has been sent
}
FILLED = " union all ".join(
    f"""select '{name}' where exists (select 1 from "{name}")""" for name in COLUMNS
)
OURS = f"where id <> all('{{{','.join(str(role.id) for role in BuiltIn)}}}')"
FRESH = 600
"""Seconds for which rows are put back: what was made just now is not to look old."""


class Kept(Struct):
    """Something that was made on empty tables, and all rows there were afterwards."""

    made: Any
    people: int
    rows: dict[str, bytes]
    at: float


_kept: WeakKeyDictionary[Container, dict[str, Kept]] = WeakKeyDictionary()


async def begin_with(
    app: Container, people: People, make: Callable[[Container, People], Awaitable[Made]]
) -> Made:
    """What `make` makes: put back where it was made before and the tables are empty."""
    known = _kept.setdefault(app, {})
    name = f"{make.__module__}.{make.__qualname__}"
    async with app.db.pool.acquire() as connection:
        if await connection.fetch(FILLED):
            return await make(app, people)
        kept = known.get(name)
        if kept is not None and time.monotonic() - kept.at < FRESH:
            await _put_back(connection, kept.rows)
            people._made = kept.people
            again: Made = copy.deepcopy(kept.made, {id(app): app, id(kept.made.people): people})
            return again
    made = await make(app, people)
    await app.cache.settle()
    async with app.db.pool.acquire() as connection:
        rows = await _rows(connection)
    memo = {id(app): app}
    known[name] = Kept(copy.deepcopy(made, memo), people._made, rows, time.monotonic())
    return made


async def _rows(connection: Any) -> dict[str, bytes]:
    found = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        filled = [row[0] for row in await connection.fetch(FILLED)]
        for name in [*filled, "roles"]:
            which = OURS if name == "roles" else ""
            written = io.BytesIO()
            await connection.copy_from_query(
                f'select {_columns(name)} from "{name}" {which}', output=written, format="binary"
            )
            found[name] = written.getvalue()
    return found


async def _put_back(connection: asyncpg.Connection, rows: dict[str, bytes]) -> None:
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")  # no triggers
        for name, written in rows.items():
            await connection.copy_to_table(
                name, source=io.BytesIO(written), columns=_names(name), format="binary"
            )


def _names(table: str) -> list[str]:
    return COLUMNS.get(table) or [column.name for column in metadata.tables[table].columns]


def _columns(table: str) -> str:
    return ", ".join(f'"{name}"' for name in _names(table))
