"""A real PostgreSQL from each package: what it offers, and what it survives."""

import asyncio
import os
import shutil
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.core.embedded import EmbeddedError, EmbeddedPostgres
from app.core.embedded.account import server_account
from app.core.embedded.binaries import POSTGRES_CANDIDATES, Candidate
from app.core.embedded.state import LOG_LIMIT
from tests.core.test_embedded_support import (
    as_server_user,
    binaries_of,
    both_versions,
    gone,
    kill,
    listeners,
    parent,
    public_folder,
    query,
    spawn_parent,
    wait_for,
)

# Sorting in one long step, without a look at whether the server is still there.
ENDLESS = "select sum(n) from (select n from generate_series(1, 100000000) n order by -n) t"


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Not started yet."""
    server = EmbeddedPostgres(folder / "pg")
    yield server
    server.stop("immediate")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[EmbeddedPostgres, str]]:
    """One that tests may only look at."""
    with public_folder() as path:
        server = EmbeddedPostgres(path / "pg", options={"work_mem": "9MB"})
        yield server, server.start()
        server.stop("immediate")


def socket_folder_of(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


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


@both_versions()
def test_committed_rows_survive_a_killed_server(folder: Path, candidate: Candidate) -> None:
    server = EmbeddedPostgres(folder / "pg", binaries=binaries_of(candidate))
    url = server.start()
    try:
        query(url, "create table t as select generate_series(1, 10000) as n", "select 1")
        for _ in range(2):
            kill(server.pid)
            wait_for(lambda: not server.alive(), 5, "end")
            began = time.monotonic()
            assert server.start() == url
            print(f"\nafter kill -9: {time.monotonic() - began:.2f} s", end=" ")
            assert query(url, "select count(*) from t") == 10_000
    finally:
        server.stop()


@pytest.mark.parametrize("holder", ["another program", "zombie", "nothing"])
def test_stale_locks_do_not_stop_it(postgres: EmbeddedPostgres, holder: str) -> None:
    sockets = socket_folder_of(postgres.start())
    kill(postgres.pid)
    wait_for(lambda: not postgres.alive(), 5, "end")
    other = as_server_user(*(["true"] if holder == "zombie" else ["sleep", "60"]))
    try:
        for lock in (postgres.log.parent / "data/postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
            lines = lock.read_text().splitlines(keepends=True)
            lines[0] = f"{other.pid}\n"
            lock.write_text("".join(lines) if holder != "nothing" else "")
        if holder == "zombie":
            wait_for(lambda: gone(other.pid), 5, "zombie")
        began = time.monotonic()
        assert query(postgres.start(), "select 1") == 1
        assert time.monotonic() - began < 5
        assert other.poll() is None or holder == "zombie"
    finally:
        other.kill()
        other.wait()


def test_takes_over_from_a_server_whose_parent_is_gone(postgres: EmbeddedPostgres) -> None:
    url = postgres.start()
    query(url, "create table t (n int)", "select 1")
    assert postgres.pid is not None
    postgres._state.close()  # as if we were killed, and it had not heard of it
    second = EmbeddedPostgres(postgres.log.parent)
    try:
        assert second.start() == url
        assert gone(postgres.pid)
        assert query(url, "select count(*) from t") == 0
    finally:
        second.stop()


@pytest.mark.alone
def test_takes_over_from_a_server_that_hears_nothing(postgres: EmbeddedPostgres) -> None:
    url = postgres.start()
    assert postgres.pid is not None
    postgres._state.close()
    os.kill(postgres.pid, signal.SIGSTOP)
    second = EmbeddedPostgres(postgres.log.parent)
    try:
        assert second.start(timeout=1.5) == url
        assert gone(postgres.pid)
    finally:
        second.stop()


def test_stop_kills_what_does_not_listen(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    pid = postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    postgres.stop(timeout=0.1)
    assert gone(pid)
    assert postgres.pid is None
    assert query(postgres.start(), "select 1") == 1


def test_a_busy_connection_outlives_the_server_but_not_the_next_start(
    postgres: EmbeddedPostgres,
) -> None:
    url = postgres.start()

    async def crash() -> tuple[int, float]:
        connection = await asyncpg.connect(url)
        backend: int = await connection.fetchval("select pg_backend_pid()")
        endless = asyncio.ensure_future(connection.fetchval(ENDLESS))
        await asyncio.sleep(0.5)
        kill(postgres.pid)
        wait_for(lambda: not postgres.alive(), 5, "end")
        began = time.monotonic()
        assert postgres.start() == url
        taken = time.monotonic() - began
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await endless
        connection.terminate()
        return backend, taken

    backend, taken = asyncio.run(crash())
    assert gone(backend)
    assert taken < 10
    assert query(url, "select 1") == 1


@pytest.mark.parametrize("user", ["ourselves", "ordinary"])
def test_children_die_with_a_killed_parent(folder: Path, user: str) -> None:
    uid = 0
    if user == "ordinary":
        if os.geteuid() != 0:
            pytest.skip("the other case is an ordinary user already")
        uid = server_account().uid
        os.chown(folder, uid, -1)
    with parent(folder, uid) as (process, first):
        query(first["urls"][0], "create table t as select 1 as n", "select 1")
        process.kill()
        process.wait()
        seconds = wait_for(lambda: all(map(gone, first["pids"])), 8, "end of the children")
        print(f"\n{user}: gone {seconds:.2f} s after their parent", end=" ")
    with parent(folder, uid) as (process, second):
        assert second["urls"] == first["urls"]
        assert query(second["urls"][0], "select count(*) from t") == 1
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(10) == 0
        assert all(map(gone, second["pids"]))


def test_next_parent_need_not_wait_for_the_old_children(folder: Path) -> None:
    with parent(folder) as (process, first):
        process.kill()
        process.wait()
        with parent(folder) as (_, second):
            assert second["urls"] == first["urls"]
            assert query(second["urls"][0], "select 1") == 1


def test_a_second_parent_is_refused(folder: Path) -> None:
    with parent(folder) as (process, _):
        second = EmbeddedPostgres(folder / "pg")
        with pytest.raises(EmbeddedError, match=f"process {process.pid}"):
            second.start()
        process.kill()
        process.wait()
        second.start()
        second.stop()


def test_killed_while_the_data_folder_was_made(folder: Path) -> None:
    process = spawn_parent(folder)
    wait_for(lambda: any(folder.glob("pg/data.new-*/base/1")), 20, "half-made folder")
    process.kill()
    process.communicate()
    assert not (folder / "pg/data").exists()
    server = EmbeddedPostgres(folder / "pg")
    try:
        assert query(server.start(), "select 1") == 1
        assert not list(folder.glob("pg/data.new-*"))
    finally:
        server.stop()


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
