"""Persons, genres, networks and collections go when the last item that had them has gone."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from app.catalog.domain import Label
from app.catalog.repository import CatalogRepository, credited
from app.core.jobs.run import Run
from app.core.tx import Tx
from app.people.repository import PersonRepository

AT_ONCE: Final = 1000


class Orphans:
    """Deletes what no item has any more, a batch per transaction."""

    def __init__(self, catalog: CatalogRepository, people: PersonRepository) -> None:
        self._catalog, self._people = catalog, people

    async def delete(self, run: Run) -> None:
        """Everything, one kind after the other: a transaction waits for one lock only."""
        kinds: tuple[Callable[..., Awaitable[int]], ...] = (
            self._persons,
            *(partial(self._catalog.delete_unused_labels, label=label) for label in Label),
            self._catalog.delete_unused_collections,
        )
        for delete in kinds:
            deleted = AT_ONCE
            while deleted == AT_ONCE:
                async with run.tx() as tx:
                    deleted = await delete(tx, limit=AT_ONCE)
                    if delete is kinds[-1] and deleted < AT_ONCE:
                        await run.finish(tx)

    async def _persons(self, tx: Tx, limit: int) -> int:
        return await self._people.delete_unused(tx, credited, limit)
