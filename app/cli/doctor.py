"""`revenge doctor`: one line for each thing this server depends on, and what is wrong with it."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import asyncpg
import click

from app.cli.doctor_search import check_search
from app.cli.local import fetch, reachable
from app.cli.preflight import cause, check_database, check_port, check_redis
from app.container import Container
from app.core.addresses import place
from app.core.config import Config, ConfigError
from app.core.errors import Unavailable
from app.core.keys import Keyring
from app.core.migrate import current, head, known_revisions
from app.libraries.domain import BadFolder, WatchMode
from app.libraries.service import usable_folder
from app.media.service.prober import Prober
from app.scanning.service.mounts import remote_kind, watch_limit

LEAST_SPACE: Final = 1 << 30
ROOM: Final = 1.2  # folders without media are watched as well
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
    url = config.database_url
    if url is None:
        return [(True, "PostgreSQL: our own (REVENGE_DATABASE_URL is not set)")]
    try:
        version = await check_database(url)
        found = await current(url)
    except ConfigError as error:
        return [(False, str(error))]
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        return [(False, f"PostgreSQL at {place(url)}: {cause(error)}")]
    expected = head()
    sentence = f"database schema: {found or 'empty'}, this version wants {expected}"
    if found is not None and found not in known_revisions():
        sentence += "; it was made by a later version"
    elif found != expected:
        sentence += "; run `revenge migrate`"
    return [(True, f"{version} at {place(url)}"), (found == expected, sentence)]


async def _redis(config: Config) -> list[Finding]:
    url = config.redis_url
    if url is None:
        return [(True, "Redis: our own (REVENGE_REDIS_URL is not set)")]
    try:
        return [(True, f"{await check_redis(url)} at {place(url)}")]
    except ConfigError as error:
        return [(False, str(error))]


async def _ports(config: Config) -> list[Finding]:
    wanted = [(config.server.host, config.server.port, "the API's", "REVENGE_SERVER__PORT")]
    metrics = config.metrics
    if metrics.enabled and metrics.port:
        wanted += [
            (metrics.host, metrics.port + offset, f"the {whose} metrics'", "REVENGE_METRICS__PORT")
            for offset, whose in enumerate(("API", "worker", "bulk worker"))
        ]
    return [_port(*each) for each in wanted]


def _port(host: str, port: int, whose: str, setting: str) -> Finding:
    try:
        check_port(host, port, setting)
    except ConfigError as error:
        if _ours(host, port):
            return (True, f"port {port} is {whose}, and this server uses it")
        return (False, f"{error} It would be {whose}.")
    return (True, f"port {port} is {whose}, and free")


def _ours(host: str, port: int) -> bool:
    """Whether a Revenge answers there, as API or with its metrics."""
    for path, sign in (("/healthz", b"ok"), ("/metrics", b"revenge_")):
        with contextlib.suppress(OSError, ValueError):
            if sign in fetch(f"http://{reachable(host)}:{port}{path}"):
                return True
    return False


async def _key(config: Config) -> list[Finding]:
    if config.secret_key is None:
        made = "none yet; `revenge up` makes one in the data folder"
        told = made if config.database_url is None else "set REVENGE_SECRET_KEY"
        return [(config.database_url is None, f"secret key: {told}")]
    old = len(config.old_secret_keys)
    told = f"; {old} older: run `revenge rotate-key`" if old else ""
    return [(True, f"secret key {Keyring(config.secret_key).key_id}{told}")]


async def _folders(config: Config) -> list[Finding]:
    if config.database_url is None or config.redis_url is None or config.secret_key is None:
        return []
    container = Container(config)
    try:
        await container.db.open()
        folders = await container.library_repository.folders()
    except (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return []  # what is wrong with the database is said where it is examined
    finally:
        await container.db.close()
    return [_folder(folder.path) for folder in folders]


def _folder(path: str) -> Finding:
    try:
        usable_folder(path)
    except BadFolder as error:
        return (False, f"media folder: {error}")
    return (True, f"media folder {path}")


async def _watching(config: Config) -> list[Finding]:
    """Whether the kernel can tell of changes, and where folders are looked at instead."""
    if config.database_url is None or config.redis_url is None or config.secret_key is None:
        return []
    if not config.scan.watch:
        return [(True, "watching: off (REVENGE_SCAN__WATCH)")]
    container = Container(config)
    try:
        await container.db.open()
        libraries = await container.library_repository.to_watch()
        places = [(lib.watch, f) for lib in libraries for f in lib.folders]
        listening = [
            folder
            for mode, folder in places
            if mode is WatchMode.AUTO and remote_kind(folder.path) is None
        ]
        count = await container.file_repository.known.count_dirs([f.id for f in listening])
    except (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return []  # what is wrong with the database is said where it is examined
    finally:
        await container.db.close()
    every = f"{config.scan.poll:g} seconds (REVENGE_SCAN__POLL)"
    told = "watching: {} is looked at every {} ({})"
    polled = [
        (True, told.format(f.path, every, remote_kind(f.path) or "as its library says"))
        for _, f in places
        if f not in listening
    ]
    return [*polled, *_watches(count, watch_limit())] if places else []


def _watches(count: int, limit: int | None) -> list[Finding]:
    """The kernel's limit against how many folders there are to be watched."""
    if limit is None or count == 0:
        return []
    if count * ROOM <= limit:
        return [(True, f"watching: {count} folders, the kernel allows {limit}")]
    wanted = max(524_288, 2 * count)
    sentence = (
        f"watching: {count} folders or more, but the kernel allows {limit} watches; without them "
        "folders are looked at again and again. Put "
        f"`fs.inotify.max_user_watches = {wanted}` into /etc/sysctl.d/revenge.conf and run "
        "`sysctl --system`, on the host when this is a container."
    )
    return [(False, sentence)]


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
    check_search,
    _ports,
    _key,
    _folders,
    _watching,
    _probing,
    _playground,
)
