"""Collections as providers know them: texts, and what belongs to them, here or not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update

from app.catalog.domain import CollectionId
from app.catalog.domain.said import Elsewhere
from app.catalog.models import collection_parts, collections
from app.core.tx import Tx

PART: Final = ("source", "value", "title", "year", "picture_url", "release_date")


class CollectionWriting:
    """A part of `CatalogRepository`."""

    async def known_collection(self, tx: Tx, id_: CollectionId) -> dict[str, Any] | None:
        """The row of a collection that a provider knows; nobody else writes it meanwhile."""
        wanted = select(collections).where(
            collections.c.id == id_, collections.c.source.is_not(None)
        )
        row = (await tx.execute(wanted.with_for_update())).mappings().first()
        return None if row is None else {str(name): value for name, value in row.items()}

    async def describe_collection(
        self, tx: Tx, id_: CollectionId, values: Mapping[str, Any], *, shown: bool
    ) -> None:
        """Set columns of a collection."""
        await tx.execute(update(collections).where(collections.c.id == id_).values(dict(values)))
        if shown:
            tx.touch("items", "collections.told", f"collection:{id_}")

    async def write_parts(self, tx: Tx, id_: CollectionId, parts: Sequence[Elsewhere]) -> bool:
        """Set what belongs to a collection; says whether that is news."""
        mine = collection_parts.c.collection_id == id_
        ordered = select(collection_parts).where(mine).order_by(collection_parts.c.position)
        known = [tuple(row[n] for n in PART) for row in (await tx.execute(ordered)).mappings()]
        by_id = {(one.source, one.value): one for one in reversed(parts)}
        unique = [one for one in parts if by_id[one.source, one.value] is one]
        wanted = [tuple(getattr(one, n) for n in PART) for one in unique]
        if known == wanted:
            return False
        await tx.execute(delete(collection_parts).where(mine))
        rows = [(id_, *row, place) for place, row in enumerate(wanted)]
        await tx.copy("collection_parts", ("collection_id", *PART, "position"), rows)
        tx.touch("items", f"collection:{id_}")
        return True

    async def take_due_collections(
        self, tx: Tx, now: datetime, until: datetime, limit: int
    ) -> list[CollectionId]:
        """Collections that are due; they are nobody else's until then."""
        due = (
            select(collections.c.id)
            .where(collections.c.due_at <= now, collections.c.source.is_not(None))
            .order_by(collections.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = update(collections).where(collections.c.id.in_(due)).values(due_at=until)
        rows = await tx.execute(taken.returning(collections.c.id))
        return [CollectionId(id_) for id_ in rows.scalars()]
