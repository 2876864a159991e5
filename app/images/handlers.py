"""Entry points of the jobs of pictures."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.images.jobs import FetchArtwork, TidyImages

if TYPE_CHECKING:
    from app.container import Container


@handles(FetchArtwork)
async def fetch_artwork(app: "Container", job: FetchArtwork, run: Run) -> None:
    await app.images.fetch(job.artwork_ids, run)


@handles(TidyImages)
async def tidy_images(app: "Container", _: TidyImages, run: Run) -> None:
    await app.images.tidy(run)
