"""Writes whose delivery is slow, fails, or meets Redis coming back: no read after is stale."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from app.core.cache import MANY_DOUBTS
from app.core.outbox import OutboxMessage
from app.core.redis import RedisAway
from tests.faults.nodes import Node, Things, node


@pytest.fixture
async def one(redis_url: str) -> AsyncIterator[Node]:
    async with node(redis_url, "races") as made:
        yield made


@pytest.fixture
async def other(redis_url: str) -> AsyncIterator[Node]:
    async with node(redis_url, "races") as made:
        yield made


@pytest.mark.parametrize("arrives", [True, False])
async def test_who_reads_between_a_commit_and_its_delivery_leaves_nothing_stale(
    one: Node, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    """Redis still has the old row then, and the message to oneself comes whenever it likes."""
    things = Things(one.cache, {1: "old"})
    await things.name(1)
    await one.cache.settle()
    things.rows[1] = "new"
    one.live.on_stale = lambda _: None  # the message is on its way
    send = one.transport._send

    async def meanwhile(message: OutboxMessage) -> None:
        await things.name(1)
        if not arrives:
            raise TimeoutError
        await send(message)

    monkeypatch.setattr(one.transport, "_send", meanwhile)
    with contextlib.nullcontext() if arrives else pytest.raises(RedisAway):
        await one.touch("thing:1")
    assert await things.name(1) == "new"


async def test_a_write_while_redis_is_coming_back_is_not_forgotten(one: Node, other: Node) -> None:
    """Everything in it was made unreadable, and somebody has filled it again before the write."""
    rows = {1: "old"}
    things, filler = Things(one.cache, rows), Things(other.cache, rows)

    async def fill_and_write() -> None:
        if one.link.away:
            other.cache.gap()
            assert await filler.name(1) == "old"
            await other.cache.settle()
            rows[1] = "new"
            with pytest.raises(RedisAway):
                await one.touch("thing:1")

    one.link.on_return.append(fill_and_write)
    one.link._open = True
    await one.link._until_back()
    assert not one.link.away
    assert await things.name(1) == "new"


def test_doubts_are_bounded(redis_url: str) -> None:
    made = Node(redis_url)
    made.cache.doubt([f"thing:{n}" for n in range(MANY_DOUBTS)])
    assert made.cache._doubtful(["thing:1"])
    assert not made.cache._doubtful(["another"])
    made.cache.doubt(["one more"])
    assert len(made.cache._doubts) == 0
    assert made.cache._doubtful(["another"])
