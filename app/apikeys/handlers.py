"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.apikeys.jobs import CleanApiKeys
from app.core.handlers import handles
from app.core.jobs.run import Run

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanApiKeys)
async def clean_api_keys(app: "Container", _: CleanApiKeys, run: Run) -> None:
    """Delete in batches, each its own commit, so that a stop in between loses nothing."""
    more = True
    while more:
        async with run.tx() as tx:
            more = await app.api_keys.forget(tx)
            if not more:
                await run.finish(tx)
