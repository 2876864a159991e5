"""Which items are due to be asked for at providers, and what was found last."""

from collections.abc import Collection as Ids
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from app.catalog.domain.said import MetadataState
from app.catalog.models import item_metadata
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import visible_items
from app.libraries.domain import LibraryId

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
TITLES: Final = (ItemKind.MOVIE, ItemKind.SHOW)
NOT_WHOLLY: Final = tuple(
    state.value
    for state in MetadataState
    if state not in (MetadataState.MATCHED, MetadataState.GONE)
)


class RefreshQueue:
    """A part of `CatalogRepository`."""

    async def await_metadata(self, tx: Tx, ids: Ids[ItemId], now: datetime) -> int:
        """Movies and shows among `ids` are due; says how many."""
        item = visible_items(EVERYTHING, kinds=TITLES)
        found = select(item.c.id, bindparam("now")).where(item.c.id == any_(IDS))
        new = insert(item_metadata).from_select(["item_id", "due_at"], found.order_by(item.c.id))
        due = new.on_conflict_do_update(
            index_elements=["item_id"], set_={"due_at": new.excluded.due_at}
        )
        return (await tx.execute(due, {"ids": list(ids), "now": now})).rowcount

    async def await_library(
        self, tx: Tx, library_id: LibraryId, now: datetime, *, anew: bool
    ) -> int:
        """The movies and shows of a library are due: all of them and `anew`, or those that are not
        wholly found; what is stale is due already. Says how many.
        """
        item = visible_items(EVERYTHING, kinds=TITLES, libraries=[library_id])
        absent = ~exists().where(item_metadata.c.item_id == item.c.id)
        new = insert(item_metadata).from_select(["item_id"], select(item.c.id).where(absent))
        await tx.execute(new.on_conflict_do_nothing())
        wanted: list[ColumnElement[bool]] = [item_metadata.c.item_id.in_(select(item.c.id))]
        values: dict[str, Any] = {"due_at": now}
        if anew:
            values["refreshed_at"] = None
        else:
            wanted.append(item_metadata.c.state.in_(NOT_WHOLLY))
        return (await tx.execute(update(item_metadata).where(*wanted).values(values))).rowcount

    async def take_due(
        self, tx: Tx, kinds: Ids[ItemKind], now: datetime, until: datetime, limit: int
    ) -> list[tuple[ItemId, ItemKind, bool]]:
        """Items that are due, with their kind and whether they are to be asked for anew; they are
        nobody else's until then.
        """
        item = visible_items(EVERYTHING, kinds=tuple(kinds))
        due = (
            select(item_metadata.c.item_id)
            .join(item, item.c.id == item_metadata.c.item_id)
            .where(item_metadata.c.due_at <= now)
            .order_by(item_metadata.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True, of=item_metadata)
        )
        taken = (
            update(item_metadata)
            .where(item_metadata.c.item_id.in_(due), item.c.id == item_metadata.c.item_id)
            .values(due_at=until)
            .returning(
                item_metadata.c.item_id,
                item.c.kind,
                and_(
                    item_metadata.c.refreshed_at.is_(None),
                    item_metadata.c.state != MetadataState.WAITING.value,  # nobody was asked yet
                ).label("anew"),
            )
        )
        rows = await tx.execute(taken)
        return [(ItemId(row.item_id), ItemKind(row.kind), row.anew) for row in rows]
