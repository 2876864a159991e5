"""Whether the server can answer: each dependency is asked, none for longer than two seconds."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import asyncpg
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import AppError
from app.core.migrate import head
from app.core.redis import RedisLink
from app.server.domain import Readiness

PATIENCE: Final = 2.0
REVISION: Final = text("select version_num from alembic_version limit 1")
expected_revision = functools.cache(head)


class Probed(Protocol):
    """What is looked at; `opened` is whether the application has started."""

    @property
    def db(self) -> Database: ...
    @property
    def redis(self) -> RedisLink: ...
    @property
    def opened(self) -> bool: ...


class Health:
    """The checks."""

    def __init__(self, app: Probed) -> None:
        self._app = app

    @property
    def started(self) -> bool:
        """Whether the application has been opened and not closed."""
        return self._app.opened

    async def readiness(self) -> Readiness:
        """Down without PostgreSQL or on another schema; degraded without Redis."""
        if not self._app.opened:
            return Readiness(status="down", checks={"application": "starting"})
        database, redis, migrations = await asyncio.gather(
            _within(self._database, late="down"),
            _within(self._redis, late="away"),
            _within(self._migrations, late="unknown"),
        )
        status = "ok" if redis == "ok" else "degraded"
        if database != "ok" or migrations != "ok":
            status = "down"
        checks = {"database": database, "redis": redis, "migrations": migrations}
        return Readiness(status=status, checks=checks)

    async def _database(self) -> str:
        await self._app.db.ping()
        return "ok"

    async def _redis(self) -> str:
        await self._app.redis.run(self._app.redis.client.ping)
        return "ok"

    async def _migrations(self) -> str:
        try:
            found = await self._app.db.scalar(REVISION)
        except asyncpg.UndefinedTableError:
            found = None
        expected = await asyncio.to_thread(expected_revision)
        if found == expected:
            return "ok"
        return f"at {found}, expected {expected}; run `revenge migrate`"


async def _within(check: Callable[[], Awaitable[str]], *, late: str) -> str:
    """The answer of a check, or `late` when it fails or takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except (AppError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return late
