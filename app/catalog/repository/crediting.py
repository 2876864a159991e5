"""Credits, written: what stays keeps its id."""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import structs
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, delete, select, text

from app.catalog.domain import Credit, CreditKind
from app.catalog.models import credits as item_credits
from app.core.tx import Tx
from app.items.domain import ItemId

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
COLUMNS: Final = Credit.__struct_fields__
MOVE: Final = text("""
update credits c set position = n.position, department = n.department
  from unnest(cast(:ids as uuid[]), cast(:positions as smallint[]), cast(:departments as text[]))
       as n(id, position, department)
 where c.id = n.id
""")
Key = tuple[Any, ...]


class CreditWriting:
    """A part of `CatalogRepository`."""

    async def write_credits(
        self,
        tx: Tx,
        of_items: Mapping[ItemId, Sequence[Credit]],
        kinds: Mapping[ItemId, Ids[CreditKind]],
    ) -> set[tuple[ItemId, CreditKind]]:
        """Make these the credits of their `kinds`; those that are there already are kept, with
        their ids. Answers the items of which anything changed.
        """
        known = await self._known(tx, kinds)
        new: list[Credit] = []
        moved: list[Credit] = []
        gone: list[Credit] = []
        for item_id in kinds:
            left = known.get(item_id, {})
            for credit in of_items.get(item_id, ()):
                same = left.get(_key(credit))
                if not same:
                    new.append(credit)
                    continue
                kept = same.pop(0)
                now = structs.replace(credit, id=kept.id)
                if now != kept:
                    moved.append(now)
            gone += [credit for some in left.values() for credit in some]
        await self._write(tx, new, moved, gone)
        changed = {(credit.item_id, credit.kind) for credit in (*new, *moved, *gone)}
        if changed:
            tx.touch("items", *(f"item:{item_id}" for item_id, _ in changed))
        return changed

    async def _known(
        self, tx: Tx, kinds: Mapping[ItemId, Ids[CreditKind]]
    ) -> dict[ItemId, dict[Key, list[Credit]]]:
        wanted = (
            select(item_credits)
            .where(
                item_credits.c.item_id == any_(IDS),
                item_credits.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
            )
            .order_by(item_credits.c.position, item_credits.c.id)
        )
        everyone = {kind.value for of_item in kinds.values() for kind in of_item}
        rows = await tx.execute(wanted, {"ids": list(kinds), "kinds": list(everyone)})
        found: dict[ItemId, dict[Key, list[Credit]]] = defaultdict(lambda: defaultdict(list))
        for row in rows.mappings():
            credit = Credit(**{n: row[n] for n in COLUMNS} | {"kind": CreditKind(row["kind"])})
            if credit.kind in kinds[credit.item_id]:
                found[credit.item_id][_key(credit)].append(credit)
        return found

    async def _write(
        self, tx: Tx, new: Sequence[Credit], moved: Sequence[Credit], gone: Sequence[Credit]
    ) -> None:
        if gone:
            old = delete(item_credits).where(item_credits.c.id == any_(IDS))
            await tx.execute(old, {"ids": [credit.id for credit in gone]})
        if moved:
            arrays = {
                "ids": [credit.id for credit in moved],
                "positions": [credit.position for credit in moved],
                "departments": [credit.department for credit in moved],
            }
            await tx.execute(MOVE, arrays)
        if new:
            rows = [tuple(getattr(credit, name) for name in COLUMNS) for credit in new]
            await tx.copy("credits", COLUMNS, rows)


def _key(credit: Credit) -> Key:
    return credit.kind, credit.person_id, credit.character, credit.job
