"""Entry points of the jobs of uploads."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.uploads.jobs import CleanUploads

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanUploads)
async def clean_uploads(app: "Container", _: CleanUploads, run: Run) -> None:
    await app.uploads.clean(run)
