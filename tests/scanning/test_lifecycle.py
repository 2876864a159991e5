"""The life of a scan: told, cancelled, killed, carried on."""

import asyncio
from typing import Any

import pytest

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Conflict
from app.core.jobs import Cancel
from app.core.jobs.run import LostLease, Run
from app.libraries.domain import (
    Scan,
    ScanState,
)
from app.scanning.service import news, progress
from app.scanning.service import scan as scanning
from app.scanning.service.records import topic
from tests.conftest import wait_until
from tests.scanning.stage import Stage, StubProber, completed

FILMS = 40


def fill(stage: Stage, count: int = FILMS) -> None:
    for number in range(count):
        film = f"Film {number:03} ({1950 + number % 60})"
        stage.put(f"{film}/{film} 1080p.mkv")
        stage.put(f"{film}/{film} 720p.mkv")
        stage.put(f"{film}/movie.nfo", f"<movie><genre>Genre {number % 5}</genre></movie>")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of ten files, events of ten items."""
    monkeypatch.setattr(scanning, "BATCH_FILES", 10)
    monkeypatch.setattr(scanning, "FILES_AT_ONCE", 10)
    monkeypatch.setattr(news, "IDS_AT_ONCE", 10)
    monkeypatch.setattr(progress, "TELL_EVERY", 0)


def after_batches(stage: Stage, monkeypatch: pytest.MonkeyPatch, count: int, act: Any) -> None:
    """Do something once this many batches have been imported."""
    apply, done = stage.app.scanner._apply, []

    async def counting(*args: Any) -> None:
        await apply(*args)
        done.append(1)
        if len(done) == count:
            await act()

    monkeypatch.setattr(stage.app.scanner, "_apply", counting)


async def test_cancelled_within_a_batch(
    stage: Stage, prober: StubProber, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage)
    await stage.make()
    asked = await stage.start()

    async def cancel() -> None:
        await stage.app.scanning.cancel(SYSTEM, asked.id)

    after_batches(stage, monkeypatch, 3, cancel)
    with pytest.raises(Cancel):
        await stage.carry_out(*await stage.claim())
    monkeypatch.undo()
    ended = await stage.record(asked)
    assert ended.state is ScanState.CANCELLED
    assert ended.finished_at is not None
    imported = len(await stage.titles())
    assert 9 <= imported <= 16, "what was imported stays, no batch follows"
    assert ended.added == len(await stage.files())
    with pytest.raises(Conflict):
        await stage.app.scanning.cancel(SYSTEM, asked.id)
    rest = completed(await stage.scan())
    assert rest.unchanged + rest.added == FILMS * 3
    assert len(await stage.titles()) == FILMS


async def test_a_new_scan_right_after_a_cancelled_one(stage: Stage, prober: StubProber) -> None:
    """The job of the cancelled scan may still run: the new scan has a job of its own."""
    fill(stage, 3)
    await stage.make()
    first = await stage.start()
    job, run = await stage.claim()
    await stage.app.scanning.cancel(SYSTEM, first.id)
    second = await stage.start()
    with pytest.raises(Cancel):
        await stage.carry_out(job, run)
    await stage.ledger.fail(job, "cancelled", delay=0, error=None, counts=False)
    await stage.carry_out(*await stage.claim())
    assert completed(await stage.record(second)).added == 9
    assert (await stage.record(first)).state is ScanState.CANCELLED


async def test_a_killed_scan_is_carried_on(
    stage: Stage, prober: StubProber, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two attempts, the first one torn down between batches, equal one that nobody disturbed."""
    fill(stage)
    await stage.make()
    asked = await stage.start()
    job, run = await stage.claim()

    async def die() -> None:
        raise asyncio.CancelledError

    after_batches(stage, monkeypatch, 4, die)
    with pytest.raises(asyncio.CancelledError):
        await stage.carry_out(job, run)
    monkeypatch.undo()
    left = await stage.record(asked)
    assert left.state is ScanState.RUNNING
    assert 0 < len(await stage.titles()) < FILMS
    await stage.ledger.fail(job, "available", delay=0, error=None, counts=False)
    again, new_run = await stage.claim()
    assert again.attempt == job.attempt + 1
    await stage.carry_out(again, new_run)
    ended = completed(await stage.record(asked))
    assert ended.started_at == left.started_at
    assert 0 < left.added < FILMS * 3
    counted = (ended.found, ended.added, ended.updated, ended.unchanged, ended.removed)
    assert counted == (FILMS * 3, FILMS * 3, 0, 0, 0), "as if nobody had disturbed it"
    disturbed = await _natural(stage)
    other = Stage(stage.app, stage.root.parent / "other")
    fill(other)
    await other.make(name="Other")
    await stage.rows("delete from items")
    await stage.rows("delete from library_files where library_id = $1", stage.library.id)
    completed(await other.scan())
    assert await _natural(other) == disturbed


