"""Real processes of our own to stop, wake and kill."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.config import Config

ROOT = Path(__file__).parents[2]


class Process:
    """A Python module in a process of its own, with its arguments as JSON."""

    def __init__(self, module: str, values: dict[str, Any]) -> None:
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("REVENGE_", "COV_"))}
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(values)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environ,
        )

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    @property
    def killed(self) -> bool:
        """Whether it ended by a kill -9 that it did not get from here."""
        return self._child.poll() == -signal.SIGKILL

    async def line(self, timeout: float = 60) -> str:
        """The next line that it prints."""
        assert self._child.stdout is not None
        async with asyncio.timeout(timeout):
            raw = await asyncio.to_thread(self._child.stdout.readline)
        return raw.decode().strip()

    def send(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def kill(self) -> None:
        """Kill -9, and reap it."""
        self._child.kill()
        self._child.wait()
        assert self._child.stdout is not None
        self._child.stdout.close()


@contextlib.contextmanager
def processes() -> Iterator[list[Process]]:
    """A list of processes that are gone afterwards."""
    started: list[Process] = []
    try:
        yield started
    finally:
        for process in started:
            with contextlib.suppress(Exception):
                process.kill()


def settings(config: Config, **more: Any) -> dict[str, Any]:
    """What a process needs to work on the same servers."""
    return {
        "database_url": config.database_url,
        "redis_url": config.redis_url,
        "data_dir": str(config.data),
        "secret_key": config.secret_key,
        "limits": {"enabled": False},
        "metrics": {"enabled": False},
        "database": {"read_pool": 4, "write_pool": 4},
        **more,
    }
