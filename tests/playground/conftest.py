"""The real application on a loopback port, and Chromium with no way to anywhere else."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Route,
    WebSocket,
)
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

    async def open(self, address: str) -> None:
        """Go to the playground, and wait for its form."""
        answer = await self.page.goto(f"{address}/graphql")
        assert answer is not None
        assert answer.status == 200
        await self.page.get_by_role("button", name="Sign in", exact=True).wait_for()

    async def sign_in(self, username: str, password: str) -> None:
        """Fill in the form and send it."""
        await self.page.get_by_label("User name").fill(username)
        await self.page.get_by_label("Password").fill(password)
        await self.page.keyboard.press("Enter")

    async def run(self, document: str) -> None:
        """Put an operation into the editor, as by pasting it, and run it."""
        await self.page.locator(".graphiql-query-editor .CodeMirror").click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(document)
        await asyncio.sleep(0.5)  # GraphiQL looks for the operation's name 0.1 s after the last key
        await self.page.keyboard.press("Control+Enter")

    async def shows(self, *texts: str) -> None:
        """Wait until the result holds all of these."""
        await self.page.wait_for_function(
            """texts => {
              const result = document.querySelector(".result-window .CodeMirror")
              const shown = result?.CodeMirror.getValue()
              return shown && texts.every(text => shown.includes(text))
            }""",
            arg=list(texts),
        )

    async def close_the_network(self) -> None:
        await self.context.route("**/*", self._judge)
        self.page.on("console", self._heard)
        self.page.on("pageerror", self._failed)
        self.page.on("websocket", self._connected)

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

    def _connected(self, socket: WebSocket) -> None:
        self._look(socket.url)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def installed() -> None:
    """Skips where `make playground` has not been."""
    if not all(path.is_file() for path, _ in INSTALLED.values()):
        pytest.skip("the playground's assets are not installed: make playground")


@pytest.fixture(scope="package")
async def browser(installed: None) -> AsyncIterator[Browser]:
    """One Chromium for all of these tests."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with playwright() as driver:
        started = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield started
        await started.close()


@pytest.fixture
async def window(browser: Browser, address: str) -> AsyncIterator[Window]:
    """A page; the test fails when it asked for anything outside, or complained in the console."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    opened = Window(await context.new_page(), context)
    await opened.close_the_network()
    yield opened
    await context.close()
    assert opened.strangers == []
    assert opened.complaints == []
