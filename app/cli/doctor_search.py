"""What `revenge doctor` says of the search server, where there is one."""

import re
from typing import Final

import asyncpg

from app.container import Container
from app.core.config import Config
from app.core.errors import AppError
from app.search.domain import SearchKind
from app.search.service.collections import COLLECTIONS
from app.search.service.server import SearchServer
from app.search.service.typesense.server import KeyRefused

OLDEST: Final = 27
Finding = tuple[bool, str]


async def check_search(config: Config) -> list[Finding]:
    """Whether it is reached, takes the key, is of a version that is known, and has its indexes."""
    if config.database_url is None or config.redis_url is None or config.secret_key is None:
        told = "PostgreSQL"
        if config.typesense_url is not None:
            told = "looked at together with REVENGE_DATABASE_URL and REVENGE_REDIS_URL only"
        return [(True, f"search: {told}")]
    container = Container(config)
    try:
        await container.db.open()
        await container.settings.read()
        return await _examine(container.search_server)
    except (AppError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return []  # what is wrong with the database is said where it is examined
    finally:
        await container.outside.close()
        await container.db.close()


async def _examine(server: SearchServer) -> list[Finding]:
    place = server.connection.place
    if place is None:
        return [(True, "search: PostgreSQL (no search.typesense.url with an API key is set)")]
    at = f"Typesense at {place.url}"
    try:
        told = await server.connection.fill(lambda client: client.debug.retrieve())
        indexes = [await _index(server, kind) for kind in COLLECTIONS]
    except KeyRefused:
        return [(False, f"{at}: the API key is not accepted; set search.typesense.api_key")]
    except AppError as error:
        return [(False, f"{at}: {error.message} PostgreSQL answers searches meanwhile.")]
    return [_version(at, str(told.get("version", ""))), *indexes]


def _version(at: str, version: str) -> Finding:
    found = re.match(r"v?(\d+)", version)
    if found is None:
        return (True, f"{at}: of a version that it does not tell; {OLDEST} and later are supported")
    if int(found[1]) < OLDEST:
        told = "only searches, facets, imports and aliases are tried with this one"
        return (True, f"{at}: version {version}; warning: {OLDEST} and later are supported, {told}")
    return (True, f"{at}: version {version}")


async def _index(server: SearchServer, kind: SearchKind) -> Finding:
    shown, there = await server.filling.shown(kind), await server.filling.names(kind)
    told = f"search index {server.filling.alias(kind)}: "
    if shown is None:
        return (True, told + "not there yet; a worker builds it within a minute")
    if shown not in there:
        return (False, told + f"leads to {shown}, which is gone; a worker builds it anew")
    if not server.filling.is_current(COLLECTIONS[kind], shown):
        return (True, told + "of an earlier version; a worker builds it anew")
    return (True, told + shown)
