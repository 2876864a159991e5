"""The peer of `bench.images`: a folder as Starlette serves it, by uvicorn as this server runs."""

import os
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles


async def ready(_: Request) -> PlainTextResponse:
    """For whoever waits until it runs."""
    return PlainTextResponse("ready")


def main() -> None:
    """Serve the folder until somebody ends it."""
    folder = Path(os.environ["BENCH_FOLDER"])
    routes = [Route("/readyz", ready), Mount("/", StaticFiles(directory=folder))]
    port = int(os.environ["REVENGE_SERVER__PORT"])
    uvicorn.run(Starlette(routes=routes), port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