async def _natural(stage: Stage) -> Any:
    genres = await stage.rows(
        """select m.title, g.slug, x.position from movies m
             join item_genres x on x.item_id = m.id join genres g on g.id = x.genre_id
            order by 1, 3"""
    )
    files = {name: (row["size"], row["role"]) for name, row in (await stage.files()).items()}
    return await stage.films(), [tuple(row) for row in genres], files


async def test_a_lost_lease_commits_nothing_more(
    stage: Stage, prober: StubProber, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage, 12)
    await stage.make()
    asked = await stage.start()
    job, run = await stage.claim()
    seen: list[int] = []

    async def take_away() -> None:
        await stage.rows("update jobs set attempt = attempt + 1 where id = $1", job.id)
        seen.append(len(await stage.files()))

    after_batches(stage, monkeypatch, 1, take_away)
    with pytest.raises(LostLease):
        await stage.carry_out(job, run)
    assert [len(await stage.files())] == seen
    assert (await stage.record(asked)).state is ScanState.RUNNING


async def test_the_last_failed_attempt_ends_the_record(
    stage: Stage, prober: StubProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage, 2)
    await stage.make()
    asked = await stage.start()

    async def fail(*_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(stage.app.scanner, "_apply", fail)
    for attempt in (1, 2, 3):
        job, run = await stage.claim()
        with pytest.raises(RuntimeError):
            await stage.carry_out(job, run)
        await stage.ledger.fail(job, "retryable", delay=0, error="boom", counts=True)
        state = (await stage.record(asked)).state
        assert state is (ScanState.FAILED if attempt == 3 else ScanState.RUNNING)
    assert (await stage.record(asked)).problem == "The scan failed; see the job."


async def test_progress_rises_from_nothing_to_all(
    stage: Stage, prober: StubProber, small_batches: None, app: Container
) -> None:
    fill(stage)
    library = await stage.make()
    told: list[dict[str, Any]] = []
    followed: list[float] = []
    async with app.live.subscribe(topic(library.id)) as messages:

        async def follow() -> None:
            async for scan in app.scanning.follow(library):
                followed.append(scan.fraction)
                if scan.state.over:
                    return

        following = asyncio.create_task(follow())
        await asyncio.sleep(0.2)
        await stage.scan()
        async with asyncio.timeout(10):
            while not told or told[-1]["state"] != "completed":
                told.append((await anext(aiter(messages))).payload)
            await following
    fractions = [message["fraction"] for message in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert len(set(fractions)) >= 10
    assert followed == sorted(followed)
    assert followed[-1] == 1
    assert [m["state"] for m in told][:2] == ["pending", "running"]
    assert all("errors" not in message for message in told)


async def test_following_survives_lost_messages(
    stage: Stage, prober: StubProber, app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a single message the record itself is looked at, again and again."""
    from app.scanning.service import records

    fill(stage, 2)
    library = await stage.make()
    monkeypatch.setattr(records, "LOOK_EVERY", 0.1)

    async def silent(*_: Any) -> None:
        return None

    monkeypatch.setattr(app.live, "publish", silent)
    states: list[str] = []

    async def follow() -> None:
        async for scan in app.scanning.follow(library):
            states.append(scan.state.value)
            if scan.state.over:
                return

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.5)
    await stage.scan()
    await asyncio.wait_for(following, 5)
    assert states[-1] == "completed"


async def test_every_change_is_told(
    stage: Stage, prober: StubProber, small_batches: None, app: Container
) -> None:
    fill(stage, 15)
    stage.put("Flat/readme.txt")
    for number in range(25):  # one folder, more than a batch
        stage.put(f"Flat/Single {number} (1999).mkv")
    await stage.make()
    told: dict[str, set[str]] = {"added": set(), "updated": set(), "removed": set()}
    sizes: list[int] = []

    async def listen() -> None:
        async with app.live.subscribe("libraries") as messages:
            async for message in messages:
                if message.name == "library.changed":
                    for name, seen in told.items():
                        ids = message.payload.get(name, ())
                        seen.update(ids)
                        sizes.append(len(ids))

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.2)
    await stage.scan()
    ids = {str(i) for i in (await stage.film_ids()).values()}
    await wait_until(lambda: told["added"] == ids)
    assert len(ids) == 40
    assert max(sizes) <= 10, "at most a batch in one event"
    gone = [str(i) for t, i in (await stage.film_ids()).items() if t.startswith("Single")]
    for path in (stage.root / "Flat").glob("*.mkv"):
        path.unlink()
    await stage.scan()
    await wait_until(lambda: told["removed"] == set(gone))
    await _away(listening)


async def _away(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_job_without_its_record_is_cancelled(stage: Stage) -> None:
    await stage.make()
    asked = await stage.start()
    job, run = await stage.claim()
    await stage.rows("delete from library_scans where id = $1", asked.id)
    with pytest.raises(Cancel):
        await stage.carry_out(job, run)
    assert isinstance(run, Run)


async def test_a_step_after_an_error_carries_it(
    stage: Stage, prober: StubProber, small_batches: None, app: Container
) -> None:
    """And the last word is the row's: all counters, all errors."""
    fill(stage)
    stage.put("Bad (1990)/Bad (1990).mkv")
    stage.put("Bad (1990)/movie.nfo", "<movie")
    (stage.root / "dangling.mkv").symlink_to("nowhere")
    library = await stage.make()
    steps: list[Scan] = []

    async def follow() -> None:
        async for scan in app.scanning.follow(library):
            steps.append(scan)
            if scan.state.over:
                return

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.2)
    ended = await stage.scan()
    await asyncio.wait_for(following, 10)
    assert steps[-1] == ended
    assert len(ended.errors) == 2
    assert all(len(step.errors) == step.failed for step in steps)
    assert 2 in {step.failed for step in steps if step.state is ScanState.RUNNING}


async def test_the_job_tells_how_far_the_scan_is(
    stage: Stage, prober: StubProber, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(stage)
    await stage.make()
    asked = await stage.start()
    job, run = await stage.claim()
    monkeypatch.setattr("app.core.jobs.run.PROGRESS_EVERY", 0)
    seen: list[tuple[float, str]] = []

    async def look() -> None:
        (row,) = await stage.rows("select progress from jobs where id = $1", job.id)
        seen.append((row["progress"]["fraction"], row["progress"]["note"]))

    after_batches(stage, monkeypatch, 5, look)
    await stage.carry_out(job, run)
    await look()
    assert 0.3 < seen[0][0] < 1
    assert seen[0][1].endswith(" of 120 files imported")
    assert seen[1] == (1.0, "120 files")
    completed(await stage.record(asked))
    (probe,) = await stage.ledger.claim("bulk", 20, 600)
    await stage.carry_out(probe, Run(stage.app.db, stage.app.live, probe, stage.ledger.worker))
    (row,) = await stage.rows("select progress from jobs where id = $1", probe.id)
    assert row["progress"]["note"].endswith(" of 80 files looked into")
    assert 0 < row["progress"]["fraction"] <= 1
