"""What is measured: the backends that there are, filled by a process of its own."""

import asyncio
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Final

import uvloop
from msgspec import Struct

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import load_config
from bench.search.corpus import Corpus
from bench.servers import Servers, peak_memory

BATCH: Final = 500


class Filled(Struct, frozen=True):
    """What it took to index: seconds in the backend, and the most bytes of the process."""

    documents: int
    seconds: float
    peak: int
    before: int
    """The most bytes before the first document."""


def fill(made: Servers, size: int, seed: int) -> Filled:
    """Write the corpus to PostgreSQL, by a process that does nothing else."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_fill, args=(made.environment, size, seed, theirs))
    process.start()
    theirs.close()
    try:
        found: Filled = mine.recv()
    except EOFError:
        raise RuntimeError("The process that indexes has failed.") from None
    finally:
        process.join(30)
    return found


def _fill(environment: dict[str, str], size: int, seed: int, pipe: Connection) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pipe.send(runner.run(_index(environment, Corpus(size, seed))))


async def _index(environment: dict[str, str], corpus: Corpus) -> Filled:
    app = Container(load_config(environment))
    await app.open()
    try:
        pid = multiprocessing.current_process().pid or 0
        before, took = peak_memory(pid), 0.0
        for batch in corpus.batches(BATCH):
            started = time.perf_counter()
            async with app.db.write(SYSTEM) as tx:
                await app.documents.write(tx, batch)
            took += time.perf_counter() - started
        async with app.db.pool.acquire() as connection:  # as PostgreSQL does by itself, later
            await connection.execute("vacuum analyze search_documents", timeout=300)
        return Filled(corpus.size, took, peak_memory(pid), before)
    finally:
        await app.close()
