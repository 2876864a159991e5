"""Real servers for every test: PostgreSQL and Valkey from wheels, started by the test run itself.

The controller starts PostgreSQL and migrates a template; every xdist worker clones it and starts a
Valkey of its own. `app` is an opened Container on empty tables.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy import make_url

from app import container as container_module
from app.container import Container
from app.core.config import Config, load_config
from app.core.embedded import EmbeddedPostgres, EmbeddedValkey
from app.core.logging import configure_logging
from app.core.migrate import migrate
from app.core.tables import metadata
from app.main import WebApp
from app.rbac.domain import BuiltIn
from app.settings.service import snapshot
from tests.support.api import Api
from tests.support.people import People

# The same examples in every ordinary run; SCALE=full draws new ones.
settings.register_profile(
    "ours", derandomize=os.environ.get("SCALE") != "full", database=None, deadline=None
)
settings.load_profile("ours")
# What is written now and then would be mistaken for what a test has done.
container_module.NOTE_SEEN_EVERY = 3600  # type: ignore[misc]
snapshot.EVERY = 3600  # type: ignore[misc]
TEMPLATE = "revenge_template"
URL = "REVENGE_TEST_POSTGRES"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _temporary(prefix: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder that the servers' own user may enter."""
    folder = tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
    Path(folder.name).chmod(0o755)
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL once, in the controller, and make the template database."""
    configure_logging("warning", "json")
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    for name in [n for n in os.environ if n.startswith("REVENGE_") and n != "REVENGE_CASES"]:
        del os.environ[name]
    folder = _temporary("revenge-test-")
    config.stash[_folder] = folder
    package = os.environ.get("TEST_POSTGRES_BINARIES")
    server = EmbeddedPostgres(
        Path(folder.name) / "postgres",
        options={**FAST, "max_connections": "300"},
        binaries=Path(package) if package else None,
    )
    config.stash[_server] = server
    os.environ[URL] = asyncio.run(_make_template(server.start()))


async def _make_template(url: str) -> str:
    admin = await asyncpg.connect(dsn=url)
    await admin.execute(f"create database {TEMPLATE}")
    await admin.close()
    await migrate(with_database(url, TEMPLATE))
    return url


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what `pytest_configure` started."""
    server = config.stash.get(_server, None)
    if server is not None:
        server.stop("immediate")
        config.stash[_folder].cleanup()


_server = pytest.StashKey[EmbeddedPostgres]()
_folder = pytest.StashKey[Any]()


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The test run's PostgreSQL."""
    return os.environ[URL]


@pytest.fixture(scope="session")
async def database_url(postgres_url: str, worker_id: str) -> AsyncIterator[str]:
    """A migrated database of this xdist worker."""
    name = f"revenge_{worker_id}"
    admin = await asyncpg.connect(dsn=postgres_url)
    await admin.execute(f"drop database if exists {name} with (force)")
    await admin.execute(f"create database {name} template {TEMPLATE}")
    yield with_database(postgres_url, name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture(scope="session")
def valkey() -> Iterator[tuple[EmbeddedValkey, str]]:
    """A Valkey of this xdist worker, and its address."""
    folder = _temporary("revenge-valkey-")
    server = EmbeddedValkey(Path(folder.name) / "valkey")
    yield server, server.start()
    server.stop()
    folder.cleanup()


@pytest.fixture(scope="session")
def redis_url(valkey: tuple[EmbeddedValkey, str]) -> str:
    """The address of this worker's Valkey."""
    return valkey[1]


@pytest.fixture(scope="session")
def config(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A configuration for tests: cheap hashes, short leases."""
    return make_config(database_url, redis_url, tmp_path_factory.mktemp("data"))


def make_config(database_url: str, redis_url: str, data: Path, **more: Any) -> Config:
    """A configuration on these servers."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "data_dir": str(data),
        "secret_key": "a key of the tests, long enough to be one",
        "limits": {"enabled": False},
        "auth": {"hash_memory": 8192, "hash_time": 1},
        "jobs": {"lease": 3, "poll": 0.2},
        "scan": {"watch": False},
        "metrics": {"enabled": False},
        "database": {"read_pool": 6, "write_pool": 4},
        "logging": {"format": "json"},
    }
    return load_config({}, overrides={**values, **more})


async def empty(database_url: str) -> None:
    """Take every row out of every table, but for the roles that every server has."""
    connection = await asyncpg.connect(dsn=database_url)
    try:
        tables = [table.name for table in metadata.sorted_tables if table.name != "roles"]
        names = ", ".join(f'"{name}"' for name in tables)
        await connection.execute(f"truncate {names} restart identity cascade")
        known = [role.id for role in BuiltIn]
        await connection.execute("delete from roles where id <> all($1)", known)
        await connection.execute("update roles set requires_factor = false where requires_factor")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def opened(config: Config) -> AsyncIterator[Container]:
    """One container per xdist worker."""
    container = Container(config)
    await container.open()
    yield container
    await container.close()


@pytest.fixture
async def app(opened: Container) -> AsyncIterator[Container]:
    """The application on empty tables and an empty Redis."""
    await empty(opened.db.dsn)
    with contextlib.suppress(Exception):
        await opened.redis.client.flushdb()
    opened.cache.gap()
    opened.principals._lost()
    await opened.settings._snapshot.read()
    await wait_until(lambda: opened.live.healthy and opened.listener.healthy)
    yield opened
    await opened.cache.settle()


async def wait_until(condition: Any, timeout: float = 10) -> None:
    """Until `condition()` holds; fails after `timeout` seconds."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def web(opened: Container) -> WebApp:
    """The HTTP side on the session's container."""
    return WebApp(opened.config, opened)


@pytest.fixture
async def people(app: Container) -> People:
    """Makes users and sessions without hashing passwords."""
    return People(app)


@pytest.fixture
async def api(app: Container, web: WebApp) -> AsyncIterator[Api]:
    """GraphQL through the whole ASGI application."""
    client = Api(app, web)
    yield client
    await client.close()
