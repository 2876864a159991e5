"""SQL of files that belong to nothing."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, not_, select

from app.core.access import Scope
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.items.repository import belongs
from app.libraries.domain import LibraryId
from app.libraries.repository import feature_files


class UnmatchedRepository:
    """Never cached: it is what somebody works on."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def page(self, scope: Scope, library_id: LibraryId, page: Keyset) -> Page[UUID]:
        """Videos that are there and belong to nothing, by their folders and names."""
        statement, file = _waiting(scope, library_id)
        orders = (Order(file.c.dir), Order(file.c.name), Order(file.c.id))
        return await self.db.page(
            Sorted(statement.with_only_columns(file.c.id), orders), "unmatched", page
        )

    async def count(self, scope: Scope, library_id: LibraryId) -> int:
        """How many there are."""
        statement, _ = _waiting(scope, library_id)
        return int(await self.db.scalar(statement.with_only_columns(func.count())))


def _waiting(scope: Scope, library_id: LibraryId) -> tuple[Select[Any], Any]:
    file = feature_files(scope, library_id)
    alone: ColumnElement[bool] = not_(belongs(file.c.id))
    return select(file.c.id).select_from(file).where(alone), file
