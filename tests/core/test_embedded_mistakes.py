"""What administrators get wrong with the local servers, and the sentence they read."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey
from app.core.embedded.account import USER_VARIABLE, server_account
from app.core.embedded.binaries import (
    POSTGRES_CANDIDATES,
    VALKEY_CANDIDATES,
    installed,
    major_version,
)
from app.core.embedded.sockets import socket_folder
from app.core.embedded.state import StateFolder
from tests.core.test_embedded_support import (
    ROOT,
    as_server_user,
    binaries_of,
    gone,
    public_folder,
    query,
    wait_for,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can give up rights")


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A state folder with a database, stopped; copy it."""
    with public_folder() as path:
        server = EmbeddedPostgres(path / "pg")
        server.start()
        server.stop()
        yield path / "pg"


@pytest.fixture
def copied(made: Path, folder: Path) -> Path:
    subprocess.run(["cp", "-a", made, folder / "pg"], check=True)
    return folder / "pg"


def sentence(server: EmbeddedPostgres | EmbeddedValkey) -> str:
    """What starting it fails with."""
    try:
        with pytest.raises(EmbeddedError) as caught:
            server.start()
    finally:
        server.stop()
    return str(caught.value)


def test_lost_password(copied: Path) -> None:
    (copied / "password").unlink()
    assert f"password file {copied / 'password'} is missing" in sentence(EmbeddedPostgres(copied))
    assert not (copied / "password").exists()


def test_password_of_another_database(copied: Path) -> None:
    (copied / "password").write_text("of-another-one")
    assert "one of them was copied without the other" in sentence(EmbeddedPostgres(copied))


def test_damaged_database(copied: Path) -> None:
    (copied / "data/global/pg_control").unlink()
    assert "pg_control is missing" in sentence(EmbeddedPostgres(copied))
    (copied / "data/global/pg_control").write_bytes(b"garbage" * 2000)
    assert "server.log ends with" in sentence(EmbeddedPostgres(copied))
    (copied / "data/PG_VERSION").write_text("eighteen")
    assert "PG_VERSION says 'eighteen'" in sentence(EmbeddedPostgres(copied))


def test_state_folder_is_a_file(folder: Path) -> None:
    (folder / "pg").touch()
    assert "cannot be started" in sentence(EmbeddedPostgres(folder / "pg"))
    assert "cannot be started" in sentence(EmbeddedValkey(folder / "pg"))


def test_missing_programs(folder: Path) -> None:
    found = sentence(EmbeddedPostgres(folder / "pg", binaries=folder))
    assert "REVENGE_DATABASE_URL" in found
    found = sentence(EmbeddedValkey(folder / "valkey", binary=folder / "none"))
    assert "REVENGE_REDIS_URL" in found


def test_programs_that_are_something_else(folder: Path) -> None:
    (folder / "postgres").symlink_to("/bin/true")
    with pytest.raises(EmbeddedError, match="no PostgreSQL server"):
        major_version(folder / "postgres")
    (folder / "postgres").unlink()
    (folder / "postgres").symlink_to("/bin/false")
    with pytest.raises(EmbeddedError, match="does not run"):
        major_version(folder / "postgres")


def test_failing_initdb_leaves_nothing(folder: Path) -> None:
    (folder / "postgres").symlink_to(binaries_of(POSTGRES_CANDIDATES[0]) / "postgres")
    (folder / "initdb").write_text("#!/bin/sh\necho the disk is full; exit 1\n")
    (folder / "initdb").chmod(0o755)
    found = sentence(EmbeddedPostgres(folder / "pg", binaries=folder))
    assert "could not make its data folder" in found
    assert "the disk is full" in found
    assert not list((folder / "pg").glob("data*"))


