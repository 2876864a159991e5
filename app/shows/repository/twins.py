"""Which episodes are the same: those at the same place of one show in several libraries."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, or_, select, true

from app.catalog.repository import of_one_id
from app.shows.domain import SPECIALS
from app.shows.models import episodes


def same_episode(item_column: ColumnElement[Any]) -> FromClause:
    """The episodes that are this row's in other shows of its show's ids, to join with: id.

    They are told apart by the count through the show where both have one, else by their numbers,
    else by their day.
    """
    theirs = episodes.alias("their_episode")
    own = (
        select(*(episodes.c[name] for name in _PLACE))
        .where(episodes.c.id == item_column)
        .limit(1)
        .correlate_except(episodes)
        .lateral("own_episode")
    )
    show = of_one_id(own.c.show_id)
    in_show = own.join(show, true()).join(theirs, theirs.c.show_id == show.c.id)
    return (
        select(theirs.c.id)
        .select_from(in_show)
        .where(_same(own, theirs))
        .offset(0)
        .correlate_except(own, theirs)
        .lateral("same_episode")
    )


_PLACE = ("show_id", "season", "number", "absolute", "release_date")


def _same(own: FromClause, theirs: FromClause) -> ColumnElement[bool]:
    counted = and_(own.c.absolute.is_not(None), theirs.c.absolute.is_not(None))
    numbered = and_(own.c.number.is_not(None), theirs.c.number.is_not(None))
    specials = or_(own.c.season == SPECIALS, theirs.c.season == SPECIALS)
    return or_(
        and_(counted, own.c.absolute == theirs.c.absolute),
        and_(~counted, numbered, own.c.season == theirs.c.season, own.c.number == theirs.c.number),
        # Of daily shows one library may know the numbers, the other only the days.
        and_(~counted, ~numbered, ~specials, own.c.release_date == theirs.c.release_date),
    )
