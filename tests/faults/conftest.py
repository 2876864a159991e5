"""Servers of a test's own, to be killed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.core.embedded import EmbeddedPostgres, EmbeddedValkey
from app.core.migrate import migrate
from tests.conftest import _temporary, with_database


@pytest.fixture
def own_valkey() -> Iterator[tuple[EmbeddedValkey, str]]:
    """A Valkey of this test alone, and its address, which stays the same over restarts."""
    folder = _temporary("revenge-own-valkey-")
    server = EmbeddedValkey(Path(folder.name) / "valkey")
    yield server, server.start()
    server.stop()
    folder.cleanup()


@pytest.fixture
async def own_postgres() -> AsyncIterator[tuple[EmbeddedPostgres, str]]:
    """A migrated PostgreSQL of this test alone; it writes through, since it will be killed."""
    folder = _temporary("revenge-own-postgres-")
    server = EmbeddedPostgres(Path(folder.name) / "postgres", options={"max_connections": "60"})
    url = server.start()
    admin = await asyncpg.connect(dsn=url)
    await admin.execute("create database faults")
    await admin.close()
    address = with_database(url, "faults")
    await migrate(address)
    yield server, address
    server.stop("immediate")
    folder.cleanup()
