"""What is kept for how long, gauges, and the periodic jobs that see to it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.auth.jobs import CleanSessions
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.core.jobs import Job, Queue
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import Run
from app.server.jobs import CleanJobs
from app.server.service import upkeep
from tests.auth.people import person, rows, sign_in

JOB = text("""
insert into jobs (id, kind, queue, args, state, max_attempts, run_at, finished_at)
values (:id, 'tests.old', :queue, '{}', :state, 5, now() - make_interval(hours => :hours),
        case when :state in ('completed', 'cancelled', 'discarded')
             then now() - make_interval(hours => :hours) end)
""")
MESSAGE = text("""
insert into outbox (id, tags, events, created_at, sent_at)
values (:id, '[]', '[]', now() - make_interval(mins => :minutes),
        case when :sent then now() - make_interval(mins => :minutes) end)
""")


async def add(app: Container, state: str, hours: int, queue: str = "default") -> None:
    async with app.db.write(SYSTEM) as tx:
        values = {"id": new_id(), "state": state, "hours": hours, "queue": queue}
        await tx.execute(JOB, values)


async def carry_out(app: Container, job: Job) -> str:
    """Enqueue, claim and run a job as a worker does; the state it ends in."""
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(job)
    ledger = Ledger(app.db.pool, new_id())
    claimed = await ledger.claim(job.policy.queue, 10, 30)
    mine = next(c for c in claimed if c.kind == job.policy.name)
    bound, args = app.registry.decode(mine.kind, mine.args)
    run = Run(app.db, app.live, mine, ledger.worker)
    await bound.handler(app, args, run)
    if not run.finished:
        await ledger.finish(mine)
    [(state,)] = await rows(app, f"select state from jobs where id = '{mine.id}'")
    return str(state)


def gauge(app: Container, name: str, **labels: str) -> float | None:
    return app.metrics.registry.get_sample_value(f"revenge_{name}", labels)


async def test_jobs_that_are_over_are_kept_for_their_time(app: Container) -> None:
    kept = [("completed", 23), ("cancelled", 167), ("discarded", 719), ("available", 9000)]
    for state, hours in kept:
        await add(app, state, hours)
    for state, hours in (("completed", 25), ("cancelled", 169), ("discarded", 721)):
        await add(app, state, hours)
    assert await carry_out(app, CleanJobs()) == "completed"
    left = await rows(app, "select state from jobs where kind = 'tests.old' order by state")
    assert left == [(state,) for state in sorted(state for state, _ in kept)]


async def test_deliveries_are_forgotten_once_made(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        for minutes, sent in ((59, True), (61, True), (9000, False)):
            await tx.execute(MESSAGE, {"id": new_id(), "minutes": minutes, "sent": sent})
    await carry_out(app, CleanJobs())
    assert len(await rows(app, "select 1 from outbox where sent_at is null")) == 1
    assert len(await rows(app, "select 1 from outbox")) == 2


async def test_a_great_many_are_deleted_in_batches(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    for _ in range(5):
        await add(app, "completed", 30)
    async with app.db.write(SYSTEM) as tx:
        assert await app.upkeep.clean(tx) is True
    assert len(await rows(app, "select 1 from jobs")) == 3
    await carry_out(app, CleanJobs())
    assert await rows(app, "select 1 from jobs where kind = 'tests.old'") == []


async def test_gauges_tell_what_waits_and_return_to_zero(app: Container) -> None:
    await add(app, "available", 1, "low")
    await add(app, "available", 2, "low")
    await add(app, "retryable", -5, "bulk")  # due in five hours
    await add(app, "running", 8, "high")
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(MESSAGE, {"id": new_id(), "minutes": 3, "sent": False})
    await app.upkeep.measure()
    assert gauge(app, "jobs_queue_size", queue="low", state="available") == 2
    assert gauge(app, "jobs_queue_size", queue="bulk", state="retryable") == 1
    assert gauge(app, "jobs_queue_size", queue="high", state="running") == 1
    assert gauge(app, "jobs_queue_size", queue="critical", state="available") == 0
    assert gauge(app, "jobs_oldest_due_seconds", queue="low") == pytest.approx(7200, abs=60)
    assert gauge(app, "jobs_oldest_due_seconds", queue="bulk") == 0
    assert gauge(app, "jobs_oldest_due_seconds", queue="high") == 0
    assert gauge(app, "outbox_lag_seconds") == pytest.approx(180, abs=60)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from jobs"))
        await tx.execute(text("delete from outbox"))
    await app.upkeep.measure()
    assert gauge(app, "jobs_queue_size", queue="low", state="available") == 0
    assert gauge(app, "jobs_oldest_due_seconds", queue="low") == 0
    assert gauge(app, "outbox_lag_seconds") == 0


async def test_the_periodic_jobs_run(app: Container) -> None:
    user = await person(app, "ann")
    await sign_in(app, user)
    await sign_in(app, user, lasts=timedelta(days=-30))
    assert await carry_out(app, CleanSessions()) == "completed"
    assert len(await rows(app, "select 1 from sessions")) == 1
    await app.sessions.measure()
    assert gauge(app, "sessions_active_total") == 1


def test_upkeep_is_periodic_and_low(app: Container) -> None:
    periodic = {policy.name: policy for policy in app.registry.periodic()}
    for name, every in (
        ("sessions.cleanup", timedelta(hours=1)),
        ("jobs.cleanup", timedelta(minutes=10)),
        ("catalog.cleanup", timedelta(hours=6)),
    ):
        assert periodic[name].queue is Queue.LOW
        assert periodic[name].every == every
