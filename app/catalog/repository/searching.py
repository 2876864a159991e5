"""What content is found by, read for search: past the caches, many items by one statement."""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.catalog.domain import CollectionId, CreditKind, Label
from app.catalog.domain.searched import (
    LONGEST_NAME,
    LONGEST_OVERVIEW,
    MOST_CAST,
    MOST_KEYWORDS,
    MOST_NAMES,
    MOST_OVERVIEWS,
    MOST_TITLES,
    Searched,
)
from app.catalog.models import collection_items, collections, genres, item_metadata
from app.catalog.models import credits as item_credits
from app.catalog.repository.labels import TABLES
from app.core.access import EVERYTHING
from app.core.db import Database
from app.items.domain import ItemKind
from app.items.repository import visible_items
from app.libraries.domain import LibraryId
from app.people.domain import PersonId
from app.people.repository import name_of

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
DIRECTOR: Final = "Director"
_OWN: Final = ""  # stands before all languages


def searched_by_ids(table: Table, kind: ItemKind, into: type[Searched]) -> Select[Any]:
    """Rows of a table of content with what they are found by, as the fields of `into` name it; of
    those whose ids are bound as `ids`. Fields of other tables are for the caller to add.
    """
    item = visible_items(EVERYTHING, kinds=(kind,))
    found = {**dict(item.c), **dict(table.c), **_said(table.c.id)}
    for name, longest in (
        ("title", LONGEST_NAME),
        ("original_title", LONGEST_NAME),
        ("overview", LONGEST_OVERVIEW),
    ):
        if name in table.c:
            found[name] = func.left(table.c[name], longest)
    return (
        select(*(found[n].label(n) for n in into.__struct_fields__ if n in found))
        .select_from(table)
        .join(item, item.c.id == table.c.id)
        .outerjoin(item_metadata, item_metadata.c.item_id == table.c.id)
        .where(table.c.id == any_(IDS))
    )


