"""Shelves of items, and connections to write to them by."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from app.container import Container
from app.libraries.domain import LibraryId
from tests.support.library import Shelves


@pytest.fixture
async def libraries(app: Container) -> list[LibraryId]:
    shelves = Shelves(app)
    return [(await shelves.library(f"Library {n}")).id for n in range(4)]


@pytest.fixture
async def connections(
    app: Container, database_url: str
) -> AsyncIterator[Callable[[int], Awaitable[list[Any]]]]:
    """Opens connections, on which nobody waits for longer than a second."""
    opened: list[Any] = []

    async def more(number: int) -> list[Any]:
        settings = {"lock_timeout": "1s"}
        made = [
            await asyncpg.connect(dsn=database_url, server_settings=settings) for _ in range(number)
        ]
        opened.extend(made)
        return made

    yield more
    for connection in opened:
        await connection.close()


@pytest.fixture
async def shelves(app: Container) -> Shelves:
    return Shelves(app)
