"""A worker process to be killed: `python -m tests.faults.worker '{"fenced": true, …}'`."""

import asyncio
import json
import signal
import sys
from typing import Any

from app.container import Container
from app.core.config import load_config
from app.core.jobs.declare import Queue
from app.core.logging import configure_logging
from tests.faults import effects
from tests.workers.kinds import bind
from workers.main import WorkerProcess


async def main(values: dict[str, Any]) -> None:
    fenced = values.pop("fenced")
    app = Container(load_config({}, overrides=values))
    bind(app, effects)
    await app.open()
    worker = WorkerProcess(app, tuple(Queue), fenced=fenced)
    await worker.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", flush=True)
    await stop.wait()
    await worker.stop()
    await app.close()
    print("stopped", flush=True)


if __name__ == "__main__":
    configure_logging("error", "json")
    asyncio.run(main(json.loads(sys.argv[1])))
