"""Indexing what is in a library: films as the product keeps them, with all that is said of them."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Final

import asyncpg
import orjson
import uvloop
from msgspec import Struct
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.config import Config, load_config
from app.core.jobs.declare import Job
from app.core.logging import configure_logging
from app.search.domain import SearchKind
from app.search.jobs import ReindexSearch, TellSearchServer
from bench.graphql.seeding import CREDITED, MOVIE, Library, Rows, copy, drawn, overview, row_id
from bench.search.backends import typesense
from bench.servers import Servers, peak_memory
from workers.main import WorkerProcess

LANGUAGES: Final = {"de": "Der Film", "fr": "Le film", "ja": "映画"}
FILMS: Final = (SearchKind.MOVIE,)
STATE: Final = text("select state from jobs where kind = :kind order by id desc limit 1")
COUNT: Final = text("select count(*) from search_documents where kind = 'movie' and not gone")


class Content(Library):
    """Films that have all they can have, in four languages: with 13 credits and 3 genres each."""

    def placed(self, before: int | None = None) -> Iterator[tuple[int, int]]:
        """Not only the first ones are credited."""
        return super().placed(None if before == CREDITED else before)

    def tables(self) -> Iterator[tuple[str, str, Callable[[], Rows]]]:
        """Also what is said of them in other languages."""
        yield from super().tables()
        yield "item_metadata", "item_id texts alternative_titles original_language", self._said

    def _said(self) -> Rows:
        for number, place in self.placed():
            texts = {
                language: {"title": f"{film} {place}", "overview": overview(place)}
                for language, film in LANGUAGES.items()
            }
            also = [f"The Picture {place}", f"Number {drawn(place, 9, self.movies)}"]
            yield row_id(MOVIE, number), orjson.dumps(texts).decode(), also, "en"


class Indexed(Struct, frozen=True):
    """What it took: seconds, and the most bytes of the process, before the first document and in
    all.
    """

    backend: str
    documents: int
    seconds: float
    before: int
    peak: int


async def _seed(config: Config, films: int) -> None:
    connection = await asyncpg.connect(dsn=config.database_url)
    try:
        for table, columns, rows in Content(films).tables():
            await copy(connection, table, columns, rows())
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def _done(app: Container, job: Job) -> float:
    """Seconds until a worker has carried it out."""
    worker = WorkerProcess(app, (job.policy.queue,))
    await worker.start()
    started = time.perf_counter()
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(job)
    while (state := await app.db.scalar(STATE, {"kind": job.policy.name})) != "completed":
        if state == "discarded":
            raise RuntimeError(f"{job.policy.name} has failed.")
        await asyncio.sleep(0.1)
    took = time.perf_counter() - started
    await worker.stop()
    return took


async def _index(environment: dict[str, str]) -> Indexed:
    configure_logging("warning", "json")
    pid = multiprocessing.current_process().pid or 0
    app = Container(load_config(environment))
    await app.open()
    try:
        before = peak_memory(pid)
        backend = next(one for one in app.search_backends if one.configured)
        told = TellSearchServer() if app.search_server.configured else ReindexSearch(FILMS)
        seconds = await _done(app, told)
        documents = int(await app.db.scalar(COUNT))
        return Indexed(backend.name, documents, seconds, before, peak_memory(pid))
    finally:
        await app.close()


def _measured(environment: dict[str, str], pipe: Connection) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        pipe.send(runner.run(_index(environment)))


def _apart(environment: dict[str, str]) -> Indexed:
    """What it took a process that does no more."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_measured, args=(environment, theirs))
    process.start()
    theirs.close()
    try:
        found: Indexed = mine.recv()
    except EOFError:
        raise RuntimeError("The process that indexes has failed.") from None
    finally:
        process.join(30)
    return found


def content(made: Servers, films: int) -> Iterator[Indexed]:
    """A library of so many films, indexed, and told to a search server where there is one."""
    asyncio.run(_seed(made.config, films))
    yield _apart(made.environment)
    with typesense(made) as server:
        if server:
            yield _apart(made.environment)
