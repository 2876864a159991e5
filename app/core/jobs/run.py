"""One run of a job, as its handler sees it."""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text, update

from app.core.access import SYSTEM
from app.core.jobs.declare import TOPIC
from app.core.jobs.ledger import ABSORB, FENCE, FINISH, Claimed
from app.core.jobs.table import jobs
from app.core.live import Live

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.tx import Tx

T = TypeVar("T")
PROGRESS_EVERY = 0.25
_FINISH = text(FINISH.replace("$1", ":id").replace("$2", ":attempt").replace("$3", ":worker"))


class LostLease(Exception):
    """The job was given to another worker; nothing of this run may be committed any more."""


class Run:
    """What a handler does everything through: fenced transactions, progress, and the finish."""

    def __init__(
        self, db: "Database", live: Live, job: Claimed, worker: UUID, *, fenced: bool = True
    ) -> None:
        self.job = job
        self.finished = False
        self.outcome: str | None = None
        self._db, self._live, self._worker = db, live, worker
        self._fenced = fenced
        self._told_at = 0.0

    @property
    def _key(self) -> dict[str, Any]:
        return {"id": self.job.id, "attempt": self.job.attempt, "worker": self._worker}

    @contextlib.asynccontextmanager
    async def tx(self) -> AsyncIterator["Tx"]:
        """A transaction that commits only while this run holds the job. Raises LostLease."""
        viewer = msgspec.structs.replace(SYSTEM, user_id=self.job.actor)
        self.outcome = None
        async with self._db.write(viewer) as tx:
            yield tx
            # Last, so that the lock is held for the commit alone and heartbeats hardly wait.
            if self._fenced and self.outcome is None:
                held = await tx.execute(text(FENCE), self._key)
                if held.first() is None:
                    raise LostLease
        self.finished = self.outcome is not None  # true only once it is committed

    async def finish(self, tx: "Tx") -> None:
        """Complete the job in this transaction: its effects and its end are one. Raises LostLease.

        Call it last in the block.
        """
        state = (await tx.execute(_FINISH, self._key)).scalar()
        if state is None and self._fenced:
            raise LostLease
        self.outcome = state or "completed"

    async def absorb(self, tx: "Tx", into: type[T], most: int) -> list[T]:
        """The arguments of others of this kind that wait: in this transaction they are done."""
        given = {"id": self.job.id, "kind": self.job.kind, "most": most}
        rows = (await tx.execute(text(ABSORB), given)).scalars()
        return [msgspec.convert(args, into) for args in rows]

    async def batches(self, *steps: "Callable[[Tx], Awaitable[bool]]") -> None:
        """Take each step again and again, and finish once none says that there is more.

        Every round is a commit of its own: a stop in between loses nothing.
        """
        more = True
        while more:
            async with self.tx() as tx:
                more = any([await step(tx) for step in steps])
                if not more:
                    await self.finish(tx)

    async def progress(self, fraction: float, note: str = "") -> None:
        """Tell how far it is, from 0 to 1; at most four times a second, except the end."""
        now = time.monotonic()
        if fraction < 1 and now - self._told_at < PROGRESS_EVERY:
            return
        self._told_at = now
        told = {"fraction": round(min(1.0, max(0.0, fraction)), 4), "note": note[:200]}
        async with self._db.write(SYSTEM) as tx:
            await tx.execute(
                update(jobs)
                .where(jobs.c.id == self.job.id, jobs.c.attempt == self.job.attempt)
                .values(progress=told)
            )
        await self._live.publish(TOPIC, "job.progress", {"job_ids": [str(self.job.id)]})
