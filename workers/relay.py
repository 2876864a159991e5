"""The safety net under deliveries: what a dead process or an absent Redis left in the outbox."""

import asyncio
from typing import Final

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import AppError
from app.core.logging import get_logger
from app.core.outbox import claim_unsent, mark_sent
from app.core.redis import RedisAway

log = get_logger(__name__)
AT_ONCE: Final = 100
GRACE: Final = 1.0
EVERY: Final = 0.5


async def relay(app: Container) -> None:
    """For ever: deliver what nobody has, as soon as Redis answers."""
    while True:
        try:
            moved = 0 if app.redis.away else await relay_once(app)
        except (AppError, RedisAway) as error:
            log.warning("relay.waits", error=str(error))
            moved = 0
        except Exception:
            log.exception("relay.failed")
            moved = 0
        if not moved:
            await asyncio.sleep(EVERY)


async def relay_once(app: Container, grace: float = GRACE) -> int:
    """Deliver one batch; the rows stay locked until it is noted. Raises RedisAway."""
    publisher = app.db.publisher
    assert publisher is not None  # noqa: S101 - the container sets it
    async with app.db.write(SYSTEM) as tx:
        messages = await claim_unsent(tx, AT_ONCE, grace)
        for message in messages:
            publisher.transport.stale(message.tags)
            await publisher.transport.deliver(message)
        if messages:
            await mark_sent(tx, [message.id for message in messages])
    return len(messages)
