"""Entry points of refreshing."""

from typing import TYPE_CHECKING

from app.core.clock import minutes
from app.core.handlers import handles, on
from app.core.jobs.run import Run
from app.enrichment.jobs import RefreshDue, RefreshLibrary, RefreshMetadata
from app.items.domain import ItemId
from app.libraries.events import LibraryChanged

if TYPE_CHECKING:
    from app.container import Container


@handles(RefreshMetadata)
async def refresh_metadata(app: "Container", job: RefreshMetadata, run: Run) -> None:
    await app.refreshing.one(job, run)


@handles(RefreshLibrary)
async def refresh_library(app: "Container", job: RefreshLibrary, run: Run) -> None:
    await app.refreshing.library(job, run)


@handles(RefreshDue)
async def refresh_due(app: "Container", _: RefreshDue, run: Run) -> None:
    await app.refreshing.due(run)


@on(LibraryChanged, timeout=minutes(1))
async def await_added(app: "Container", event: LibraryChanged, run: Run) -> None:
    """What was added is due at once; of seasons and episodes the show is."""
    async with run.tx() as tx:
        if event.added:
            await app.editing.await_records(tx, [ItemId(i) for i in event.added])
        await run.finish(tx)
