"""Brings the database to the version of this code, under a lock that all processes share."""

from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import migrations
from app.core.addresses import DRIVER

LOCK: Final = 0x7265_7665_6E67_65  # "revenge"
LOCK_TIMEOUT: Final = "10s"
STATEMENT_TIMEOUT: Final = "15min"


class TooNew(Exception):
    """The database was made by a later version of this server."""


def alembic_config() -> AlembicConfig:
    """Alembic's configuration, which needs no ini file."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision this code expects."""
    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert revision is not None  # noqa: S101 - there is a first migration
    return revision


def known_revisions() -> set[str]:
    """Every revision this code can upgrade from."""
    return {r.revision for r in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


async def current(dsn: str) -> str | None:
    """The database's revision, or None for an empty one."""
    connection = await asyncpg.connect(dsn=dsn, timeout=10)
    try:
        found: str | None = await connection.fetchval(
            "select version_num from alembic_version limit 1"
        )
    except asyncpg.UndefinedTableError:
        return None
    else:
        return found
    finally:
        await connection.close()


async def migrate(dsn: str) -> str:
    """Upgrade to the head under an advisory lock; answers the revision.

    Raises TooNew when the database knows a revision that this code does not.
    """
    engine = create_async_engine(DRIVER, connect_args={"dsn": dsn}, isolation_level=None)
    try:
        async with engine.connect() as lock, engine.connect() as connection:
            # Another process may be migrating: wait for it, however long it takes.
            await lock.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK})
            await connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.execute(text(f"set statement_timeout = '{STATEMENT_TIMEOUT}'"))
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await engine.dispose()
    return head()


def _upgrade(connection: Connection) -> None:
    found: Any = None
    if connection.dialect.has_table(connection, "alembic_version"):
        found = connection.execute(text("select version_num from alembic_version")).scalar()
    if found is not None and found not in known_revisions():
        raise TooNew(f"The database is at revision {found}, which this version does not know.")
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
