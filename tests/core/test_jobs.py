"""The ledger: atomic with the commit, unique rules, retries, rings and clocks."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.container import Container
from app.core.access import SYSTEM, Permission, Viewer
from app.core.ids import new_id
from app.core.jobs.declare import TOPIC, Cancel, Snooze, constant, exponential
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import Run
from tests.conftest import wait_until
from tests.workers import kinds
from tests.workers.kinds import (
    Brief,
    Happened,
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
    claimed = await claim_one(app, Plain("a"))
    context = Ledger(app.db.pool, claimed[1])
    state = await context.fail(claimed[0], "retryable", delay=60, error="x", counts=True)
    assert state == "retryable"
    assert await context.claim(policy.queue.value, 1, 3) == []


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
