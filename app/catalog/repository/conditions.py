"""Conditions on items that other repositories compose."""

from collections.abc import Collection as Ids
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, exists

from app.catalog.domain import CollectionId, GenreId
from app.catalog.models import collection_items, item_genres


def in_genres(ids: Ids[GenreId], item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item has one of these genres."""
    wanted = bindparam(None, sorted(ids), type_=ARRAY(Uuid), unique=True)
    return exists().where(
        item_genres.c.item_id == item_column, item_genres.c.genre_id == any_(wanted)
    )


def in_collection(
    collection_id: CollectionId, item_column: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows whose item belongs to this collection."""
    return exists().where(
        collection_items.c.item_id == item_column,
        collection_items.c.collection_id == collection_id,
    )
