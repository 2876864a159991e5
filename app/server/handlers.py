"""Entry points of the server's upkeep."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.server.jobs import CleanJobs

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanJobs)
async def clean_jobs(app: "Container", _: CleanJobs, run: Run) -> None:
    """Delete in batches, each its own commit, so that a stop in between loses nothing."""
    more = True
    while more:
        async with run.tx() as tx:
            more = await app.upkeep.clean(tx)
            if not more:
                await run.finish(tx)
