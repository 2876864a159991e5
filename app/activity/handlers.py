"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.activity.jobs import CleanActivity
from app.core.handlers import handles
from app.core.jobs.run import Run

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanActivity)
async def clean_activity(app: "Container", _: CleanActivity, run: Run) -> None:
    """Delete in batches, each its own commit, so that a stop in between loses nothing."""
    more = True
    while more:
        async with run.tx() as tx:
            more = await app.activity.forget(tx)
            if not more:
                await run.finish(tx)
