"""The only way to write: one transaction, and everything that the change causes with it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import asyncpg
from msgspec.structs import replace
from sqlalchemy import CursorResult, Executable, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.access import Viewer
from app.core.audit import activity_log, audited
from app.core.events import Event
from app.core.handlers import Registry
from app.core.ids import new_id
from app.core.jobs.declare import Job
from app.core.jobs.ledger import TICK
from app.core.jobs.table import INSERT, RECENT, NewJob, insert_values, queues_of
from app.core.outbox import OutboxMessage, encode_args, facts_of, store
from app.core.pgfaults import translated


class Tx:
    """An open transaction. Made by `Database.write` alone.

    `job_ids` are those of what was put on the ledger, in its order, once it is written: of an equal
    job where one waits or runs, None where one that was done lately stands for it.
    """

    def __init__(self, session: AsyncSession, registry: Registry, viewer: Viewer) -> None:
        self.viewer = viewer
        self._session = session
        self._registry = registry
        self._tags: dict[str, None] = {}
        self._events: list[Event] = []
        self._jobs: list[NewJob] = []
        self.enqueued: list[str] = []
        self.job_ids: tuple[UUID | None, ...] = ()

    def act_as(self, user_id: UUID, username: str | None) -> None:
        """From here on this user is the actor: a sign-in begins as nobody."""
        self.viewer = replace(self.viewer, user_id=user_id, username=username)

    async def execute(
        self,
        statement: Executable,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run a statement; a list of parameters runs it for each, in one round trip."""
        with translated():
            return cast("CursorResult[Any]", await self._session.execute(statement, params))

    async def copy(
        self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]
    ) -> None:
        """Bulk insert with COPY, inside this transaction."""
        with translated():
            connection = await self._session.connection()
            # BEGIN is lazy: without a statement first the COPY would commit by itself.
            await connection.execute(text("select 1"))
            raw = (await connection.get_raw_connection()).driver_connection
            assert isinstance(raw, asyncpg.Connection)  # noqa: S101
            if not raw.is_in_transaction():
                raise RuntimeError("COPY needs an open transaction.")
            await raw.copy_records_to_table(table, records=records, columns=list(columns))

    async def lock(self, name: str, *, shared: bool = False) -> None:
        """Wait for, and hold until the end, the cluster-wide lock of this name.

        `shared` only keeps those out who want it alone.
        """
        take = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        await self.execute(text(f"select {take}(hashtextextended(:name, 0))"), {"name": name})

    async def notify(self, channel: str, *payloads: str) -> None:
        """PostgreSQL's own NOTIFY of each of these, sent with the commit."""
        if not payloads:
            return
        await self.execute(
            text("select pg_notify(:channel, told) from unnest(cast(:payloads as text[])) as told"),
            {"channel": channel, "payloads": list(payloads)},
        )

    def touch(self, *tags: str) -> None:
        """Cache entries under these tags are stale from the commit on."""
        self._tags.update(dict.fromkeys(tags))

    def emit(self, event: Event) -> None:
        """Tell everybody who reacts to this event, and its live subscribers."""
        self._events.append(event)
        args = event.payload()
        self._jobs += [
            NewJob(policy=policy, args=args, unique_key=None)
            for policy in self._registry.reactions.get(event.name, ())
        ]

    def enqueue(self, job: Job, *, delay: float = 0) -> None:
        """Put a job on the ledger with this commit; `delay` in seconds."""
        self.add(NewJob.of(job, delay))

    def add(self, new: NewJob) -> None:
        """Put a row on the ledger with this commit."""
        self._jobs.append(new)

    async def claim_period(self, kind: str, every: float) -> bool:
        """Whether `every` seconds have passed since anybody claimed this periodic job."""
        found = await self.execute(text(TICK), {"kind": kind, "every": every})
        return found.first() is not None

    async def seal(self) -> OutboxMessage:
        """Write what is logged, jobs and the outbox row. Called by `Database.write` just before the
        commit.
        """
        logged = audited(self._events, self.viewer)
        if logged:
            await self.execute(insert(activity_log), logged)
        self._jobs += [
            NewJob(policy=policy, args=args, unique_key=None)
            for policy, args in self._registry.following(self._tags)
        ]
        self.job_ids = told = tuple([await self._insert(new) for new in self._jobs])
        message = OutboxMessage(
            id=new_id(),
            tags=tuple(self._tags),
            facts=facts_of(self._events, [new_id() for _ in self._events]),
            queues=queues_of(self._jobs),
            jobs=tuple(dict.fromkeys(id_ for id_ in told if id_ is not None)),
            logged=tuple(row["id"] for row in logged),
        )
        if message.kept:
            await store(self._session, message)
        return message

    async def _insert(self, new: NewJob) -> UUID | None:
        key = new.unique_key
        within = new.policy.unique_for
        if key is not None and within is not None:
            recent = {"key": key, "within": within.total_seconds()}
            if (await self.execute(RECENT, recent)).first() is not None:
                return None
        values = insert_values(new, encode_args(new.args), self.viewer.user_id)
        row = (await self.execute(INSERT, values)).one()
        if row.inserted:  # and not an equal one that was waiting already
            self.enqueued.append(new.policy.name)
        return cast("UUID", row.id)
