"""Writes to the tables of movies, shows, seasons and episodes; names of columns mean the same."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    update,
)

from app.catalog.domain import TitleSource
from app.core.tx import Tx

FILLED: Final = (
    "name_year", "original_title", "year", "overview", "tagline", "runtime", "rating",
    "popularity", "trailer_url", "status", "last_air_date", "absolute",
)  # fmt: skip
TITLES: Final = ("title", "sort_title")


class ContentWriting:
    """What is said of content, written to its table; what the table has no column for is left."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._filled = [name for name in FILLED if name in table.c]
        self._titles = [name for name in TITLES if name in table.c]

    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows; their items are there. What none of them has is left to its default."""
        said = {name for row in new for name in row}
        columns = [column.name for column in self.table.c if column.name in said]
        await tx.copy(self.table.name, columns, [tuple(row.get(c) for c in columns) for row in new])

    async def describe(self, tx: Tx, described: Mapping[Any, Mapping[str, Any]]) -> None:
        """Write what is known of items; rows with the same columns go together."""
        shapes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for item_id, values in described.items():
            if known := {n: v for n, v in values.items() if n in self.table.c}:
                shapes[tuple(known)].append(
                    {"_id": item_id, **{f"_{k}": v for k, v in known.items()}}
                )
        for names, rows in shapes.items():
            bound = {n: bindparam(f"_{n}", type_=self.table.c[n].type) for n in names}
            await tx.execute(self._updated().values(bound), rows)
        tx.touch("items", *(f"item:{item_id}" for item_id in described))

    async def current(self, tx: Tx, ids: Collection[Any]) -> dict[Any, dict[str, Any]]:
        """The rows of these items, by column, as this transaction leaves them."""
        wanted = select(self.table).where(
            self.table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
        )
        rows = (await tx.execute(wanted, {"ids": list(ids)})).mappings()
        return {row["id"]: {str(name): value for name, value in row.items()} for row in rows}

    async def fill(
        self, tx: Tx, filled: Mapping[Any, Mapping[str, Any]], said_by: TitleSource
    ) -> None:
        """Like `describe`, but only what is not known yet; a title where who said it is weaker."""
        columns = self.table.c
        names = [*self._filled, *self._titles]
        names += [n for n in ("votes", "release_date", "title_key") if n in columns]
        rows = [
            {"_id": item_id, **{f"_{n}": values.get(n) for n in names}}
            for item_id, values in filled.items()
            if values
        ]
        if not rows:
            return
        new = {n: bindparam(f"_{n}", type_=columns[n].type) for n in names}
        bound: dict[str, Any] = {n: func.coalesce(columns[n], new[n]) for n in self._filled}
        if "votes" in new:  # they belong to the rating, and are not taken from someone else
            bound["votes"] = case((columns.rating.is_(None), new["votes"]), else_=columns.votes)
        if "release_date" in new:
            bound["release_date"] = self._day(new)
        if "title_key" in new:  # a key that is a path stands for no name at all
            placed = and_(columns.title_key.startswith("/"), new["title_key"].is_not(None))
            bound["title_key"] = case((placed, new["title_key"]), else_=columns.title_key)
        better = and_(self.said_by(said_by.weaker), new["title"].is_not(None))
        for name in self._titles:
            bound[name] = case((better, new[name]), else_=columns[name])
        bound["title_from"] = case((better, said_by.value), else_=columns.title_from)
        await tx.execute(self._updated().values(bound), rows)
        tx.touch("items", *(f"item:{row['_id']}" for row in rows))

    async def retitle(
        self, tx: Tx, titled: Mapping[Any, Mapping[str, Any]], said_by: TitleSource
    ) -> set[Any]:
        """Give these rows other titles where nobody more trusted said one; answers the changed."""
        if not titled:
            return set()
        columns = self.table.c
        weaker = self.said_by((*said_by.weaker, said_by))
        new = {n: bindparam(f"_{n}", type_=columns[n].type) for n in self._titles}
        other = and_(columns.title.is_distinct_from(new["title"]), weaker)
        rows = [{"_id": i, **{f"_{n}": v[n] for n in self._titles}} for i, v in titled.items()]
        current = select(columns.id, columns.title).where(
            columns.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
        )
        before = {r.id: r.title for r in await tx.execute(current, {"ids": list(titled)})}
        await tx.execute(self._updated().where(other).values(**new, title_from=said_by.value), rows)
        after = {r.id: r.title for r in await tx.execute(current, {"ids": list(titled)})}
        changed = {i for i, title in after.items() if before.get(i) != title}
        tx.touch(*(f"item:{i}" for i in changed))
        return changed

    def _day(self, new: Mapping[str, Any]) -> ColumnElement[Any]:
        """A day belongs to the year, where there is one."""
        columns = self.table.c
        day = func.coalesce(columns.release_date, new["release_date"])
        if "year" not in new:
            return day
        year = func.coalesce(columns.year, new["year"])
        near = func.abs(func.extract("year", new["release_date"]) - year) <= 1
        return case((near, day), else_=columns.release_date)

    def said_by(self, sources: Collection[TitleSource]) -> ColumnElement[bool]:
        """Rows whose title one of these has said."""
        # One parameter each: a list expands, which a statement for many rows cannot.
        return or_(false(), *(self.table.c.title_from == source.value for source in sources))

    def _updated(self) -> Any:
        return update(self.table).where(self.table.c.id == bindparam("_id", type_=Uuid))
