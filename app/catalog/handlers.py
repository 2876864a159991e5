"""Entry points of the catalogue's upkeep."""

from typing import TYPE_CHECKING

from app.catalog.jobs import CleanCatalog
from app.core.handlers import handles
from app.core.jobs.run import Run

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanCatalog)
async def clean_catalog(app: "Container", _: CleanCatalog, run: Run) -> None:
    await app.orphans.delete(run)
