"""A real `revenge up` in a process of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

START = 60.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    """The parent process and what it says."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data, self.log, self.port = data, log, free_port()
        self.token: str | None = None
        self.known: set[tuple[int, str]] = set()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> float:
        """Start it; seconds until the first answered query."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
        settings = {
            "REVENGE_SERVER__PORT": str(self.port),
            "REVENGE_METRICS__PORT": "0",
            "REVENGE_AUTH__HASH_MEMORY": "8192",
            "REVENGE_AUTH__HASH_TIME": "1",
        }
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up", "--data", str(self.data), *arguments],
                env={**clean, **settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.wait_for(lambda: self.query("{__typename}") == {"__typename": "Query"})
        return time.monotonic() - began

    def wait_for(self, condition: Any, timeout: float = START) -> None:
        """Until it holds; shows the log when it never does."""
        end = time.monotonic() + timeout
        last: object = "never true"
        while time.monotonic() < end:
            try:
                last = condition()
                if last:
                    return
            except (OSError, urllib.error.URLError, KeyError, ValueError) as error:
                last = error
            assert self.process is not None
            time.sleep(0.05)
        raise AssertionError(f"{last!r}, the log ends with: {self.said()[-4000:]}")

    def said(self) -> str:
        """Everything it has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        """Data of an operation; ValueError for errors."""
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": text, "variables": variables}).encode(),
            headers,
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            body = json.loads(answer.read())
        if body.get("errors"):
            raise ValueError(body["errors"])
        data: dict[str, Any] = body["data"]
        return data

    def sign_in(self) -> None:
        """As the administrator, with the one-time password of the file."""
        lines = (self.data / "administrator.txt").read_text(encoding="utf-8").splitlines()
        password = next(line.split(": ")[1] for line in lines if "password" in line)
        made = self.query(
            "mutation($p: String!) {"
            ' login(username: "admin", password: $p) { ... on LoginSuccess { accessToken } } }',
            p=password,
        )
        self.token = made["login"]["accessToken"]

    def children(self) -> list[int]:
        """Every process below the parent."""
        assert self.process is not None
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parents[int(entry.name)] = int(_stat(int(entry.name))[1])
        below = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in below} - below:
            below |= more
        found = sorted(below - {self.process.pid})
        self.known |= {(pid, _started(pid)) for pid in found}
        return found

    def find(self, marker: bytes) -> int | None:
        """The first child with these bytes in its command line."""
        for pid in self.children():
            with contextlib.suppress(OSError):
                if marker in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return None

    def kill(self, marker: bytes, number: int = signal.SIGKILL) -> int:
        """Kill -9 one child by its command line, or send it another signal."""
        self.wait_for(lambda: self.find(marker) is not None)
        pid = self.find(marker)
        assert pid is not None, f"{marker!r} has gone again"
        os.kill(pid, number)
        return pid

    def stop(self, number: int = signal.SIGTERM, timeout: float = 45) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        self.children()
        self.process.send_signal(number)
        return self.process.wait(timeout)

    def gone(self) -> None:
        """Wait until none of the processes that were seen below the parent is left."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            left = [pid for pid, started in self.known if started == _started(pid) != ""]
            if not left:
                return
            time.sleep(0.1)
        raise AssertionError(f"still there: {left}")


def _stat(pid: int) -> list[str]:
    """State, parent and the rest of /proc/PID/stat after the name."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _started(pid: int) -> str:
    """When a process started, which tells it from a later one of the same number; "" if gone."""
    try:
        about = _stat(pid)
    except OSError:
        return ""
    return "" if about[0] == "Z" else about[19]
