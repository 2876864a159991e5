"""What is said of items beside their own tables: one row for each, and what hangs on it."""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import convert
from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.catalog.domain.said import NFO, Elsewhere, Held, RelatedKind
from app.catalog.models import item_metadata, item_related
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import visible_items

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
NOTE_NFO: Final = text("""
insert into item_metadata as m (item_id, provenance)
select item_id, said from unnest(cast(:ids as uuid[]), cast(:said as jsonb[])) as n(item_id, said)
 order by item_id
on conflict (item_id) do update set provenance = excluded.provenance || (
    select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(m.provenance)
     where value->>'source' <> 'nfo' and not excluded.provenance ? key)
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("said", type_=ARRAY(JSONB)))
_there: Final = visible_items(EVERYTHING)
MAKE: Final = (
    insert(item_metadata)
    .from_select(
        ["item_id"],
        select(_there.c.id)
        .where(_there.c.id == any_(IDS))
        .order_by(_there.c.id)
        .with_for_update(read=True, key_share=True),
    )
    .on_conflict_do_nothing()
)
RELATED: Final = ("kind", *Elsewhere.__struct_fields__[:-1])


class SaidWriting:
    """A part of `CatalogRepository`."""

    async def hold_metadata(self, tx: Tx, ids: Ids[ItemId]) -> dict[ItemId, Held]:
        """The metadata of items, made where there is none; nobody else writes it meanwhile, and
        nobody deletes the items. Those that are gone are left out.
        """
        if not ids:
            return {}
        await tx.execute(MAKE, {"ids": list(ids)})
        wanted = select(item_metadata).where(item_metadata.c.item_id == any_(IDS))
        ordered = wanted.order_by(item_metadata.c.item_id).with_for_update()
        found = (await tx.execute(ordered, {"ids": list(ids)})).mappings()
        return {row["item_id"]: _held(row) for row in found}

    async def write_metadata(
        self, tx: Tx, written: Mapping[ItemId, Mapping[str, Any]], *, shown: bool = True
    ) -> None:
        """Set columns of the metadata of items; rows with the same columns go together. What is
        not `shown` to anybody makes nothing stale.
        """
        shapes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for item_id, values in written.items():
            if values:
                named = {f"_{name}": value for name, value in values.items()}
                shapes[tuple(values)].append({"_id": item_id, **named})
        columns = item_metadata.c
        for names, rows in shapes.items():
            bound = {n: bindparam(f"_{n}", type_=columns[n].type) for n in names}
            mine = columns.item_id == bindparam("_id", type_=Uuid)
            await tx.execute(update(item_metadata).where(mine).values(bound), rows)
        if shown:
            tx.touch(*(f"item:{item_id}" for item_id, values in written.items() if values))

    async def note_nfo(self, tx: Tx, said: Mapping[ItemId, Ids[str]], at: datetime) -> None:
        """These fields are as NFO files have them now, and no others of these items."""
        when = at.isoformat()
        given = {i: {f: {"source": NFO, "at": when} for f in fields} for i, fields in said.items()}
        if given:
            await tx.execute(NOTE_NFO, {"ids": list(given), "said": list(given.values())})
            tx.touch(*(f"item:{item_id}" for item_id in given))

    async def nfo_fields(self, tx: Tx, ids: Ids[ItemId]) -> dict[ItemId, frozenset[str]]:
        """The fields of items that NFO files have said."""
        wanted = select(item_metadata.c.item_id, item_metadata.c.provenance).where(
            item_metadata.c.item_id == any_(IDS)
        )
        rows = await tx.execute(wanted, {"ids": list(ids)})
        return {
            row.item_id: frozenset(f for f, v in row.provenance.items() if v["source"] == NFO)
            for row in rows
        }

    async def locks_of(self, tx: Tx, ids: Ids[ItemId]) -> dict[ItemId, frozenset[str]]:
        """Locked fields of those items that have any."""
        if not ids:
            return {}
        wanted = select(item_metadata.c.item_id, item_metadata.c.locks).where(
            item_metadata.c.item_id == any_(IDS), item_metadata.c.locks != []
        )
        rows = await tx.execute(wanted, {"ids": list(ids)})
        return {row.item_id: frozenset(row.locks) for row in rows}

    async def replace_related(
        self, tx: Tx, of_items: Mapping[ItemId, Mapping[RelatedKind, Sequence[Elsewhere]]]
    ) -> set[ItemId]:
        """What is like items, as a provider says it; answers those where that is news."""
        if not of_items:
            return set()
        rows = await tx.execute(
            select(item_related)
            .where(item_related.c.item_id == any_(IDS))
            .order_by(item_related.c.item_id, item_related.c.kind, item_related.c.position),
            {"ids": list(of_items)},
        )
        known: dict[ItemId, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows.mappings():
            known[row["item_id"]].append(tuple(row[name] for name in RELATED))
        wanted = {i: _related(said) for i, said in of_items.items()}
        changed = {i for i, some in wanted.items() if some != known.get(i, [])}
        if not changed:
            return changed
        old = delete(item_related).where(item_related.c.item_id == any_(IDS))
        await tx.execute(old, {"ids": list(changed)})
        records = [
            (item_id, *row, place)
            for item_id in changed
            for kind in RelatedKind
            for place, row in enumerate(r for r in wanted[item_id] if r[0] == kind.value)
        ]
        await tx.copy("item_related", ("item_id", *RELATED, "position"), records)
        tx.touch("items", *(f"item:{item_id}" for item_id in changed))
        return changed


def _related(said: Mapping[RelatedKind, Sequence[Elsewhere]]) -> list[tuple[Any, ...]]:
    found: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for kind in sorted(said):
        for one in said[kind]:
            row = (kind.value, one.source, one.value, one.title, one.year, one.picture_url)
            found.setdefault(row[:3], row)
    return list(found.values())


def _held(row: Mapping[Any, Any]) -> Held:
    values = {str(name): value for name, value in row.items()}
    return Held(
        values=values,
        texts=convert(values["texts"], dict[str, dict[str, str]]),
        provenance=convert(values["provenance"], dict[str, dict[str, str]]),
        locks=frozenset(values["locks"]),
    )