def test_a_predecessor_that_does_not_end_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_server_user("true") as process:
        wait_for(lambda: gone(process.pid), 5, "zombie")
        for module in ("postgres", "valkey"):
            name = f"app.core.embedded.{module}.strays"
            monkeypatch.setattr(name, lambda *_: [process.pid])
        for server in (EmbeddedPostgres(folder / "pg"), EmbeddedValkey(folder / "valkey")):
            with pytest.raises(EmbeddedError, match=rf"process \[{process.pid}\]"):
                server.start(timeout=0.1)


def test_no_place_for_a_socket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError

    state = StateFolder(folder / ("long" * 30), server_account())
    state.open()
    state.close()
    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(EmbeddedError, match="too long for a unix socket"):
        socket_folder(state)


def test_both_servers_in_one_folder(folder: Path) -> None:
    valkey = EmbeddedValkey(folder / "state")
    valkey.start()
    assert f"process {os.getpid()}" in sentence(EmbeddedPostgres(folder / "state"))
    valkey.stop()


@as_root
def test_folder_closed_to_the_server_user(folder: Path) -> None:
    (folder / "home").mkdir(mode=0o700)
    found = sentence(EmbeddedPostgres(folder / "home/inner/pg"))
    assert f"may not enter the folder {folder / 'home'}," in found
    assert f"chmod o+x {folder / 'home'}" in found
    assert stat.S_IMODE((folder / "home").stat().st_mode) == 0o700


@as_root
def test_data_of_another_user(copied: Path) -> None:
    os.chown(copied / "data", 0, 0)
    assert f"chown -R nobody {copied / 'data'}" in sentence(EmbeddedPostgres(copied))


@as_root
@pytest.mark.parametrize(
    ("user", "problem"), [("no-such-user", "there is no such user"), ("root", "refuses to be root")]
)
def test_impossible_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch, user: str, problem: str
) -> None:
    monkeypatch.setenv(USER_VARIABLE, user)
    with pytest.raises(EmbeddedError, match=problem):
        EmbeddedPostgres(folder)
    monkeypatch.setenv(USER_VARIABLE, "daemon")
    assert server_account().name == "daemon"
    assert server_account("nobody").name == "nobody"


@as_root
def test_programs_in_a_private_home_are_copied_once(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    package = binaries_of(POSTGRES_CANDIDATES[0]).parents[1]
    for part in package.parent.glob(f"{package.name}*"):  # also the libraries beside the package
        shutil.copytree(part, home / part.name)
    valkey_program = home / "valkey-server"
    shutil.copy2(next(installed(VALKEY_CANDIDATES)), valkey_program)
    postgres = EmbeddedPostgres(folder / "pg", binaries=home / package.name / "pginstall/bin")
    valkey = EmbeddedValkey(folder / "valkey", binary=valkey_program)
    for server in (postgres, valkey):
        server.start()
        program = Path(f"/proc/{server.pid}/exe").readlink()
        assert program.is_relative_to(server.log.parent / "programs")
        assert program.stat().st_uid == 0  # the server cannot change its own program
        before = program.stat().st_ino
        server.stop()
        server.start()
        assert Path(f"/proc/{server.pid}/exe").stat().st_ino == before
    assert query(postgres.start(), "create extension pg_trgm", "select 1") == 1
    for server in (postgres, valkey):
        server.stop()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_nothing_is_imported_to_find_the_programs() -> None:
    code = (
        "import sys; from app.core.embedded.binaries import *\n"
        "found = list(installed(POSTGRES_CANDIDATES)) + list(installed(VALKEY_CANDIDATES))\n"
        "names = {c.module for c in POSTGRES_CANDIDATES + VALKEY_CANDIDATES}\n"
        "print(len(found) > 0, names & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True set()\n"


def test_a_child_born_after_its_parent_died_ends_itself() -> None:
    """The fork happens in another process than the one it should die with."""
    code = """
import os, signal, subprocess
from app.core.embedded.child import die_with_parent
prepare = die_with_parent(signal.SIGKILL)
if pid := os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os._exit(subprocess.run(["/bin/true"], preexec_fn=prepare).returncode)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 1
