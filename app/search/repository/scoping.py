"""Which documents a viewer may see."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    SmallInteger,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
)

from app.core.access import Scope
from app.libraries.repository import not_hidden
from app.search.models import documents

LIBRARIES: Final = bindparam("libraries", type_=ARRAY(Uuid))
MOST_AGE: Final = bindparam("max_age", type_=SmallInteger)


def seen_by(scope: Scope) -> tuple[tuple[ColumnElement[bool], ...], Mapping[str, Any]]:
    """Conditions on documents, and what is given with them. Documents without a library are seen:
    who may see those is decided by their kind.
    """
    given: dict[str, Any] = {}
    if scope.libraries is not None:
        given["libraries"] = sorted(scope.libraries)
    if scope.max_age is not None:
        given["max_age"] = scope.max_age
    return conditions(scope.libraries is not None, scope.max_age is not None), given


@cache
def conditions(chosen: bool, aged: bool) -> tuple[ColumnElement[bool], ...]:  # noqa: FBT001
    """The conditions for a viewer of chosen libraries, or of an age."""
    one = [not_hidden(documents.c.library_id)]
    place = (
        func.unnest(documents.c.libraries, documents.c.ages)
        .table_valued(column("library_id", Uuid), column("age", SmallInteger), name="sight")
        .render_derived()
    )
    many = [not_hidden(place.c.library_id)]
    for found, of in ((one, documents), (many, place)):
        if chosen:
            found.append(of.c.library_id == any_(LIBRARIES))
        if aged:
            found.append(of.c.age <= MOST_AGE)
    several = exists(select(1).select_from(place).where(*many)).correlate(documents)
    return (
        or_(
            and_(documents.c.libraries.is_(None), or_(documents.c.kind == "user", and_(*one))),
            and_(documents.c.libraries.is_not(None), several),
        ),
    )
