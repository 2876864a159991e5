"""A mail server for tests of accounts, and mail that is on."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.container import Container
from app.core.jobs.declare import Queue
from tests.mail.test_graphql import configure
from tests.support.smtp import SmtpServer, smtp_server
from tests.workers.kinds import working


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
async def mailing(app: Container, smtp: SmtpServer) -> AsyncIterator[SmtpServer]:
    """Mail is on, and a worker runs."""
    await configure(app, smtp)
    async with working(app, Queue.HIGH):
        yield smtp
