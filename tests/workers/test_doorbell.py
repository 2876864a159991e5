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


async def test_a_ring_that_is_given_up_keeps_no_connection(app: Container) -> None:
    """Cancelled at every moment of it, and once more while it ends."""
    queue = app.doorbell.queue_name(Queue.DEFAULT.value)
    client = app.doorbell._arq
    given_up = 0
    for moment in range(400):
        ringing = asyncio.create_task(client.enqueue_job("ring", _queue_name=queue, _expires=60))
        await asyncio.sleep(moment * 5e-6)
        for _ in range(3):
            ringing.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(ringing, return_exceptions=True)
        given_up += ringing.cancelled()
        del ringing
        # What a connection is still in use by would say so when it is collected: an error of
        # whichever test that happens in.
        assert not client.connection_pool._in_use_connections
    assert given_up > 10
    assert await client.enqueue_job("ring", _queue_name=queue, _expires=60) is not None
