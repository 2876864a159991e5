"""Entry points of the server's upkeep."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.server.jobs import CleanJobs

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanJobs)
async def clean_jobs(app: "Container", _: CleanJobs, run: Run) -> None:
    """Delete what nobody needs any longer."""
    await run.batches(app.upkeep.clean)
