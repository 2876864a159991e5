"""A crowd is let in a few at a time."""

import asyncio

from app.core.turnstile import Turnstile


async def test_one_who_comes_alone_does_not_wait() -> None:
    turnstile = Turnstile(2)
    for _ in range(5):
        waiting = turnstile.wait()
        try:
            waiting.send(None)
        except StopIteration:
            pass
        else:  # pragma: no cover
            raise AssertionError("it waited")
        for _ in range(3):
            await asyncio.sleep(0)


async def test_a_crowd_leaves_room_for_others_and_keeps_its_order() -> None:
    turnstile, most, turns = Turnstile(3), 0, [0]
    passed: list[int] = []
    at_turn: dict[int, int] = {}

    async def come(number: int) -> None:
        await turnstile.wait()
        passed.append(number)
        at_turn[turns[0]] = at_turn.get(turns[0], 0) + 1

    async def count() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await asyncio.gather(*(come(n) for n in range(50)))
    counting.cancel()
    most = max(at_turn.values())
    assert passed == list(range(50))
    assert most <= 2 * 3  # those of a turn may be split by the counter
    assert len(at_turn) >= 10


async def test_who_gives_up_does_not_hold_up_the_others() -> None:
    turnstile = Turnstile(1)
    coming = [asyncio.create_task(turnstile.wait()) for _ in range(5)]
    await asyncio.sleep(0)
    for task in coming[1:4]:
        task.cancel()
    async with asyncio.timeout(2):
        await asyncio.gather(*coming, return_exceptions=True)
    assert [task.cancelled() for task in coming] == [False, True, True, True, False]
    async with asyncio.timeout(2):
        await turnstile.wait()
