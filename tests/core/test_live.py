"""Topics: fan-out, bounded queues, and what happens around lost connections."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio.client import PubSub

from app.core.live import Message, Subscription
from app.core.tasks import end
from tests.conftest import wait_until
from tests.faults.nodes import Node, node


@pytest.fixture
async def one(redis_url: str) -> AsyncIterator[Node]:
    async with node(redis_url, "live") as made:
        yield made


@pytest.fixture
async def other(redis_url: str) -> AsyncIterator[Node]:
    async with node(redis_url, "live") as made:
        yield made


async def following(messages: Subscription) -> Message:
    async with asyncio.timeout(5):
        return await anext(aiter(messages))


async def test_everybody_who_listens_hears(one: Node, other: Node) -> None:
    async with (
        one.live.subscribe("a") as first,
        one.live.subscribe("a") as second,
        other.live.subscribe("a") as third,
        other.live.subscribe("b") as deaf,
    ):
        await asyncio.sleep(0.1)
        await one.live.publish("a", "said", {"n": 1})
        for messages in (first, second, third):
            assert await following(messages) == Message("said", {"n": 1})
        assert not deaf._queue


async def test_messages_keep_their_order(one: Node, other: Node) -> None:
    async with other.live.subscribe("a") as messages:
        await asyncio.sleep(0.1)
        for n in range(50):
            await one.live.publish("a", "said", {"n": n})
        assert [(await following(messages)).payload["n"] for _ in range(50)] == list(range(50))


async def test_what_waits_is_taken_at_once(one: Node) -> None:
    async with one.live.subscribe("a", limit=5) as messages:
        await asyncio.sleep(0.1)
        for n in range(7):
            await one.live.publish("a", "said", {"n": n})
        await wait_until(
            lambda: len(messages._queue) == 5 and messages._queue[-1].payload["n"] == 6
        )
        first, second = await messages.burst(3), await messages.burst(3)
        assert [(m.payload["n"], m.lagged) for m in first] == [(2, True), (3, False), (4, False)]
        assert [m.payload["n"] for m in second] == [5, 6]
        waiting = asyncio.create_task(messages.burst(3))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await one.live.publish("a", "said", {"n": 7})
        assert [m.payload["n"] for m in await asyncio.wait_for(waiting, 5)] == [7]


async def test_a_slow_subscriber_loses_the_oldest_and_is_told(one: Node) -> None:
    async with one.live.subscribe("a", limit=3) as slow, one.live.subscribe("a") as quick:
        await asyncio.sleep(0.1)
        for n in range(10):
            await one.live.publish("a", "said", {"n": n})
        await wait_until(lambda: len(quick._queue) == 10)
        got = [await following(slow) for _ in range(3)]
        assert [(m.payload["n"], m.lagged) for m in got] == [(7, True), (8, False), (9, False)]
        assert not (await following(quick)).lagged


async def test_who_leaves_is_forgotten(one: Node) -> None:
    async with one.live.subscribe("a") as messages:
        assert messages.topic in one.live._topics
    assert one.live._topics == {}
    await one.live.leave(messages)  # twice does no harm
    async with one.live.subscribe("a") as again:
        await asyncio.sleep(0.1)
        await one.live.publish("a", "said", {})
        assert (await following(again)).name == "said"


async def test_a_lost_connection_is_told_and_healed(one: Node) -> None:
    gaps: list[int] = []
    one.live.on_gap = lambda: gaps.append(1)
    async with one.live.subscribe("a") as messages:
        await asyncio.sleep(0.1)
        await one.link.client.client_kill_filter(_type="pubsub")
        await wait_until(lambda: not one.live.healthy, 3)
        assert gaps
        await wait_until(lambda: one.live.healthy, 5)
        await one.live.publish("a", "said", {})
        assert await following(messages) == Message("said", {}, lagged=True)
        await one.live.publish("a", "said", {})
        assert not (await following(messages)).lagged


async def test_who_joins_while_the_connection_is_made_is_not_left_out(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Node(redis_url, "live")
    subscribing, go = asyncio.Event(), asyncio.Event()
    subscribe = PubSub.subscribe

    async def slow(self: PubSub, *topics: str) -> None:
        await subscribe(self, *topics)
        subscribing.set()
        await go.wait()

    monkeypatch.setattr(PubSub, "subscribe", slow)
    await made.live.open()
    try:
        await subscribing.wait()
        async with made.live.subscribe("a") as messages:
            go.set()
            await wait_until(lambda: made.live.healthy)
            await made.live.publish("a", "said", {})
            assert (await following(messages)).name == "said"
    finally:
        await made.live.close()
        await made.l2.close()
        await made.link.close()


async def test_an_unreadable_message_does_not_end_the_hub(one: Node) -> None:
    async with one.live.subscribe("a") as messages:
        await asyncio.sleep(0.1)
        await one.link.client.publish("live:live:a", b"\xff")
        await wait_until(lambda: not one.live.healthy, 3)
        await wait_until(lambda: one.live.healthy, 5)
        await one.live.publish("a", "said", {})
        assert (await following(messages)).lagged


async def test_who_goes_while_joining_is_forgotten(
    one: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the command to Redis is carried to its end: one cut half-way closes the connection."""
    subscribe, cut = PubSub.subscribe, []

    async def slow(self: PubSub, *topics: str) -> None:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            cut.append(topics)
            raise
        await subscribe(self, *topics)

    async with one.live.subscribe("steady") as steady:
        monkeypatch.setattr(PubSub, "subscribe", slow)
        for pause in (0, 0.01, 0.03):
            passing = asyncio.create_task(one.live.subscribe("passing").__aenter__())
            await asyncio.sleep(pause)
            await end([passing])
            assert set(one.live._topics) == {"steady"}
        assert cut == []
        pubsub = one.live._pubsub
        assert pubsub is not None
        await wait_until(lambda: set(pubsub.channels) == {b"live:live:steady", b"live:stale"})
        await one.live.publish("steady", "said", {})
        assert await following(steady) == Message("said", {})
