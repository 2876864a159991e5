"""Keeping a search server as the table of documents is.

Documents are told in the order of their versions, and the position is committed after the server
has taken them: whatever is killed in between is told again, which changes nothing. An index that is
missing, or has other fields than today's, is built beside the one that is searched and takes its
place at once. It is filled in the same order, so what changes meanwhile comes last by itself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from app.core.access import SYSTEM
from app.core.clock import seconds
from app.core.errors import Unavailable
from app.core.jobs import Snooze
from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.core.tx import Tx
from app.search.domain import SearchCollection, SearchKind
from app.search.jobs import TellSearchServer
from app.search.repository.documents import INDEXED, DocumentRepository, Stored
from app.search.repository.indexes import IndexRepository, IndexState
from app.search.service.typesense.filling import Filling
from app.search.service.typesense.schema import document_of
from app.search.service.typesense.server import NotThere, Refused

log = get_logger(__name__)
AT_ONCE: Final = 500
COMPARED_AT_ONCE: Final = 5_000
AGAIN: Final = seconds(3)
Note = Callable[[Tx, SearchKind, str, int], Awaitable[None]]


class Telling:
    """Tells, builds and compares; every position moves in a transaction of the run."""

    def __init__(
        self,
        filling: Filling,
        documents: DocumentRepository,
        indexes: IndexRepository,
        collections: Mapping[SearchKind, SearchCollection],
    ) -> None:
        self._filling, self._documents, self._indexes = filling, documents, indexes
        self._collections = collections

    async def tell(self, run: Run) -> None:
        """All that is news, of every type. Raises Snooze while the server is away."""
        await self._of_each(self._tell, run)

    async def reconcile(self, run: Run) -> None:
        """Compare what the server has with what it was told, and mend it. Raises Snooze."""
        await self._of_each(self._compare, run)

    async def build(self, run: Run, kind: SearchKind) -> None:
        """A new index beside the one that is searched, then in its place. Raises Unavailable.

        It goes on with one that was begun; what is left over of others is dropped.
        """
        collection = self._collections[kind]
        state, there = await self._indexes.one(kind), await self._filling.names(kind)
        name = state.building
        if name is None or name not in there or not self._filling.is_current(collection, name):
            name = await self._filling.create(collection)
            async with run.tx() as tx:
                await self._indexes.begin(tx, kind, name)
            state = IndexState(kind=kind, name=state.name, told=state.told, building=name)
        await self._send(run, collection, name, state.built, self._indexes.built)
        # What changed meanwhile was told to the other one: hardly anything is left for later.
        built = (await self._indexes.one(kind)).built
        await self._send(run, collection, name, built, self._indexes.built)
        await self._filling.show(kind, name)
        async with run.tx() as tx:
            await self._indexes.swap(tx, kind, name)
            tx.enqueue(TellSearchServer())
        for other in await self._filling.names(kind) - {name}:
            await self._filling.drop(other)
        log.info("search.built", kind=kind.value, collection=name)

    async def _of_each(self, do: Callable[[Run, SearchKind], Awaitable[None]], run: Run) -> None:
        if self._filling.server.place is None:
            return
        try:
            for kind in self._collections:
                await do(run, kind)
        except Refused:
            raise
        except Unavailable as error:
            raise Snooze(AGAIN, error.message) from None

    async def _tell(self, run: Run, kind: SearchKind) -> None:
        collection, state = self._collections[kind], await self._indexes.one(kind)
        if not await self._stands(collection, state):
            await self.build(run, kind)
            state = await self._indexes.one(kind)
        if state.name is not None:
            await self._send(run, collection, state.name, state.told, self._indexes.told)

    async def _stands(self, collection: SearchCollection, state: IndexState) -> bool:
        """Whether searches reach the collection that was told of, and it is as it should be."""
        if not self._filling.is_current(collection, state.name):
            return False
        shown = await self._filling.shown(collection.kind)
        return shown == state.name and shown in await self._filling.names(collection.kind)

    async def _send(
        self, run: Run, collection: SearchCollection, name: str, position: int, note: Note
    ) -> None:
        latest = await self._documents.version()
        while position < latest:
            batch = await self._documents.changed_since(collection.kind, position, AT_ONCE)
            await self._put(collection, name, batch)
            # Of other types' changes nobody has to look through again.
            position = batch[-1].version if len(batch) == AT_ONCE else max(latest, position)
            async with run.tx() as tx:
                await note(tx, collection.kind, name, position)
                if batch:  # answers of before are not to be kept
                    tx.touch(INDEXED)

    async def _put(self, collection: SearchCollection, name: str, batch: Sequence[Stored]) -> None:
        there = [
            document_of(collection, one.document, one.version)
            for one in batch
            if one.document is not None and not one.gone
        ]
        await self._filling.put(name, there)
        await self._filling.take(name, [one.id for one in batch if one.gone])

    async def _compare(self, _: Run, kind: SearchKind) -> None:
        """What is newer than what was told is no difference yet. The server tells its documents in
        no order: all of its ids are held, and taken out as the table names them.
        """
        state = await self._indexes.one(kind)
        if state.name is None:
            return
        try:
            held = {
                id_.int: version
                async for part in self._filling.versions(state.name, state.told)
                for id_, version in part
            }
        except NotThere:
            return  # it is built anew when it is told next
        after: UUID | None = None
        while page := await self._documents.versions(kind, after, COMPARED_AT_ONCE):
            told = {id_: version for id_, version in page if version <= state.told}
            other = {id_: v for id_, v in told.items() if held.get(id_.int) != v}
            await self._mend(kind, state.name, other)
            for id_, _version in page:
                held.pop(id_.int, None)
            after = page[-1][0]
        surplus = [UUID(int=number) for number in held]
        for start in range(0, len(surplus), AT_ONCE):
            await self._filling.take(state.name, surplus[start : start + AT_ONCE])
        if surplus:
            log.warning("search.surplus", kind=kind.value, documents=len(surplus))

    async def _mend(self, kind: SearchKind, name: str, other: Mapping[UUID, int]) -> None:
        collection, ids = self._collections[kind], list(other)
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            found = await self._documents.by_ids(SYSTEM.scope, part)
            sent = [document_of(collection, one, other[id_]) for id_, one in found.items()]
            await self._filling.put(name, sent)
            for hidden in set(part) - found.keys():  # in no library, or in one being deleted
                batch = await self._documents.changed_since(kind, other[hidden] - 1, 1)
                await self._put(collection, name, batch)
        if ids:
            log.warning("search.mended", kind=kind.value, documents=len(ids))
