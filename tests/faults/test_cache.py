"""A stampede of real processes, and a model of three processes on an unreliable bus."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from app.core import l2 as l2_module
from app.core.cache import Cache
from app.core.entries import Found
from app.core.l1 import L1, Terms
from app.core.l2 import L2
from app.core.live import Live, _Stale
from tests.faults.cache_model import PROCESSES, Model
from tests.faults.processes import Process, processes
from tests.faults.scale import FULL, SEED, dice, scaled

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
CALLERS: Final = 1000
STEPS: Final = 50


async def stampede(url: str, how: str, callers: int) -> int:
    """How often the entry was computed."""
    client = Redis.from_url(url)
    await client.flushdb()
    values = {"url": url, "how": how, "callers": callers}
    with processes() as started:
        started += [Process("tests.faults.stampede", values) for _ in range(PROCESSES)]
        for process in started:
            assert await process.line() == "ready"
        await client.set("go", 1)
        for process in started:
            assert await process.line() == "done"
    computed = int(await client.get(f"computed:{how}") or 0)
    await client.flushdb()
    await client.aclose()
    print(f"{PROCESSES} processes × {callers} callers, {how}: computed {computed} times")
    return computed


async def test_a_stampede_computes_once_per_process_at_most(redis_url: str) -> None:
    assert 1 <= await stampede(redis_url, "ours", CALLERS) <= PROCESSES


async def test_what_one_would_pick_instead_computes_more(redis_url: str) -> None:
    """The control: aiocache's own stampede protection."""
    assert await stampede(redis_url, "aiocache", 20) > PROCESSES


def run_model(examples: int, *phases: Phase) -> None:
    run_state_machine_as_test(
        seed(SEED)(Model),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases or list(Phase),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{examples} runs of up to {STEPS} steps")


def test_no_read_is_stale_beyond_the_rule() -> None:
    dice("model")
    run_model(scaled(6000, 150))


@pytest.mark.parametrize("without", ["tokens", *(["joining", "doubts", "marks"] if FULL else [])])
def test_the_model_finds_what_is_taken_away(without: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without any one of these rules some read is stale."""
    if without == "joining":  # a flight that began before a write answers who asks after it
        monkeypatch.setattr(L1, "moved", lambda *_: False)
    elif without == "doubts":
        monkeypatch.setattr(Cache, "_doubtful", lambda *_: False)
    elif without == "marks":  # what a slow reader read counts as of now
        monkeypatch.setattr(Cache, "_remember", _remember_as_of_now)
    else:  # entries in Redis are good whatever happened
        monkeypatch.setattr(L2, "_open", _open_whatever)
    with pytest.raises(AssertionError):
        run_model(2000, Phase.generate)


@pytest.mark.parametrize("gaps", [True, False])
def test_a_missed_message_shows_at_the_next_beat(
    gaps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk that chance hardly takes, with its control."""
    if not gaps:
        monkeypatch.setattr(Live, "_hear", _hear_without_gaps)
    model = Model()
    model.read(1, 0)
    model.miss(1, 0)
    model.beat(2)
    model.deliver(1)
    with contextlib.nullcontext() if gaps else pytest.raises(AssertionError):
        model.read(1, 0)
    model.teardown()


def _hear_without_gaps(live: Live, note: _Stale) -> None:
    live._beat_at = time.monotonic()
    live.on_stale(note.tags)


def _remember_as_of_now(
    cache: Cache, spec: Any, found: Sequence[Found], _: Mapping[str, int]
) -> None:
    for one in found:
        tags = one.want.tags
        terms = Terms(10, time.monotonic() + 60, tags, cache.l1.mark(tags))
        cache.l1.put((spec.name, one.want.id), one.value, terms)


def _open_whatever(_: L2, raw: bytes | None, *__: object) -> bytes | None:
    return None if raw is None else bytes(l2_module._envelope.decode(raw).value)
