"""The statements by which PostgreSQL searches: built once for each shape of a question."""

from enum import StrEnum
from functools import cache
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    REAL,
    ColumnElement,
    CompoundSelect,
    Double,
    Integer,
    Select,
    Subquery,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.search.domain import MOST_FACET_VALUES, Number
from app.search.models import documents, values
from app.search.repository.scoping import conditions

FEW: Final = 100
"""Hits of which all fields are weighed; of more only titles are, which lie at hand."""
STEPS: Final = 5
"""In how many steps it counts how much of a title was asked for: popularity decides between."""
WEIGHTS: Final = "{0.05,0.3,0.7,1}"
VALUE: Final = (1 << 24) - 1
EXACT, BEGINS, MEANT, WORDS, LIKE_WORDS, ELSEWHERE = 7.0, 6.0, 5.9, 5.0, 4.0, 2.0
"""What a hit is worth by what its titles are to the query; less than one is added to each."""


class By(StrEnum):
    """What hits are looked for by."""

    TITLES = "titles"
    WORDS = "words"
    LIKENESS = "likeness"
    NOTHING = "nothing"


class Shape(Struct, frozen=True):
    """What a statement is made for: all of a question that is not a value."""

    chosen: bool
    aged: bool
    facets: int = 0
    ranges: tuple[tuple[Number, bool, bool], ...] = ()
    sort: Number | None = None
    descending: bool = True
    by: By = By.WORDS


def _given(name: str) -> Any:
    return bindparam(name, type_=Text)


def _query(name: str) -> ColumnElement[Any]:
    """A query of words: read once, where a cast may be done for every row; and hidden from the
    planner, which would plan for the words at hand every time.
    """
    return select(cast(_given(name), TSQUERY)).scalar_subquery()


def _number(value: float) -> ColumnElement[Any]:
    return literal_column(f"{value}::float8", Double)


def _matching(shape: Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        # Not by an index: all ids of a kind are far more than have a word.
        func.concat(documents.c.kind) == any_(bindparam("kinds", type_=ARRAY(Text))),
        ~documents.c.gone,
        *conditions(shape.chosen, shape.aged),
    ]
    if shape.by is By.TITLES:
        found.append(documents.c.titles.bool_op("@@")(_query("query")))
    elif shape.by is By.WORDS:
        found.append(documents.c.everything.bool_op("@@")(_query("query")))
    elif shape.by is By.LIKENESS:
        found.append(documents.c.title.bool_op("%")(_given("title")))
    found += [documents.c.facets.bool_op("&&")(_values(n)) for n in range(shape.facets)]
    for n, (number, least, most) in enumerate(shape.ranges):
        own = documents.c[number.value]
        if least:
            found.append(own >= bindparam(f"least{n}", type_=Double))
        if most:
            found.append(own <= bindparam(f"most{n}", type_=Double))
    return found


def _values(n: int) -> ColumnElement[Any]:
    """The values that a filter names, as documents have them; those that nothing has are none."""
    code = bindparam(f"code{n}", type_=Integer)
    named = values.c.value == any_(bindparam(f"facet{n}", type_=ARRAY(Text)))
    found = select(code.op("<<")(24).op("|")(values.c.id)).where(values.c.code == code, named)
    return func.array(found.scalar_subquery(), type_=ARRAY(Integer))


@cache
def hits(shape: Shape) -> Select[Any]:
    """The best hits: kind, id, score, and how many there are in all."""
    ours = documents.c
    place = _number(0) if shape.sort is None else ours[shape.sort.value]
    found = (
        select(
            ours.id,
            ours.kind,
            ours.popularity,
            place.label("place"),
            _score(shape).label("score"),
            func.count().over().label("total"),
        )
        .where(*_matching(shape))
        .subquery("found")
    )
    score = found.c.score + _elsewhere(found) if shape.by is By.WORDS else found.c.score
    score = score.label("score")
    statement = select(found.c.kind, found.c.id, score, found.c.total)
    if shape.sort is not None:
        down = found.c.place.desc() if shape.descending else found.c.place.asc()
        statement = statement.order_by(down.nulls_last())
    else:
        statement = statement.order_by(score.desc())
    statement = statement.order_by(found.c.popularity.desc().nulls_last(), found.c.id)
    return statement.limit(_depth())


@cache
def found(shape: Shape) -> Select[Any]:
    """How many hits there are: not whether there is one, for which all would be read in turn."""
    return select(func.count().label("total")).where(*_matching(shape))


