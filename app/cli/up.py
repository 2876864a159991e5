"""`revenge up`: the parent of everything. It stays small, and what it starts dies with it.

The servers are its children, the API and the workers too. Whatever ends is started again; kill -9
of any part loses nothing that was committed.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from app.cli.local import address, announce, fetch, make_first_key, withdraw
from app.cli.preflight import check_data_folder, check_port, check_servers, migrated
from app.cli.supervised import Process, Server, spawn
from app.core.config import PREFIX, Config, ConfigError
from app.core.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey
from app.core.embedded.steps import PAUSE
from app.core.logging import get_logger

log = get_logger(__name__)
STEADY: Final = "critical,high,default,low"
LOOK_EVERY: Final = 0.2
READY_WITHIN: Final = 120.0
STOP_PATIENCE: Final = 35.0
GREETER_PATIENCE: Final = 5.0


class Up:
    """Servers, migrations, processes, welcome; then watching until a signal."""

    def __init__(
        self,
        config: Config,
        file: Path | None,
        *,
        media: Path | None,
        kind: str | None,
        samples: bool,
    ) -> None:
        self._config, self._file = config, file
        self._media, self._kind, self._samples = media, kind, samples
        self._servers: list[Server] = []
        self._announced: dict[str, str] = {}
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
        check_data_folder(self._config.data)
        make_first_key(self._config)
        try:
            self._start_servers()
            self._check_port()
            if not self._stopping:
                self._migrate()
            self._watch()
        finally:
            self._end()
        return 0

    def _stop(self, *_: Any) -> None:
        self._stopping = True

    def _start_servers(self) -> None:
        config, embedded = self._config, self._config.embedded
        if config.database_url is None:
            postgres = EmbeddedPostgres(
                config.data / "postgres", binaries=embedded.postgres_binaries, user=embedded.user
            )
            self._servers.append(Server("DATABASE_URL", postgres))
        if config.redis_url is None:
            valkey = EmbeddedValkey(
                config.data / "valkey", binary=embedded.valkey_binary, user=embedded.user
            )
            self._servers.append(Server("REDIS_URL", valkey))
        while not self._stopping and not all(server.ready for server in self._servers):
            for server in self._servers:
                if not server.ready:
                    server.begin()
            time.sleep(PAUSE)
        self._announce()

    def _check_port(self) -> None:
        """After a kill -9 of our predecessor its API may still be finishing requests."""
        server = self._config.server
        until = time.monotonic() + server.shutdown_timeout
        while not self._stopping:
            try:
                check_port(server.host, server.port, "REVENGE_SERVER__PORT")
                break
            except ConfigError:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_EVERY)

    @property
    def _urls(self) -> dict[str, str]:
        return {server.setting: server.url for server in self._servers if server.url is not None}

    def _announce(self) -> bool:
        """Write down where the servers are; whether an address has changed."""
        if (urls := self._urls) == self._announced:
            return False
        announce(self._config.data, urls)
        changed = bool(self._announced)
        self._announced = urls
        return changed

    def _environment(self) -> dict[str, str]:
        values = {PREFIX + name: url for name, url in self._urls.items()}
        values[PREFIX + "DATA_DIR"] = str(self._config.data)
        if self._file is not None:
            values[PREFIX + "CONFIG"] = str(self._file.resolve())
        return {**os.environ, **values}

    def _migrate(self) -> None:
        asyncio.run(check_servers(self._config))
        url = self._urls.get("DATABASE_URL") or self._config.database_url
        assert url is not None  # noqa: S101 - one of the two is there
        asyncio.run(migrated(url))

    def _watch(self) -> None:
        started = time.monotonic()
        while not self._stopping:
            for server in self._servers:
                server.tend()
            self._tend_processes()
            if not self._welcomed:
                self._welcome(started)
            time.sleep(LOOK_EVERY if all(server.ready for server in self._servers) else PAUSE)

    def _tend_processes(self) -> None:
        with contextlib.suppress(OSError):  # a full disk, perhaps: the next round tries again
            if self._announce():
                for process in self._processes:
                    process.signal(signal.SIGTERM)
        if self._greeter is not None:
            self._greeter.poll()  # reaps it
        environment = self._environment()
        for process in self._processes:
            process.tend(environment)

    def _welcome(self, started: float) -> None:
        if time.monotonic() - started > READY_WITHIN:
            raise EmbeddedError("The API did not start; its log above says why.")
        try:
            fetch(f"{address(self._config.server)}/readyz")
        except (OSError, ValueError):
            return
        self._welcomed = True
        log.info("up.ready", seconds=round(time.monotonic() - started, 2))
        command = ["welcome"]
        if self._media is not None:
            command += ["--media", str(self._media.resolve())]
        if self._kind is not None:
            command += ["--kind", self._kind]
        command.append("--samples" if self._samples else "--no-samples")
        # It may follow a long scan: nobody waits for it.
        self._greeter = spawn(command, self._environment(), new_session=False)

    def _end(self) -> None:
        log.info("up.stopping")
        if self._greeter is not None and self._greeter.poll() is None:
            self._greeter.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._greeter.wait(GREETER_PATIENCE)
            self._greeter.kill()
        for process in self._processes:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        for process in self._processes:
            process.wait(deadline - time.monotonic())
        if self._announced:  # ours, not those of another parent that refused us
            withdraw(self._config.data)
        for server in reversed(self._servers):
            server.stop()
