"""The product as it is deployed: two API processes, a worker process, and clients on Node.js."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.container import Container
from app.core.config import Config
from app.core.ids import new_id
from tests.conftest import TEMPLATE, make_config, wait_until, with_database
from tests.support.people import People, Somebody

HERE = Path(__file__).parent
NODE = shutil.which("node")
NPM = shutil.which("npm")


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The clients, installed from the lock where they are not yet."""
    if NODE is None or NPM is None:
        pytest.skip("Node.js and npm are not installed")
    stamp = HERE / "node_modules" / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if stamp.is_file() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [NPM, "ci", "--prefix", str(HERE), "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install the clients: {done.stderr.strip()[:300]}")


class NodeScript:
    """A script of this folder; every line it prints is one JSON value."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[Any] = []

    @classmethod
    async def start(cls, name: str, *arguments: str) -> "NodeScript":
        assert NODE is not None
        process = await asyncio.create_subprocess_exec(
            NODE, str(HERE / name), *arguments, stdout=asyncio.subprocess.PIPE, limit=4 << 20
        )
        return cls(process)

    async def hear(self) -> Any:
        """The next thing it says; None when it has ended."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            return None
        self.said.append(json.loads(line))
        return self.said[-1]

    async def until(self, enough: Callable[[Any], bool], timeout: float = 30) -> list[Any]:
        """Listen until something is enough; answers everything said so far."""
        async with asyncio.timeout(timeout):
            while (heard := await self.hear()) is not None:
                if enough(heard):
                    return self.said
        raise AssertionError(f"it ended before: {self.said}")

    async def until_end(self, timeout: float = 30) -> list[Any]:
        """Listen until it ends; answers everything said."""
        async with asyncio.timeout(timeout):
            while await self.hear() is not None:
                pass
        return self.said

    async def stop(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        assert self._process.stdout is not None
        await self._process.stdout.read()
        await self._process.wait()


@dataclass
class Node:
    """Starts scripts, and ends them with the test."""

    running: list[NodeScript] = field(default_factory=list)

    async def run(self, name: str, *arguments: str) -> NodeScript:
        script = await NodeScript.start(name, *arguments)
        self.running.append(script)
        return script

    async def subscribe(
        self, url: str, somebody: Somebody | None, query: str, **variables: Any
    ) -> NodeScript:
        """An operation of the graphql-ws client over a websocket, once it is connected."""
        wanted = {
            "url": url.replace("http", "ws", 1) + "/graphql",
            "authorization": somebody.authorization if somebody else None,
            "query": query,
            "variables": variables,
        }
        script = await self.run("subscribe.mjs", json.dumps(wanted))
        await script.until(lambda said: "connected" in said or "broken" in said or "closed" in said)
        return script


@pytest.fixture
async def node(node_modules: None) -> AsyncIterator[Node]:
    """Scripts on Node.js."""
    made = Node()
    yield made
    for script in made.running:
        await script.stop()


@dataclass
class Deployment:
    """Processes of one installation, and a container of the test's own on the same servers."""

    app: Container
    addresses: list[str]
    people: People

    async def ask(
        self, address: str, query: str, somebody: Somebody, **variables: Any
    ) -> dict[str, Any]:
        """The data of an operation, over HTTP to one of the processes."""
        async with httpx.AsyncClient(base_url=address, timeout=20) as client:
            response = await client.post(
                "/graphql",
                json={"query": query, "variables": variables},
                headers={"authorization": somebody.authorization},
            )
        answer = response.json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


@pytest.fixture(scope="package")
async def config_of_deployment(
    postgres_url: str, redis_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Config]:
    """A database of its own: processes keep what other tests take away under their feet."""
    name = f"revenge_clients_{worker_id}"
    admin = await asyncpg.connect(dsn=postgres_url)
    await admin.execute(f"drop database if exists {name} with (force)")
    await admin.execute(f"create database {name} template {TEMPLATE}")
    url = with_database(postgres_url, name)
    redis = redis_url.rsplit("/", 1)[0] + "/1"  # other tests empty database 0
    data = tmp_path_factory.mktemp("deployment")
    yield make_config(url, redis, data, redis_prefix=f"clients-{new_id().hex[-8:]}")
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


def environment(config: Config) -> dict[str, str]:
    """The configuration as an administrator would set it."""
    assert config.database_url is not None
    assert config.redis_url is not None
    assert config.secret_key is not None
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REVENGE_")}
    return kept | {
        "REVENGE_DATABASE_URL": config.database_url,
        "REVENGE_REDIS_URL": config.redis_url,
        "REVENGE_REDIS_PREFIX": config.redis_prefix,
        "REVENGE_SECRET_KEY": config.secret_key,
        "REVENGE_DATA_DIR": str(config.data),
        "REVENGE_AUTH__HASH_MEMORY": "8192",
        "REVENGE_AUTH__HASH_TIME": "1",
        "REVENGE_METRICS__ENABLED": "false",
        "REVENGE_LIMITS__ENABLED": "false",
        "REVENGE_LOGGING__LEVEL": "warning",
        "REVENGE_LOGGING__FORMAT": "json",
    }


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def answers(address: str, process: asyncio.subprocess.Process) -> None:
    """Until a process is ready to serve."""
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=address) as client:
        while True:
            assert process.returncode is None, f"the process ended with {process.returncode}"
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


@pytest.fixture(scope="package")
async def deployment(config_of_deployment: Config) -> AsyncIterator[Deployment]:
    """Two `revenge serve`, one `revenge work`."""
    config = config_of_deployment
    processes: list[asyncio.subprocess.Process] = []

    async def start(*arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", *arguments, env=environment(config)
        )
        processes.append(process)
        return process

    app = Container(config)
    await app.open()
    try:
        ports = [free_port(), free_port()]
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        servers = [await start("serve", "--port", str(port)) for port in ports]
        await start("work")
        for address, process in zip(addresses, servers, strict=True):
            await answers(address, process)
        await wait_until(lambda: app.live.healthy and app.listener.healthy)
        yield Deployment(app, addresses, People(app))
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))
        await app.close()