def _score(shape: Shape) -> ColumnElement[Any]:
    """What a hit is worth by its titles."""
    title, titles, keys = documents.c.title, documents.c.titles, documents.c["keys"]
    if shape.by is By.NOTHING:
        return _number(0)
    if shape.by is By.LIKENESS:
        return func.similarity(title, _given("title"), type_=REAL)
    year = documents.c.year == bindparam("year", type_=Double)
    size, length = bindparam("size", type_=Double), cast(func.length(title), Double)
    share = func.least(length, size) / func.greatest(length, size, _number(1))
    part = func.floor(share * _number(STEPS)) / _number(STEPS + 1)
    return case(
        # Most of many hits are not called by a word of it: of them nothing else is looked at.
        (not_(titles.bool_op("@@")(_query("any"))), _number(ELSEWHERE)),
        (_given("key") == any_(keys), _number(EXACT)),
        (year & (_given("yearless") == any_(keys)), _number(EXACT)),
        (titles.bool_op("@@")(_query("begins")), _number(BEGINS) + part),
        (_given("meant") == any_(keys), _number(MEANT)),
        (titles.bool_op("@@")(_query("exact")), _number(WORDS) + part),
        (titles.bool_op("@@")(_query("query")), _number(LIKE_WORDS) + part),
        # Of a short title a word is more.
        else_=_number(ELSEWHERE) + _rank(titles, "any") / (_number(1) + length / _number(10)),
    )


def _elsewhere(found: Subquery) -> ColumnElement[Any]:
    """What the other fields of a hit add where it is not called so. Of a few hits all are weighed;
    of many those come first that have the words one after the other.
    """
    one, near = documents.alias("weighed"), documents.alias("near")
    rank = select(_rank(one.c.everything, "query") * _number(0.1)).where(one.c.id == found.c.id)
    beside = select(near.c.id).where(near.c.everything.bool_op("@@")(_query("near")))
    return case(
        (found.c.score >= _number(LIKE_WORDS), _number(0)),
        (found.c.total <= FEW, rank.correlate(found).scalar_subquery()),
        (found.c.id.in_(beside), _number(0.1)),
        else_=_number(0),
    )


def _rank(vector: ColumnElement[Any], query: str) -> ColumnElement[Any]:
    """How much of it is in a text."""
    weights = literal_column(f"'{WEIGHTS}'::real[]", ARRAY(REAL))
    weighed = func.ts_rank(weights, vector, _query(query), type_=REAL)
    return func.least(cast(weighed, Double), _number(0.9))


@cache
def counts(shape: Shape) -> Select[Any]:
    """How often values of facets are among all hits: the most frequent ones of each facet; and, as
    a value of nothing, how many hits there are.
    """
    each = func.unnest(func.array_append(documents.c.facets, 0), type_=Integer)
    found = select(each.label("facet")).where(*_matching(shape)).subquery("found")
    code = found.c.facet.op(">>")(24)
    counted = (
        select(found.c.facet, func.count().label("often"))
        .where(code == any_(bindparam("codes", type_=ARRAY(Integer))))
        .group_by(found.c.facet)
        .subquery("counted")
    )
    order = (counted.c.often.desc(), counted.c.facet)
    own = counted.c.facet.op(">>")(24)
    place = func.row_number().over(partition_by=own, order_by=order).label("place")
    placed = select(counted.c.facet, counted.c.often, place).subquery("placed")
    return (
        select(values.c.code, values.c.value, placed.c.often)
        .select_from(placed)
        .outerjoin(values, values.c.id == placed.c.facet.op("&")(VALUE))
        .where(placed.c.place <= MOST_FACET_VALUES)
        .order_by(placed.c.often.desc(), values.c.value)
    )


@cache
def completions(shape: Shape) -> Select[Any]:
    """Titles with some words: those that are the whole of it first, then those that begin so."""
    own = documents.c
    whole = _given("key") == any_(own["keys"])
    begins = own.titles.bool_op("@@")(_query("begins"))
    worth = case((whole, _number(2)), (begins, _number(1)), else_=_number(0)).label("worth")
    found = _completed(shape, worth).where(own.titles.bool_op("@@")(_query("titles")))
    return found.order_by(worth.desc(), *_popular()).limit(_depth())


@cache
def frequent(shape: Shape) -> CompoundSelect[Any]:
    """Titles that begin with some words, of which there are many: the most popular are at hand
    sooner by their popularity than by their words.
    """
    own = documents.c
    begins = own.titles.bool_op("@@")(_query("begins")).is_(true())
    whole = _completed(shape, _number(2).label("worth")).where(own.title == _given("title"))
    others = _completed(shape, _number(1).label("worth")).where(begins)
    return union_all(
        *(
            select(some.order_by(*_popular()).limit(_depth()).subquery(name))
            for name, some in (("whole", whole), ("others", others))
        )
    )


def _completed(shape: Shape, worth: ColumnElement[Any]) -> Select[Any]:
    own = documents.c
    return select(own.kind, own.id, own.name, own.year, worth).where(*_matching(shape))


def _depth() -> Any:
    return bindparam("depth", type_=Integer)


def _popular() -> tuple[ColumnElement[Any], ...]:
    return documents.c.popularity.desc().nulls_last(), documents.c.id
