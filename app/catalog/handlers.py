"""Entry points of the catalogue's upkeep."""

from typing import TYPE_CHECKING

from app.catalog.jobs import CleanCatalog
from app.core.handlers import handles
from app.core.jobs.run import Run
from app.people.domain import PersonId
from app.people.jobs import MergeTwins

if TYPE_CHECKING:
    from app.container import Container


@handles(CleanCatalog)
async def clean_catalog(app: "Container", _: CleanCatalog, run: Run) -> None:
    await app.orphans.delete(run)


@handles(MergeTwins)
async def merge_twins(app: "Container", job: MergeTwins, run: Run) -> None:
    async with run.tx() as tx:
        await app.person_repository.merge_twins(tx, PersonId(job.kept), PersonId(job.gone))
        await run.finish(tx)
