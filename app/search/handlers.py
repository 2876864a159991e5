"""Entry points of search's jobs."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.search.jobs import (
    CompareDocuments,
    ForgetMisses,
    IndexDocuments,
    ReconcileSearch,
    ReindexSearch,
    TellSearchServer,
)

if TYPE_CHECKING:
    from app.container import Container


@handles(IndexDocuments)
async def index_documents(app: "Container", job: IndexDocuments, run: Run) -> None:
    await app.search_indexing.touched(job, run)


@handles(ReindexSearch)
async def reindex(app: "Container", job: ReindexSearch, run: Run) -> None:
    await app.search_indexing.reindex(job, run)


@handles(CompareDocuments)
async def compare(app: "Container", _: CompareDocuments, run: Run) -> None:
    await app.search_indexing.compare(run)


@handles(ForgetMisses)
async def forget_misses(app: "Container", _: ForgetMisses, run: Run) -> None:
    async with run.tx() as tx:
        await app.searching.forget_misses(tx)
        await run.finish(tx)


@handles(TellSearchServer)
async def tell(app: "Container", _: TellSearchServer, run: Run) -> None:
    await app.search_server.telling.tell(run)


@handles(ReconcileSearch)
async def reconcile(app: "Container", _: ReconcileSearch, run: Run) -> None:
    await app.search_server.telling.reconcile(run)
