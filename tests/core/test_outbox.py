"""What a commit causes outside PostgreSQL leaves once, also when its process dies first."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.live import Message, Subscription
from app.core.outbox import Fact, OutboxMessage
from app.core.redis import RedisAway
from app.core.redis_transport import RedisTransport
from tests.conftest import wait_until
from tests.workers import kinds
from tests.workers.kinds import Happened, Plain, bound, enqueue, working
from workers.relay import relay_once


class Spy:
    """A transport that writes down, and raises while it is told to."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.error: Exception = RedisAway("gone")
        self.delivered: list[OutboxMessage] = []

    @property
    def tags(self) -> list[tuple[str, ...]]:
        """What was made stale, apart from rings."""
        return [message.tags for message in self.delivered if message.tags]

    def stale(self, tags: Sequence[str]) -> None:
        """Nothing is kept here."""

    async def deliver(self, message: OutboxMessage) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise self.error
        self.delivered.append(message)


@pytest.fixture
def spy(app: Container, monkeypatch: pytest.MonkeyPatch) -> Spy:
    assert app.db.publisher is not None
    made = Spy()
    monkeypatch.setattr(app.db.publisher, "transport", made)
    return made


async def change(app: Container, *tags: str) -> None:
    async with app.db.write(SYSTEM) as tx:
        tx.touch(*tags)


async def unsent(app: Container) -> int:
    return int(await app.db.pool.fetchval("select count(*) from outbox where sent_at is null"))


async def until_sent(app: Container, timeout: float = 3) -> None:
    async with asyncio.timeout(timeout):
        while await unsent(app):
            await asyncio.sleep(0.02)


async def test_a_change_is_delivered_at_once_and_noted(app: Container, spy: Spy) -> None:
    await change(app, "b", "a", "b", "c")
    assert [message.tags for message in spy.delivered] == [("b", "a", "c")]
    await until_sent(app)
    assert await app.db.pool.fetchval("select count(*) from outbox") == 1


async def test_a_rollback_delivers_nothing(app: Container, spy: Spy) -> None:
    with pytest.raises(ZeroDivisionError):
        async with app.db.write(SYSTEM) as tx:
            tx.touch("a", str(1 / len(await _none(tx))))
    assert spy.delivered == []
    assert await app.db.pool.fetchval("select count(*) from outbox") == 0


async def _none(tx: Any) -> list[Any]:
    return list(await tx.execute(text("select 1 where false")))


async def test_rings_alone_leave_no_row(app: Container, spy: Spy) -> None:
    with bound(app, kinds):
        await enqueue(app, Plain("x"))
        await enqueue(app, Plain("later"), delay=60)
    assert [message.queues for message in spy.delivered] == [frozenset({"default"}), frozenset()]
    assert all(len(message.jobs) == 1 and not message.kept for message in spy.delivered)
    assert await app.db.pool.fetchval("select count(*) from outbox") == 0


async def test_what_nobody_delivered_the_relay_does(app: Container, spy: Spy) -> None:
    """As after the death of a process between its commit and the delivery."""
    spy.fails = True
    await change(app, "x", "y")
    await change(app, "z")
    assert await unsent(app) == 2
    assert await relay_once(app) == 0  # younger than a second: its own process may be at it
    spy.fails = False
    async with working(app):
        await wait_until(lambda: len(spy.tags) == 2, 2.5)
        await until_sent(app)
    assert spy.tags == [("x", "y"), ("z",)]


async def test_an_absent_redis_is_not_told_of_by_every_commit(
    app: Container, spy: Spy, caplog: pytest.LogCaptureFixture
) -> None:
    """Its breaker says it once."""
    spy.fails = True
    await change(app, "x")
    assert "delivery_postponed" not in caplog.text
    spy.error = ValueError("a defect")
    await change(app, "x")
    assert "delivery_postponed" in caplog.text


async def test_the_relay_keeps_what_it_cannot_deliver(app: Container, spy: Spy) -> None:
    spy.fails = True
    await change(app, "x")
    with pytest.raises(RedisAway):
        await relay_once(app, grace=0)
    assert await unsent(app) == 1


async def test_relays_share_the_work(app: Container, spy: Spy) -> None:
    spy.fails = True
    for n in range(40):
        await change(app, str(n))
    spy.fails = False
    moved = await asyncio.gather(*(relay_once(app, grace=0) for _ in range(4)))
    assert sum(moved) == 40
    assert sorted(int(message.tags[0]) for message in spy.delivered) == list(range(40))
    assert await unsent(app) == 0


async def received(messages: Subscription, seconds: float) -> list[Message]:
    """Everything that comes within this time."""
    found: list[Message] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                found.append(await anext(messages))
    return found


async def test_a_live_event_arrives_once_though_it_is_sent_twice(app: Container) -> None:
    async with app.live.subscribe("tests.here") as here, app.live.subscribe("tests.there") as there:
        await asyncio.sleep(0.1)
        async with app.db.write(SYSTEM) as tx:
            tx.emit(Happened(place="here", act="none"))
        await until_sent(app)
        await app.db.pool.execute(
            "update outbox set sent_at = null, created_at = created_at - interval '1 minute'"
        )
        assert await relay_once(app) == 1
        assert [m.payload for m in await received(here, 0.4)] == [{"place": "here", "act": "none"}]
        assert await received(there, 0.05) == []


async def test_a_delivery_that_fails_half_way_is_made_whole_by_the_relay(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, failures = RedisTransport._send, [1]

    async def half(self: RedisTransport, message: OutboxMessage) -> None:
        await send(self, message)
        if failures:
            failures.pop()
            raise TimeoutError  # everything arrived but the answer

    monkeypatch.setattr(RedisTransport, "_send", half)
    async with working(app), app.live.subscribe("tests.here") as messages:
        await asyncio.sleep(0.1)
        async with app.db.write(SYSTEM) as tx:
            tx.emit(Happened(place="here", act="none"))
        assert await unsent(app) == 1
        await until_sent(app, 3)
        assert len(await received(messages, 0.3)) == 1


async def test_facts_survive_the_table(app: Container, spy: Spy) -> None:
    spy.fails = True
    async with app.db.write(SYSTEM) as tx:
        tx.emit(Happened(place="é", act="x"))
        tx.touch("t")
    spy.fails = False
    await relay_once(app, grace=0)
    [message] = spy.delivered
    assert message.tags == ("t",)
    [fact] = message.facts
    assert (fact.topic, fact.name) == ("tests.é", "tests.happened")
    assert fact.payload == {"place": "é", "act": "x"}
    assert isinstance(fact, Fact)
