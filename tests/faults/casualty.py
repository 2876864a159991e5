"""A process that dies between its commit and what follows it; its settings are its argument."""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import load_config
from app.core.outbox import OutboxMessage
from app.core.redis_transport import RedisTransport
from tests.workers import kinds
from tests.workers.kinds import Happened, Plain, bind


async def die(self: RedisTransport, message: OutboxMessage) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(values: dict[str, Any]) -> None:
    app = Container(load_config({}, overrides=values))
    bind(app, kinds)
    await app.open()
    RedisTransport.deliver = die  # type: ignore[method-assign]
    async with app.db.write(SYSTEM) as tx:
        tx.touch("thing:1")
        tx.emit(Happened(place="here", act="react"))
        tx.enqueue(Plain("casualty"))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
