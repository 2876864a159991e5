"""The servers and processes that benches run against: all of them their own, all of them real."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from app.cli.processes import run, step_back
from app.container import Container
from app.core.config import Config, load_config
from app.core.embedded import EmbeddedPostgres, EmbeddedValkey
from app.core.embedded.child import die_with_parent, quiet_fork
from app.core.jobs.declare import Queue
from app.core.logging import configure_logging
from app.core.migrate import migrate
from workers.main import WorkerProcess

ROOT = Path(__file__).parent.parent


@dataclass
class Servers:
    """A PostgreSQL, migrated, and a Valkey, with the settings to reach them."""

    folder: Path
    environment: dict[str, str]
    postmaster: int  # pid: the process that starts one for each session

    @property
    def config(self) -> Config:
        """The configuration of a process on these servers."""
        return load_config(self.environment)

    def process(self, *command: str) -> "subprocess.Popen[bytes]":
        """A Python process on these servers; its output goes to a file in the folder."""
        with (self.folder / f"{command[-1]}.log").open("ab") as log, quiet_fork():
            return subprocess.Popen(
                [sys.executable, *command],
                env={**os.environ, **self.environment},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - see quiet_fork
            )

    @contextlib.contextmanager
    def sessions_on(self, core: int) -> Iterator[None]:
        """PostgreSQL's sessions that begin until the end of this run on this core for ever."""
        before = os.sched_getaffinity(self.postmaster)
        self._pin({core})
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                self._pin(before)

    def _pin(self, cores: set[int]) -> None:
        try:
            os.sched_setaffinity(self.postmaster, cores)
        except PermissionError:
            raise RuntimeError(
                "PostgreSQL belongs to another user: placing its sessions takes CAP_SYS_NICE."
            ) from None

    def sessions(self) -> set[int]:
        """The processes of PostgreSQL that somebody is connected to."""
        found = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text()
        return {int(pid) for pid in found.split() if b"[local]" in _title(pid)}


def _title(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""  # it has just ended


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Embedded servers in a folder that goes with them. Durable as in production."""
    with tempfile.TemporaryDirectory(prefix="revenge-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "postgres")
        valkey = EmbeddedValkey(folder / "valkey")
        try:
            environment = {
                "REVENGE_DATABASE_URL": postgres.start(),
                "REVENGE_REDIS_URL": valkey.start(),
                "REVENGE_SECRET_KEY": "a key of the benchmarks, long enough to be one",
                "REVENGE_DATA_DIR": str(folder / "data"),
                "REVENGE_METRICS__ENABLED": "false",
                "REVENGE_SERVER__PORT": str(free_port()),
                "REVENGE_LIMITS__ENABLED": "false",
                "REVENGE_LOGGING__LEVEL": "warning",
            }
            (folder / "data").mkdir()
            asyncio.run(migrate(environment["REVENGE_DATABASE_URL"]))
            assert postgres.pid is not None, "it was started"
            yield Servers(folder, environment, postgres.pid)
        finally:
            valkey.stop()
            postgres.stop("fast")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def api(made: Servers) -> Iterator[str]:
    """An API process; answers its GraphQL address."""
    with serving(made, "-m", "app.cli", "serve") as (address, _):
        yield address


@contextlib.contextmanager
def serving(made: Servers, *command: str) -> Iterator[tuple[str, int]]:
    """An API process by this command; answers its GraphQL address and its pid."""
    address = f"http://127.0.0.1:{made.environment['REVENGE_SERVER__PORT']}"
    process = made.process(*command)
    with ended(process):
        for _ in range(300):
            with contextlib.suppress(OSError), urlopen(f"{address}/readyz") as answer:
                if answer.status == 200:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError((made.folder / f"{command[-1]}.log").read_text())
        yield f"{address}/graphql", process.pid


@contextlib.contextmanager
def scan_worker(made: Servers) -> Iterator[int]:
    """A worker process for `bulk` that does everything but look into files; answers its pid."""
    process = made.process("-m", "bench.servers")
    with ended(process):
        yield process.pid


@contextlib.contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Until the end of this it runs; then it is told to stop, and made to."""
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def peak_memory(pid: int) -> int:
    """The most bytes a process has had in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _work() -> None:
    config = load_config(os.environ)
    configure_logging("warning", "json")
    step_back([Queue.BULK.value])

    async def main() -> None:
        container = Container(config)
        await container.open()

        async def probe(*_: Any) -> None:
            """Leave the files for later: this bench is about names and the database."""

        probing: Any = container.probing
        probing.probe = probe
        worker = WorkerProcess(container, (Queue.BULK,))
        await worker.start()
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()
        await worker.stop()
        await container.close()

    run(main)


if __name__ == "__main__":
    _work()
