"""The layer in Redis: what is lost there revives nothing."""

import time

from tests.faults.nodes import Node, Things, node

KEY = ("t", "1")
FAR = time.monotonic() + 86_400


async def test_a_lost_token_never_revives_an_entry(one: Node) -> None:
    things = Things(one.cache, {1: "old"})
    await things.name(1)
    await one.cache.settle()
    things.rows[1] = "new"
    await one.touch("thing:1")
    assert await one.link.client.delete("node:tag:thing:1") == 1  # evicted
    one.cache.gap()
    assert await things.name(1) == "new"
    await one.cache.settle()
    await one.link.client.delete("node:tag:things", "node:epoch")
    things.rows[1] = "newer"  # unsaid: only a miss can show it
    one.cache.gap()
    assert await things.name(1) == "newer"


async def test_a_wiped_redis_is_an_empty_cache(one: Node) -> None:
    things = Things(one.cache, {1: "a"})
    await things.name(1)
    await one.cache.settle()
    await one.link.client.flushdb()
    one.cache.gap()
    assert await things.name(1) == "a"
    assert len(things.reads) == 2


async def test_a_new_epoch_makes_all_of_l2_unreadable(one: Node) -> None:
    things = Things(one.cache, {1: "a"})
    await things.name(1)
    await one.cache.settle()
    await one.link.returned()
    one.cache.gap()
    assert await things.name(1) == "a"
    assert len(things.reads) == 2


async def test_a_process_that_begins_to_listen_trusts_nothing_from_before(
    one: Node, redis_url: str
) -> None:
    """Redis may have been restarted without its last second, which nobody may have noticed."""
    things = Things(one.cache, {1: "a"})
    await things.name(1)
    await one.cache.settle()
    async with node(redis_url) as fresh:
        assert await Things(fresh.cache, {1: "b"}).name(1) == "b"
