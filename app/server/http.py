"""Health routes: for supervisors, balancers and people with curl."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.gql.routes import public
from app.server.service import Health, Probed


def routes(app: Probed) -> list[Route]:
    """`/healthz` is this process alive, `/readyz` can it answer, `/startupz` has it started."""
    health = Health(app)

    @public
    async def alive(_: Request) -> JSONResponse:
        return _answer({"status": "ok"})

    @public
    async def ready(_: Request) -> JSONResponse:
        found = await health.readiness()
        return _answer(msgspec.to_builtins(found), 503 if found.status == "down" else 200)

    @public
    async def started(_: Request) -> JSONResponse:
        if health.started:
            return _answer({"status": "ok"})
        return _answer({"status": "starting"}, 503)

    return [
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/startupz", started, methods=["GET"]),
    ]


def _answer(body: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, {"cache-control": "no-store"})
