"""What runs here."""

from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import func, select

from app.core.clock import Clock
from app.core.config import Config
from app.core.db import Database
from app.core.redis import RedisAway, RedisLink
from app.server.domain import ServerInfo

VERSION_OF_DATABASE = select(func.current_setting("server_version"))


class ServerStatus:
    """The server's own description."""

    def __init__(self, db: Database, redis: RedisLink, config: Config, clock: Clock) -> None:
        self._db, self._redis, self._config = db, redis, config
        self._started_at = clock.now()

    async def info(self) -> ServerInfo:
        """What runs here now. Raises Unavailable when PostgreSQL does not answer."""
        return ServerInfo(
            name="Revenge",
            version=own_version(),
            started_at=self._started_at,
            database_version=str(await self._db.scalar(VERSION_OF_DATABASE)),
            redis_version=await self._redis_version(),
            features=self._features(),
        )

    async def _redis_version(self) -> str | None:
        try:
            found = await self._redis.run(lambda: self._redis.client.info("server"))
        except RedisAway:
            return None
        return str(found.get("valkey_version") or found.get("redis_version") or "") or None

    def _features(self) -> tuple[str, ...]:
        graphql = self._config.graphql
        offered = {
            "metrics": self._config.metrics.enabled,
            "open-introspection": graphql.open_introspection,
            "playground": graphql.playground,
            "subscriptions": True,
        }
        return tuple(name for name, is_on in offered.items() if is_on)


def own_version() -> str:
    """The version of this program, as its package says."""
    try:
        return version("revenge")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"
