"""Refreshing whatever there are records of, one by one, and all that is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from app.catalog.domain import CollectionId
from app.catalog.domain.said import MetadataState
from app.core.jobs import Cancel
from app.core.jobs.run import LostLease, Run
from app.core.logging import get_logger
from app.enrichment.domain import LEASE, NobodyAnswered, Outcome, Refreshable
from app.enrichment.jobs import RefreshDue, RefreshLibrary, RefreshMetadata
from app.enrichment.service.beginning import Begin
from app.enrichment.service.collections import Collections
from app.enrichment.service.parts import Parts
from app.enrichment.service.persons import Persons
from app.enrichment.service.titles import Titles
from app.items.domain import ItemId, ItemKind
from app.metadata.domain import RecordKind
from app.people.domain import PersonId

if TYPE_CHECKING:
    from app.container import Container

log = get_logger(__name__)
AT_ONCE: Final = 8  # providers' turns are what one waits for
BATCH: Final = 32
ROUND: Final = 4 * 60.0  # seconds, after which the next run goes on
One = Callable[[], Awaitable[None]]


class Refreshing:
    """What jobs do."""

    def __init__(self, app: "Container") -> None:
        self._app, self._clock = app, app.clock
        self._catalog, self._people = app.catalog_repository, app.person_repository
        self._gathering = app.gathering
        self.titles = Titles(app)
        self.parts = Parts(app, self.titles)
        self._persons, self._collections = Persons(app), Collections(app)

    async def one(self, job: RefreshMetadata, run: Run) -> None:
        """One thing. What no provider has any more is not asked for again; who could not be asked
        is asked later.
        """
        outcome = await self._refresh(run.tx, job.kind, job.id, force=job.force)
        if outcome is not None:
            _require_answer(outcome)

    async def library(self, job: RefreshLibrary, run: Run) -> None:
        """Titles of a library are due: all of them, or those that are stale."""
        now = self._clock.now()
        async with run.tx() as tx:
            await self._catalog.await_library(tx, job.library_id, now, anew=job.force)
            tx.enqueue(RefreshDue())
            await run.finish(tx)

    async def due(self, run: Run) -> None:
        """What is due, until nothing is; the next run goes on after some minutes."""
        until = time.monotonic() + ROUND
        while work := await self._due(run):
            await _each(work)
            if time.monotonic() >= until:
                break
        async with run.tx() as tx:
            if work:
                tx.enqueue(RefreshDue())
            await run.finish(tx)

    async def _due(self, run: Run) -> list[One]:
        return await self._due_titles(run) or await self._due_others(run)

    async def _due_titles(self, run: Run) -> list[One]:
        kinds = [
            kind
            for kind in (ItemKind.MOVIE, ItemKind.SHOW)
            if self._gathering.able(RecordKind(kind.value))
        ]
        if not kinds:
            return []
        now = self._clock.now()
        async with run.tx() as tx:
            taken = await self._catalog.take_due(tx, kinds, now, now + LEASE, BATCH)
        return [
            self._one(run.tx, Refreshable(kind.value), item_id, force=anew)
            for item_id, kind, anew in taken
        ]

    async def _due_others(self, run: Run) -> list[One]:
        """People and collections, once no title is due; none that nobody could be asked about."""
        now, able = self._clock.now(), self._gathering.able
        collections: list[CollectionId] = []
        taken: list[PersonId] = []
        async with run.tx() as tx:
            if able(RecordKind.COLLECTION):
                collections = await self._catalog.take_due_collections(tx, now, now + LEASE, BATCH)
            if able(RecordKind.PERSON) and not collections:
                taken = await self._people.take_due(tx, now, now + LEASE, BATCH)
        return [
            *(self._one(run.tx, Refreshable.COLLECTION, i, force=False) for i in collections),
            *(self._one(run.tx, Refreshable.PERSON, i, force=False) for i in taken),
        ]

    def _one(self, begin: Begin, kind: Refreshable, id_: UUID, *, force: bool) -> One:
        async def refresh() -> None:
            began = self._clock.now()
            try:
                await self._refresh(begin, kind, id_, force=force)
            except (Cancel, NobodyAnswered) as error:
                log.info("metadata.not_refreshed", kind=kind.value, id=str(id_), why=str(error))
            except LostLease:
                raise
            except Exception as error:  # the others are no worse for it; this one comes again
                log.exception(
                    "metadata.refresh_failed", kind=kind.value, id=str(id_), error=repr(error)
                )
                await self._put_off(begin, kind, id_, began)

        return refresh

    async def _put_off(self, begin: Begin, kind: Refreshable, id_: UUID, began: datetime) -> None:
        """What cannot be written is tried less and less often."""
        try:
            if kind is Refreshable.PERSON:
                await self._persons.put_off(begin, PersonId(id_))
            elif kind is Refreshable.COLLECTION:
                await self._collections.put_off(begin, CollectionId(id_))
            else:
                await self.titles.put_off(begin, ItemId(id_), began)
        except LostLease:
            raise
        except Exception as error:  # it is due again once nobody has it any more
            log.exception("metadata.not_put_off", id=str(id_), error=repr(error))

    async def _refresh(
        self, begin: Begin, kind: Refreshable, id_: UUID, *, force: bool
    ) -> Outcome | None:
        if not self._gathering.able(RecordKind(kind.value)):
            return None  # it stays as it is until somebody can be asked
        if kind is Refreshable.PERSON:
            await self._persons.refresh(begin, PersonId(id_), force=force)
            return None
        if kind is Refreshable.COLLECTION:
            await self._collections.refresh(begin, CollectionId(id_), force=force)
            return None
        if kind in (Refreshable.SEASON, Refreshable.EPISODE):
            return await self.parts.refresh(begin, ItemId(id_), force=force)
        return await self.titles.refresh(begin, ItemId(id_), force=force)


def _require_answer(outcome: Outcome) -> None:
    if outcome.state is MetadataState.GONE:
        raise Cancel(outcome.problem or "No provider has it any more.")
    if outcome.state is MetadataState.FAILING:
        raise NobodyAnswered(outcome.problem or "", outcome.retry_after)


async def _each(work: list[One]) -> None:
    """All of it, a few at a time."""
    waiting = iter(work)

    async def take() -> None:
        for one in waiting:
            await one()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(AT_ONCE, len(work))):
            group.create_task(take())
