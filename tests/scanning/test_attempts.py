"""Records of scans and the jobs behind them: whatever ends or begins a job again, they follow."""

import asyncio
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.jobs import Cancel
from app.core.jobs.declare import Queue
from app.core.jobs.run import Run
from app.libraries.domain import Scan, ScanKind, ScanState
from app.scanning.service import scan as scanning
from tests.conftest import wait_until
from tests.scanning.stage import Stage, StubProber, completed, touch_later
from tests.support.people import People
from workers.main import WorkerProcess

FILMS = 30


def fill(stage: Stage) -> None:
    for number in range(FILMS):
        stage.put(f"Film {number:02} (1990)/Film {number:02} (1990).mkv")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "BATCH_FILES", 10)


def fail_after(stage: Stage, monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    apply = stage.app.scanner._apply
    done: list[int] = []

    async def failing(*args: Any) -> None:
        if len(done) == batches:
            raise RuntimeError("boom")
        done.append(1)
        await apply(*args)

    monkeypatch.setattr(stage.app.scanner, "_apply", failing)


async def job_of(stage: Stage, scan: Scan) -> Any:
    (row,) = await stage.rows("select * from jobs where args ->> 'scan_id' = $1", str(scan.id))
    return row


async def told_of(stage: Stage, scan: Scan) -> bool:
    events = await stage.rows("select events::text as told from outbox")
    job_id = str((await job_of(stage, scan))["id"])
    return any("job.changed" in row["told"] and job_id in row["told"] for row in events)


def counters(scan: Scan) -> tuple[int, ...]:
    return (scan.found, scan.added, scan.updated, scan.unchanged, scan.removed, scan.failed)


async def test_cancelling_a_scan_cancels_its_job(stage: Stage, prober: StubProber) -> None:
    await stage.make()
    waiting = await stage.start()
    ended = await stage.app.scanning.cancel(SYSTEM, waiting.id)
    assert ended.state is ScanState.CANCELLED
    assert (await job_of(stage, waiting))["state"] == "cancelled"
    assert await told_of(stage, waiting), "whoever follows the job hears of it with the commit"
    running = await stage.start()
    job, run = await stage.claim()
    await stage.app.scanning.cancel(SYSTEM, running.id)
    assert (await job_of(stage, running))["cancel_requested"]
    assert await told_of(stage, running)
    with pytest.raises(Cancel):
        await stage.carry_out(job, run)
    await stage.ledger.fail(job, "cancelled", delay=0, error=None, counts=False)
    assert await stage.app.scanning.follow_jobs() == 0, "nothing is reopened"


async def test_cancelling_a_job_cancels_its_scan(
    stage: Stage, prober: StubProber, people: People
) -> None:
    viewer = await people.viewer(await people.admin())
    await stage.make()
    scan = await stage.start()
    await stage.app.jobs.cancel(viewer, (await job_of(stage, scan))["id"])
    assert await stage.app.scanning.follow_jobs() == 1
    ended = await stage.record(scan)
    assert (ended.state, ended.problem) == (
        ScanState.CANCELLED,
        "The job of the scan was cancelled.",
    )
    assert ended.finished_at is not None
    await stage.start()


async def test_a_retried_job_reopens_its_scan(
    stage: Stage, prober: StubProber, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = await people.viewer(await people.admin())
    fill(stage)
    stage.put("Bad (1991)/Bad (1991).mkv")
    stage.put("Bad (1991)/movie.nfo", "<movie")
    (stage.root / "gone.mkv").symlink_to("nowhere")
    await stage.make()
    scan = await stage.start()
    for _ in range(3):
        fail_after(stage, monkeypatch, 1)
        job, run = await stage.claim()
        with pytest.raises(RuntimeError):
            await stage.carry_out(job, run)
        await stage.ledger.fail(
            job, "discarded" if job.failures == 2 else "retryable", delay=0, error="x", counts=True
        )
        monkeypatch.undo()
        monkeypatch.setattr(scanning, "BATCH_FILES", 10)
    failed = await stage.record(scan)
    assert failed.state is ScanState.FAILED
    assert failed.added == 30, "three attempts of a batch each, counted once"
    await stage.app.jobs.retry(viewer, (await job_of(stage, scan))["id"])
    assert await stage.app.scanning.follow_jobs() == 1
    reopened = await stage.record(scan)
    assert (reopened.state, reopened.problem, reopened.finished_at) == (
        ScanState.PENDING,
        None,
        None,
    )
    await stage.carry_out(*await stage.claim())
    ended = completed(await stage.record(scan))
    assert counters(ended) == (32, 32, 0, 0, 0, 2)
    assert len(ended.errors) == 2, "the NFO of the first batch is read once, and told"


async def test_a_retried_job_is_quicker_than_the_look_at_it(
    stage: Stage, prober: StubProber, people: People
) -> None:
    viewer = await people.viewer(await people.admin())
    fill(stage)
    await stage.make()
    scan = await stage.start()
    await stage.app.scanning.cancel(SYSTEM, scan.id)
    await stage.app.jobs.retry(viewer, (await job_of(stage, scan))["id"])
    await stage.carry_out(*await stage.claim())
    assert counters(completed(await stage.record(scan))) == (30, 30, 0, 0, 0, 0)
    await stage.app.jobs.retry(viewer, (await job_of(stage, scan))["id"])
    await stage.carry_out(*await stage.claim())
    ended = completed(await stage.record(scan))
    assert counters(ended) == (30, 0, 0, 30, 0, 0), "a whole scan again, counted from nothing"


async def test_a_retried_job_beside_a_newer_scan(
    stage: Stage, prober: StubProber, people: People
) -> None:
    viewer = await people.viewer(await people.admin())
    await stage.make()
    old = await stage.start()
    await stage.app.scanning.cancel(SYSTEM, old.id)
    await stage.start()
    await stage.app.jobs.retry(viewer, (await job_of(stage, old))["id"])
    assert await stage.app.scanning.follow_jobs() == 0
    outcomes = set()
    claimed = await stage.ledger.claim("bulk", 20, 600)
    for job in sorted(claimed, key=lambda j: j.args["scan_id"] != str(old.id)):
        try:
            run = Run(stage.app.db, stage.app.live, job, stage.ledger.worker)
            await stage.carry_out(job, run)
        except Cancel:
            outcomes.add((job.args["scan_id"], "cancelled"))
        else:
            outcomes.add((job.args["scan_id"], "done"))
    assert (str(old.id), "cancelled") in outcomes
    assert len(outcomes) == 2
    assert (await stage.record(old)).state is ScanState.CANCELLED


async def test_the_worker_makes_records_follow(
    stage: Stage,
    prober: StubProber,
    app: Container,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job that is cancelled while it runs: its record ends within the reaper's period."""
    monkeypatch.setattr("workers.main.REAP_EVERY", 0.2)
    viewer = await people.viewer(await people.admin())
    fill(stage)
    library = await stage.make()
    begun = asyncio.Event()

    async def long(*_: Any) -> None:
        begun.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(app.scanner, "_apply", long)
    process = WorkerProcess(app, (Queue.BULK,))
    await process.start()
    told: list[ScanState] = []

    async def follow() -> None:
        async for scan in app.scanning.follow(library):
            told.append(scan.state)  # noqa: PERF401 - one by one, as they come

    following = asyncio.create_task(follow())
    try:
        scan = await stage.start()
        await asyncio.wait_for(begun.wait(), 10)
        await app.jobs.cancel(viewer, (await job_of(stage, scan))["id"])
        await wait_until(lambda: ScanState.CANCELLED in told, timeout=5)
        assert (await stage.record(scan)).state is ScanState.CANCELLED
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await process.stop()


async def test_counters_of_changes_over_attempts(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage)
    await stage.make()
    await stage.scan()
    for number in range(12):
        touch_later(stage.root / f"Film {number:02} (1990)/Film {number:02} (1990).mkv")
    for number in range(20, 25):
        (stage.root / f"Film {number:02} (1990)/Film {number:02} (1990).mkv").unlink()
    for number in range(40, 55):
        stage.put(f"New {number} (1990)/New {number} (1990).mkv")
    scan = await stage.start()
    for batches in (1, 1, None):
        if batches:
            fail_after(stage, monkeypatch, batches)
        job, run = await stage.claim()
        if batches:
            with pytest.raises(RuntimeError):
                await stage.carry_out(job, run)
            await stage.ledger.fail(job, "retryable", delay=0, error="x", counts=True)
            monkeypatch.undo()
            monkeypatch.setattr(scanning, "BATCH_FILES", 10)
        else:
            await stage.carry_out(job, run)
    assert counters(completed(await stage.record(scan))) == (40, 15, 12, 13, 5, 0)


async def test_a_full_scan_is_carried_on_where_it_was(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first attempt has looked at again is neither imported nor probed once more."""
    fill(stage)
    await stage.make()
    await stage.scan()
    await stage.probe()
    scan = await stage.start(ScanKind.FULL)
    fail_after(stage, monkeypatch, 2)
    job, run = await stage.claim()
    with pytest.raises(RuntimeError):
        await stage.carry_out(job, run)
    await stage.ledger.fail(job, "retryable", delay=0, error="x", counts=True)
    monkeypatch.undo()
    pending = "select count(*) as n from library_files where probe = 'pending'"
    assert (await stage.rows(pending))[0]["n"] == 20
    await stage.rows("update library_files set probe = 'done'")
    imported: list[int] = []
    apply = stage.app.scanner._apply

    async def counting(batch: Any, *rest: Any) -> None:
        imported.append(len(batch.files))
        await apply(batch, *rest)

    monkeypatch.setattr(stage.app.scanner, "_apply", counting)
    again = await stage.claim()
    await stage.carry_out(*again)
    assert sum(imported) == 10
    assert (await stage.rows(pending))[0]["n"] == 10
    assert counters(completed(await stage.record(scan))) == (30, 0, 0, 30, 0, 0)
