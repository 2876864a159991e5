"""The real application on a loopback port, and Chromium with no way to anywhere else."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Route
from playwright.async_api import async_playwright as playwright

from app.container import Container
from app.core.jobs.declare import Queue
from app.main import WebApp
from app.playground.http import INSTALLED
from workers.main import WorkerProcess

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOPBACK = ("127.0.0.1", "localhost")


class Server(uvicorn.Server):
    """uvicorn in a task: signals stay with pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(web: WebApp) -> AsyncIterator[str]:
    """The application's address while it is served."""
    config = uvicorn.Config(
        web.asgi(), port=0, ws="websockets-sansio", log_config=None, timeout_graceful_shutdown=1
    )
    server = Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def address(app: Container, web: WebApp) -> AsyncIterator[str]:
    """Where the application of this test is served."""
    async with serving(web) as found:
        yield found


@pytest.fixture
async def worker(app: Container) -> AsyncIterator[WorkerProcess]:
    """A worker for every queue."""
    process = WorkerProcess(app, tuple(Queue))
    await process.start()
    yield process
    await process.stop()


@dataclass
class Window:
    """A page, and what it tried that it should not have."""

    page: Page
    context: BrowserContext
    strangers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def close_the_network(self) -> None:
        await self.context.route("**/*", self._judge)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", lambda socket: self._look(socket.url))

    async def _judge(self, route: Route) -> None:
        if self._look(route.request.url):
            await route.continue_()
        else:
            await route.abort()

    def _look(self, url: str) -> bool:
        parts = urlsplit(url)
        known = parts.scheme in ("data", "blob") or parts.hostname in LOOPBACK
        if not known:
            self.strangers.append(url)
        return known

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    if not all(path.is_file() for path, _ in INSTALLED.values()):
        pytest.skip("the playground's assets are not installed: make playground")
    async with playwright() as driver:
        started = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield started
        await started.close()


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Window]:
    """A page; the test fails when it asked for anything outside, or complained in the console."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    opened = Window(await context.new_page(), context)
    await opened.close_the_network()
    yield opened
    await context.close()
    assert opened.strangers == []
    assert opened.complaints == []
