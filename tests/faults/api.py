"""An API process: `python -m tests.faults.api '{"deaf": false, …}'` prints its address."""

import asyncio
import json
import sys
from typing import Any

from app.cli.processes import _Server, _uvicorn
from app.container import Container
from app.core.config import load_config
from app.core.logging import configure_logging
from app.rbac.service import CHANNEL
from tests.conftest import wait_until


def unheard(_: str) -> None:
    """As if nobody had sent it."""


async def main(values: dict[str, Any]) -> None:
    deaf = values.pop("deaf")
    app = Container(load_config({}, overrides=values))
    if deaf:
        app.listener.hear(CHANNEL, unheard)
    await app.open()
    await wait_until(lambda: app.listener.healthy)
    server = _Server(_uvicorn(app.config, app))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started, timeout=60)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await serving
    await app.close()


if __name__ == "__main__":
    configure_logging("critical", "json")
    asyncio.run(main(json.loads(sys.argv[1])))
