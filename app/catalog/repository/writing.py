"""What every kind of content has, written."""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.catalog.domain import CollectionId, Credit, CreditKind
from app.catalog.models import collection_items, collections, external_ids
from app.catalog.models import credits as item_credits
from app.catalog.repository.collecting import CollectionWriting
from app.catalog.repository.crediting import CreditWriting
from app.catalog.repository.refreshing import RefreshQueue
from app.catalog.repository.said import SaidWriting
from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import ItemId
from app.people.domain import person_key

IDS = bindparam("ids", type_=ARRAY(Uuid))
UNKNOWN_ELSEWHERE: Final = collections.c.source.is_(None)
# Of the credits of several persons who are one: who did one thing twice did it once.
DELETE_DOUBLES: Final = text("""
with own as (
  select id, row_number() over (
           partition by item_id, kind, character, job order by person_id = :kept desc, position, id
         ) as turn
    from credits where person_id = any(cast(:ids as uuid[]))
)
delete from credits c using own where own.id = c.id and own.turn > 1 returning c.item_id
""")
CLOSE_GAPS: Final = text("""
update credits c set position = n.place
  from (select id, row_number() over (partition by item_id, kind order by position, id) - 1 as place
          from credits where item_id = any(cast(:ids as uuid[]))) n
 where n.id = c.id and c.position <> n.place
""")
_NEW_ID = insert(external_ids)
CHANGE_ID: Final = _NEW_ID.on_conflict_do_update(
    index_elements=["item_id", "source"], set_={"value": _NEW_ID.excluded.value}
)
COLLECTIONS_LOCK = "catalog.collections"
COLLECTIONS_TOLD = "collections.told"  # the tag under which collections are kept with their items


