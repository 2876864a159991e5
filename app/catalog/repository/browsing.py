"""What lists of content are narrowed and ordered by, whatever its table."""

import operator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    case,
    cast,
    collate,
    func,
    select,
)

from app.catalog.domain import ContentQuery
from app.catalog.repository.conditions import in_genres
from app.core.access import Scope
from app.core.page import Order
from app.items.domain import ItemKind, ItemState
from app.items.repository import counted


def matching(query: ContentQuery, table: Table, item: FromClause) -> list[ColumnElement[bool]]:
    """The conditions of a query; what `watched` means is for each kind of content to say."""
    found: list[ColumnElement[bool]] = [item.c.state == _state(query).value]
    bounds = (
        (query.year_from, table.c.year, operator.ge),
        (query.year_to, table.c.year, operator.le),
        (query.rating_from, table.c.rating, operator.ge),
        (query.votes_from, table.c.votes, operator.ge),
        (query.added_since, item.c.added_at, operator.ge),
        (query.max_age, item.c.age, operator.le),
    )
    found += [compare(column, value) for value, column, compare in bounds if value is not None]
    if query.genres:
        found.append(in_genres(query.genres, table.c.id))
    return found


def counted_of(scope: Scope, query: ContentQuery, kind: ItemKind) -> Select[Any]:
    """How many items of this kind fit a query that is not `narrowed`; of libraries in the scope."""
    return counted(
        scope,
        kinds=(kind,),
        state=_state(query),
        max_age=query.max_age,
    )


def _state(query: ContentQuery) -> ItemState:
    return ItemState.MISSING if query.missing else ItemState.AVAILABLE


def released(table: Table, item_column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The day on which this row's item was released, the first of January where only the year is
    known; null for what is not of this table.
    """
    year = cast(table.c.year, Integer)
    newyear = case((year.between(1, 9999), func.make_date(year, 1, 1, type_=Date)))
    found = select(func.coalesce(table.c.release_date, newyear)).where(table.c.id == item_column)
    return found.correlate_except(table).scalar_subquery()


def order_of(query: ContentQuery, sort: str, table: Table, item: FromClause) -> tuple[Order, ...]:
    """The order of a list: "title", "random", "added", or a column."""
    down, own = query.descending, table.c.id
    columns: dict[str, ColumnElement[Any]] = {
        "title": table.c.sort_title,
        "random": collate(func.md5(func.concat(query.seed, cast(own, Text)), type_=Text), "C"),
        "added": item.c.added_at,
    }
    column = columns[sort] if sort in columns else table.c[sort]
    nullable = sort not in columns and bool(table.c[sort].nullable)
    return Order(column, down and sort != "random", nullable), Order(own, down)
