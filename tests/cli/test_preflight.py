"""What is wrong with settings, servers, ports and folders is one sentence, without a password."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from app.cli import preflight
from app.cli.preflight import (
    Unreachable,
    check_data_folder,
    check_database,
    check_port,
    check_redis,
    check_schema,
    check_servers,
    migrated,
)
from app.core.addresses import place, postgres_address, redis_address
from app.core.config import Config, ConfigError, load_config
from tests.conftest import with_database

SECRET = "hunter2"
KEY = {"REVENGE_SECRET_KEY": "a key of the tests, long enough to be one"}
BAD_POSTGRES = [
    "nonsense",
    f"mysql://u:{SECRET}@h/d",
    f"postgresql+asyncpg://u:{SECRET}@h/d",
    f"postgresql://u:{SECRET}@h:port/d",
    f"postgresql://u:p@{SECRET}@h/d",
    f"postgresql://u:{SECRET}@[::1/d",
    f"postgresql://u:{SECRET}@h",
    f"postgresql://u:{SECRET}@h/",
]
BAD_REDIS = [
    "nonsense",
    f"http://:{SECRET}@h",
    f"unix://:{SECRET}@/tmp/redis.sock",
    f"redis://:p/{SECRET}@h:6379/0",
    f"redis://:p#{SECRET}@h:6379/0",
    f"redis://:{SECRET}@h:0/0",
    f"redis://:{SECRET}@h:6379/one",
    f"redis://:{SECRET}@",
]


@pytest.mark.parametrize(
    ("name", "value"),
    [("REVENGE_DATABASE_URL", url) for url in BAD_POSTGRES]
    + [("REVENGE_REDIS_URL", url) for url in BAD_REDIS],
)
def test_a_malformed_address_is_a_sentence(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config({name: value})
    said = str(error.value)
    assert name in said
    assert SECRET not in said
    assert value not in said


def test_good_addresses() -> None:
    for url in (
        "postgresql://u:p@h:5432/d",
        "postgresql://u:p@/d?host=/run/folder",
        "postgresql:///d",
        "postgresql://u:p@[::1]:5432/d",
        "postgresql://u@db.example.org/d?application_name=x",
    ):
        assert make_url(postgres_address(url)) == make_url(url)
    assert postgres_address("postgres://u:p@h/d") == "postgresql://u:p@h/d"
    # What other programs leave in addresses is understood and written properly.
    assert postgres_address("postgresql://u:a#b/c@h/d") == "postgresql://u:a%23b%2Fc@h/d"
    for url in ("redis://h", "redis://:p@h:6379/0", "rediss://u:p@h/1", "redis://[::1]:6379"):
        assert redis_address(url) == url


def test_a_place_shows_no_secret() -> None:
    assert place(f"postgresql://u:{SECRET}@h:5433/d") == "h:5433"
    assert place(f"postgresql://u:{SECRET}@/d?host=/run/x") == "/run/x"
    config = load_config({"REVENGE_DATABASE_URL": f"postgresql://u:{SECRET}@h/d"})
    assert SECRET not in repr(config)


def changed(url: str, **parts: str) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


async def test_postgresql_that_works(database_url: str) -> None:
    assert (await check_database(database_url)).startswith("PostgreSQL 1")
    await check_schema(database_url)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"password": SECRET}, "refuses this user or password"),
        ({"username": "somebody", "password": SECRET}, "refuses this user or password"),
        ({"database": "nowhere"}, "has no database of this name"),
    ],
)
async def test_postgresql_that_refuses(
    database_url: str, parts: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        await check_database(changed(database_url, **parts))
    said = str(error.value)
    assert said.startswith("REVENGE_DATABASE_URL: PostgreSQL at /")
    assert SECRET not in said
    assert str(make_url(database_url).password) not in said


async def test_postgresql_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} cannot be reached: nobody listens"):
        await check_database(f"postgresql://u:{SECRET}@127.0.0.1:{port}/d")
    with pytest.raises(Unreachable, match=r"no-such-host.invalid cannot be reached: no such host"):
        await check_database(f"postgresql://u:{SECRET}@no-such-host.invalid/d")
    with pytest.raises(Unreachable, match="/no/folder cannot be reached"):
        await check_database(f"postgresql://u:{SECRET}@/d?host=/no/folder")


async def test_postgresql_that_is_something_else(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "CONNECT_TIMEOUT", 0.5)
    with pytest.raises(ConfigError, match="REVENGE_DATABASE_URL"):
        await check_database(f"postgresql://u:p@127.0.0.1:{make_url(redis_url).port}/d")


async def test_postgresql_that_is_too_old(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "OLDEST_POSTGRES", 990000)
    with pytest.raises(ConfigError, match=r"PostgreSQL 1\d\.\d+ at /.* too old; 99 or newer"):
        await check_database(database_url)


@pytest.fixture
async def empty_database(postgres_url: str, worker_id: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(dsn=postgres_url)
    name = f"preflight_{worker_id}"
    await admin.execute(f"create database {name} encoding 'UTF8' template template0")
    yield with_database(postgres_url, name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def test_a_database_that_was_not_migrated(empty_database: str) -> None:
    with pytest.raises(ConfigError, match="Run `revenge migrate` first"):
        await check_schema(empty_database)
    connection = await asyncpg.connect(dsn=empty_database)
    await connection.execute("create table alembic_version (version_num text)")
    await connection.execute("insert into alembic_version values ('of a later version')")
    await connection.close()
    await check_schema(empty_database)  # while processes are replaced, the older ones run on it
    with pytest.raises(ConfigError, match=r"does not know. Use that later version"):
        await migrated(empty_database)


async def test_a_migration_that_is_not_allowed(empty_database: str) -> None:
    connection = await asyncpg.connect(dsn=empty_database)
    await connection.execute("drop role if exists reader")
    await connection.execute("create role reader login password 'reader'")
    try:
        with pytest.raises(ConfigError, match="permission denied for schema public") as error:
            await migrated(changed(empty_database, username="reader", password="reader"))
        assert "\n" not in str(error.value)
        assert "CREATE TABLE" not in str(error.value)
    finally:
        await connection.execute("drop role reader")
        await connection.close()


async def test_redis(redis_url: str) -> None:
    assert (await check_redis(redis_url)).startswith("Valkey 9")
    for url in (changed(redis_url, password=SECRET), changed(redis_url, database="4000")):
        with pytest.raises(ConfigError, match=r"REVENGE_REDIS_URL: Redis at 127.0.0.1:") as error:
            await check_redis(url)
        assert not isinstance(error.value, Unreachable)
        assert SECRET not in str(error.value)


async def test_the_server_starts_without_redis_but_not_with_a_wrong_password(
    config: Config, redis_url: str
) -> None:
    away = config.model_copy(update={"redis_url": f"redis://:{SECRET}@127.0.0.1:9"})
    await check_servers(away)
    wrong = config.model_copy(update={"redis_url": changed(redis_url, password=SECRET)})
    with pytest.raises(ConfigError, match="REVENGE_REDIS_URL"):
        await check_servers(wrong)


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"Port {port} of 127\.0\.0\.1 .* in use.*THE_PORT"):
            check_port("127.0.0.1", port, "THE_PORT")
    check_port("127.0.0.1", port, "THE_PORT")
    check_port("localhost", 0, "THE_PORT")


def test_a_data_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/revenge")):
        with pytest.raises(ConfigError, match=r"cannot be used.*REVENGE_DATA_DIR"):
            check_data_folder(folder)
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may all
    with pytest.raises(ConfigError, match=r"cannot be written.*REVENGE_DATA_DIR"):
        check_data_folder(tmp_path / "data")


def test_a_disk_without_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=3 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ConfigError, match="is full: 3 MiB are free, 64 are needed"):
        check_data_folder(tmp_path)


def revenge(command: str, tmp_path: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", command],
        env={**clean, **KEY, "REVENGE_DATA_DIR": str(tmp_path / "data"), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["up", "serve", "work", "scan"])
def test_s1_nothing_starts_without_a_secret_key(
    command: str, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    """None is made up where other machines would need the same one, and none is built in."""
    servers = {"REVENGE_DATABASE_URL": database_url, "REVENGE_REDIS_URL": redis_url}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", command],
        env={**clean, "REVENGE_DATA_DIR": str(tmp_path / "data"), **servers},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "REVENGE_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["up", "serve", "work", "migrate", "scan", "doctor"])
def test_every_command_says_it(
    command: str, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    free = {"REVENGE_SERVER__PORT": "0", "REVENGE_METRICS__PORT": "0"}
    for url in (f"postgresql://u:{SECRET}@h:port/d", changed(database_url, password=SECRET)):
        done = revenge(
            command, tmp_path, REVENGE_DATABASE_URL=url, REVENGE_REDIS_URL=redis_url, **free
        )
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert "REVENGE_DATABASE_URL" in said
        assert "Traceback" not in said
        assert SECRET not in said
        sentences = [line for line in done.stderr.splitlines() if line.startswith("revenge: ")]
        assert len(sentences) == (0 if "WRONG" in done.stdout else 1), said


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_port_in_use_stops_the_start(
    command: str, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = revenge(
            command,
            tmp_path,
            REVENGE_DATABASE_URL=database_url,
            REVENGE_REDIS_URL=redis_url,
            REVENGE_SERVER__PORT=str(other.getsockname()[1]),
            REVENGE_SERVER__SHUTDOWN_TIMEOUT="1",
        )
    assert done.returncode == 1
    assert "REVENGE_SERVER__PORT" in done.stderr
    assert "Traceback" not in done.stderr
