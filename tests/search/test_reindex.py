"""A reindex that an administrator asks for: its job is real, it goes on after a worker's death, and
nobody who searches meanwhile notices anything of it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.search.domain import SearchKind
from app.search.jobs import TellSearchServer
from bench.graphql.seeding import Library, copy
from tests.faults.processes import Process, processes, settings
from tests.search.drift import drift, served_otherwise
from tests.search.index import index
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.people import People, Somebody

MOVIES: Final = 2_500
ENOUGH: Final = 10  # searches
REINDEX: Final = """mutation($kinds: [SearchKind!]) {
  reindex(kinds: $kinds) { id kind state progress { fraction note } } }"""
JOB: Final = "query($id: ID!) { job(id: $id) { id state attempt progress { fraction note } } }"
SEARCH: Final = """query($text: String!) {
  search(query: $text, kinds: [MOVIE], first: 3) { nodes { ... on Movie { title } } } }"""
ROW: Final = text("select * from search_indexes where kind = 'movie'")
pytestmark = [pytest.mark.faults, pytest.mark.uncounted, pytest.mark.timeout(180)]


@pytest.fixture
async def library(app: Container, housekeeping: Any, preferred: str) -> Library:
    """Thousands of films, all of them searched, though what is stored of them is to be written
    anew.
    """
    made = Library(MOVIES)
    try:
        for table, columns, rows in made.tables():
            await copy(housekeeping, table, columns, rows())
    finally:
        await housekeeping.execute("set session_replication_role = origin")
    app.cache.gap()
    await index(app)
    if preferred == "typesense":
        assert await carry_out(app, TellSearchServer()) == "completed"
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update search_documents set digest = '' where kind = 'movie'"))
    return made


class Searcher:
    """Searches for one film after the other; each of them has to be found, at every moment."""

    def __init__(self, api: Api, who: Somebody, preferred: str) -> None:
        self._api, self._who, self._preferred, self._rng = api, who, preferred, Random(5)
        self.asked = 0

    async def run(self) -> None:
        while True:
            title = f"Film {self._rng.randrange(MOVIES):07}"
            answer = await self._api.send(SEARCH, {"text": title}, self._who)
            assert "errors" not in answer, answer
            assert answer["data"]["search"]["nodes"][:1] == [{"title": title}]
            said = answer["extensions"]["search"]
            assert said == {"backend": self._preferred, "degraded": False}
            self.asked += 1
            await asyncio.sleep(0.005)


@asynccontextmanager
async def searching(searcher: Searcher) -> AsyncIterator[None]:
    """Somebody searches meanwhile, and finds everything."""
    task = asyncio.create_task(searcher.run())
    try:
        yield
    finally:
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
    if isinstance(ended, Exception):  # what it did not find, or how it was answered
        raise ended


async def row(app: Container) -> dict[str, Any]:
    """How far the index of films is."""
    return dict(next(iter(await app.db.records(ROW)), {}))


async def under_way(app: Container, preferred: str) -> dict[str, Any]:
    """Until it is in the middle: of comparing, or of filling the new collection."""
    while True:
        found = await row(app)
        begun = found.get("built") if preferred == "typesense" else found.get("walked")
        if begun:
            return found
        await asyncio.sleep(0.005)


async def worker(app: Container, started: list[Process]) -> Process:
    """A worker process, at work."""
    given = settings(app.config, jobs={"lease": 1.5, "poll": 0.2}, fenced=True)
    started.append(Process("tests.faults.worker", given))
    assert await started[-1].line() == "ready"
    return started[-1]


async def test_a_reindex_goes_on_after_its_workers_death(
    app: Container, api: Api, people: People, library: Library, preferred: str
) -> None:
    admin = await people.admin()
    asked = (await api.run(REINDEX, admin, kinds=["MOVIE"]))["reindex"]
    assert (asked["kind"], asked["state"], asked["progress"]) == (
        "search.reindex", "AVAILABLE", None,
    )  # fmt: skip
    assert (await api.run(REINDEX, admin, kinds=["MOVIE"]))["reindex"]["id"] == asked["id"]
    told: dict[str, float] = {}
    searcher = Searcher(api, admin, preferred)
    with processes() as started:
        async with searching(searcher), asyncio.timeout(120):
            first = await worker(app, started)
            before = await under_way(app, preferred)
            first.send(signal.SIGKILL)
            killed = (await api.run(JOB, admin, id=asked["id"]))["job"]
            assert killed["state"] == "RUNNING"
            await worker(app, started)
            job = killed
            while job["state"] != "COMPLETED":
                job = (await api.run(JOB, admin, id=asked["id"]))["job"]
                if job["progress"] is not None:
                    told[job["progress"]["note"]] = job["progress"]["fraction"]
                await asyncio.sleep(0.02)
    assert job["attempt"] > killed["attempt"]
    assert all(note.startswith("movie: ") and 0 < part <= 1 for note, part in told.items())
    assert len({*told.values()}) > 1
    assert searcher.asked > ENOUGH
    after = await row(app)
    assert (after["walked"], after["building"], after["built"]) == (None, None, 0)
    if preferred == "typesense":
        assert after["name"] == before["building"], "it went on with what was begun"
        assert after["name"] == await app.search_server.filling.shown(SearchKind.MOVIE)
        assert await app.search_server.filling.names(SearchKind.MOVIE) == {after["name"]}
        assert await served_otherwise(app) == []
    assert await drift(app) == []
    print(f"{preferred}: {searcher.asked} searches meanwhile; told: {sorted(told)}")