def _said(item: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """What is said of a row's item beside its own table, by the names of fields."""
    return {
        "original_language": item_metadata.c.original_language,
        "translated_titles": _translated("title", LONGEST_NAME, MOST_TITLES),
        "overviews": _translated("overview", LONGEST_OVERVIEW, MOST_OVERVIEWS - 1),
        "alternative_titles": _alternative_titles(),
        "genres": _labels(Label.GENRE, item, "slug", MOST_NAMES),
        "studios": _labels(Label.STUDIO, item, "name", MOST_NAMES),
        "networks": _labels(Label.NETWORK, item, "name", MOST_NAMES),
        "keywords": _labels(Label.KEYWORD, item, "name", MOST_KEYWORDS),
        "collection": _collection_names(item),
        "cast": _credited(item, CreditKind.CAST, MOST_CAST),
        "guests": _credited(item, CreditKind.GUEST, MOST_CAST),
        "people": _people(item),
        "directors": _credited(item, CreditKind.CREW, MOST_NAMES, item_credits.c.job == DIRECTOR),
    }


def _array(found: Select[Any], most: int) -> ColumnElement[Any]:
    """The one column of some rows, as an array."""
    return func.array(found.limit(most).scalar_subquery(), type_=ARRAY(Text))


def _name(column: ColumnElement[Any]) -> ColumnElement[str]:
    return func.left(column, LONGEST_NAME)


def _translated(field: str, longest: int, most: int) -> ColumnElement[Any]:
    """A text of the metadata in its languages, the original one first."""
    told = func.jsonb_each(item_metadata.c.texts).table_valued("key", "value", name="told")
    text = type_coerce(told.c.value, JSONB)[field].astext
    original_first = told.c.key.is_distinct_from(item_metadata.c.original_language)
    return _array(
        select(func.left(text, longest))
        .select_from(told)
        .where(text != "")
        .order_by(original_first, told.c.key)
        .correlate(item_metadata),
        most,
    )


def _alternative_titles() -> ColumnElement[Any]:
    titles = func.unnest(item_metadata.c.alternative_titles)
    title = titles.table_valued("title", with_ordinality="place").render_derived("alternative")
    return _array(
        select(_name(title.c.title))
        .select_from(title)
        .order_by(title.c.place)
        .correlate(item_metadata),
        MOST_TITLES,
    )


def _labels(label: Label, item: ColumnElement[Any], name: str, most: int) -> ColumnElement[Any]:
    own, links, column = TABLES[label].own, TABLES[label].links, TABLES[label].column
    return _array(
        select(_name(own.c[name]))
        .join_from(links, own, own.c.id == column)
        .where(links.c.item_id == item)
        .order_by(links.c.position)
        .correlate_except(own, links),
        most,
    )


def _collection_names(item: ColumnElement[Any]) -> ColumnElement[Any]:
    own = func.jsonb_build_object(_OWN, func.jsonb_build_object("name", collections.c.name))
    named = collections.c.texts.op("||")(own)
    told = func.jsonb_each(named).table_valued("key", "value").lateral("named")
    name = type_coerce(told.c.value, JSONB)["name"].astext
    return _array(
        select(_name(name))
        .join_from(
            collection_items, collections, collections.c.id == collection_items.c.collection_id
        )
        .join(told, true())
        .where(collection_items.c.item_id == item, name != "")
        .order_by(told.c.key)
        .correlate_except(collection_items, collections, told),
        MOST_TITLES,
    )


def _credited(
    item: ColumnElement[Any], kind: CreditKind, most: int, *conditions: ColumnElement[bool]
) -> ColumnElement[Any]:
    """The names of persons, in billing order."""
    return _array(
        select(_name(name_of(item_credits.c.person_id)))
        .where(item_credits.c.item_id == item, item_credits.c.kind == kind.value, *conditions)
        .order_by(item_credits.c.position)
        .correlate_except(item_credits),
        most,
    )


def _people(item: ColumnElement[Any]) -> ColumnElement[Any]:
    """All who are credited, each once."""
    own = item_credits.c.person_id
    found = select(own).where(item_credits.c.item_id == item).distinct().order_by(own)
    return func.array(found.correlate_except(item_credits).scalar_subquery(), type_=ARRAY(Uuid))


GENRE_NAMES: Final = select(genres.c.slug, genres.c.name, genres.c.texts).where(
    genres.c.slug == any_(bindparam("slugs", type_=ARRAY(Text)))
)
_item: Final = visible_items(EVERYTHING)
SEEN_IN: Final = (
    select(item_credits.c.person_id, _item.c.library_id, func.min(_item.c.age))
    .join(_item, _item.c.id == item_credits.c.item_id)
    .where(item_credits.c.person_id == any_(IDS))
    .group_by(item_credits.c.person_id, _item.c.library_id)
    .order_by(item_credits.c.person_id, _item.c.library_id)
)
COLLECTED_IN: Final = (
    select(_item.c.id, _item.c.kind)
    .join(collection_items, collection_items.c.item_id == _item.c.id)
    .where(collection_items.c.collection_id == any_(IDS))
    .order_by(_item.c.id)
)
WORKS_OF: Final = (
    select(_item.c.id, _item.c.kind)
    .join(item_credits, item_credits.c.item_id == _item.c.id)
    .where(item_credits.c.person_id == any_(IDS))
    .distinct()
    .order_by(_item.c.id)
    .limit(bindparam("most", type_=Integer))
)


class SearchedReading:
    """A part of `CatalogRepository`."""

    db: Database

    async def seen_in(
        self, ids: Ids[PersonId]
    ) -> Mapping[PersonId, list[tuple[LibraryId, int | None]]]:
        """In which libraries these persons took part in something, each with the least age of what
        they did there; None where all of it is unrated.
        """
        found: dict[PersonId, list[tuple[LibraryId, int | None]]] = defaultdict(list)
        for person_id, library_id, age in await self.db.records(SEEN_IN, {"ids": list(ids)}):
            found[person_id].append((library_id, age))
        return found

    async def genre_names(self, slugs: Ids[str]) -> Mapping[str, tuple[str, ...]]:
        """What genres are called in all languages, by their slugs."""
        rows = await self.db.records(GENRE_NAMES, {"slugs": list(slugs)})
        return {
            slug: tuple(n[:LONGEST_NAME] for n in (name, *texts.values())[:MOST_TITLES])
            for slug, name, texts in rows
        }

    async def collected_in(self, ids: Ids[CollectionId]) -> list[tuple[UUID, ItemKind]]:
        """The items of these collections, by their ids."""
        rows = await self.db.records(COLLECTED_IN, {"ids": list(ids)})
        return [(item_id, ItemKind(kind)) for item_id, kind in rows]

    async def works_of(self, ids: Ids[PersonId], most: int) -> list[tuple[UUID, ItemKind]]:
        """The items that these persons are credited on, by their ids."""
        rows = await self.db.records(WORKS_OF, {"ids": list(ids), "most": most})
        return [(item_id, ItemKind(kind)) for item_id, kind in rows]
