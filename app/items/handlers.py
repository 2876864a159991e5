"""Entry points of the upkeep of items."""

from typing import TYPE_CHECKING

from app.core.handlers import handles
from app.core.jobs.run import Run
from app.core.logging import get_logger
from app.items.jobs import FoldCounts, RecountItems

if TYPE_CHECKING:
    from app.container import Container

log = get_logger(__name__)


@handles(FoldCounts)
async def fold_counts(app: "Container", _: FoldCounts, run: Run) -> None:
    async with run.tx() as tx:
        await app.item_repository.fold_counts(tx)
        await run.finish(tx)


@handles(RecountItems)
async def recount_items(app: "Container", _: RecountItems, run: Run) -> None:
    async with run.tx() as tx:
        wrong = await app.item_repository.recount(tx)
        await run.finish(tx)
    if wrong:
        log.warning("items.miscounted", items=wrong)
