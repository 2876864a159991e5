"""The ledger: atomic with the commit, unique rules, retries, cancels, releases, rescues."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import app.container as container_module
from app.container import Container
from app.core.access import SYSTEM, Permission, Viewer
from app.core.config import Config
from app.core.handlers import Registry
from app.core.ids import new_id
from app.core.jobs.declare import TOPIC, Cancel, Job, Queue, Snooze, constant, exponential, job
from app.core.jobs.heartbeat import Heartbeat
from app.core.jobs.ledger import MOST_RESCUES, Claimed, Ledger
from app.core.jobs.run import LostLease, Run
from tests.conftest import wait_until
from tests.workers import kinds
from tests.workers.kinds import (
    Act,
    Brief,
    Happened,
    Hourly,
    Once,
    Plain,
    Unique,
    acts,
    bound,
    enqueue,
    ledger,
    only,
    working,
)

ADMIN = Viewer(user_id=new_id(), username="root", permissions=frozenset(Permission))
OVER = ("completed", "cancelled", "discarded")


@pytest.fixture(autouse=True)
def handlers(app: Container) -> Iterator[None]:
    with bound(app, kinds):
        yield
    acts.clear()


def counting(counts: list[int], fails: int = 0) -> Act:
    """Notes the attempt of each run; the first `fails` runs fail."""

    async def act(_: Container, run: Run) -> None:
        counts.append(run.job.attempt)
        if len(counts) <= fails:
            raise RuntimeError("it went wrong")

    return act


def blocking(started: asyncio.Event, release: asyncio.Event, runs: list[int]) -> Act:
    async def act(_: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        started.set()
        await release.wait()

    return act


async def until_state(app: Container, kind: str, state: str, timeout: float = 10) -> Any:
    async with asyncio.timeout(timeout):
        while (row := await only(app, kind))["state"] != state:
            await asyncio.sleep(0.01)
    return row


# -- putting jobs on the ledger


async def test_a_rollback_leaves_no_job(app: Container) -> None:
    with pytest.raises(ZeroDivisionError):
        async with app.db.write(SYSTEM) as tx:
            tx.enqueue(Plain(f"never, after {await tx.claim_period('x', 1) / 0}"))
    assert await ledger(app, "tests.plain") == []
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(Plain("once"))
        assert await ledger(app, "tests.plain") == []  # not before the commit
    assert (await only(app, "tests.plain"))["args"] == {"act": "once"}


async def test_a_job_knows_who_asked_for_it(app: Container) -> None:
    async with app.db.write(ADMIN) as tx:
        tx.enqueue(Plain("x"))
    assert (await only(app, "tests.plain"))["actor"] == ADMIN.user_id


async def test_waiting_jobs_are_unique_and_the_earliest_time_wins(app: Container) -> None:
    await enqueue(app, Unique("a"), delay=3600)
    late = (await only(app, "tests.unique"))["run_at"]
    await enqueue(app, Unique("a"), Unique("a"))
    assert (await only(app, "tests.unique"))["run_at"] < late - timedelta(minutes=50)
    await enqueue(app, Unique("a"), delay=3600)
    assert (await only(app, "tests.unique"))["run_at"] < late - timedelta(minutes=50)
    before = enqueued(app, "tests.unique")
    await enqueue(app, Unique("b"))
    assert len(await ledger(app, "tests.unique")) == 2
    await enqueue(app, Unique("b"))
    assert enqueued(app, "tests.unique") == before + 1  # what stands already is not counted


def enqueued(app: Container, kind: str) -> float:
    return float(app.metrics.jobs_enqueued.labels(kind)._value.get())


async def test_enqueueing_during_a_run_runs_it_once_more(app: Container) -> None:
    started, release, runs = asyncio.Event(), asyncio.Event(), list[int]()
    acts["a"] = blocking(started, release, runs)
    async with working(app):
        await enqueue(app, Unique("a"))
        await started.wait()
        for _ in range(3):
            await enqueue(app, Unique("a"))
        assert len(await ledger(app, "tests.unique")) == 1
        release.set()
        row = await until_state(app, "tests.unique", "completed")
        await asyncio.sleep(0.5)
    assert runs == [1, 2]
    assert not row["rerun"]


async def test_a_run_that_finishes_in_its_transaction_reruns_as_well(app: Container) -> None:
    runs = list[int]()

    async def act(app: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        if len(runs) == 1:
            await enqueue(app, Unique("a"))
        async with run.tx() as tx:
            await run.finish(tx)

    acts["a"] = act
    async with working(app):
        await enqueue(app, Unique("a"))
        await wait_until(lambda: len(runs) == 2)
        await until_state(app, "tests.unique", "completed")


@pytest.mark.parametrize("error", [RuntimeError("no"), Cancel("never")])
async def test_a_change_during_a_run_that_ends_badly_is_not_lost(
    app: Container, error: Exception
) -> None:
    runs = list[int]()

    async def act(app: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        if len(runs) <= 2:
            if len(runs) == 2 or isinstance(error, Cancel):
                await enqueue(app, Unique("a"))
            raise error

    acts["a"] = act
    async with working(app):
        await enqueue(app, Unique("a"))
        row = await until_state(app, "tests.unique", "completed")
    assert runs == [1, 2, 3]
    assert row["failures"] == 0


async def test_racing_enqueuers_and_workers_lose_no_change(app: Container) -> None:
    """After the last commit of a change a run begins that sees it, and one key is one open row."""
    change, seen, most = 0, 0, 0

    async def act(app: Container, _: Run) -> None:
        nonlocal seen
        was = change
        await asyncio.sleep(0)
        seen = max(seen, was)

    async def change_often() -> None:
        nonlocal change, most
        for n in range(40):
            change += 1
            await enqueue(app, Unique("a"))
            open_ = [r for r in await ledger(app, "tests.unique") if r["state"] not in OVER]
            most = max(most, len(open_))
            await asyncio.sleep(0.001 * (n % 4))

    acts["a"] = act
    async with working(app), working(app):
        await asyncio.gather(change_often(), change_often(), change_often())
        await wait_until(lambda: seen == change)
        async with asyncio.timeout(10):
            while any(r["state"] not in OVER for r in await ledger(app, "tests.unique")):
                await asyncio.sleep(0.02)
    print(f"{change} changes, {len(await ledger(app, 'tests.unique'))} rows")
    assert most == 1


async def test_what_completed_lately_answers_for_a_new_one(app: Container) -> None:
    runs = list[int]()
    acts["a"] = acts["b"] = counting(runs)
    async with working(app):
        await enqueue(app, Once("a"))
        await until_state(app, "tests.once", "completed")
        await enqueue(app, Once("a"))
        assert len(await ledger(app, "tests.once")) == 1
        await enqueue(app, Once("b"))
        await wait_until(lambda: len(runs) == 2)
    await app.db.pool.execute("update jobs set finished_at = finished_at - interval '2 hours'")
    await enqueue(app, Once("a"))
    assert len(await ledger(app, "tests.once")) == 3


# -- runs and their ends


async def test_failures_are_tried_again_and_then_given_up(app: Container) -> None:
    runs = list[int]()
    acts["a"] = counting(runs, fails=3)
    async with working(app):
        await enqueue(app, Plain("a"))
        row = await until_state(app, "tests.plain", "discarded")
        assert runs == [1, 2, 3]
        assert row["failures"] == 3
        assert [e["error"] for e in row["errors"]] == [
            "An unexpected error (RuntimeError); the log says more beside this job's id."
        ] * 3
        assert [e["attempt"] for e in row["errors"]] == [3, 2, 1]
        assert row["finished_at"] is not None
        await app.jobs.retry(ADMIN, row["id"])
        row = await until_state(app, "tests.plain", "completed")
    assert runs == [1, 2, 3, 4]


def test_backoff_grows_to_its_bound() -> None:
    delay = exponential(10, factor=3, most=100)
    waits = [delay(n).total_seconds() for n in range(1, 6)]
    for wait, least in zip(waits, [10, 30, 90, 100, 100], strict=True):
        assert least <= wait <= least * 1.1
    assert constant(7)(9) == timedelta(seconds=7)


async def test_a_failed_job_waits_for_its_backoff(app: Container) -> None:
    acts["a"] = counting([], fails=1)
    policy = kinds.Plain.policy
    claimed = await _claim_one(app, Plain("a"))
    shop = Ledger(app.db.pool, claimed[1])
    state = await shop.fail(claimed[0], "retryable", delay=60, error="x", counts=True)
    assert state == "retryable"
    assert await shop.claim(policy.queue.value, 1, 3) == []


async def test_cancel_never_retries(app: Container) -> None:
    runs = list[int]()

    async def act(_: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        raise Cancel("there is no such film")

    acts["a"] = act
    async with working(app):
        await enqueue(app, Plain("a"))
        row = await until_state(app, "tests.plain", "cancelled")
        await asyncio.sleep(0.5)
    assert runs == [1]
    assert row["failures"] == 0
    assert row["errors"][0]["error"] == "there is no such film"


async def test_snooze_costs_no_attempt(app: Container) -> None:
    runs = list[int]()

    async def act(_: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        if len(runs) < 6:  # more often than a Plain has attempts
            raise Snooze(timedelta(seconds=0.01), "not yet")

    acts["a"] = act
    async with working(app):
        await enqueue(app, Plain("a"))
        row = await until_state(app, "tests.plain", "completed")
    assert runs == [1, 2, 3, 4, 5, 6]
    assert row["failures"] == 0


async def test_a_run_ends_at_its_timeout(app: Container) -> None:
    async def act(_: Container, __: Run) -> None:
        await asyncio.sleep(60)

    acts["a"] = act
    async with working(app):
        await enqueue(app, Brief("a"))
        row = await until_state(app, "tests.brief", "discarded")
    assert row["errors"][0]["error"] == "It took longer than it may."


@pytest.mark.parametrize("args", ['{"act": 5}', "{}", '["a"]', "null"])
async def test_arguments_that_cannot_be_read_end_the_job(app: Container, args: str) -> None:
    await app.db.pool.execute(
        "insert into jobs (id, kind, queue, args, max_attempts)"
        f" values ($1, 'tests.plain', 'default', '{args}', 3)",
        new_id(),
    )
    async with working(app):
        row = await until_state(app, "tests.plain", "discarded")
    assert row["attempt"] == 1
    assert "cannot be read" in row["errors"][0]["error"]


async def test_a_kind_nobody_knows_ends_the_job(app: Container) -> None:
    await app.db.pool.execute(
        "insert into jobs (id, kind, queue, args, max_attempts)"
        " values ($1, 'tests.unheard', 'default', '{}', 3)",
        new_id(),
    )
    async with working(app):
        row = await until_state(app, "tests.unheard", "discarded")
    assert row["attempt"] == 1


async def test_effects_and_the_end_are_one_commit(app: Container) -> None:
    """A transaction that fails after `finish` leaves the job running, and it is tried again."""
    runs = list[int]()

    async def act(app: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        async with run.tx() as tx:
            tx.enqueue(Once("effect"))
            await run.finish(tx)
            if len(runs) == 1:
                raise RuntimeError("before the commit")
        assert run.finished

    acts["a"], acts["effect"] = act, counting([])
    async with working(app):
        await enqueue(app, Plain("a"))
        row = await until_state(app, "tests.plain", "completed")
    assert runs == [1, 2]
    assert row["failures"] == 0  # a completed job's count starts anew
    assert len(await ledger(app, "tests.once")) == 1


async def test_progress_is_written_and_every_step_is_told(app: Container) -> None:
    told = list[str]()

    async def act(_: Container, run: Run) -> None:
        await run.progress(0.25, "walking")
        await run.progress(0.26, "too soon to be told")
        assert (await only(app, "tests.plain"))["progress"] == {
            "fraction": 0.25,
            "note": "walking",
        }
        await run.progress(7, "x" * 999)

    acts["a"] = act
    async with app.live.subscribe(TOPIC) as messages, working(app):
        await wait_until(lambda: app.live.healthy)
        await enqueue(app, Plain("a"))
        row = await until_state(app, "tests.plain", "completed")
        async with asyncio.timeout(5):
            async for message in messages:
                if str(row["id"]) in message.payload["job_ids"]:
                    told.append(message.name)
                if told[-1:] == ["job.ended"]:
                    break
    assert row["progress"] == {"fraction": 1.0, "note": "x" * 200}
    assert told == ["job.queued", "job.started", "job.progress", "job.progress", "job.ended"]


async def test_events_become_jobs_of_those_who_react(app: Container) -> None:
    runs = list[int]()
    acts["heard"] = counting(runs)
    async with working(app):
        async with app.db.write(SYSTEM) as tx:
            tx.emit(Happened(place="x", act="heard"))
        await wait_until(lambda: len(runs) == 2)
        found = await app.db.pool.fetch("select kind, queue from jobs where kind like 'on:tests%'")
    assert {(r["kind"], r["queue"]) for r in found} == {
        ("on:tests.happened:workers.react", "default"),
        ("on:tests.happened:workers.react_too", "high"),
    }


# -- rings, polls, clocks


async def test_a_lost_ring_is_healed_by_polling(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, rung = list[int](), list[str]()
    acts["a"] = counting(runs)

    async def lose(queues: Any) -> None:
        rung.extend(queues)

    async with working(app):
        monkeypatch.setattr(app.doorbell, "ring", lose)
        await enqueue(app, Plain("a"))
        await wait_until(lambda: runs, 3)
    assert "default" in rung


async def test_a_ring_starts_a_job_long_before_the_poll(config: Config, app: Container) -> None:
    jobs = config.jobs.model_copy(update={"poll": 30})
    slow = Container(config.model_copy(update={"jobs": jobs}))
    await slow.open()
    runs = list[int]()
    acts["a"] = counting(runs)
    try:
        with bound(slow, kinds):
            async with working(slow):
                await asyncio.sleep(0.5)  # the first looks are over, the doorbell listens
                await enqueue(app, Plain("a"))
                await wait_until(lambda: runs, 5)
    finally:
        await slow.close()


async def test_periodic_jobs_run_once_per_cluster(app: Container) -> None:
    runs = list[int]()
    acts["hourly"] = counting(runs)
    queues = (Queue.LOW, Queue.DEFAULT)
    async with working(app, *queues) as one, working(app, *queues) as other:
        await asyncio.gather(*(w._tick(Hourly.policy) for w in (one, other) for _ in range(10)))
        await until_state(app, "tests.hourly", "completed")
        await asyncio.sleep(0.3)
        assert runs == [1]
        await app.db.pool.execute("update periodic_jobs set last_at = last_at - interval '1 hour'")
        await asyncio.gather(*(w._tick(Hourly.policy) for w in (one, other) for _ in range(10)))
        await wait_until(lambda: len(runs) == 2)
    assert len(await ledger(app, "tests.hourly")) == 2


# -- cancelling, stopping, rescuing


async def test_a_running_job_is_cancelled_by_a_live_message(app: Container) -> None:
    started, release, runs = asyncio.Event(), asyncio.Event(), list[int]()
    acts["a"] = blocking(started, release, runs)
    async with working(app) as worker:
        assert worker._heartbeat is not None
        worker._heartbeat._every = 600  # so that only the message can be it
        await asyncio.sleep(0.5)
        await enqueue(app, Plain("a"))
        await started.wait()
        job = await only(app, "tests.plain")
        await app.jobs.cancel(ADMIN, job["id"])
        row = await until_state(app, "tests.plain", "cancelled", 2)
    assert runs == [1]
    assert row["errors"][0]["error"] == "cancelled on request"


async def test_a_job_cancelled_before_its_first_step_gives_its_slot_back(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Heartbeat.add
    async with working(app) as worker:

        def add_and_cancel(self: Heartbeat, id_: UUID, attempt: int) -> None:
            add(self, id_, attempt)
            asyncio.get_running_loop().call_soon(worker._verdict, id_, True)

        monkeypatch.setattr(Heartbeat, "add", add_and_cancel)
        acts["a"] = counting([])
        await enqueue(app, Plain("a"))
        await until_state(app, "tests.plain", "cancelled", 2)
        await wait_until(lambda: not worker._runners["default"]._tasks)
        assert worker._heartbeat is not None
        assert worker._heartbeat._runs == {}


async def test_without_redis_the_heartbeat_brings_the_cancellation(app: Container) -> None:
    started, release, runs = asyncio.Event(), asyncio.Event(), list[int]()
    acts["a"] = blocking(started, release, runs)
    async with working(app):
        await enqueue(app, Plain("a"))
        await started.wait()
        await app.db.pool.execute("update jobs set cancel_requested = true")  # no message at all
        await until_state(app, "tests.plain", "cancelled", 3)


async def test_a_request_to_cancel_ends_a_job_that_fails_first(app: Container) -> None:
    claimed, worker = await _claim_one(app, Plain("a"))
    await app.jobs.cancel(ADMIN, claimed.id)
    ended = await Ledger(app.db.pool, worker).fail(
        claimed, "retryable", delay=0, error="x", counts=True
    )
    assert ended == "cancelled"


async def test_a_job_that_is_asked_for_after_its_cancellation_runs(app: Container) -> None:
    claimed, worker = await _claim_one(app, Unique("a"))
    await enqueue(app, Unique("a"))
    await app.jobs.cancel(ADMIN, claimed.id)  # takes back what was asked before it …
    assert not (await only(app, "tests.unique"))["rerun"]
    await enqueue(app, Unique("a"))  # … but not what is asked after
    ended = await Ledger(app.db.pool, worker).fail(
        claimed, "cancelled", delay=0, error=None, counts=False
    )
    row = await only(app, "tests.unique")
    assert ended == row["state"] == "available"
    assert not row["cancel_requested"]


async def test_stopping_finishes_what_can_and_releases_the_rest(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.main.STOP_PATIENCE", 0.6)
    started, runs = asyncio.Event(), list[str]()

    async def short(_: Container, __: Run) -> None:
        await asyncio.sleep(0.3)
        runs.append("short")

    async def long(_: Container, run: Run) -> None:
        started.set()
        if run.job.attempt == 1:
            await asyncio.sleep(60)
        runs.append("long")

    acts["short"], acts["long"] = short, long
    async with working(app):
        await enqueue(app, Brief("short"), Plain("long"))
        await started.wait()
        await asyncio.sleep(0.05)
    assert runs == []  # a Brief has 0.2 s
    [brief, plain] = [await only(app, k) for k in ("tests.brief", "tests.plain")]
    assert brief["state"] == "discarded"
    assert (plain["state"], plain["failures"], plain["rescues"]) == ("available", 0, 0)
    assert plain["lease_until"] is None
    async with working(app):
        await until_state(app, "tests.plain", "completed", 2)
    assert runs == ["long"]


async def test_what_is_being_claimed_during_a_stop_is_not_left_behind(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming, claim = asyncio.Event(), Ledger.claim

    async def slow(self: Ledger, queue: str, limit: int, lease: float) -> list[Claimed]:
        found = await claim(self, queue, limit, lease)
        if found:
            claiming.set()
            await asyncio.sleep(0.3)  # the answer is on its way
        return found

    runs = list[int]()
    acts["a"] = counting(runs)
    monkeypatch.setattr(Ledger, "claim", slow)
    async with working(app):
        await enqueue(app, Plain("a"))
        await claiming.wait()
    assert (await only(app, "tests.plain"))["state"] in ("completed", "available")


async def test_a_silent_worker_loses_its_job_and_the_third_time_the_job_is_given_up(
    app: Container,
) -> None:
    await enqueue(app, Plain("a"))
    dead = Ledger(app.db.pool, new_id())
    for rescues in range(1, MOST_RESCUES + 1):
        [claimed] = await dead.claim("default", 1, 0.05)
        assert await dead.reap() == []  # the lease still holds
        await asyncio.sleep(0.08)
        [row] = await dead.reap()
        assert row["state"] == ("retryable" if rescues < MOST_RESCUES else "discarded")
        assert await dead.finish(claimed) is None  # the fence
        assert await dead.renew([(claimed.id, claimed.attempt)], 5) == {}
    row = await only(app, "tests.plain")
    assert (row["rescues"], row["failures"], row["attempt"]) == (3, 0, 3)
    assert [(e["attempt"], e["error"]) for e in row["errors"]] == [
        (attempt, "Its worker fell silent.") for attempt in (3, 2, 1)
    ]


async def test_a_change_during_the_last_rescued_run_is_not_lost(app: Container) -> None:
    await enqueue(app, Unique("a"))
    dead = Ledger(app.db.pool, new_id())
    for _ in range(MOST_RESCUES):
        await dead.claim("default", 1, 0.02)
        await asyncio.sleep(0.04)
        await enqueue(app, Unique("a"))
        [row] = await dead.reap()
    row = await only(app, "tests.unique")
    assert (row["state"], row["rescues"], row["rerun"]) == ("available", 0, False)


async def test_the_row_says_how_often_a_job_is_tried(app: Container) -> None:
    """A policy that has changed meanwhile does not: what the API shows is what counts."""
    runs = list[int]()
    acts["a"] = counting(runs, fails=9)
    await enqueue(app, Plain("a"))
    await app.db.pool.execute("update jobs set max_attempts = 2")
    async with working(app):
        await until_state(app, "tests.plain", "discarded")
    assert runs == [1, 2]


async def test_a_rescued_job_and_an_equal_one_meet_nowhere(app: Container) -> None:
    """Formerly a waiting row could stand beside a running one: the way back failed for ever."""
    _, worker = await _claim_one(app, Unique("a"), lease=0.05)
    await enqueue(app, Unique("a"), delay=3600)
    assert len(await ledger(app, "tests.unique")) == 1
    await asyncio.sleep(0.08)
    [row] = await Ledger(app.db.pool, worker).reap()
    assert row["state"] == "retryable"


async def test_a_worker_takes_over_from_a_dead_one(app: Container) -> None:
    runs = list[int]()
    acts["a"] = counting(runs)
    await _claim_one(app, Plain("a"), lease=0.2)
    async with working(app):
        await until_state(app, "tests.plain", "completed", 5)
    assert runs == [2]


async def test_the_fence_refuses_a_run_that_lost_its_job(app: Container) -> None:
    claimed, worker = await _claim_one(app, Plain("a"), lease=0.05)
    run = Run(app.db, app.live, claimed, worker)
    await asyncio.sleep(0.08)
    await Ledger(app.db.pool, worker).reap()
    with pytest.raises(LostLease):
        async with run.tx() as tx:
            tx.enqueue(Once("effect"))
    with pytest.raises(LostLease):
        async with run.tx() as tx:
            await run.finish(tx)
    assert await ledger(app, "tests.once") == []
    assert not run.finished


async def test_the_fence_lets_through_the_run_that_holds_the_job(app: Container) -> None:
    claimed, worker = await _claim_one(app, Plain("a"), lease=5)
    run = Run(app.db, app.live, claimed, worker)
    async with run.tx() as tx:
        tx.enqueue(Once("effect"))
    assert len(await ledger(app, "tests.once")) == 1
    assert not run.finished


async def test_a_verdict_on_an_earlier_run_spares_the_next(app: Container) -> None:
    stopped = list[UUID]()
    heartbeat = Heartbeat(app.db.dsn, new_id(), 3)
    heartbeat._verdict = lambda job, _: stopped.append(job)
    job_id = new_id()
    heartbeat.add(job_id, 2)
    heartbeat._tell(job_id, 1, cancelled=False)
    assert stopped == []
    heartbeat._tell(job_id, 2, cancelled=False)
    assert stopped == [job_id]


async def test_heartbeats_keep_a_job_longer_than_its_lease(app: Container) -> None:
    runs = list[int]()

    async def act(_: Container, run: Run) -> None:
        runs.append(run.job.attempt)
        await asyncio.sleep(4.5)  # the tests' lease is three seconds

    acts["a"] = act
    async with working(app), working(app):
        await enqueue(app, Plain("a"))
        await until_state(app, "tests.plain", "completed")
    assert runs == [1]


async def test_two_claimers_never_get_the_same_job(app: Container) -> None:
    await enqueue(app, *(Plain(str(n)) for n in range(60)))
    claimers = [Ledger(app.db.pool, new_id()) for _ in range(5)]
    found = [
        claimed
        for claims in await asyncio.gather(*(c.claim("default", 20, 5) for c in claimers))
        for claimed in claims
    ]
    assert len(found) == len({claimed.id for claimed in found}) == 60


async def test_no_more_run_at_once_than_the_queue_has_slots(app: Container) -> None:
    now = most = 0

    async def act(_: Container, __: Run) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    acts["a"] = act
    async with working(app):
        await enqueue(app, *(Plain("a") for _ in range(30)))
        async with asyncio.timeout(10):
            while any(r["state"] != "completed" for r in await ledger(app, "tests.plain")):
                await asyncio.sleep(0.02)
    assert most == app.config.jobs.default


# -- declarations


def test_a_job_without_handler_stops_the_start(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_module, "HANDLERS", container_module.HANDLERS[:1])
    with pytest.raises(TypeError, match="has no handler"):
        Container(config)


def test_two_handlers_of_one_job_stop_the_start() -> None:
    with pytest.raises(TypeError, match="two handlers"):
        Registry.collect([kinds, kinds])


def test_unique_by_must_name_fields() -> None:
    with pytest.raises(TypeError, match="nothing"):

        @job("tests.wrong", unique_by=("nothing",))
        class Wrong(Job, frozen=True):
            pass


async def _claim_one(app: Container, new: Job, lease: float = 60) -> tuple[Claimed, UUID]:
    await enqueue(app, new)
    worker = new_id()
    [claimed] = await Ledger(app.db.pool, worker).claim(new.policy.queue.value, 1, lease)
    return claimed, worker
