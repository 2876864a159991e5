"""Jobs for their administrators: list, try again, cancel, follow."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Final
from uuid import UUID

import msgspec

from app.core.access import Permission, Viewer
from app.core.db import Database
from app.core.ids import new_id
from app.core.jobs import TOPIC
from app.core.jobs.cancel import JobChanged, cancel_job, hurry
from app.core.live import Live, Message
from app.core.outbox import OutboxMessage
from app.core.page import Keyset, Page
from app.server.domain import (
    OVER,
    EqualJobUnderWay,
    JobFilter,
    JobNotFound,
    JobNotOver,
    JobOver,
    JobRecord,
)
from app.server.repository import JobRepository

BURST: Final = 0.1


class Jobs:
    """The ledger's administration."""

    def __init__(self, db: Database, repository: JobRepository, live: Live) -> None:
        self._db, self._jobs, self._live = db, repository, live

    async def by_ids(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, JobRecord]:
        """Jobs by their ids, for those who may list them."""
        return await self._jobs.by_ids(ids) if viewer.may(Permission.JOBS_LIST) else {}

    async def page(self, wanted: JobFilter, page: Keyset) -> Page[UUID]:
        """Jobs, the newest first."""
        return await self._jobs.page(wanted, page)

    async def count(self, wanted: JobFilter) -> int:
        """How many such jobs there are."""
        return await self._jobs.count(wanted)

    async def retry(self, viewer: Viewer, job_id: UUID) -> JobRecord:
        """Put a job that is over back to work, with all its attempts.

        Raises NotFound or Conflict.
        """
        async with self._db.write(viewer) as tx:
            queue = await self._jobs.retry(tx, job_id)
            if queue is None:
                state = await self._jobs.state(tx, job_id)
                if state is None:
                    raise JobNotFound(job_id)
                raise EqualJobUnderWay if state in OVER else JobNotOver
            tx.emit(JobChanged(job_ids=(job_id,)))
        if self._db.publisher is not None:  # a ring only saves the wait for the worker's next look
            await self._db.publisher.send(OutboxMessage(new_id(), queues=frozenset({queue})))
        return await self._fresh(job_id)

    async def cancel(self, viewer: Viewer, job_id: UUID) -> JobRecord:
        """Cancel a job: at once while it waits, as soon as it can stop while it runs.

        Raises NotFound or Conflict.
        """
        async with self._db.write(viewer) as tx:
            cancelled = await cancel_job(tx, job_id)
            if cancelled is None:
                known = await self._jobs.state(tx, job_id)
                raise JobNotFound(job_id) if known is None else JobOver
        await hurry(self._live, cancelled)
        return await self._fresh(job_id)

    async def _fresh(self, job_id: UUID) -> JobRecord:
        job = (await self._jobs.by_ids([job_id])).get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        return job

    async def changes(self, only: UUID | None) -> AsyncGenerator[tuple[UUID, ...], None]:
        """Ids of jobs that changed, each burst of them at once; of one job alone with `only`."""
        async with self._live.subscribe(TOPIC) as feed:
            while True:
                burst = dict.fromkeys(_changed(await anext(feed), only))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BURST):
                        while True:
                            burst |= dict.fromkeys(_changed(await anext(feed), only))
                if burst:
                    yield tuple(burst)


def _changed(message: Message, only: UUID | None) -> tuple[UUID, ...]:
    """The jobs a message is about, those to be told of."""
    if message.lagged and only is not None:
        return (only,)  # its own message may be among those that were dropped
    try:
        told = msgspec.convert(message.payload.get("job_ids"), tuple[UUID, ...])
    except msgspec.ValidationError:
        return ()
    return tuple(job_id for job_id in told if only in (None, job_id))
