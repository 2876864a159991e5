"""Which scans start, and when: one at a time, as they are due, and what becomes of records."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.access import SYSTEM
from app.core.clock import SteppedClock
from app.core.errors import Conflict
from app.core.jobs.run import LostLease
from app.libraries.domain import (
    LibraryInput,
    LibraryNotFound,
    ScanState,
    ScanUnderWay,
)
from app.libraries.jobs import CleanScans
from app.scanning.jobs import ScheduleScans
from tests.scanning.stage import Stage, StubProber


async def test_one_scan_at_a_time(stage: Stage) -> None:
    await stage.make()
    answers = await asyncio.gather(*(stage.start() for _ in range(8)), return_exceptions=True)
    refused = [a for a in answers if isinstance(a, BaseException)]
    assert len(refused) == 7
    assert all(isinstance(error, ScanUnderWay) for error in refused)
    assert len(await stage.rows("select 1 from library_scans")) == 1


async def test_switched_off_and_unknown_libraries(stage: Stage) -> None:
    library = await stage.make()
    await stage.app.libraries.update(SYSTEM, library.id, LibraryInput(enabled=False))
    with pytest.raises(Conflict, match="switched off"):
        await stage.start()
    await stage.app.libraries.delete(SYSTEM, library.id)
    with pytest.raises(LibraryNotFound):
        await stage.start()


async def test_orphaned_records_end_as_failed(stage: Stage) -> None:
    await stage.make()
    asked = await stage.start()
    assert await stage.app.scanning.follow_jobs() == 0, "its job still waits"
    job, _ = await stage.claim()
    assert await stage.app.scanning.follow_jobs() == 0, "its job runs"
    await stage.ledger.fail(job, "discarded", delay=0, error=None, counts=True)
    assert await stage.app.scanning.follow_jobs() == 1
    ended = await stage.record(asked)
    assert ended.state is ScanState.FAILED
    assert ended.problem == "The scan was interrupted and given up."
    await stage.start()


async def test_old_records_are_forgotten(stage: Stage, prober: StubProber) -> None:
    await stage.make()
    scans = [await stage.scan() for _ in range(3)]
    open_scan = await stage.start()
    old = "update library_scans set created_at = $2, finished_at = $2 where id = $1"
    now = datetime.now(UTC)
    await stage.rows(old, scans[0].id, now - timedelta(days=31))
    await stage.rows(old, scans[1].id, now - timedelta(days=29))
    assert await stage.app.scanning.clean(await stage.run_of(CleanScans())) == 1
    left = {row["id"] for row in await stage.rows("select id from library_scans")}
    assert left == {scans[1].id, scans[2].id, open_scan.id}


async def due(stage: Stage) -> int:
    """The job that starts what is due."""
    return await stage.app.scanning.run_due(await stage.run_of(ScheduleScans()))


@pytest.fixture
def half_past_three(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    clock = SteppedClock(datetime(2026, 3, 1, 3, 30, tzinfo=UTC))
    for service in (stage.app.scanning, stage.app.libraries):
        name = "clock" if hasattr(service, "clock") else "_clock"
        monkeypatch.setattr(service, name, clock)
    return clock


async def test_schedules_start_what_is_due(stage: Stage, half_past_three: SteppedClock) -> None:
    clock, library = half_past_three, await stage.make()
    change = stage.app.libraries.update
    await change(SYSTEM, library.id, LibraryInput(schedule="0 4 * * *"))
    assert await due(stage) == 0
    clock.advance(timedelta(minutes=31))
    assert await due(stage) == 1
    assert await due(stage) == 0
    (row,) = await stage.rows("select next_scan_at from libraries")
    assert row["next_scan_at"] == datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    clock.advance(timedelta(days=5))
    assert await due(stage) == 0, "the first one still waits: not an error"
    (row,) = await stage.rows("select next_scan_at from libraries")
    assert row["next_scan_at"] == datetime(2026, 3, 7, 4, 0, tzinfo=UTC)
    await change(SYSTEM, library.id, LibraryInput(enabled=False))
    clock.advance(timedelta(days=5))
    assert await due(stage) == 0
    await change(SYSTEM, library.id, LibraryInput(schedule=""))
    (row,) = await stage.rows("select schedule, next_scan_at from libraries")
    assert (row["schedule"], row["next_scan_at"]) == (None, None)


async def test_a_scan_that_was_due_is_not_lost(
    stage: Stage, half_past_three: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torn down between the next time and the scan, or given to another worker meanwhile."""
    library = await stage.make()
    await stage.app.libraries.update(SYSTEM, library.id, LibraryInput(schedule="0 4 * * *"))
    half_past_three.advance(timedelta(hours=1))
    run = await stage.run_of(ScheduleScans())

    async def die(*_: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(stage.app.scan_repository, "create", die)
        with pytest.raises(asyncio.CancelledError):
            await stage.app.scanning.run_due(run)
    await stage.rows("update jobs set attempt = attempt + 1 where id = $1", run.job.id)
    with pytest.raises(LostLease):
        await stage.app.scanning.run_due(run)
    assert await stage.rows("select 1 from library_scans") == []
    await stage.rows("delete from jobs")
    assert await due(stage) == 1
    assert len(await stage.rows("select 1 from library_scans")) == 1


async def test_scan_on_start(stage: Stage) -> None:
    await stage.make()
    assert await stage.app.scanning.run_on_start() == 0
    wanted = LibraryInput(scan_on_start=True)
    await stage.app.libraries.update(SYSTEM, stage.library.id, wanted)
    assert await stage.app.scanning.run_on_start() == 1
    assert await stage.app.scanning.run_on_start() == 0, "it is asked for already"
