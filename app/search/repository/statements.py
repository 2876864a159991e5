"""The statements by which PostgreSQL searches: built once for each shape of a question."""

from functools import cache
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    REAL,
    ColumnElement,
    Double,
    Integer,
    Select,
    Subquery,
    Text,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.search.domain import MOST_FACET_VALUES, Number
from app.search.models import documents
from app.search.repository.scoping import conditions

FEW: Final = 300
"""Hits of which all fields are weighed; of more only titles are, which lie at hand."""
STEPS: Final = 5
"""In how many steps it counts how much of a title was asked for."""
WEIGHTS: Final = "{0.05,0.3,0.7,1}"
JUDGED: Final = ("id", "kind", "title", "keys", "titles", "everything", "year", "popularity")
EXACT, BEGINS, MEANT, WORDS, LIKE_WORDS, ELSEWHERE = 7.0, 6.0, 5.9, 5.0, 4.0, 2.0
"""What a hit is worth by what its titles are to the query; less than one is added to each."""


class Shape(Struct, frozen=True):
    """What a statement is made for: all of a question that is not a value."""

    chosen: bool
    aged: bool
    facets: int = 0
    ranges: tuple[tuple[Number, bool, bool], ...] = ()
    sort: Number | None = None
    descending: bool = True
    by: str = "words"  # or "likeness" of titles, or "nothing"


def _given(name: str) -> Any:
    return bindparam(name, type_=Text)


def _query(name: str) -> ColumnElement[Any]:
    return cast(_given(name), TSQUERY)


def _matching(shape: Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        documents.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
        ~documents.c.gone,
        *conditions(shape.chosen, shape.aged),
    ]
    if shape.by == "words":
        found.append(documents.c.everything.op("@@")(_query("query")))
    elif shape.by == "likeness":
        found.append(documents.c.title.op("%")(_given("title")))
    found += [
        documents.c.facets.op("&&")(bindparam(f"facet{n}", type_=ARRAY(Text)))
        for n in range(shape.facets)
    ]
    for n, (number, least, most) in enumerate(shape.ranges):
        own = documents.c[number.value]
        if least:
            found.append(own >= bindparam(f"least{n}", type_=Double))
        if most:
            found.append(own <= bindparam(f"most{n}", type_=Double))
    return found


@cache
def hits(shape: Shape) -> Select[Any]:
    """The best hits: kind, id, score, and how many there are in all."""
    ours = documents.c
    judged_by = [ours[name] for name in JUDGED]
    order = [ours[shape.sort.value].label("place")] if shape.sort is not None else []
    found = (
        select(*judged_by, func.count().over().label("total"), *order)
        .where(*_matching(shape))
        .subquery("found")
    )
    judged = select(
        found.c.kind, found.c.id, _score(shape, found).label("score"), found.c.total
    ).add_columns(found.c.popularity, *(found.c[one.name] for one in order))
    judged_ = judged.subquery("judged")
    statement = select(judged_.c.kind, judged_.c.id, judged_.c.score, judged_.c.total)
    if shape.sort is not None:
        place = judged_.c.place
        down = place.desc() if shape.descending else place.asc()
        statement = statement.order_by(down.nulls_last())
    else:
        statement = statement.order_by(judged_.c.score.desc())
    statement = statement.order_by(judged_.c.popularity.desc().nulls_last(), judged_.c.id)
    return statement.limit(bindparam("depth", type_=Integer))


def _score(shape: Shape, found: Subquery) -> ColumnElement[Any]:
    if shape.by == "nothing":
        return literal(0.0)
    if shape.by == "likeness":
        return func.similarity(found.c.title, _given("title"), type_=REAL)
    key, keys = _given("key"), found.c["keys"]
    of_year = (found.c.year == bindparam("year", type_=Double)) & (_given("yearless") == any_(keys))
    part = _part_of(keys)
    elsewhere = case(
        (found.c.total <= FEW, _rank(found.c.everything, "query")),
        else_=_rank(found.c.titles, "any"),
    )
    return case(
        (key == any_(keys), literal(EXACT)),
        (of_year, literal(EXACT)),
        (_begins(keys, key), BEGINS + part),
        (_given("meant") == any_(keys), literal(MEANT)),
        (found.c.titles.op("@@")(_query("exact")), WORDS + part),
        (found.c.titles.op("@@")(_query("query")), LIKE_WORDS + part),
        else_=ELSEWHERE + elsewhere,
    )


def _rank(vector: ColumnElement[Any], query: str) -> ColumnElement[Any]:
    weighed = func.ts_rank(cast(literal(WEIGHTS), ARRAY(REAL)), vector, _query(query), type_=REAL)
    return func.least(weighed, 0.9)


def _begins(keys: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[bool]:
    one = func.unnest(keys).table_valued(column("key", Text), name="begun").render_derived()
    return select(1).select_from(one).where(func.starts_with(one.c.key, key)).exists()


def _part_of(keys: ColumnElement[Any]) -> ColumnElement[Any]:
    """How much of the nearest title was asked for, in steps: between them popularity decides."""
    one = func.unnest(keys).table_valued(column("key", Text), name="own").render_derived()
    size, length = bindparam("size", type_=Double), func.length(one.c.key)
    share = func.max(func.least(length, size) / func.greatest(length, size))
    best = select(func.floor(share * STEPS) / (STEPS + 1)).select_from(one)
    return func.coalesce(best.scalar_subquery(), 0, type_=Double)


@cache
def counts(shape: Shape, names: int) -> Select[Any]:
    """How often values of facets are among all hits: the most frequent ones of each facet."""
    found = select(documents.c.facets).where(*_matching(shape)).subquery("found")
    one = (
        func.unnest(found.c.facets).table_valued(column("facet", Text), name="one").render_derived()
    )
    wanted = or_(*(func.starts_with(one.c.facet, _given(f"name{n}")) for n in range(names)))
    often = func.count().label("often")
    counted = (
        select(one.c.facet, often)
        .select_from(found.join(one, literal(value=True)))
        .where(wanted)
        .group_by(one.c.facet)
        .subquery("counted")
    )
    of_one = func.split_part(counted.c.facet, "=", 1)
    order = (counted.c.often.desc(), counted.c.facet)
    place = func.row_number().over(partition_by=of_one, order_by=order).label("place")
    placed = select(counted.c.facet, counted.c.often, place).subquery("placed")
    return (
        select(placed.c.facet, placed.c.often)
        .where(placed.c.place <= MOST_FACET_VALUES)
        .order_by(placed.c.often.desc(), placed.c.facet)
    )


@cache
def completions(shape: Shape) -> Select[Any]:
    """Titles with one of these words, those that begin with it first."""
    ours = documents.c
    begins = _begins(ours["keys"], _given("key")).label("begins")
    return (
        select(ours.kind, ours.id, ours.body, ours.year, begins)
        .where(*_matching(shape), ours.titles.op("@@")(_query("titles")))
        .order_by(begins.desc(), ours.popularity.desc().nulls_last(), ours.id)
        .limit(bindparam("depth", type_=Integer))
    )
