"""What tests of plans share: a harbour for each module, and quiet where errors are meant."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.gql.compiled.harbour import Harbour
from tests.gql.compiled.running import noted


@pytest.fixture(scope="module")
def harbour() -> Harbour:
    return Harbour()


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, logger="app.gql.errors")


@pytest.fixture
async def nothing_unseen() -> AsyncIterator[None]:
    """No exception that nobody has seen; and tasks are written down, see `Running`."""
    unseen: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unseen.append(context))
    loop.set_task_factory(noted)
    yield
    loop.set_task_factory(None)
    gc.collect()
    await asyncio.sleep(0)
    loop.set_exception_handler(None)
    assert unseen == []
