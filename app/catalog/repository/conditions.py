"""Conditions on items that other repositories compose."""

from collections.abc import Collection as Ids
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Uuid, any_, exists, select

from app.catalog.domain import CollectionId, GenreId, NetworkId
from app.catalog.models import collection_items, external_ids, item_genres, item_networks
from app.catalog.models import credits as item_credits
from app.core.access import Scope
from app.core.asked import array
from app.items.repository import visible_to

MOST_IDS = 20  # of one item


def in_genres(ids: Ids[GenreId], item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item has one of these genres."""
    return _linked(item_genres.c.item_id, item_genres.c.genre_id, ids, item_column)


def in_networks(ids: Ids[NetworkId], item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item is of one of these networks."""
    return _linked(item_networks.c.item_id, item_networks.c.network_id, ids, item_column)


def _linked(
    linked: ColumnElement[Any],
    label: ColumnElement[Any],
    ids: Ids[UUID],
    item_column: ColumnElement[Any],
) -> ColumnElement[bool]:
    return exists().where(linked == item_column, label == any_(array(ids, Uuid)))


def in_collection(
    collection_id: CollectionId, item_column: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows whose item belongs to this collection."""
    return exists().where(
        collection_items.c.item_id == item_column,
        collection_items.c.collection_id == collection_id,
    )


def credited(person_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose person took part in something that is here."""
    return exists().where(item_credits.c.person_id == person_column)


def took_part(scope: Scope, person_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose person took part in something that the viewer may see."""
    if scope.unlimited:  # whoever is there took part in something: no item needs to be looked at
        return credited(person_column)
    seen = visible_to(scope, item_credits.c.item_id)
    return exists().where(item_credits.c.person_id == person_column, seen)


def of_one_id(item_column: ColumnElement[Any]) -> FromClause:
    """The other items that share an external id with this row's, to join with: id.

    They may be of another kind, or not to be seen; one may come more than once.
    """
    own, theirs = external_ids.alias("own_id"), external_ids.alias("their_id")
    # Bounded, and with an offset: looked up before what is joined to it, also without statistics.
    mine = (
        select(own.c.source, own.c.value)
        .where(own.c.item_id == item_column)
        .limit(MOST_IDS)
        .correlate_except(own)
        .lateral("mine")
    )
    same = (theirs.c.source == mine.c.source) & (theirs.c.value == mine.c.value)
    return (
        select(theirs.c.item_id.label("id"))
        .select_from(mine.join(theirs, same))
        .where(theirs.c.item_id != item_column)
        .offset(0)
        .correlate_except(mine, theirs)
        .lateral("of_one_id")
    )
