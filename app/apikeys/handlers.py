"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.apikeys.jobs import CleanApiKeys
from app.core.handlers import handles
from app.core.jobs.run import Run

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanApiKeys)
async def clean_api_keys(app: "Container", _: CleanApiKeys, run: Run) -> None:
    """Delete what nobody needs any longer."""
    await run.batches(app.api_keys.forget)
