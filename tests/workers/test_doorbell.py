"""arq is only the doorbell: what goes wrong with a ring is nobody's trouble."""

import asyncio
import logging
import time

import pytest

from app.container import Container
from app.core.jobs.declare import Queue
from tests.workers.kinds import working


async def test_a_ring_that_has_expired_is_passed_over(
    app: Container, caplog: pytest.LogCaptureFixture
) -> None:
    """Its name is in the queue and the rest is gone, as after a wiped or evicting Redis."""
    queue = app.doorbell.queue_name(Queue.DEFAULT.value)
    with caplog.at_level(logging.INFO):
        await app.redis.client.zadd(queue, {"ghost": time.time() * 1000})
        async with working(app, Queue.DEFAULT), asyncio.timeout(10):
            while await app.redis.client.zcard(queue):
                await asyncio.sleep(0.05)
    assert "ghost expired" in caplog.text
    assert "error serializing" not in caplog.text
