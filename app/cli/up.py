"""`revenge up`: the parent of everything. It stays small, and what it starts dies with it.

The servers are its children, the API and the workers too. Whatever ends is started again; kill -9
of any part loses nothing that was committed.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from app.cli.local import announce, withdraw
from app.core.config import PREFIX, Config
from app.core.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey
from app.core.embedded.child import die_with_parent, quiet_fork
from app.core.logging import get_logger

log = get_logger(__name__)
STEADY: Final = "critical,high,default,low"
LOOK_EVERY: Final = 0.2
READY_WITHIN: Final = 120.0
STOP_PATIENCE: Final = 35.0
CALM: Final = 30.0  # seconds a process has to run for its crashes to be forgotten
MOST_DELAY: Final = 15.0


class Process:
    """One of our own Python processes, started again when it ends."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        self.name, self._arguments = name, arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._crashes = 0
        self._started = 0.0
        self._not_before = 0.0

    def tend(self, environment: dict[str, str]) -> None:
        """Start it if it does not run and has waited long enough after a crash."""
        now = time.monotonic()
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._crashes = 0 if now - self._started > CALM else self._crashes + 1
            self._not_before = now + min(MOST_DELAY, 0.5 * 2**self._crashes)
            log.error("up.process_ended", name=self.name, code=self._process.returncode)
            self._process = None
        if now < self._not_before:
            return
        with quiet_fork():
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "app.cli", *self._arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - see quiet_fork
            )
        self._started = now

    def signal(self, number: int) -> None:
        """Send a signal if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, timeout: float) -> None:
        """Wait for its end, and make one."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, timeout))
            return
        self._process.kill()
        self._process.wait()


class Up:
    """Servers, migrations, processes, welcome; then watching until a signal."""

    def __init__(
        self, config: Config, file: Path | None, *, media: Path | None, samples: bool
    ) -> None:
        self._config, self._file = config, file
        self._media, self._samples = media, samples
        self._postgres: EmbeddedPostgres | None = None
        self._valkey: EmbeddedValkey | None = None
        self._urls: dict[str, str] = {}
        self._stopping = False
        self._welcomed = False
        self._greeter: subprocess.Popen[bytes] | None = None
        self._processes = [
            Process("api", ["serve"]),
            Process("worker", ["work", "--queues", STEADY]),
            Process("bulk", ["work", "--queues", "bulk"]),
        ]

    def run(self) -> int:
        """Until SIGINT or SIGTERM; answers the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        self._make_folder()
        try:
            self._start_servers()
            self._migrate()
            self._watch()
        finally:
            self._end()
        return 0

    def _stop(self, *_: Any) -> None:
        self._stopping = True

    def _make_folder(self) -> None:
        data = self._config.data
        try:
            data.mkdir(parents=True, exist_ok=True)
            # As root the servers run as another user, who has to pass through.
            data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {data} cannot be used: {error.strerror}. Choose another with "
                "--data or REVENGE_DATA_DIR."
            ) from None

    def _start_servers(self) -> None:
        config, embedded = self._config, self._config.embedded
        if config.database_url is None:
            self._postgres = EmbeddedPostgres(
                config.data / "postgres", binaries=embedded.postgres_binaries, user=embedded.user
            )
        if config.redis_url is None:
            self._valkey = EmbeddedValkey(
                config.data / "valkey", binary=embedded.valkey_binary, user=embedded.user
            )
        self._tend_servers()

    def _tend_servers(self) -> bool:
        """Start servers that do not run; whether an address has changed."""
        before = dict(self._urls)
        if self._postgres is not None and not self._postgres.alive():
            self._urls["DATABASE_URL"] = self._postgres.start()
        if self._valkey is not None and not self._valkey.alive():
            self._urls["REDIS_URL"] = self._valkey.start()
        if before != self._urls:
            announce(self._config.data, self._urls)
        return bool(before) and before != self._urls

    def _environment(self) -> dict[str, str]:
        values = {PREFIX + name: url for name, url in self._urls.items()}
        values[PREFIX + "DATA_DIR"] = str(self._config.data)
        if self._file is not None:
            values[PREFIX + "CONFIG"] = str(self._file.resolve())
        return {**os.environ, **values}

    def _migrate(self) -> None:
        from app.core.migrate import TooNew, migrate

        url = self._urls.get("DATABASE_URL") or self._config.database_url
        assert url is not None  # noqa: S101 - one of the two is there
        try:
            asyncio.run(migrate(url))
        except TooNew as error:
            raise EmbeddedError(f"{error} Use that later version, or restore a backup.") from None

    def _watch(self) -> None:
        started = time.monotonic()
        while not self._stopping:
            try:
                changed = self._tend_servers()
            except EmbeddedError as error:
                log.warning("up.server_will_not_start", error=str(error))
                time.sleep(2)
                continue
            if changed:
                for process in self._processes:
                    process.signal(signal.SIGTERM)
            if self._greeter is not None:
                self._greeter.poll()  # reaps it
            environment = self._environment()
            for process in self._processes:
                process.tend(environment)
            if not self._welcomed:
                self._welcome(environment, started)
            time.sleep(LOOK_EVERY)

    def _welcome(self, environment: dict[str, str], started: float) -> None:
        if time.monotonic() - started > READY_WITHIN:
            raise EmbeddedError("The API did not start; its log above says why.")
        if not _ready(f"{address(self._config)}/readyz"):
            return
        self._welcomed = True
        log.info("up.ready", seconds=round(time.monotonic() - started, 2))
        command = [sys.executable, "-m", "app.cli", "welcome"]
        if self._media is not None:
            command += ["--media", str(self._media.resolve())]
        command.append("--samples" if self._samples else "--no-samples")
        with quiet_fork():  # it may follow a long scan: nobody waits for it
            self._greeter = subprocess.Popen(  # noqa: S603 - our own program
                command,
                env=environment,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - see quiet_fork
            )

    def _end(self) -> None:
        log.info("up.stopping")
        if self._greeter is not None and self._greeter.poll() is None:
            self._greeter.terminate()
            self._greeter.wait()
        for process in self._processes:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        for process in self._processes:
            process.wait(deadline - time.monotonic())
        if self._urls:  # ours, not those of another parent that refused us
            withdraw(self._config.data)
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            self._postgres.stop()


def address(config: Config) -> str:
    """Where the API is reached from this machine."""
    host = config.server.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}"


def _ready(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
