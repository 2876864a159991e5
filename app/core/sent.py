"""Notes what was delivered, so that no relay delivers it again."""

import asyncio

from app.core.access import SYSTEM
from app.core.db import Database
from app.core.logging import get_logger
from app.core.outbox import mark_sent

log = get_logger(__name__)


async def note_sent(db: Database) -> None:
    """For ever: mark delivered rows, many at a time; what is missed the relay sends twice."""
    publisher = db.publisher
    assert publisher is not None, "the container sets it"  # noqa: S101
    while True:
        await publisher.wait()
        await asyncio.sleep(0.1)
        try:
            async with db.write(SYSTEM) as tx:
                await mark_sent(tx, publisher.take_sent())
        except Exception as error:  # noqa: BLE001 - the relay sends it twice, which is harmless
            log.warning("outbox.not_noted", error=repr(error))
