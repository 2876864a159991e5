"""The bounded hasher: what it refuses, what a waiter costs, and what an unknown user costs."""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from app.core.config import AuthConfig, GraphQLConfig
from app.core.crypto import PasswordHasher, new_token, token_hash
from app.core.errors import Code, Invalid, RateLimited

CHEAP = {"hash_memory": 8192, "hash_time": 1}


def config(**changes: Any) -> AuthConfig:
    return AuthConfig(**{**CHEAP, "hash_threads": 1, **changes})


@pytest_asyncio.fixture
async def hasher() -> AsyncIterator[PasswordHasher]:
    made = PasswordHasher(config(hash_wait=2))
    yield made
    made.close()


async def run(hasher: PasswordHasher, work: Callable[[], Any]) -> Any:
    """As if it were a hash."""
    with hasher.turn() as turn:
        return await hasher._run(work, turn)


@contextlib.asynccontextmanager
async def busy(hasher: PasswordHasher) -> AsyncIterator["asyncio.Task[Any]"]:
    """Every thread (there is one) is at work until the end of the block."""
    gate = threading.Event()
    task = asyncio.create_task(run(hasher, gate.wait))
    while not hasher._slots.locked():
        await asyncio.sleep(0)
    try:
        yield task
    finally:
        gate.set()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_hash_is_argon2id_and_only_its_password_matches(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    assert await hasher.verify(stored, "correct horse")
    assert not await hasher.verify(stored, "correct horsf")
    assert await hasher.hash("correct horse") != stored  # salted


async def test_an_unknown_user_costs_a_hash_of_the_same_parameters(hasher: PasswordHasher) -> None:
    import argon2

    stored = await hasher.hash("x")
    assert argon2.extract_parameters(hasher._dummy) == argon2.extract_parameters(stored)
    before = hasher.started
    assert not await hasher.verify(None, "x")
    assert hasher.started == before + 1


@pytest.mark.alone
async def test_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    slow = PasswordHasher(config(hash_memory=32768, hash_time=3))
    try:
        stored = await slow.hash("x")

        async def least(encoded: str | None) -> float:
            times = []
            for _ in range(3):
                started = time.perf_counter()
                assert not await slow.verify(encoded, "y")
                times.append(time.perf_counter() - started)
            return min(times)

        known, unknown = await least(stored), await least(None)
        assert 0.4 < unknown / known < 2.5
    finally:
        slow.close()


@pytest.mark.parametrize(
    "stored",
    [
        "$argon2id$v=19$m=8388608,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$argon2id$v=19$m=8192,t=1000,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "not a hash",
        "",
    ],
)
async def test_an_absurd_or_broken_hash_is_never_computed(
    hasher: PasswordHasher, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def matches(encoded: str, _: bytes) -> bool:
        computed.append(encoded)
        return True  # even if it "matched"

    monkeypatch.setattr(hasher, "_matches", matches)
    assert not await hasher.verify(stored, "x")
    assert computed == [hasher._dummy]  # at the cost of any other
    assert hasher.needs_rehash(stored)


async def test_other_parameters_need_a_rehash(hasher: PasswordHasher) -> None:
    stronger = PasswordHasher(config(hash_time=2))
    try:
        stored = await hasher.hash("x")
        assert not hasher.needs_rehash(stored)
        assert stronger.needs_rehash(stored)
        assert await stronger.verify(stored, "x")
    finally:
        stronger.close()


@pytest.mark.parametrize("password", ["x" * 1025, "é" * 513, "\ud800"])
async def test_what_is_no_password_is_refused_before_the_queue(
    hasher: PasswordHasher, password: str
) -> None:
    async with busy(hasher):
        started = hasher.started
        for attempt in (hasher.hash(password), hasher.verify(None, password)):
            with pytest.raises(Invalid) as caught:
                await asyncio.wait_for(attempt, 0.5)
            assert password not in caught.value.message
        assert hasher.started == started


async def test_a_password_of_1024_bytes_is_taken(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("é" * 512)
    assert await hasher.verify(stored, "é" * 512)


async def test_beyond_the_estimate_newcomers_are_refused_at_once(hasher: PasswordHasher) -> None:
    async with busy(hasher):
        hasher._cost = 1.0  # two may wait for two seconds
        waiting = [asyncio.create_task(hasher.verify(None, "x")) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert hasher.waiting == 2
        with pytest.raises(RateLimited) as caught:
            await asyncio.wait_for(hasher.verify(None, "x"), 0.5)
        assert caught.value.code is Code.RATE_LIMITED
        assert caught.value.retry_after == pytest.approx(3)
    assert await asyncio.gather(*waiting) == [False, False]
    assert hasher.waiting == 0


async def test_a_turn_is_a_place_in_the_queue_from_its_beginning(hasher: PasswordHasher) -> None:
    async with busy(hasher):
        hasher._cost = 1.0
        with hasher.turn() as first, hasher.turn():
            assert hasher.waiting == 2
            with pytest.raises(RateLimited), hasher.turn():
                pytest.fail("there was no room")
            waiting = asyncio.create_task(first.verify(None, "x"))
            await asyncio.sleep(0.01)
            assert hasher.waiting == 2  # not once more
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert hasher.waiting == 0


async def test_places_are_kept_also_while_no_thread_is_at_work() -> None:
    hasher = PasswordHasher(config(hash_wait=2))
    try:
        hasher._cost = 1.0
        with hasher.turn(), hasher.turn(), pytest.raises(RateLimited), hasher.turn():
            pytest.fail("there was no room")
        with hasher.turn():
            assert hasher.waiting == 1
    finally:
        hasher.close()


async def test_a_wait_longer_than_allowed_is_refused() -> None:
    hasher = PasswordHasher(config(hash_wait=0.05))
    try:
        async with busy(hasher):
            hasher._cost = 0.001  # the estimate was too hopeful
            with pytest.raises(RateLimited):
                await hasher.verify(None, "x")
            assert hasher.started == 1
        assert hasher.waiting == 0
    finally:
        hasher.close()


async def test_cancelled_waiters_cost_no_hash_and_leave_the_queue(hasher: PasswordHasher) -> None:
    async with busy(hasher):
        hasher._cost = 1.0
        waiting = [asyncio.create_task(hasher.verify(None, "x")) for _ in range(2)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert hasher.waiting == 0
        late = asyncio.create_task(hasher.verify(None, "x"))  # there is room again
        await asyncio.sleep(0.01)
        assert not late.done()
    assert await late is False
    assert hasher.started == 2  # the one that kept it busy, and the late one


async def test_a_running_hash_keeps_its_slot_when_its_waiter_goes(hasher: PasswordHasher) -> None:
    async with busy(hasher) as task:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert hasher._slots.locked()  # a thread cannot be stopped
    assert await hasher.verify(None, "x") is False


async def test_never_more_hashes_at_once_than_threads() -> None:
    hasher = PasswordHasher(config(hash_threads=2, hash_wait=30))
    running, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    try:
        await asyncio.gather(*(run(hasher, work) for _ in range(20)))
    finally:
        hasher.close()
    assert most == 2


def test_tokens_are_random_prefixed_and_kept_as_sha256() -> None:
    token = new_token("rvs")
    assert token.startswith("rvs_")
    assert len(token) == 47
    assert token != new_token("rvs")
    assert token_hash("abc").hex().startswith("ba7816bf8f01cfea")
    assert len(token_hash("\ud800")) == 32  # whatever a header holds


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="niceness of threads is Linux's")
async def test_hashing_leaves_the_processor_to_the_event_loop(hasher: PasswordHasher) -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await run(hasher, nice) > nice()


def test_who_waits_for_a_hasher_is_answered_within_an_operation() -> None:
    """Longer, and the hash would be made for nobody; one takes far less than the rest."""
    assert AuthConfig().hash_wait <= GraphQLConfig().timeout - 5
