"""A real PostgreSQL whose processes are killed, stopped or left alone, and what it survives."""

import asyncio
import os
import signal
import time
from pathlib import Path

import asyncpg
import pytest

from app.core.embedded import EmbeddedError, EmbeddedPostgres
from app.core.embedded.account import server_account
from app.core.embedded.binaries import Candidate
from tests.core.test_embedded_support import (
    as_server_user,
    binaries_of,
    both_versions,
    gone,
    kill,
    parent,
    query,
    socket_folder_of,
    spawn_parent,
    wait_for,
)

# Sorting in one long step, without a look at whether the server is still there.
ENDLESS = "select sum(n) from (select n from generate_series(1, 100000000) n order by -n) t"


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
        assert second.start(timeout=5) == url
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
