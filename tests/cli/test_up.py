"""`revenge up` as a newcomer runs it: start, scan, browse, kill what one likes, start again."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.media.service.samples import write_samples
from tests.cli.running import Running

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
MOVIES = """{ movies { totalCount nodes { id title year progress { position }
  versions { resolution parts { file { probe media { audio { codec } } } } } } } }"""
PROGRESS = """mutation($id: ID!) {
  updateProgress(id: $id, position: 2, duration: 10) { position } }"""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    # Not below pytest's own folder: the servers' user has to pass through.
    top = Path(tempfile.mkdtemp(prefix="revenge-up-"))
    top.chmod(0o755)
    media = top / "films"
    media.mkdir()
    write_samples(media)
    server = Running(top / "data", top / "log")
    server.start("--media", str(media))
    server.sign_in()  # here, because xdist may give each of its workers some of these tests
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop(signal.SIGKILL)
    server.gone()
    shutil.rmtree(top, ignore_errors=True)


def probed(server: Running) -> bool:
    movies = server.query(MOVIES)["movies"]["nodes"]
    files = [p["file"]["probe"] for m in movies for v in m["versions"] for p in v["parts"]]
    return len(files) >= 8 and set(files) == {"DONE"}


def test_first_start_scans_and_says_where(running: Running) -> None:
    running.wait_for(lambda: "Stop with Ctrl-C" in running.said())
    said = running.said()
    secret = running.data / "administrator.txt"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    password = secret.read_text().strip().rpartition(": ")[2]
    assert password in said
    assert f"http://127.0.0.1:{running.port}/graphql" in said
    assert "films: completed" in said
    running.wait_for(lambda: probed(running))
    titles = {m["title"]: m["year"] for m in running.query(MOVIES)["movies"]["nodes"]}
    assert titles["Big Harbour"] == 2019


def test_a_second_one_on_the_same_data_is_refused(running: Running) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
    other = subprocess.run(
        [sys.executable, "-m", "app.cli", "up", "--data", str(running.data)],
        env=clean,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert other.returncode == 1
    assert b"Traceback" not in other.stderr
    assert str(running.data).encode() in other.stderr


def command(server: Running, *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**clean, "REVENGE_DATA_DIR": str(server.data)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_commands_find_the_running_servers(running: Running) -> None:
    examined = command(running, "doctor")
    assert "WRONG" not in examined.stdout.replace("WRONG  playground", ""), examined.stdout
    assert "PostgreSQL" in examined.stdout
    scanned = command(running, "scan", "--library", "films")
    assert scanned.returncode == 0, scanned.stderr
    assert "unchanged" in scanned.stdout
    unknown = command(running, "user", "reset-password", "nobody-here")
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr


API, WORKER, BULK = b"\x00serve\x00", b"\x00critical,", b"\x00bulk\x00"
VALKEY, POSTGRES = b"/valkey.conf\x00", b"/postgres\x00-D\x00"


def answers(server: Running) -> bool:
    return bool(server.query("{ viewer { user { username } } }")["viewer"])


def comes_back(server: Running, marker: bytes, dead: int, timeout: float = 60) -> None:
    server.wait_for(lambda: server.find(marker) not in {None, dead}, timeout)


@pytest.mark.parametrize("marker", [API, WORKER, BULK, VALKEY, POSTGRES])
def test_every_part_that_is_killed_comes_back(running: Running, marker: bytes) -> None:
    dead = running.kill(marker)
    comes_back(running, marker, dead)
    running.wait_for(lambda: answers(running))


def test_what_is_slow_to_come_back_holds_up_nobody(running: Running) -> None:
    orphan = running.kill(b": checkpointer ", signal.SIGSTOP)
    postgres = running.kill(POSTGRES)  # cannot be started again before the orphan is gone
    others = {marker: running.kill(marker) for marker in (VALKEY, WORKER)}
    try:
        for marker, dead in others.items():
            comes_back(running, marker, dead, 10)
        comes_back(running, POSTGRES, postgres, 20)
        running.wait_for(lambda: answers(running), 20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGCONT)


def test_a_server_killed_while_it_starts_comes_back(running: Running) -> None:
    for marker in (VALKEY, POSTGRES):
        dead = running.kill(marker)
        comes_back(running, marker, dead)
        dead = running.kill(marker)
        comes_back(running, marker, dead)
        running.wait_for(lambda: answers(running))
    said = running.said()
    assert "starts empty" not in said, "a killed start is no reason to take the file away"


def test_a_changed_password_takes_its_file_along(running: Running) -> None:
    secret = running.data / "administrator.txt"
    password = secret.read_text().strip().rpartition(": ")[2]
    running.query(
        "mutation($c: String!, $n: String!) {"
        " changePassword(currentPassword: $c, newPassword: $n) }",
        c=password,
        n="a password of one's own",
    )
    running.wait_for(lambda: not secret.exists(), 20)


def test_kill_9_loses_nothing_and_the_next_start_is_quick(running: Running) -> None:
    movie = running.query(MOVIES)["movies"]["nodes"][0]["id"]
    running.query(PROGRESS, id=movie)
    running.stop(signal.SIGKILL)
    running.gone()
    took = running.start()
    print(f"first answered query {took:.2f} s after a kill -9")
    assert took < 30, "the goal is 5 s on a quiet machine, but tests share theirs"
    nodes = running.query(MOVIES)["movies"]["nodes"]
    assert next(m for m in nodes if m["id"] == movie)["progress"]["position"] == 2


def test_a_start_right_after_a_kill_9_does_not_trip_over_what_is_still_going(
    running: Running,
) -> None:
    old = running.find(API)
    assert old is not None
    running.stop(signal.SIGKILL)
    running.known.clear()
    running.start()
    comes_back(running, API, old)
    running.wait_for(lambda: not Path(f"/proc/{old}").exists())
    running.wait_for(lambda: answers(running))


def test_sigint_stops_everything_in_order(running: Running) -> None:
    assert running.stop(signal.SIGINT) == 0
    running.gone()
    assert not (running.data / "servers.json").exists()
    print(f"first answered query {running.start():.2f} s after an orderly stop")


def test_sigterm_stops_everything_in_order(running: Running) -> None:
    assert running.stop() == 0
    running.gone()
    assert [line for line in running.said().splitlines() if "Traceback" in line] == []
