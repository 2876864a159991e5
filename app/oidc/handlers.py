"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.oidc.jobs import CleanOidcStates

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanOidcStates)
async def clean_states(app: "Container", _: CleanOidcStates, run: Run) -> None:
    """Delete in batches, each its own commit, so that a stop in between loses nothing."""
    more = True
    while more:
        async with run.tx() as tx:
            more = await app.oidc_flows.forget(tx)
            if not more:
                await run.finish(tx)
