"""The ends of runs that nobody wished for: cancels, releases, rescues; and the fence."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import asyncpg
import pytest

from app.container import Container
from app.core.access import Permission, Viewer
from app.core.ids import new_id
from app.core.jobs.heartbeat import Heartbeat
from app.core.jobs.ledger import MOST_RESCUES, Claimed, Ledger
from app.core.jobs.run import LostLease, Run
from tests.conftest import wait_until
from tests.workers import kinds
from tests.workers.kinds import (
    Brief,
    Once,
    Plain,
    Unique,
    acts,
    blocking,
    bound,
    claim_one,
    counting,
    enqueue,
    ledger,
    only,
    until_state,
    working,
)

ADMIN = Viewer(user_id=new_id(), username="root", permissions=frozenset(Permission))
OVER = ("completed", "cancelled", "discarded")


@pytest.fixture(autouse=True)
def handlers(app: Container) -> Iterator[None]:
    with bound(app, kinds):
        yield
    acts.clear()


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
    claimed, worker = await claim_one(app, Plain("a"))
    await app.jobs.cancel(ADMIN, claimed.id)
    ended = await Ledger(app.db.pool, worker).fail(
        claimed, "retryable", delay=0, error="x", counts=True
    )
    assert ended == "cancelled"


async def test_a_job_that_is_asked_for_after_its_cancellation_runs(app: Container) -> None:
    claimed, worker = await claim_one(app, Unique("a"))
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
    _, worker = await claim_one(app, Unique("a"), lease=0.05)
    await enqueue(app, Unique("a"), delay=3600)
    assert len(await ledger(app, "tests.unique")) == 1
    await asyncio.sleep(0.08)
    [row] = await Ledger(app.db.pool, worker).reap()
    assert row["state"] == "retryable"


async def test_a_worker_takes_over_from_a_dead_one(app: Container) -> None:
    runs = list[int]()
    acts["a"] = counting(runs)
    await claim_one(app, Plain("a"), lease=0.2)
    async with working(app):
        await until_state(app, "tests.plain", "completed", 5)
    assert runs == [2]


async def test_the_fence_refuses_a_run_that_lost_its_job(app: Container) -> None:
    claimed, worker = await claim_one(app, Plain("a"), lease=0.05)
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
    claimed, worker = await claim_one(app, Plain("a"), lease=5)
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


async def test_a_beat_does_not_wait_for_runs_that_end(app: Container) -> None:
    """Each holds its own row, and may want the other's next: the beat wants both."""
    await enqueue(app, Plain("one"), Plain("two"))
    mine = Ledger(app.db.pool, new_id())
    one, two = await mine.claim("default", 2, 5)
    lease = "select lease_until from jobs where id = $1"
    before = [await app.db.pool.fetchval(lease, run.id) for run in (one, two)]
    async with app.db.pool.acquire() as ending, ending.transaction():
        await ending.execute("select from jobs where id = $1 for no key update", one.id)
        async with asyncio.timeout(2):
            kept = await mine.renew([(run.id, run.attempt) for run in (one, two)], 500)
    assert kept == {one.id: False, two.id: False}
    after = [await app.db.pool.fetchval(lease, run.id) for run in (one, two)]
    assert after[0] == before[0]
    assert after[1] > before[1]


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


async def test_no_more_are_claimed_than_asked_for_whatever_the_plan(app: Container) -> None:
    """A limit below a join counts anew each time that the plan comes by, and plans change."""
    await enqueue(app, *(Plain(str(n)) for n in range(30)))
    connection = await asyncpg.connect(dsn=app.db.dsn)
    try:
        for method in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "indexscan"):
            await connection.execute(f"set enable_{method} = off")
        claimed = await Ledger(connection, new_id()).claim("default", 4, 5)
    finally:
        await connection.close()
    assert len(claimed) == 4


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
