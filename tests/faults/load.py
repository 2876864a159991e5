"""A load of reads and writes through the API, with an oracle of what a read must answer."""

import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.config import Config
from app.core.ids import decode_id
from app.core.jobs.run import Run
from app.libraries.domain import LibraryId
from app.main import WebApp
from tests.conftest import wait_until
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.workers import kinds
from tests.workers.kinds import Plain, acts, bound

CREATE: Final = """mutation($name: String!, $folder: String!) {
  createLibrary(input: {name: $name, kind: MOVIES, folders: [$folder]}) { id } }"""
RENAME: Final = """mutation($id: ID!, $name: String!) {
  updateLibrary(id: $id, input: {name: $name}) { id name } }"""
READ: Final = "query($id: ID!) { library(id: $id) { name } viewer { user { username } } }"
LIST: Final = "query { libraries(first: 50) { nodes { id name } } }"
EFFECT: Final = text("insert into test_load values (:number)")
STALE_FOR: Final = 4.0  # seconds that another process may answer an older name: relay and all


@contextlib.asynccontextmanager
async def container_on(config: Config) -> AsyncIterator[Container]:
    """An open container that hears itself and PostgreSQL."""
    made = Container(config)
    await made.open()
    try:
        with bound(made, kinds):
            await wait_until(lambda: made.live.healthy and made.listener.healthy)
            yield made
    finally:
        await made.close()


@dataclass
class Shelf:
    """A library whose name is a number that only grows."""

    id: str
    written: int = 0
    acknowledged: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])

    def must(self, moment: float) -> int:
        """The latest name that was acknowledged before this moment."""
        return max(number for at, number in self.acknowledged if at <= moment)


class Load:
    """Writers, readers of the same process and readers of another one, until told to stop."""

    def __init__(
        self, app: Container, other: Container, folder: Path, stale_for: float = STALE_FOR
    ) -> None:
        self.app, self.other, self._folder = app, other, folder
        self._stale_for = stale_for
        self.shelves: list[Shelf] = []
        self.times: list[float] = []
        self.reads = self.writes = 0
        self.enqueued: set[int] = set()  # those whose commit was acknowledged
        self.done: set[int] = set()
        self.errors: list[str] = []
        self.stale: list[str] = []
        self._stop = False
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self, shelves: int) -> None:
        self.api = Api(self.app, WebApp(self.app.config, self.app))
        self.admin: Somebody = await People(self.app).admin()
        for n in range(shelves):
            folder = self._folder / str(n)
            folder.mkdir()
            made = await self.api.run(CREATE, self.admin, name=f"{n}.0", folder=str(folder))
            self.shelves.append(Shelf(made["createLibrary"]["id"]))

        # A logged table: PostgreSQL empties others after a crash.
        await self.app.db.pool.execute("drop table if exists test_load")
        await self.app.db.pool.execute("create table test_load (number int)")

        async def note(_: Container, run: Run) -> None:
            number = int(run.job.args["act"].removeprefix("load-"))
            async with run.tx() as tx:
                await tx.execute(EFFECT, {"number": number})
                await run.finish(tx)
            self.done.add(number)

        self._note = note

    def start(self) -> None:
        works = [self._writer(shelf) for shelf in self.shelves]
        works += [self._reader(shelf) for shelf in self.shelves for _ in range(2)]
        works += [self._neighbour(shelf) for shelf in self.shelves]
        works += [self._lister(), self._enqueuer()]
        self._tasks = [asyncio.create_task(work) for work in works]

    async def stop(self) -> None:
        self._stop = True
        await asyncio.gather(*self._tasks)
        await self.api.close()

    async def effects(self, timeout: float) -> list[int]:
        """The effects that there are, once every acknowledged job has had its own."""
        pool = self.app.db.pool
        async with asyncio.timeout(timeout):
            while True:
                waiting = await pool.fetchval(
                    "select count(*) from jobs where kind = 'tests.plain'"
                    " and state in ('available', 'retryable', 'running')"
                )
                rows = await pool.fetch("select number from test_load order by number")
                found = [row["number"] for row in rows]
                if not waiting and self.enqueued <= set(found):
                    break
                await asyncio.sleep(0.1)
        await pool.execute("drop table test_load")
        return found

    def take_times(self) -> list[float]:
        """The seconds of every operation since the last time this was asked."""
        taken, self.times = self.times, []
        return taken

    async def _timed(self, call: Callable[[], Awaitable[Any]], what: str) -> Any:
        began = time.monotonic()
        try:
            answer = await call()
        except Exception as error:  # noqa: BLE001 - every failure counts
            self.errors.append(f"{what}: {getattr(error, 'code', None) or repr(error)}")
            await asyncio.sleep(0.02)
            return None
        self.times.append(time.monotonic() - began)
        return answer

    async def _writer(self, shelf: Shelf) -> None:
        while not self._stop:
            shelf.written += 1
            name = f"{self.shelves.index(shelf)}.{shelf.written}"
            number = shelf.written

            async def rename(name: str = name) -> Any:
                return await self.api.run(RENAME, self.admin, id=shelf.id, name=name)

            if await self._timed(rename, "write") is not None:
                shelf.acknowledged.append((time.monotonic(), number))
                self.writes += 1
                await self._check(shelf, "own write")
            await asyncio.sleep(0.05)

    async def _reader(self, shelf: Shelf) -> None:
        while not self._stop:
            await self._check(shelf, "same process")
            await asyncio.sleep(0.01)

    async def _check(self, shelf: Shelf, who: str) -> None:
        must = shelf.must(time.monotonic())
        answer = await self._timed(lambda: self.api.run(READ, self.admin, id=shelf.id), "read")
        if answer is not None:
            self._judge(number_of(answer["library"]["name"]), must, who)

    def _judge(self, got: int, must: int, who: str) -> None:
        self.reads += 1
        if got < must:
            self.stale.append(f"{who}: {got} instead of {must}")

    async def _neighbour(self, shelf: Shelf) -> None:
        key = LibraryId(decode_id("library", shelf.id))
        repository = self.other.library_repository
        while not self._stop:
            must = shelf.must(time.monotonic() - self._stale_for)
            found = await self._timed(lambda: repository.by_ids(EVERYTHING, [key]), "neighbour")
            if found is not None:
                self._judge(number_of(found[key].name), must, "other process")
            await asyncio.sleep(0.01)

    async def _lister(self) -> None:
        while not self._stop:
            await self._timed(lambda: self.api.run(LIST, self.admin), "list")
            await asyncio.sleep(0.02)

    async def _enqueuer(self) -> None:
        for number in itertools.count():
            if self._stop:
                return
            name = f"load-{number}"
            acts[name] = self._note

            async def enqueue(name: str = name) -> bool:
                async with self.app.db.write(SYSTEM) as tx:
                    tx.enqueue(Plain(name))
                return True

            if await self._timed(enqueue, "enqueue"):
                self.enqueued.add(number)
            await asyncio.sleep(0.05)


def p99(times: list[float]) -> float:
    """Seconds that one in a hundred is above."""
    return statistics.quantiles(times, n=100)[98]


def number_of(name: str) -> int:
    return int(name.rpartition(".")[2])
