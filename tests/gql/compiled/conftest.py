"""What tests of plans share: a harbour for each module, and quiet where errors are meant."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from tests.gql.compiled.harbour import Harbour
from tests.gql.compiled.running import noted
from tests.support.tasks import unheard


@pytest.fixture(scope="module")
def harbour() -> Harbour:
    return Harbour()


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, logger="app.gql.errors")


@pytest.fixture
async def nothing_unseen() -> AsyncIterator[None]:
    """No exception that nobody has seen; and tasks are written down, see `Running`."""
    loop = asyncio.get_running_loop()
    with unheard() as unseen:
        loop.set_task_factory(noted)
        try:
            yield
        finally:
            loop.set_task_factory(None)
        await asyncio.sleep(0)
    assert unseen == []
