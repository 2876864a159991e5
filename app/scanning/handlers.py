"""Entry points of scanning's jobs."""

from typing import TYPE_CHECKING

from app.core.access import EVERYTHING
from app.core.handlers import handles
from app.core.jobs import Cancel
from app.core.jobs.run import LostLease, Run
from app.libraries.jobs import CleanScans, DeleteLibrary, PurgeFiles
from app.scanning.jobs import ProbeLibrary, ScanLibrary, ScheduleScans

if TYPE_CHECKING:
    from app.container import Container


@handles(ScanLibrary)
async def scan_library(app: "Container", job: ScanLibrary, run: Run) -> None:
    """Carry out a scan; one that is over is reopened when its job was put back to work.

    The last failed attempt ends the record at once; however else the job ends, the record follows
    within seconds (`Scanning.follow_jobs`).
    """
    library = (await app.library_repository.by_ids(EVERYTHING, [job.library_id])).get(
        job.library_id
    )
    scan = (await app.scan_repository.by_ids(EVERYTHING, [job.scan_id])).get(job.scan_id)
    if scan is not None and scan.state.over:
        scan = await app.scanning.reopen(scan.id, run)
    if library is None or scan is None:
        raise Cancel("The scan was cancelled, another one is under way, or its library is gone.")
    try:
        await app.scanner.scan(library, scan, run)
    except (LostLease, Cancel):
        raise
    except Exception:
        if run.job.failures + 1 >= ScanLibrary.policy.attempts:
            await app.scanning.fail(scan.id, "The scan failed; see the job.")
        raise


@handles(ProbeLibrary)
async def probe_library(app: "Container", job: ProbeLibrary, run: Run) -> None:
    """Look inside files that wait for it."""
    library = (await app.library_repository.by_ids(EVERYTHING, [job.library_id])).get(
        job.library_id
    )
    if library is None:
        raise Cancel("The library is gone.")
    await app.probing.probe(library, run)


@handles(ScheduleScans)
async def schedule_scans(app: "Container", _: ScheduleScans, run: Run) -> None:
    """Once a minute."""
    await app.scanning.run_due(run)


@handles(DeleteLibrary)
async def delete_library(app: "Container", job: DeleteLibrary, run: Run) -> None:
    """Remove a library and everything in it."""
    await app.deletion.delete(job.library_id, run)


@handles(CleanScans)
async def clean_scans(app: "Container", _: CleanScans, run: Run) -> None:
    """Forget old scans, and carry on deletions that were given up."""
    await app.scanning.clean(run)
    async with run.tx() as tx:
        await app.libraries.carry_on_deletions(tx)
        await run.finish(tx)


@handles(PurgeFiles)
async def purge_files(app: "Container", _: PurgeFiles, run: Run) -> None:
    """Once a day."""
    await app.purging.purge(run)
