"""SQL of genres, credits, external ids and collections, and conditions upper slices compose."""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from app.catalog.domain import (
    Collection,
    CollectionId,
    Credit,
    CreditKind,
    ExternalId,
    Genre,
    GenreId,
    slug,
)
from app.catalog.models import (
    collection_items,
    collections,
    external_ids,
    genres,
    item_genres,
)
from app.catalog.models import credits as item_credits
from app.core.access import Scope
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import ItemRepository, visible_to
from app.people.domain import person_key

IDS = bindparam("ids", type_=ARRAY(Uuid))
ALIKE = 40  # candidates that `similar` weighs


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


def has_external_id(
    source: str, value: str, item_column: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows whose item is known elsewhere under this id."""
    return exists().where(
        external_ids.c.item_id == item_column,
        external_ids.c.source == source,
        external_ids.c.value == value,
    )


class CatalogRepository:
    """What every kind of content has. Reads by item are for callers that hold a visible item."""

    def __init__(self, db: Database, cache: Cache, items: ItemRepository) -> None:
        self.db, self.cache, self._items = db, cache, items

    # -- reads by item

    @cached("item.genres", ttl=minutes(10), tags=("item:{}",))
    async def genres_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, tuple[Genre, ...]]:
        """Genres of items, the most telling first."""
        statement = (
            select(item_genres.c.item_id, genres.c.id, genres.c.name, genres.c.slug)
            .join(genres, genres.c.id == item_genres.c.genre_id)
            .where(item_genres.c.item_id == any_(IDS))
            .order_by(item_genres.c.item_id, item_genres.c.position)
        )
        found: dict[ItemId, list[Genre]] = defaultdict(list)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["item_id"]].append(Genre(id=row["id"], name=row["name"], slug=row["slug"]))
        return {item_id: tuple(of_item) for item_id, of_item in found.items()}

    @cached("item.credits", ttl=minutes(10), tags=("item:{}",))
    async def credits_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, tuple[Credit, ...]]:
        """Credits of items in billing order, cast and crew together."""
        statement = (
            select(item_credits)
            .where(item_credits.c.item_id == any_(IDS))
            .order_by(item_credits.c.item_id, item_credits.c.kind, item_credits.c.position)
        )
        found: dict[ItemId, list[Credit]] = defaultdict(list)
        for credit in await self.db.fetch(statement, {"ids": list(ids)}, into=Credit):
            found[credit.item_id].append(credit)
        return {item_id: tuple(of_item) for item_id, of_item in found.items()}

    @cached("item.external_ids", ttl=minutes(10), tags=("item:{}",))
    async def external_ids_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, tuple[ExternalId, ...]]:
        """The ids that items have elsewhere."""
        statement = (
            select(external_ids)
            .where(external_ids.c.item_id == any_(IDS))
            .order_by(external_ids.c.item_id, external_ids.c.source)
        )
        found: dict[ItemId, list[ExternalId]] = defaultdict(list)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["item_id"]].append(ExternalId(source=row["source"], value=row["value"]))
        return {item_id: tuple(of_item) for item_id, of_item in found.items()}

    @cached("item.collection", ttl=minutes(10), tags=("item:{}",))
    async def collection_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, CollectionId]:
        """Which collection items belong to."""
        statement = select(collection_items.c.item_id, collection_items.c.collection_id).where(
            collection_items.c.item_id == any_(IDS)
        )
        rows = await self.db.records(statement, {"ids": list(ids)})
        return {row["item_id"]: row["collection_id"] for row in rows}

    async def similar(
        self, scope: Scope, ids: Ids[ItemId], first: int
    ) -> Mapping[ItemId, tuple[ItemId, ...]]:
        """Items like these, by shared collection (8), people (2 each) and genres (1 each).

        One statement for all of them: a lateral join weighs the neighbours of each.
        """
        wanted = select(func.unnest(IDS).label("id")).subquery("wanted")
        mine = {t: t.alias() for t in (collection_items, item_credits, item_genres)}
        near = [
            self._near(collection_items, mine[collection_items], "collection_id", 8, wanted),
            self._near(item_credits, mine[item_credits], "person_id", 2, wanted),
            self._near(item_genres, mine[item_genres], "genre_id", 1, wanted),
        ]
        union = near[0].union_all(*near[1:]).subquery("near")
        scored = (
            select(union.c.id, union.c.other, func.sum(union.c.weight).label("score"))
            .where(visible_to(scope, union.c.other))
            .group_by(union.c.id, union.c.other)
            .subquery("scored")
        )
        place = func.row_number().over(
            partition_by=scored.c.id, order_by=(scored.c.score.desc(), scored.c.other)
        )
        ranked = select(scored.c.id, scored.c.other, place.label("place")).subquery("ranked")
        statement = (
            select(ranked.c.id, ranked.c.other)
            .where(ranked.c.place <= first)
            .order_by(ranked.c.id, ranked.c.place)
        )
        found: dict[ItemId, list[ItemId]] = defaultdict(list)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["id"]].append(row["other"])
        return {item_id: tuple(others) for item_id, others in found.items()}

    def _near(self, theirs: Any, mine: Any, shared: str, weight: int, wanted: Any) -> Any:
        """Neighbours through one table, bounded per item so that a common genre stays cheap."""
        inner = (
            select(theirs.c.item_id.label("other"))
            .where(theirs.c[shared] == mine.c[shared], theirs.c.item_id != wanted.c.id)
            .limit(2000)
            .lateral()
        )
        return (
            select(wanted.c.id, inner.c.other, literal(weight).label("weight"))
            .select_from(wanted)
            .join(mine, mine.c.item_id == wanted.c.id)
            .join(inner, literal(True))
        )

    async def twins(self, scope: Scope, ids: Ids[ItemId]) -> Mapping[ItemId, frozenset[ItemId]]:
        """For each item the others the viewer may see that share an external id with it."""
        other = external_ids.alias()
        statement = (
            select(external_ids.c.item_id, other.c.item_id.label("twin"))
            .join(
                other,
                (other.c.source == external_ids.c.source) & (other.c.value == external_ids.c.value),
            )
            .where(external_ids.c.item_id == any_(IDS), other.c.item_id != external_ids.c.item_id)
        )
        found: dict[ItemId, set[ItemId]] = defaultdict(set)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["item_id"]].add(row["twin"])
        everyone = set().union(*found.values(), ids) if found else set()
        seen = await self._items.by_ids(scope, everyone) if everyone else {}
        # Films and shows are numbered apart: the same number is not the same thing.
        kinds = {i: item.kind for i, item in seen.items()}
        return {
            item_id: frozenset(o for o in others if o in kinds and kinds[o] is kinds.get(item_id))
            for item_id, others in found.items()
        }

    # -- genres and collections

    async def genres_by_ids(self, scope: Scope, ids: Ids[GenreId]) -> Mapping[GenreId, Genre]:
        """The genres among `ids` of something the viewer may see."""
        statement = select(genres).where(genres.c.id == any_(IDS), self._genre_seen(scope))
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Genre)
        return {genre.id: genre for genre in rows}

    @cached_list("genres", ttl=minutes(10), tags=("items",))
    async def genre_page(self, scope: Scope, page: Keyset) -> Page[UUID]:
        """Genres of what the viewer may see, by name."""
        statement = select(genres.c.id).where(self._genre_seen(scope))
        orders = (Order(genres.c.slug), Order(genres.c.id))
        return await self.db.page(statement, "genres", orders, page)

    @cached_list("genres.count", ttl=minutes(10), tags=("items",))
    async def genre_count(self, scope: Scope) -> int:
        """How many genres the viewer's content has."""
        statement = select(func.count()).select_from(genres).where(self._genre_seen(scope))
        return int(await self.db.scalar(statement))

    def _genre_seen(self, scope: Scope) -> ColumnElement[bool]:
        return exists().where(
            item_genres.c.genre_id == genres.c.id, visible_to(scope, item_genres.c.item_id)
        )

    def _collection_seen(self, scope: Scope) -> ColumnElement[bool]:
        return exists().where(
            collection_items.c.collection_id == collections.c.id,
            visible_to(scope, collection_items.c.item_id),
        )

    async def collections_by_ids(
        self, scope: Scope, ids: Ids[CollectionId]
    ) -> Mapping[CollectionId, Collection]:
        """The collections among `ids` with something the viewer may see."""
        statement = select(collections.c.id, collections.c.name, collections.c.overview).where(
            collections.c.id == any_(IDS), self._collection_seen(scope)
        )
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Collection)
        return {found.id: found for found in rows}

    @cached_list("collections", ttl=minutes(10), tags=("items",))
    async def collection_page(self, scope: Scope, page: Keyset) -> Page[UUID]:
        """Collections with something the viewer may see, by name."""
        statement = select(collections.c.id).where(self._collection_seen(scope))
        orders = (Order(collections.c.name_key), Order(collections.c.id))
        return await self.db.page(statement, "collections", orders, page)

    @cached_list("collections.count", ttl=minutes(10), tags=("items",))
    async def collection_count(self, scope: Scope) -> int:
        """How many collections the viewer sees."""
        statement = (
            select(func.count()).select_from(collections).where(self._collection_seen(scope))
        )
        return int(await self.db.scalar(statement))

    # -- writes

    async def ensure_genres(self, tx: Tx, names: Ids[str]) -> dict[str, GenreId]:
        """Genres by name, made where they are new."""
        by_slug = {key: name for name in names if (key := slug(name))}
        if not by_slug:
            return {}
        rows = [{"id": new_id(), "name": n, "slug": s} for s, n in sorted(by_slug.items())]
        await tx.execute(insert(genres).on_conflict_do_nothing(index_elements=["slug"]), rows)
        ids = await _ids_by(tx, genres.c.slug, genres.c.id, list(by_slug))
        return {name: ids[key] for name in names if (key := slug(name))}

    async def ensure_collections(
        self, tx: Tx, overviews: Mapping[str, str | None]
    ) -> dict[str, CollectionId]:
        """Collections by name, made where they are new; with their overviews."""
        by_key = {person_key(name): name for name in overviews}
        if not by_key:
            return {}
        rows = [
            {"id": new_id(), "name": name, "name_key": key, "overview": overviews[name]}
            for key, name in sorted(by_key.items())
        ]
        await tx.execute(
            insert(collections).on_conflict_do_nothing(index_elements=["name_key"]), rows
        )
        ids = await _ids_by(tx, collections.c.name_key, collections.c.id, list(by_key))
        return {name: ids[person_key(name)] for name in overviews}

    async def replace_genres(self, tx: Tx, of_items: Mapping[ItemId, Sequence[GenreId]]) -> None:
        """Set the genres of items."""
        await self._clear(tx, item_genres, of_items)
        rows = [
            (item_id, genre_id, position)
            for item_id, ids in of_items.items()
            for position, genre_id in enumerate(dict.fromkeys(ids))
        ]
        await tx.copy("item_genres", ("item_id", "genre_id", "position"), rows)

    async def replace_credits(self, tx: Tx, of_items: Mapping[ItemId, Sequence[Credit]]) -> None:
        """Set the credits of items."""
        await self._clear(tx, item_credits, of_items)
        columns = Credit.__struct_fields__
        rows = [
            tuple(getattr(credit, c) for c in columns)
            for of_item in of_items.values()
            for credit in of_item
        ]
        await tx.copy("credits", columns, rows)

    async def add_external_ids(self, tx: Tx, of_items: Mapping[ItemId, Mapping[str, str]]) -> None:
        """Add or change ids that items have elsewhere."""
        rows = [
            {"item_id": item_id, "source": source, "value": value}
            for item_id, ids in of_items.items()
            for source, value in ids.items()
        ]
        if rows:
            statement = insert(external_ids)
            await tx.execute(
                statement.on_conflict_do_update(
                    index_elements=["item_id", "source"], set_={"value": statement.excluded.value}
                ),
                rows,
            )

    async def join_collections(
        self, tx: Tx, of_items: Mapping[ItemId, CollectionId | None]
    ) -> None:
        """Set the collection of items; None takes them out."""
        await self._clear(tx, collection_items, of_items)
        rows = [(item_id, c, None) for item_id, c in of_items.items() if c is not None]
        await tx.copy("collection_items", ("item_id", "collection_id", "position"), rows)

    async def find_by_external_ids(
        self, tx: Tx, wanted: Ids[tuple[str, str]]
    ) -> dict[tuple[str, str], list[ItemId]]:
        """Items by (source, value)."""
        rows = await tx.execute(
            select(external_ids).where(
                external_ids.c.source == any_(bindparam("sources", type_=ARRAY(Text))),
                external_ids.c.value == any_(bindparam("values", type_=ARRAY(Text))),
            ),
            {"sources": list({s for s, _ in wanted}), "values": [value for _, value in wanted]},
        )
        found: dict[tuple[str, str], list[ItemId]] = defaultdict(list)
        for row in rows:
            found[row.source, row.value].append(row.item_id)
        return found

    async def known_ids(self, tx: Tx, ids: Ids[ItemId]) -> dict[ItemId, dict[str, str]]:
        """The ids that items have elsewhere, as this transaction leaves them."""
        rows = await tx.execute(
            select(external_ids).where(external_ids.c.item_id == any_(IDS)), {"ids": list(ids)}
        )
        found: dict[ItemId, dict[str, str]] = defaultdict(dict)
        for row in rows:
            found[row.item_id][row.source] = row.value
        return found

    async def _clear(self, tx: Tx, table: Any, of_items: Mapping[ItemId, Any]) -> None:
        await tx.execute(delete(table).where(table.c.item_id == any_(IDS)), {"ids": list(of_items)})
        tx.touch(*(f"item:{item_id}" for item_id in of_items))


def cast_and_crew(found: tuple[Credit, ...], kind: CreditKind, first: int) -> tuple[Credit, ...]:
    """The first credits of one kind."""
    return tuple(credit for credit in found if credit.kind is kind)[:first]


async def _ids_by(tx: Tx, key: Any, id_: Any, keys: list[str]) -> dict[str, Any]:
    rows = await tx.execute(
        select(key, id_).where(key == any_(bindparam("keys", type_=ARRAY(Text)))), {"keys": keys}
    )
    return dict(cast("Any", rows.all()))
