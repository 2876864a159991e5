"""`revenge doctor`: one line for each thing this server depends on, and what is wrong with it."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import asyncpg
import click
from redis.asyncio import Redis

from app.core.config import Config
from app.core.migrate import current, head, known_revisions
from app.core.redis import FAULTS
from app.libraries.domain import BadFolder
from app.libraries.service import usable_folder
from app.media.service.prober import Prober

OLDEST_POSTGRES: Final = 160000
LEAST_SPACE: Final = 1 << 30
Finding = tuple[bool, str]
Check = Callable[[Config], Awaitable[list[Finding]]]


def examine(config: Config) -> int:
    """Print every finding; 1 when something is wrong."""
    return asyncio.run(_examine(config))


async def _examine(config: Config) -> int:
    wrong = False
    for check in CHECKS:
        for good, sentence in await check(config):
            wrong = wrong or not good
            click.echo(f"{'ok   ' if good else 'WRONG'}  {sentence}")
    return int(wrong)


async def _python(_: Config) -> list[Finding]:
    version = sys.version_info
    return [(version >= (3, 11), f"Python {version.major}.{version.minor}.{version.micro}")]


async def _data(config: Config) -> list[Finding]:
    data = config.data
    if not data.is_dir():
        return [(True, f"data folder {data}: not there yet, `revenge up` makes it")]
    free = shutil.disk_usage(data).free
    writable = os.access(data, os.W_OK)
    return [
        (writable, f"data folder {data}: {'writable' if writable else 'cannot be written'}"),
        (free > LEAST_SPACE, f"data folder {data}: {free >> 20} MiB free"),
    ]


async def _postgres(config: Config) -> list[Finding]:
    if config.database_url is None:
        return [(True, "PostgreSQL: our own (REVENGE_DATABASE_URL is not set)")]
    try:
        connection = await asyncpg.connect(dsn=config.database_url, timeout=5)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        return [(False, f"PostgreSQL does not answer: {error or type(error).__name__}")]
    try:
        number = int(await connection.fetchval("show server_version_num"))
        encoding = await connection.fetchval("show server_encoding")
    finally:
        await connection.close()
    found = await current(config.database_url)
    expected = head()
    sentence = f"database schema: {found or 'empty'}, this version wants {expected}"
    if found is not None and found not in known_revisions():
        sentence += "; it was made by a later version"
    elif found != expected:
        sentence += "; run `revenge migrate`"
    return [
        (number >= OLDEST_POSTGRES, f"PostgreSQL {number // 10000}.{number % 10000}"),
        (encoding == "UTF8", f"PostgreSQL encoding {encoding}"),
        (found == expected, sentence),
    ]


async def _redis(config: Config) -> list[Finding]:
    if config.redis_url is None:
        return [(True, "Redis: our own (REVENGE_REDIS_URL is not set)")]
    client: Redis = Redis.from_url(config.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        about = await client.info("server")
    except FAULTS as error:
        return [(False, f"Redis does not answer: {type(error).__name__} {error}")]
    finally:
        await client.aclose()
    return [(True, f"Redis {about.get('redis_version', 'of unknown version')}")]


async def _folders(config: Config) -> list[Finding]:
    if config.database_url is None:
        return []
    try:
        connection = await asyncpg.connect(dsn=config.database_url, timeout=5)
        rows = await connection.fetch("select path from library_folders order by path")
        await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return []
    return [_folder(row["path"]) for row in rows]


def _folder(path: str) -> Finding:
    try:
        usable_folder(path)
    except BadFolder as error:
        return (False, f"media folder: {error}")
    return (True, f"media folder {path}")


async def _probing(config: Config) -> list[Finding]:
    prober = Prober(1, config.scan.probe_timeout, config.scan.probe_memory)
    try:
        answer = await prober.probe(os.path.abspath(__file__))
    finally:
        await prober.aclose()
    reason = getattr(answer, "reason", None)
    works = reason is not None and reason.value == "not_media"
    return [(works, "media probing " + ("works" if works else f"fails: {reason}"))]


async def _playground(config: Config) -> list[Finding]:
    if not config.graphql.playground:
        return [(True, "playground: off")]
    assets = Path(__file__).parent.parent / "playground" / "node_modules"
    sentence = "playground: " + ("installed" if assets.is_dir() else "run `make playground`")
    return [(assets.is_dir(), sentence)]


CHECKS: tuple[Check, ...] = (
    _python,
    _data,
    _postgres,
    _redis,
    _folders,
    _probing,
    _playground,
)
