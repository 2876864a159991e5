"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.auth.jobs import CleanSessions
from app.core.handlers import handles
from app.core.jobs.run import Run

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanSessions)
async def clean_sessions(app: "Container", _: CleanSessions, run: Run) -> None:
    """Delete in batches, each its own commit, so that a stop in between loses nothing."""
    more = True
    while more:
        async with run.tx() as tx:
            more = await app.accounts.forget_sessions(tx)
            if not more:
                await run.finish(tx)
