"""What has to be right before anything starts. Each mistake is a sentence that names its setting,
and none shows a password.
"""

import asyncio
import os
import shutil
import socket
import time
from pathlib import Path
from typing import Final

import asyncpg

from app.core.addresses import place
from app.core.config import Config, ConfigError
from app.core.logging import get_logger

log = get_logger(__name__)
DATABASE: Final = "REVENGE_DATABASE_URL"
REDIS: Final = "REVENGE_REDIS_URL"
DATA: Final = "--data or REVENGE_DATA_DIR"
OLDEST_POSTGRES: Final = 160000
LEAST_SPACE: Final = 64 << 20  # bytes; PostgreSQL stops in the middle of things without them
CONNECT_TIMEOUT: Final = 5.0
PASSING: Final = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.PostgresConnectionError,
)


class Unreachable(ConfigError):
    """Nobody answers there; perhaps not yet."""


async def check_database(url: str, patience: float = 0) -> str:
    """Which PostgreSQL it is. Raises ConfigError, Unreachable only after `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            return await _ask_database(url)
        except Unreachable:
            if time.monotonic() >= until:
                raise
            log.info("database.waiting")
            await asyncio.sleep(1)


async def _ask_database(url: str) -> str:
    try:
        connection = await asyncpg.connect(dsn=url, timeout=CONNECT_TIMEOUT)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as e:
        raise _database_error(url, e) from None
    try:
        number = int(await connection.fetchval("show server_version_num"))
        encoding = await connection.fetchval("show server_encoding")
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)
    version = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number < OLDEST_POSTGRES:
        raise ConfigError(
            f"{DATABASE}: {version} at {place(url)} is too old; "
            f"{OLDEST_POSTGRES // 10000} or newer is needed."
        )
    if encoding != "UTF8":
        raise ConfigError(f"{DATABASE}: the database's encoding is {encoding}; make one with UTF8.")
    return version


def _database_error(url: str, error: BaseException) -> ConfigError:
    where = place(url)
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return ConfigError(f"{DATABASE}: PostgreSQL at {where} refuses this user or password.")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return ConfigError(f"{DATABASE}: PostgreSQL at {where} has no database of this name.")
    if isinstance(error, PASSING):
        return Unreachable(f"{DATABASE}: PostgreSQL at {where} cannot be reached: {cause(error)}.")
    return ConfigError(f"{DATABASE}: PostgreSQL at {where} cannot be used: {cause(error)}.")


async def check_redis(url: str) -> str:
    """Which Redis it is. Raises ConfigError."""
    # Late: the parent of `revenge up` seldom needs it, and start-up is short.
    from redis.asyncio import Redis
    from redis.exceptions import AuthenticationError, ResponseError

    from app.core.redis import FAULTS

    client: Redis = Redis.from_url(
        url, socket_timeout=CONNECT_TIMEOUT, socket_connect_timeout=CONNECT_TIMEOUT
    )
    where = place(url)
    try:
        about = await client.info("server")
    except (AuthenticationError, ResponseError) as error:
        said = str(error).removeprefix("Error ").strip(" .")
        raise ConfigError(f"{REDIS}: Redis at {where} refuses us: {said}.") from None
    except (*FAULTS, ValueError) as error:
        raise Unreachable(f"{REDIS}: Redis at {where} cannot be reached: {cause(error)}.") from None
    finally:
        await client.aclose()
    name = "Valkey" if "valkey_version" in about else "Redis"
    return f"{name} {about.get('valkey_version') or about.get('redis_version')}"


def cause(error: BaseException) -> str:
    """The reason in an error, which may come without words; in one line."""
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(words.split()).rstrip(".")


def check_port(host: str, port: int, setting: str) -> None:
    """Raise ConfigError when a port cannot be listened on."""
    if port == 0:
        return
    try:
        for family, kind, protocol, _, target in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(target)
    except OSError as error:
        raise ConfigError(
            f"Port {port} of {host} cannot be used: {cause(error).lower()}. "
            f"Stop what uses it, or choose another with {setting}."
        ) from None


def check_data_folder(data: Path) -> None:
    """Make the folder if there is none. Raises ConfigError when it cannot be written or is full."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == data.stat().st_uid:
            # As root the servers run as another user, who has to pass through.
            data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        free = shutil.disk_usage(data).free
    except OSError as error:
        raise ConfigError(
            f"The data folder {data} cannot be used: {cause(error).lower()}. "
            f"Choose another with {DATA}."
        ) from None
    if not os.access(data, os.W_OK | os.X_OK):
        raise ConfigError(f"The data folder {data} cannot be written. Choose another with {DATA}.")
    if free < LEAST_SPACE:
        raise ConfigError(
            f"The disk of the data folder {data} is full: {free >> 20} MiB are free, "
            f"{LEAST_SPACE >> 20} are needed. Make room, or choose another with {DATA}."
        )


async def check_servers(config: Config, patience: float = 0) -> None:
    """The configured servers. Raises ConfigError; a Redis that is away is only warned of, because
    everything works without it until it is there.
    """
    if config.database_url is not None:
        await check_database(config.database_url, patience)
    if config.redis_url is not None:
        try:
            await check_redis(config.redis_url)
        except Unreachable as error:
            log.warning("redis.unreachable", error=str(error))


async def migrated(url: str) -> str:
    """Bring the database to this version; answers the revision. Raises ConfigError."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.core.migrate import TooNew, migrate

    try:
        return await migrate(url)
    except TooNew as error:
        raise ConfigError(f"{error} Use that later version, or restore a backup.") from None
    except (SQLAlchemyError, asyncpg.PostgresError, OSError, TimeoutError) as error:
        # Of the driver's error the words alone: around them stand statements and values.
        words = cause(getattr(error, "orig", None) or error).rpartition(">: ")[2]
        raise ConfigError(f"The database could not be brought to this version: {words}.") from None


async def check_schema(url: str) -> None:
    """Raise ConfigError when the database was not migrated. A later version's is good: while
    processes are replaced, this one runs on it.
    """
    from app.core.migrate import current, head, known_revisions

    found = await current(url)
    if found is None:
        raise ConfigError("The database is empty. Run `revenge migrate` first.")
    if found != head() and found in known_revisions():
        raise ConfigError(
            f"The database is at revision {found}, this version wants {head()}. "
            "Run `revenge migrate` first."
        )
