"""The long-lived processes: `revenge serve` and `revenge work`."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

import uvicorn
import uvloop

from app.auth.service import password_file
from app.cli.connections import protocols
from app.cli.preflight import (
    check_data_folder,
    check_database,
    check_port,
    check_schema,
    check_servers,
)
from app.container import Container
from app.core.config import Config
from app.core.errors import Unavailable
from app.core.jobs.declare import Queue
from app.core.logging import get_logger
from app.main import WebApp
from workers.main import WorkerProcess

log = get_logger(__name__)
WAIT_FOR_DATABASE: Final = 60.0
FRAME: Final = 64 << 10


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run a process on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_awaited(main))


async def _awaited(main: Callable[[], Awaitable[None]]) -> None:
    await main()


async def open_patiently(container: Container) -> None:
    """Connect; PostgreSQL may be starting, so ask for a minute. Raises ConfigError after that."""
    url = container.config.database_url
    assert url is not None, "the container has checked that"  # noqa: S101
    await check_servers(container.config, WAIT_FOR_DATABASE)
    await check_schema(url)
    while True:
        try:
            return await container.open()
        except Unavailable:  # it went away just now
            await check_database(url, WAIT_FOR_DATABASE)


def run_api(config: Config) -> None:
    """One API process, until SIGINT or SIGTERM."""

    async def main() -> None:
        container = Container(config)
        check_port(config.server.host, config.server.port, "REVENGE_SERVER__PORT")
        check_data_folder(config.data)
        await open_patiently(container)
        try:
            file = password_file(config.data)
            await container.accounts.ensure_administrator(file)
            await container.accounts.forget_password_file(file)
            _serve_metrics(container, 0)
            server = _Server(_uvicorn(config, container))
            settle()
            await server.serve()
        finally:
            await container.close()

    run(main)


def settle() -> None:
    """Take what stays for good out of the garbage collector's sight.

    The schema alone is some hundred thousand objects: looking through them stops the event loop for
    a third of a second, and it happens just when there is much to do.
    """
    gc.collect()
    gc.freeze()
    # An answer is made of thousands of objects that are gone with it, and hardly one of a cycle.
    gc.set_threshold(20_000, 20, 20)


class _Server(uvicorn.Server):
    """uvicorn raises the signal that stopped it once more, which would end us before our own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def _uvicorn(config: Config, container: Container) -> uvicorn.Config:
    return uvicorn.Config(
        WebApp(config, container).asgi(),
        host=config.server.host,
        port=config.server.port,
        loop="none",
        **protocols(),
        ws_max_size=FRAME,
        ws_ping_interval=20,
        # Ours are short, and deflating one for every socket costs more than making it.
        ws_per_message_deflate=False,
        log_config=None,
        proxy_headers=False,  # ours are looked through in the application
        access_log=False,  # it would print query strings
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(config.server.shutdown_timeout) or 1,
        limit_concurrency=2000,
    )


def step_back(queues: Sequence[str]) -> None:
    """Let everybody else on this machine go first, when there is nothing but bulk work to do.

    A scan takes every processor it gets; whoever browses meanwhile would wait for it.
    """
    if set(queues) == {Queue.BULK.value}:
        with contextlib.suppress(OSError):
            os.nice(10)


def run_worker(config: Config, queues: Sequence[str]) -> None:
    """One worker process, until SIGINT or SIGTERM."""
    step_back(queues)

    async def main() -> None:
        container = Container(config)
        await open_patiently(container)
        wanted = tuple(Queue(name) for name in queues)
        process = WorkerProcess(container, wanted)
        _serve_metrics(container, 2 if wanted == (Queue.BULK,) else 1)
        try:
            await process.start()
            await _signalled(process.broken)
            await process.stop()
        finally:
            await container.close()
        if process.broken.is_set():
            sys.exit(1)

    run(main)


def _serve_metrics(container: Container, offset: int) -> None:
    metrics = container.config.metrics
    if not metrics.enabled:
        return
    port = metrics.port + offset if metrics.port else 0
    try:
        container.metrics.serve(metrics.host, port)
    except OSError as error:  # another process of this machine has it; serving goes on
        log.warning(
            "metrics.port_taken",
            port=port,
            error=error.strerror,
            hint="no metrics from this process; choose other ports with REVENGE_METRICS__PORT",
        )


async def _signalled(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()
