"""What is found again by its title and year, written: films and shows."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    collate,
    exists,
    func,
    literal,
    select,
    update,
)

from app.catalog.domain import Likeness, Naming, TitleSource
from app.catalog.models import item_metadata
from app.catalog.repository.content import ContentWriting
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import visible_items
from app.libraries.domain import LibraryId

IDS = bindparam("ids", type_=ARRAY(Uuid))
KEYS = bindparam("keys", type_=ARRAY(Text))
LAST_CHARACTER = chr(0x10FFFF)
MOST_ALIKE = 2000


class NamedWriting(ContentWriting):
    """Content of one kind whose table has title_key, name_year and year."""

    def __init__(self, table: Table, kind: ItemKind) -> None:
        super().__init__(table)
        self._kind = kind
        self._namings = select(
            table.c.id, table.c.title_key, table.c.name_year, table.c.year
        ).select_from(table)

    async def find_by_titles(
        self, tx: Tx, library_id: LibraryId, keys: Collection[str]
    ) -> dict[str, list[Naming]]:
        """What a library has by title key, the oldest first."""
        item = visible_items(EVERYTHING, kinds=(self._kind,), libraries=[library_id])
        rows = await tx.execute(
            self._namings.join(item, item.c.id == self.table.c.id)
            .where(self.table.c.title_key == any_(KEYS))
            .order_by(self.table.c.id),
            {"keys": list(keys)},
        )
        found: dict[str, list[Naming]] = defaultdict(list)
        for row in rows:
            found[row.title_key].append(_naming(row))
        return found

    def released(self, item_column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day on which this row's item was released, the first of January where only the year
        is known; null for what is of another kind.
        """
        own = self.table.c
        year = cast(own.year, Integer)
        newyear = case((year.between(1, 9999), func.make_date(year, 1, 1, type_=Date)))
        found = select(func.coalesce(own.release_date, newyear)).where(own.id == item_column)
        return found.correlate_except(self.table).scalar_subquery()

    async def namings(self, tx: Tx, ids: Collection[ItemId]) -> list[Naming]:
        """By what these are found again."""
        rows = await tx.execute(
            self._namings.where(self.table.c.id == any_(IDS)), {"ids": list(ids)}
        )
        return [_naming(row) for row in rows]

    async def rename(
        self, tx: Tx, renamed: Mapping[ItemId, Mapping[str, Any]], said_by: TitleSource
    ) -> None:
        """Give them the title, key and year of other names; what others said of them stays."""
        if not renamed:
            return
        columns = self.table.c
        weaker = and_(self.said_by((*said_by.weaker, said_by)), ~self._locked("title"))
        year = bindparam("_year", type_=columns.year.type)
        old = and_(
            columns.year.is_not_distinct_from(columns.name_year), ~self._locked("release_date")
        )
        statement = update(self.table).where(columns.id == bindparam("_id", type_=Uuid))
        await tx.execute(
            statement.values(
                title_key=bindparam("_title_key"),
                name_year=bindparam("_name_year", type_=columns.name_year.type),
                year=case((old, year), else_=columns.year),
                title=case((weaker, bindparam("_title")), else_=columns.title),
                sort_title=case((weaker, bindparam("_sort_title")), else_=columns.sort_title),
                title_from=case((weaker, said_by.value), else_=columns.title_from),
            ),
            [{"_id": i, **{f"_{k}": v for k, v in n.items()}} for i, n in renamed.items()],
        )
        tx.touch("items", *(f"item:{item_id}" for item_id in renamed))

    def _locked(self, field: str) -> ColumnElement[bool]:
        """Whether somebody has locked this field of the row's item."""
        own = item_metadata.c
        return exists().where(own.item_id == self.table.c.id, literal(field) == any_(own.locks))


def likely(table: Table, kind: ItemKind, library_id: LibraryId) -> Select[Any]:
    """Likenesses of what begins with one of the words bound as `firsts`."""
    item = visible_items(EVERYTHING, kinds=(kind,), libraries=[library_id])
    words = func.unnest(bindparam("firsts", type_=ARRAY(Text)), type_=Text)
    first = select(words.label("word")).subquery()
    low = collate(first.c.word, "C")
    high = collate(func.concat(first.c.word, LAST_CHARACTER, type_=Text), "C")
    key = table.c.title_key
    return (
        select(*(table.c[name] for name in Likeness.__struct_fields__))
        .distinct()
        .join(item, item.c.id == table.c.id)
        .join(first, and_(key >= low, key < high))
        .limit(MOST_ALIKE)
    )


def first_words(keys: Collection[str]) -> list[str]:
    """What `likely` is asked by."""
    return sorted({key.partition(" ")[0] for key in keys} - {""})


def _naming(row: Any) -> Naming:
    return Naming(id=row.id, title_key=row.title_key, name_year=row.name_year, year=row.year)
