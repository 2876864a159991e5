"""Connections that the pool of reads closes by itself."""

import asyncio
import gc
import os
import socket
from typing import Any

import pytest

from app.core.config import Config
from app.core.db import Database
from app.core.handlers import Registry
from app.core.metrics import Metrics


@pytest.fixture
async def unheard() -> Any:
    """What the loop is told of tasks that failed and that nobody had looked at."""
    loop, told = asyncio.get_running_loop(), list[str]()
    gc.freeze()  # what other tests have left behind is not looked at here
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, about: told.append(str(about)))
    yield told
    loop.set_exception_handler(before)


async def test_a_connection_that_outlived_its_server_ends_quietly(
    config: Config, unheard: list[str]
) -> None:
    """What the pool says goodbye to after a loss may have nobody at the other end."""
    assert config.database_url is not None
    limits = config.database.model_copy(update={"read_pool": 1})
    db = Database(config.database_url, limits, Registry(), Metrics())
    await db.open()
    async with db.pool.acquire() as connection:
        deaf(connection)
    await db.pool.expire_connections()
    assert await db.pool.fetchval("select 7") == 7
    await asyncio.sleep(0.1)  # the task that closed the old one is over
    await db.close()
    gc.collect()
    assert unheard == []


def deaf(connection: Any) -> None:
    """To send anything from here on is a BrokenPipeError, as it is when the server was killed."""
    number = connection._transport.get_extra_info("socket").fileno()
    with socket.socket(fileno=os.dup(number)) as same:
        same.shutdown(socket.SHUT_WR)
