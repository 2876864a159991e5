"""What a commit causes outside PostgreSQL: stale cache tags, live events, rings of queues.

A row goes into `outbox` in the same transaction; after the commit it is delivered at once, and the
relay delivers what was left behind by a process that died or a Redis that was away. Delivery is at
least once: touching a tag twice is harmless, and live events carry an id to be told apart by.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec
import orjson
from msgspec import Struct
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Unavailable
from app.core.events import Event
from app.core.jobs.table import outbox
from app.core.logging import get_logger

log = get_logger(__name__)


class Fact(Struct, frozen=True):
    """A live event: its topic, name and payload."""

    id: UUID
    topic: str
    name: str
    payload: dict[str, Any]


class OutboxMessage(Struct, frozen=True):
    """What one commit has to send."""

    id: UUID
    tags: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    queues: frozenset[str] = frozenset()
    jobs: tuple[UUID, ...] = ()  # told live, and losable: the ledger has them
    logged: tuple[UUID, ...] = ()  # likewise: the activity log has them

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return not (self.kept or self.queues or self.jobs or self.logged)

    @property
    def kept(self) -> bool:
        """Whether it must survive a crash; rings need not, workers poll."""
        return bool(self.tags or self.facts)


class Executes(Protocol):
    """A session or a transaction."""

    async def execute(self, statement: Any, params: Any = None) -> Any: ...


class OutboxTransport(Protocol):
    """Who delivers a message: Redis, or nobody in a command-line run."""

    def stale(self, tags: Sequence[str]) -> None:
        """Forget these tags in this process, now."""
        ...

    async def deliver(self, message: OutboxMessage) -> None:
        """Tell the other processes. Raises when that cannot be known to have happened."""
        ...


def facts_of(events: Sequence[Event], ids: Sequence[UUID]) -> tuple[Fact, ...]:
    """The live side of events; those without a topic have none."""
    return tuple(
        Fact(id_, topic, event.name, event.payload())
        for event, id_ in zip(events, ids, strict=True)
        if (topic := event.topic()) is not None
    )


async def store(session: AsyncSession, message: OutboxMessage) -> None:
    """Write the message's row into the caller's transaction."""
    facts = [msgspec.to_builtins(fact) for fact in message.facts]
    await session.execute(
        insert(outbox).values(id=message.id, tags=list(message.tags), events=facts)
    )


class OutboxPublisher:
    """Delivers messages after their commit and notes them as sent, several at a time."""

    def __init__(self, transport: OutboxTransport) -> None:
        self.transport = transport
        self._sent: list[UUID] = []
        self._wake = asyncio.Event()

    async def send(self, message: OutboxMessage) -> None:
        """Deliver right after the commit; what fails is left to the relay."""
        try:
            await self.transport.deliver(message)
        except Exception as error:  # noqa: BLE001 - the commit stands, the relay tries again
            # That Redis is away is said once, by its breaker, and not for every commit.
            say = log.debug if isinstance(error, Unavailable) else log.warning
            say("outbox.delivery_postponed", message=str(message.id), error=repr(error))
            return
        if message.kept:
            self._sent.append(message.id)
            self._wake.set()

    def take_sent(self) -> list[UUID]:
        """The delivered messages not yet noted, emptying the list."""
        sent, self._sent = self._sent, []
        self._wake.clear()
        return sent

    async def wait(self) -> None:
        """Until something was delivered."""
        await self._wake.wait()


MARK = update(outbox).values(sent_at=func.clock_timestamp())


async def mark_sent(session: Executes, ids: Sequence[UUID]) -> None:
    """Note messages as delivered."""
    await session.execute(MARK.where(outbox.c.id.in_(ids), outbox.c.sent_at.is_(None)))


async def claim_unsent(session: Executes, limit: int, grace: float) -> list[OutboxMessage]:
    """Rows that nobody delivered within `grace` seconds, locked until the transaction ends."""
    rows = await session.execute(
        select(outbox.c.id, outbox.c.tags, outbox.c.events)
        .where(
            outbox.c.sent_at.is_(None),
            outbox.c.created_at
            < func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, grace),
        )
        .order_by(outbox.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        OutboxMessage(id_, tuple(tags), tuple(msgspec.convert(events, list[Fact])))
        for id_, tags, events in rows
    ]


def encode_args(args: Any) -> str:
    """JSON text of a job's arguments."""
    return orjson.dumps(args).decode()
