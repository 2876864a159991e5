"""A real `revenge up` on an empty data folder, as a newcomer starts it, asked through its API."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from bench.servers import ROOT, free_port

STARTS_WITHIN, ENDS_WITHIN = 120.0, 60.0
SETTINGS: Final = {"REVENGE_METRICS__PORT": "0", "REVENGE_LIMITS__ENABLED": "false"}
LOGIN: Final = """mutation($password: String!) {
  login(username: "admin", password: $password) { ... on LoginSuccess { accessToken } } }"""


class Failed(Exception):
    """The server answered with errors, or not at all."""


class Server:
    """Where it is, and its administrator's token."""

    def __init__(self, client: httpx.AsyncClient, log: Path) -> None:
        self.client, self._log = client, log

    async def ask(self, text: str, **variables: Any) -> dict[str, Any]:
        """Data of an operation. Raises Failed."""
        answer = await self.client.post("/graphql", json={"query": text, "variables": variables})
        said: dict[str, Any] = answer.json()
        if said.get("errors"):
            raise Failed(str(said["errors"]))
        data: dict[str, Any] = said["data"]
        return data

    async def started(self) -> None:
        """Wait until it answers. Raises Failed with the end of its log."""
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await self.client.get("/readyz")).status_code == 200:
                            return
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise Failed(self.said()) from None

    async def sign_in(self, data: Path) -> None:
        """As the administrator, with the one-time password of the data folder."""
        lines = (data / "administrator.txt").read_text(encoding="utf-8").splitlines()
        password = next(line.partition(": ")[2] for line in lines if "password" in line)
        made = await self.ask(LOGIN, password=password)
        self.client.headers["authorization"] = f"Bearer {made['login']['accessToken']}"

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-4000:]


@contextlib.asynccontextmanager
async def running(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """It runs until the end of this, with its data in a folder below this one."""
    port, data, log = free_port(), folder / "data", folder / "server.log"
    settings = {"REVENGE_SERVER__PORT": str(port), **SETTINGS, **environment}
    process = _process(["up", "--data", str(data), "--no-samples"], settings, log)
    try:
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as client:
            server = Server(client, log)
            await server.started()
            await server.sign_in(data)
            yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _process(
    command: Sequence[str], settings: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    clean = {name: v for name, v in os.environ.items() if not name.startswith("REVENGE_")}
    with log.open("wb") as written:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", *command],
            env={**clean, **settings},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
