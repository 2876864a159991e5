"""What runs here, and the health routes."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from app.container import Container
from app.core.errors import Unavailable
from app.core.redis import RedisAway
from app.rbac.domain import BuiltIn
from app.server.http import routes
from app.server.service import ServerStatus, health
from tests.support.api import Api
from tests.support.people import People

INFO = "{ serverInfo { name version startedAt databaseVersion redisVersion features } }"


async def test_the_server_says_what_runs(api: Api, people: People, app: Container) -> None:
    shown = (await api.run(INFO, viewer=await people.make(BuiltIn.GUEST)))["serverInfo"]
    assert shown["name"] == "Revenge"
    assert shown["version"] == "0.1.0"
    assert int(shown["databaseVersion"].split(".")[0].split()[0]) >= 16
    assert shown["redisVersion"]
    assert "playground" in shown["features"]
    assert "open-introspection" not in shown["features"]


async def test_the_server_says_nothing_to_strangers(api: Api) -> None:
    assert (await api.fails(INFO)).code == "UNAUTHENTICATED"


async def test_without_redis_its_version_is_null(app: Container) -> None:
    server = ServerStatus(app.db, gone(app, redis=away).redis, app.config, app.clock)
    assert (await server.info()).redis_version is None


async def away(*_: Any) -> Any:
    raise RedisAway("away")


async def hang(*_: Any) -> Any:
    await asyncio.sleep(60)


async def down(*_: Any) -> Any:
    raise Unavailable("down")


async def nothing(*_: Any) -> Any:
    raise asyncpg.UndefinedTableError("no alembic_version")


def gone(app: Container, *, ping: Any = None, scalar: Any = None, redis: Any = None) -> Any:
    """The application with some of its dependencies replaced."""
    database = SimpleNamespace(ping=ping or app.db.ping, scalar=scalar or app.db.scalar)
    link = SimpleNamespace(run=redis or app.redis.run, client=app.redis.client)
    return SimpleNamespace(db=database, redis=link, opened=True)


async def get(app: Any, path: str) -> tuple[int, Any]:
    transport = httpx.ASGITransport(app=Starlette(routes=list(routes(app))))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


async def test_ready_names_each_dependency(app: Container) -> None:
    checks = {"database": "ok", "redis": "ok", "migrations": "ok"}
    assert await get(app, "/readyz") == (200, {"status": "ok", "checks": checks})


async def test_without_redis_it_is_degraded_and_still_ready(app: Container) -> None:
    status, body = await get(gone(app, redis=away), "/readyz")
    assert (status, body["status"], body["checks"]["redis"]) == (200, "degraded", "away")


async def test_without_postgresql_it_is_not_ready_but_alive(app: Container) -> None:
    without = gone(app, ping=down, scalar=down)
    status, body = await get(without, "/readyz")
    assert (status, body["status"]) == (503, "down")
    assert body["checks"] == {"database": "down", "redis": "ok", "migrations": "unknown"}
    assert await get(without, "/healthz") == (200, {"status": "ok"})


async def test_another_schema_is_not_ready(app: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "expected_revision", lambda: "20990101_later")
    status, body = await get(app, "/readyz")
    assert (status, body["status"], body["checks"]["database"]) == (503, "down", "ok")
    assert "20990101_later" in body["checks"]["migrations"]


async def test_an_empty_database_is_not_ready(app: Container) -> None:
    status, body = await get(gone(app, scalar=nothing), "/readyz")
    assert status == 503
    assert body["checks"]["migrations"].startswith("at None")


async def test_what_hangs_is_not_waited_for(app: Container) -> None:
    started = time.monotonic()
    status, body = await get(gone(app, ping=hang, scalar=hang, redis=hang), "/readyz")
    assert time.monotonic() - started < 4
    assert status == 503
    assert body["checks"] == {"database": "down", "redis": "away", "migrations": "unknown"}


async def test_it_has_started_once_opened(app: Container) -> None:
    assert await get(app, "/startupz") == (200, {"status": "ok"})
    closed = SimpleNamespace(opened=False)
    assert await get(closed, "/startupz") == (503, {"status": "starting"})
    assert await get(closed, "/healthz") == (200, {"status": "ok"})
    status, body = await get(closed, "/readyz")
    assert (status, body["checks"]) == (503, {"application": "starting"})
