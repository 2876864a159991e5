"""Real servers for every test: PostgreSQL and Valkey from wheels, started by the test run itself.

The controller starts PostgreSQL and migrates a template; every xdist worker clones it and starts a
Valkey of its own. `app` is an opened Container on empty tables.
"""

import asyncio
import contextlib
import functools
import gc
import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy import make_url

import app as app_package
import workers
from app import container as container_module
from app import main as main_module
from app.container import Container
from app.core.config import Config, load_config
from app.core.embedded import EmbeddedPostgres, EmbeddedValkey
from app.core.http import guard
from app.core.logging import configure_logging
from app.core.migrate import migrate
from app.core.tables import metadata
from app.main import WebApp
from app.rbac.domain import BuiltIn
from app.schema import build_schema
from app.settings.service import snapshot
from tests.support.api import Api
from tests.support.people import People
from tests.support.room import Room


async def _only_here(_: object, host: str, port: int) -> list[str]:
    if host != "localhost":
        raise OSError(f"Tests ask nobody outside: {host}:{port}.")
    return ["127.0.0.1"]


# The same examples in every ordinary run; SCALE=full draws new ones.
settings.register_profile(
    "ours", derandomize=os.environ.get("SCALE") != "full", database=None, deadline=None
)
settings.load_profile("ours")
# What is written now and then would be mistaken for what a test has done.
container_module.NOTE_SEEN_EVERY = 3600  # type: ignore[misc]
snapshot.EVERY = 3600  # type: ignore[misc]
# Nobody outside is asked, whatever a test forgets to say.
guard.SystemResolver.resolve = _only_here  # type: ignore[assignment,method-assign]
# A hundred tests put servers together; nothing of a schema changes.
main_module.build_schema = functools.cache(build_schema)  # type: ignore[attr-defined]
TEMPLATE = "revenge_template"
URL = "REVENGE_TEST_POSTGRES"
ROOM = "REVENGE_TEST_ROOM"
TABLES = [table.name for table in metadata.sorted_tables if table.name != "roles"]
EMPTIED = ", ".join(f'"{name}"' for name in TABLES)
FILLED = " union all ".join(
    f"""select '{name}' as name, pg_relation_size('"{name}"') as size"""
    f""" where exists (select 1 from "{name}")"""
    for name in TABLES
)
MUCH = 1 << 20
# They come first. One of each pair computes, and the other one mostly waits for processes.
LONGEST = (
    *("test_differential.py", "test_up.py"),
    *("test_access.py", "test_watching.py"),
    *("test_fuzz.py", "test_embedded.py", "test_embedded_deaths.py"),
    *("test_n_plus_one.py", "test_kept.py"),
)
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def _temporary(prefix: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder that the servers' own user may enter."""
    folder = tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
    Path(folder.name).chmod(0o755)
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL once, in the controller, and make the template database."""
    configure_logging("warning", "json")
    if hasattr(config, "workerinput"):
        config.stash[_room] = Room(Path(os.environ[ROOM]))
        return
    if config.option.collectonly:
        return
    for name in [n for n in os.environ if n.startswith("REVENGE_") and n != "REVENGE_CASES"]:
        del os.environ[name]
    folder = _temporary("revenge-test-")
    config.stash[_folder] = folder
    os.environ[ROOM] = folder.name
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
    if _room in config.stash:
        config.stash[_room].close()
    server = config.stash.get(_server, None)
    if server is not None:
        server.stop("immediate")
        config.stash[_folder].cleanup()


_server = pytest.StashKey[EmbeddedPostgres]()
_folder = pytest.StashKey[Any]()
_room = pytest.StashKey[Room]()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What collecting makes stays: there is no garbage to look for, neither now nor later, when
    to look through thousands of tests and all schemas takes half a second each time. Nothing of
    ours runs meanwhile but what modules do when they are imported, which is counted before.
    """
    counting = sys.gettrace()
    if counting is not None:
        for package in (app_package, workers):
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                if not found.name.endswith("__main__"):
                    importlib.import_module(found.name)
    sys.settrace(None)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        sys.settrace(counting)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that the workers end together."""
    if _room in config.stash:
        places = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around the timeout, which does not count the wait
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Run the test beside those of the other workers, or alone where it says so."""
    room = item.config.stash.get(_room, None)
    with contextlib.ExitStack() as around:
        if room is not None:
            stays = nextitem is not None and _alone(nextitem)
            around.enter_context(room.entered(alone=_alone(item), stays=stays))
        if _alone(item):  # who measures time does not pay for the garbage of other tests
            gc.collect()
            gc.freeze()
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Lines and branches are not counted in tests that go the same ways thousands of times, nor
    in those that measure time: to count takes as long as what they do, and others go there, too.
    """
    counting = sys.gettrace()
    counted = item.get_closest_marker("uncounted") is None and not _alone(item)
    if counted or counting is None:
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(counting)


def _alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


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


@pytest.fixture(scope="session")
async def housekeeping(database_url: str) -> AsyncIterator[Any]:
    """A connection that empties the tables between tests."""
    connection = await asyncpg.connect(dsn=database_url)
    yield connection
    await connection.close()


async def empty(connection: Any) -> None:
    """Take every row out of every table, but for the roles that every server has.

    Truncating makes new files for every table and index, which takes longer than most tests: it is
    left to those who wrote much. The lock waits for what a test has left open, as truncating does.
    """
    async with connection.transaction():
        await connection.execute(f"lock table {EMPTIED} in access exclusive mode")
        filled = await connection.fetch(FILLED)
        if any(row["size"] > MUCH for row in filled):
            await connection.execute(f"truncate {EMPTIED} cascade")
        elif filled:
            await connection.execute("set local session_replication_role = replica")  # no checks
            await connection.execute("; ".join(f'delete from "{row["name"]}"' for row in filled))
            await connection.execute("set local session_replication_role = origin")
        known = [role.id for role in BuiltIn]
        await connection.execute("delete from roles where id <> all($1)", known)
        await connection.execute("update roles set requires_factor = false where requires_factor")


@pytest.fixture(scope="session")
async def opened(config: Config) -> AsyncIterator[Container]:
    """One container per xdist worker."""
    container = Container(config)
    await container.open()
    yield container
    await container.close()


@pytest.fixture
async def app(
    opened: Container, housekeeping: Any, request: pytest.FixtureRequest
) -> AsyncIterator[Container]:
    """The application on empty tables and an empty Redis."""
    await empty(housekeeping)
    with contextlib.suppress(Exception):
        await opened.redis.client.flushdb()
    opened.cache.gap()
    opened.principals._lost()
    await opened.settings._snapshot.read()
    await wait_until(lambda: opened.live.healthy and opened.listener.healthy)
    before = fallbacks(opened)
    yield opened
    await opened.cache.settle()
    if request.node.get_closest_marker("fallback") is None:
        assert fallbacks(opened) == before, "an operation was not executed by its plan"


def fallbacks(app: Container) -> float:
    """How many operations the reference executor had to run."""
    [family] = app.metrics.gql_fallback.collect()
    return sum(s.value for s in family.samples if s.name.endswith("_total"))


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
