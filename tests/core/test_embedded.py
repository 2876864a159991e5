"""A real PostgreSQL from each package: what it offers, and which folders it takes."""

import os
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.core.embedded import EmbeddedError, EmbeddedPostgres
from app.core.embedded.account import server_account
from app.core.embedded.binaries import POSTGRES_CANDIDATES, Candidate
from app.core.embedded.state import LOG_LIMIT
from tests.core.test_embedded_support import (
    binaries_of,
    both_versions,
    listeners,
    public_folder,
    query,
    socket_folder_of,
)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[EmbeddedPostgres, str]]:
    """One that tests may only look at."""
    with public_folder() as path:
        server = EmbeddedPostgres(path / "pg", options={"work_mem": "9MB"})
        yield server, server.start()
        server.stop("immediate")


@both_versions()
def test_starts_cold_and_warm(folder: Path, candidate: Candidate) -> None:
    binaries = binaries_of(candidate)
    server = EmbeddedPostgres(folder / "pg", binaries=binaries)
    began = time.monotonic()
    url = server.start()
    cold = time.monotonic() - began
    try:
        found = query(
            url,
            "create extension pg_trgm",
            "create extension unaccent",
            "select current_setting('server_version') || ' ' || current_setting('data_checksums')"
            " || ' ' || lower('ÄÖ') || ' ' || unaccent('é') || ' ' || current_database()",
        )
        assert found.endswith("on äö e revenge")
        server.stop()
        assert not server.alive()
        began = time.monotonic()
        assert server.start() == url
        warm = time.monotonic() - began
        print(f"\n{found.split()[0]}: cold {cold:.2f} s, warm {warm:.2f} s", end=" ")
        assert query(url, "select count(*) from pg_extension") == 3
    finally:
        server.stop()


def test_start_twice_is_one_server(running: tuple[EmbeddedPostgres, str]) -> None:
    server, url = running
    pid = server.pid
    assert server.start() == url
    assert server.pid == pid


def test_needs_the_password(running: tuple[EmbeddedPostgres, str]) -> None:
    _, url = running
    wrong = url.replace(urlsplit(url).password or "", "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(wrong, "select 1")
    with pytest.raises(asyncpg.PostgresError):
        query(url.replace("revenge:", "postgres:"), "select 1")


def test_can_be_reached_through_its_private_folder_only(
    running: tuple[EmbeddedPostgres, str],
) -> None:
    server, url = running
    assert server.pid is not None
    sockets = socket_folder_of(url)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE((sockets / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert listeners(server.pid) == set()
    assert query(url, "show listen_addresses") == ""


def test_secrets_are_private_and_not_on_the_command_line(
    running: tuple[EmbeddedPostgres, str],
) -> None:
    server, url = running
    password = urlsplit(url).password
    assert password
    file = server.log.parent / "password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == password
    assert stat.S_IMODE((server.log.parent / "data").stat().st_mode) == 0o700
    for name in ("cmdline", "environ"):
        assert password.encode() not in Path(f"/proc/{server.pid}/{name}").read_bytes()


def test_settings_for_a_small_server_and_ours(running: tuple[EmbeddedPostgres, str]) -> None:
    _, url = running
    wanted = {"fsync": "on", "synchronous_commit": "on", "jit": "off", "work_mem": "9MB"}
    wanted |= {"shared_buffers": "128MB", "max_connections": "100", "TimeZone": "UTC"}
    for name, value in wanted.items():
        assert query(url, f"show {name}") == value


def test_does_not_run_as_root(running: tuple[EmbeddedPostgres, str]) -> None:
    server, _ = running
    owner = Path(f"/proc/{server.pid}").stat().st_uid
    assert owner == server_account().uid != 0


def test_a_wrong_setting_is_an_error_not_a_loop(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg", options={"no_such_setting": "1"})
    for _ in range(2):  # it lets go of the folder, so that a supervisor may try again
        with pytest.raises(EmbeddedError, match="no_such_setting"):
            server.start()
        assert not server.alive()


def test_only_the_main_thread_may_start(postgres: EmbeddedPostgres) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            postgres.start()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_what_is_no_database_is_set_aside(postgres: EmbeddedPostgres) -> None:
    data = postgres.log.parent / "data"
    (data / "base").mkdir(parents=True)
    (data / "base/keep").write_text("mine")
    assert query(postgres.start(), "select 1") == 1
    (aside,) = data.parent.glob("data.incomplete-*")
    assert (aside / "base/keep").read_text() == "mine"


def test_rotates_a_grown_log(postgres: EmbeddedPostgres) -> None:
    postgres.log.parent.mkdir()
    postgres.log.touch()
    os.truncate(postgres.log, LOG_LIMIT + 1)
    postgres.start()
    assert postgres.log.stat().st_size < LOG_LIMIT
    assert postgres.log.with_name("server.log.1").stat().st_size == LOG_LIMIT + 1


def test_long_path_gets_a_short_private_socket(folder: Path) -> None:
    server = EmbeddedPostgres(folder / ("long" * 30) / "pg")
    url = server.start()
    sockets = socket_folder_of(url)
    try:
        assert len(str(sockets)) < 80
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert query(url, "select 1") == 1
        server.stop()
        assert server.start() == url
        server.stop()
        sockets.chmod(0o777)  # no longer the folder that we made
        other = socket_folder_of(server.start())
        assert other != sockets
        server.stop()
        shutil.rmtree(other)
    finally:
        server.stop()
        shutil.rmtree(sockets)


def test_a_copied_state_folder_is_a_server_of_its_own(folder: Path) -> None:
    home = folder / ("long" * 30)
    first = EmbeddedPostgres(home / "one")
    url = first.start()
    shutil.copytree(home / "one", home / "two", ignore=shutil.ignore_patterns(".s.*"))
    account = server_account()
    if account.drops:
        for path in [home / "two/data", *(home / "two/data").rglob("*")]:
            os.chown(path, account.uid, account.gid)
    second = EmbeddedPostgres(home / "two")
    try:
        other = second.start()  # its postmaster.pid names the first one, alive
        assert other != url
        query(other, "create table only_in_two (n int)", "select 1")
        assert query(url, "select count(*) from pg_tables where tablename = 'only_in_two'") == 0
        assert first.alive()
    finally:
        for server, address in ((first, url), (second, other)):
            server.stop()
            shutil.rmtree(socket_folder_of(address))


@pytest.mark.skipif(len(POSTGRES_CANDIDATES) < 2, reason="needs two versions")
def test_another_version_is_a_sentence_unless_its_programs_are_there(folder: Path) -> None:
    new, old = (binaries_of(candidate) for candidate in POSTGRES_CANDIDATES)
    first = EmbeddedPostgres(folder / "pg", binaries=old)
    url = first.start()
    first.stop()
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17.* are version 18"):
        EmbeddedPostgres(folder / "pg", binaries=new).start()
    fitting = EmbeddedPostgres(folder / "pg")
    assert fitting.start() == url
    fitting.stop()
    (folder / "pg/data/PG_VERSION").write_text("13\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 13"):
        EmbeddedPostgres(folder / "pg").start()
