"""Documents follow the content: at every change, and by comparing all of it."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from app.core.clock import minutes
from app.core.errors import Unavailable
from app.core.handlers import MOST_FOLLOWED
from app.core.jobs import Snooze
from app.core.jobs.run import Run
from app.core.tx import Tx
from app.search.domain import SearchKind
from app.search.jobs import IndexDocuments, ReindexSearch, TellSearchServer
from app.search.repository import Written
from app.search.service import reach
from app.search.service.collections import COLLECTIONS
from app.search.service.typesense.server import Refused

if TYPE_CHECKING:
    from app.container import Container

AT_ONCE: Final = 500
AGAIN: Final = minutes(1)
MOST_TOGETHER: Final = 2000  # ids of jobs that one run does
JOBS_TOGETHER: Final = 20


class Indexing:
    """Keeps documents as the content is."""

    def __init__(self, app: "Container") -> None:
        self._app, self._documents = app, app.documents
        # In this process one at a time waits for the lock, with a connection.
        self._turn = asyncio.Lock()

    async def touched(self, job: IndexDocuments, run: Run) -> None:
        """Index what a job names, and what others name that wait."""
        async with self._turn, run.tx() as tx:
            await self._documents.lock(tx)
            told = [job]
            while sum(len(some) for one in told for some in one.ids.values()) < MOST_TOGETHER:
                others = await run.absorb(tx, IndexDocuments, JOBS_TOGETHER)
                told += others
                if len(others) < JOBS_TOGETHER:
                    break
            for kind, ids in (await self._kinds(told)).items():
                for some in _parts(ids):
                    await self._index(tx, kind, some)
            await run.finish(tx)

    async def _kinds(self, told: Iterable[IndexDocuments]) -> dict[SearchKind, list[UUID]]:
        """What has to be indexed as what; of items that are gone it does not matter."""
        ids: dict[str, dict[UUID, None]] = {}
        for one in told:
            for name, some in one.ids.items():
                ids.setdefault(name, {}).update(dict.fromkeys(some))
        items = list(ids.get("item", ()))
        found = await reach.kinds_of(self._app, items) if items else {}
        there = {id_ for some in found.values() for id_ in some}
        gone = [id_ for id_ in items if id_ not in there]
        if gone:
            found[SearchKind.MOVIE] = [*found.get(SearchKind.MOVIE, ()), *gone]
        for kind in (SearchKind.PERSON, SearchKind.USER):
            if named := ids.get(kind.value):
                found[kind] = list(named)
        for name, naming in (("collection", reach.collected_in), ("called", reach.works_of)):
            if of := ids.get(name):
                for kind, parts in (await naming(self._app, list(of))).items():
                    found[kind] = list(dict.fromkeys([*found.get(kind, ()), *parts]))
        return found

    async def _index(self, tx: Tx, kind: SearchKind, ids: Sequence[UUID]) -> Written:
        """Write the documents of these, and see to those that follow from them."""
        found = await COLLECTIONS[kind].load(self._app, ids)
        written = await self._documents.write(
            tx, list(found.values()), [id_ for id_ in ids if id_ not in found]
        )
        if (written.news or written.gone) and self._app.search_server.configured:
            tx.enqueue(TellSearchServer())
        self._enqueue(tx, "person", written.people)
        if kind is SearchKind.SHOW and written.news:
            children = await reach.children_of(self._app, written.news)
            self._enqueue(tx, "item", [i for some in children.values() for i in some])
        return written

    def _enqueue(self, tx: Tx, name: str, ids: Collection[UUID]) -> None:
        for some in _parts(sorted(ids)):
            tx.enqueue(IndexDocuments(ids={name: tuple(some)}))

    async def reindex(self, job: ReindexSearch, run: Run) -> None:
        """Compare kinds with the content, all of them where none is named, and build the search
        server's index of each anew.
        """
        kinds = job.kinds or tuple(SearchKind)
        for place, kind in enumerate(kinds):
            await self._walk(run, kind, place, len(kinds))
            if self._app.search_server.configured:
                await self._build(run, kind)
        async with run.tx() as tx:
            await run.finish(tx)

    async def _build(self, run: Run, kind: SearchKind) -> None:
        """Raises Snooze while the server is away; what it refuses is an attempt."""
        try:
            await self._app.search_server.telling.build(run, kind)
        except Refused:
            raise
        except Unavailable as error:
            raise Snooze(AGAIN, error.message) from None

    async def compare(self, run: Run) -> None:
        """Compare everything with the content, and let go of what is gone everywhere."""
        for place, kind in enumerate(SearchKind):
            await self._walk(run, kind, place, len(SearchKind))
        told: int | None = None
        if self._app.search_server.configured:
            indexes = await self._app.search_server.indexes.all()
            told = min([one.least for one in indexes.values()], default=0)
        async with run.tx() as tx:
            await self._documents.let_go(tx, told)
            await run.finish(tx)

    async def _walk(self, run: Run, kind: SearchKind, place: int, of: int) -> None:
        """Compare all of a kind, which has this place among so many."""
        done, more, known = 0, True, await self._documents.count(kind)
        while more:
            async with self._turn, run.tx() as tx:
                more = await self._step(tx, kind)
            done += AT_ONCE
            share = done / max(known, done + AT_ONCE)  # of what is new nobody knows how much it is
            await run.progress((place + share) / of, f"{kind}: {done}")

    async def _step(self, tx: Tx, kind: SearchKind) -> bool:
        """Compare the next ids of a kind, from where whoever did so before has got to."""
        await self._documents.lock(tx)
        after = await self._documents.position(tx, kind)
        ids = await reach.page_of_ids(self._app, kind, after, AT_ONCE)
        upto = ids[-1] if len(ids) == AT_ONCE else None
        stored = await self._documents.between(tx, kind, after, upto)
        await self._index(tx, kind, [*ids, *stored.difference(ids)])
        await self._documents.walked(tx, kind, upto)
        return upto is not None


def _parts(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[n : n + MOST_FOLLOWED] for n in range(0, len(ids), MOST_FOLLOWED))
