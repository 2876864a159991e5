"""What the tests of the local servers share: folders, queries, parents to kill. No tests."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.core.embedded.account import server_account
from app.core.embedded.binaries import POSTGRES_CANDIDATES, Candidate, installed

ROOT = Path(__file__).parents[2]
# Imports first: an ordinary user may not read the interpreter's own folder.
PARENT = """
import json, os, sys, time, warnings, secrets, shutil, tempfile, encodings.ascii, encodings.idna
from pathlib import Path
from app.core.embedded import EmbeddedPostgres, EmbeddedValkey
state, uid = Path(sys.argv[1]), int(sys.argv[2])
if uid:
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
postgres, valkey = EmbeddedPostgres(state / "pg"), EmbeddedValkey(state / "valkey")
urls = [postgres.start(), valkey.start()]
print(json.dumps({"urls": urls, "pids": [postgres.pid, valkey.pid]}), flush=True)
sys.stdin.readline()
valkey.stop(); postgres.stop()
"""


@contextlib.contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter, as /var/lib/revenge would be."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries_of(candidate: Candidate) -> Path:
    """The program folder of one package; skips the test where it is not installed."""
    program = next(installed([candidate]), None)
    if program is None:
        pytest.skip(f"{candidate.module} is not installed")
    return program.parent


def both_versions() -> pytest.MarkDecorator:
    """Parametrise `candidate` over the packages that PostgreSQL comes from."""
    names = [candidate.module for candidate in POSTGRES_CANDIDATES]
    return pytest.mark.parametrize("candidate", POSTGRES_CANDIDATES, ids=names)


def query(url: str, *statements: str) -> Any:
    """Run statements on one connection; the first value of the last one."""

    async def run() -> Any:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def state_of(pid: int) -> str:
    """R, S, T, Z … as in /proc, empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def gone(pid: int) -> bool:
    """Whether a process runs no more (PID 1 may be slow to reap it)."""
    return state_of(pid) in {"", "Z", "X"}


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """How long it took until `condition`; fails the test after `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, f"no {what} within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def spawn_parent(folder: Path, uid: int = 0) -> subprocess.Popen[str]:
    """A process that starts both servers in `folder`, as another user when `uid` is given."""
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, folder, str(uid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOME": "/nonexistent"},
    )


@contextlib.contextmanager
def parent(folder: Path, uid: int = 0) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A parent whose servers run, and what it says of them; killed in the end."""
    with spawn_parent(folder, uid) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the parent did not start its servers"
            yield process, json.loads(line)
        finally:
            process.kill()


def as_server_user(*command: str) -> subprocess.Popen[bytes]:
    """A program of the same user as the servers, so that they may signal it."""
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, **server_account().popen)


def listeners(pid: int) -> set[str]:
    """The TCP addresses (hex, as in /proc/net) that a process listens on."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1])
    return found


def kill(pid: int | None) -> None:
    """Kill -9."""
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def socket_folder_of(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])