class CatalogWriting(SaidWriting, CreditWriting, CollectionWriting, RefreshQueue):
    """The writes of `CatalogRepository`."""

    async def ensure_collections(
        self, tx: Tx, overviews: Mapping[str, str | None]
    ) -> dict[str, CollectionId]:
        """Collections by name, made where they are new; overviews where they have none."""
        by_key: dict[str, tuple[str, str | None]] = {}
        for name, overview in overviews.items():
            first, said = by_key.get(person_key(name), (name, None))
            by_key[person_key(name)] = first, said or overview
        if not by_key:
            return {}
        await tx.lock(COLLECTIONS_LOCK, shared=True)
        rows = [
            {"id": new_id(), "name": name, "name_key": key, "overview": overview}
            for key, (name, overview) in sorted(by_key.items())
        ]
        new = insert(collections).on_conflict_do_nothing(
            index_elements=["name_key"], index_where=UNKNOWN_ELSEWHERE
        )
        await tx.execute(new, rows)
        told = [{"_key": r["name_key"], "_overview": r["overview"]} for r in rows if r["overview"]]
        if told:
            lacking = and_(
                UNKNOWN_ELSEWHERE,
                collections.c.name_key == bindparam("_key"),
                collections.c.overview.is_(None),
            )
            filled = update(collections).where(lacking).values(overview=bindparam("_overview"))
            await tx.execute(filled, told)
        ids = await _ids_by_name(tx, list(by_key))
        if told:
            told_ids = (ids[str(row["_key"])] for row in told)
            tx.touch(COLLECTIONS_TOLD, *(f"collection:{i}" for i in told_ids))
        return {name: ids[person_key(name)] for name in overviews}

    async def recognise_collections(
        self, tx: Tx, known: Mapping[tuple[str, str], str], now: datetime
    ) -> dict[tuple[str, str], CollectionId]:
        """Collections by their (source, id there), with the names that they have there; one of
        that name which only files named so far is it. What is new is due.
        """
        if not known:
            return {}
        found = await self._collections_of(tx, known)
        await tx.lock(COLLECTIONS_LOCK, shared=len(found) == len(known))
        found = await self._collections_of(tx, known)
        for key, name in sorted((k, n) for k, n in known.items() if k not in found):
            values = {"name": name, "name_key": person_key(name), "source": key[0], "value": key[1]}
            named = and_(UNKNOWN_ELSEWHERE, collections.c.name_key == values["name_key"])
            due = {**values, "due_at": now}
            adopted = update(collections).where(named).values(due).returning(collections.c.id)
            id_ = (await tx.execute(adopted)).scalar()
            if id_ is None:
                id_ = new_id()
                await tx.execute(insert(collections).values(id=id_, **due))
            found[key] = CollectionId(id_)
            tx.touch(COLLECTIONS_TOLD, f"collection:{id_}")
        return found

    async def _collections_of(
        self, tx: Tx, known: Ids[tuple[str, str]]
    ) -> dict[tuple[str, str], CollectionId]:
        columns = collections.c
        wanted = select(columns.id, columns.source, columns.value).where(
            tuple_(columns.source, columns.value).in_(list(known))
        )
        rows = await tx.execute(wanted)
        return {(row.source, row.value): CollectionId(row.id) for row in rows}

    async def write_collections(
        self, tx: Tx, of_items: Mapping[ItemId, CollectionId]
    ) -> set[ItemId]:
        """Set the collection of those items that are in another or none; answers them."""
        if not of_items:
            return set()
        held = select(collection_items).where(collection_items.c.item_id == any_(IDS))
        rows = await tx.execute(held, {"ids": list(of_items)})
        known = {row.item_id: row.collection_id for row in rows}
        changed = {i: c for i, c in of_items.items() if known.get(i) != c}
        if changed:
            await self.join_collections(tx, changed)
        return set(changed)

    async def delete_unused_collections(self, tx: Tx, limit: int) -> int:
        """Delete collections that nothing belongs to any more; says how many."""
        await tx.lock(COLLECTIONS_LOCK)
        return await _delete_unused(tx, collections, collection_items.c.collection_id, limit)

    async def add_credits(self, tx: Tx, of_items: Mapping[ItemId, Sequence[Credit]]) -> None:
        """Add to the credits of items."""
        columns = Credit.__struct_fields__
        rows = [
            tuple(getattr(credit, c) for c in columns)
            for of_item in of_items.values()
            for credit in of_item
        ]
        await tx.copy("credits", columns, rows)
        tx.touch("items", *(f"item:{item_id}" for item_id in of_items))

    async def add_external_ids(self, tx: Tx, of_items: Mapping[ItemId, Mapping[str, str]]) -> None:
        """Add or change ids that items have elsewhere, unless somebody has locked them."""
        await self._store_ids(tx, CHANGE_ID, await self._unlocked(tx, of_items))

    async def replace_external_ids(self, tx: Tx, item_id: ItemId, ids: Mapping[str, str]) -> None:
        """Set the ids that an item has elsewhere: these and no others."""
        await self.clear_external_ids(tx, [item_id])
        await self._store_ids(tx, CHANGE_ID, {item_id: ids})

    async def clear_external_ids(self, tx: Tx, ids: Ids[ItemId]) -> None:
        """Take the ids that items have elsewhere."""
        old = delete(external_ids).where(external_ids.c.item_id == any_(IDS))
        await tx.execute(old, {"ids": list(ids)})
        tx.touch(*(f"item:{item_id}" for item_id in ids))

    async def fill_external_ids(self, tx: Tx, of_items: Mapping[ItemId, Mapping[str, str]]) -> None:
        """Add ids of sources that items have none of, unless somebody has locked them."""
        if not any(of_items.values()):
            return
        known = await self.known_ids(tx, list(of_items))
        lacking = {
            item_id: new
            for item_id, ids in of_items.items()
            if (new := {s: v for s, v in ids.items() if s not in known.get(item_id, {})})
        }
        filled = insert(external_ids).on_conflict_do_nothing()
        await self._store_ids(tx, filled, await self._unlocked(tx, lacking))

    async def _unlocked(
        self, tx: Tx, of_items: Mapping[ItemId, Mapping[str, str]]
    ) -> Mapping[ItemId, Mapping[str, str]]:
        locks = await self.locks_of(tx, list(of_items))
        return {i: ids for i, ids in of_items.items() if "external_ids" not in locks.get(i, ())}

    async def _store_ids(
        self, tx: Tx, statement: Any, of_items: Mapping[ItemId, Mapping[str, str]]
    ) -> None:
        rows = [
            {"item_id": item_id, "source": source, "value": value}
            for item_id, ids in of_items.items()
            for source, value in ids.items()
        ]
        if rows:
            await tx.execute(statement, rows)
            tx.touch(*(f"item:{row['item_id']}" for row in rows))

    async def move_person(self, tx: Tx, gone: Ids[UUID], kept: UUID) -> None:
        """Credits of these persons are another's; of two for the same part one is left."""
        given = {"kept": kept, "ids": [kept, *gone]}
        doubles = (await tx.execute(DELETE_DOUBLES, given)).scalars()
        await tx.execute(CLOSE_GAPS, {"ids": list(set(doubles))})
        moved = update(item_credits).where(item_credits.c.person_id == any_(IDS))
        statement = moved.values(person_id=kept).returning(item_credits.c.item_id)
        items = set((await tx.execute(statement, given)).scalars())
        tx.touch("items", *(f"item:{item_id}" for item_id in items))

    async def without_credits(self, tx: Tx, ids: Ids[ItemId], kind: CreditKind) -> set[ItemId]:
        """Those among `ids` without cast, or without crew, as this transaction leaves them."""
        return await self._without(tx, item_credits, ids, item_credits.c.kind == kind.value)

    async def without_collection(self, tx: Tx, ids: Ids[ItemId]) -> set[ItemId]:
        """Those among `ids` of no collection, as this transaction leaves them."""
        return await self._without(tx, collection_items, ids)

    async def _without(
        self, tx: Tx, table: Any, ids: Ids[ItemId], *conditions: ColumnElement[bool]
    ) -> set[ItemId]:
        if not ids:
            return set()
        having = select(table.c.item_id).where(table.c.item_id == any_(IDS), *conditions)
        return set(ids) - set((await tx.execute(having, {"ids": list(ids)})).scalars())

    async def join_collections(
        self, tx: Tx, of_items: Mapping[ItemId, CollectionId | None]
    ) -> None:
        """Set the collection of items; None takes them out."""
        await self._clear(tx, collection_items, of_items)
        rows = [(item_id, c) for item_id, c in of_items.items() if c is not None]
        await tx.copy("collection_items", ("item_id", "collection_id"), rows)

    async def find_by_external_ids(
        self, tx: Tx, wanted: Ids[tuple[str, str]]
    ) -> dict[tuple[str, str], list[ItemId]]:
        """Items by (source, value)."""
        rows = await tx.execute(
            select(external_ids).where(
                external_ids.c.source == any_(bindparam("sources", type_=ARRAY(Text))),
                external_ids.c.value == any_(bindparam("values", type_=ARRAY(Text))),
            ),
            {"sources": list({s for s, _ in wanted}), "values": [value for _, value in wanted]},
        )
        found: dict[tuple[str, str], list[ItemId]] = defaultdict(list)
        for row in rows:
            found[row.source, row.value].append(row.item_id)
        return found

    async def known_ids(self, tx: Tx, ids: Ids[ItemId]) -> dict[ItemId, dict[str, str]]:
        """The ids that items have elsewhere, as this transaction leaves them."""
        rows = await tx.execute(
            select(external_ids).where(external_ids.c.item_id == any_(IDS)), {"ids": list(ids)}
        )
        found: dict[ItemId, dict[str, str]] = defaultdict(dict)
        for row in rows:
            found[row.item_id][row.source] = row.value
        return found

    async def _clear(self, tx: Tx, table: Any, of_items: Mapping[ItemId, Any]) -> None:
        await tx.execute(delete(table).where(table.c.item_id == any_(IDS)), {"ids": list(of_items)})
        tx.touch("items", *(f"item:{item_id}" for item_id in of_items))


async def _ids_by_name(tx: Tx, keys: list[str]) -> dict[str, CollectionId]:
    statement = select(collections.c.name_key, collections.c.id).where(
        UNKNOWN_ELSEWHERE, collections.c.name_key == any_(bindparam("keys", type_=ARRAY(Text)))
    )
    rows = await tx.execute(statement, {"keys": keys})
    return {row.name_key: CollectionId(row.id) for row in rows}


async def _delete_unused(tx: Tx, table: Table, reference: ColumnElement[Any], limit: int) -> int:
    # Nobody is shown what no item has: there is no tag to touch.
    unused = select(table.c.id).where(~exists().where(reference == table.c.id)).limit(limit)
    return (await tx.execute(delete(table).where(table.c.id.in_(unused)))).rowcount
