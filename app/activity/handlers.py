"""Entry points of this slice's jobs."""

from typing import TYPE_CHECKING

from app.activity.jobs import CleanActivity
from app.core.handlers import handles
from app.core.jobs.run import Run

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanActivity)
async def clean_activity(app: "Container", _: CleanActivity, run: Run) -> None:
    """Delete what nobody needs any longer."""
    await run.batches(app.activity.forget)
