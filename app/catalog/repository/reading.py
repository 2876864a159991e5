"""What every kind of content has, read."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Collection as Ids
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Select,
    Table,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.catalog.domain import (
    Collection,
    CollectionId,
    Credit,
    CreditKind,
    ExternalId,
    Telling,
    Translation,
)
from app.catalog.models import (
    collection_items,
    collections,
    external_ids,
    item_genres,
    item_metadata,
)
from app.catalog.models import credits as item_credits
from app.catalog.repository.conditions import took_part
from app.catalog.repository.labels import LabelRepository
from app.catalog.repository.searching import SearchedReading
from app.catalog.repository.speaking import TELLINGS, saga_in
from app.catalog.repository.telling import SaidReading
from app.catalog.repository.writing import COLLECTIONS_TOLD, CatalogWriting
from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import cached, cached_list
from app.core.clock import minutes
from app.core.page import Keyset, Order, Page, Sorted
from app.core.rows import structs_of
from app.items.domain import Held, ItemId, ItemKind, admitted
from app.items.repository import held, held_by_item, offered_to, visible_to
from app.libraries.repository import HIDDEN

IDS = bindparam("ids", type_=ARRAY(Uuid))
MOST_NEIGHBOURS = 2000
COLLECTIONS: Final = select(collections.c.id, collections.c.name, collections.c.overview).where(
    collections.c.id == any_(IDS)
)
SPOKEN_COLLECTIONS: Final = COLLECTIONS.add_columns(collections.c.texts)

# Lists show few of them, and an item may have hundreds: what is read is the least of these.
FEW_CREDITS: Final = (5, 20, 100)


def _of_items(table: Table, *order: str) -> Select[Any]:
    """All rows of the items whose ids are bound as `ids`, item by item."""
    own = table.c.item_id
    ordered = (own, *(table.c[name] for name in order))
    return held(select(table).where(own == any_(IDS)).order_by(*ordered), own)


CREDITS: Final = _of_items(item_credits, "position").where(
    item_credits.c.kind == bindparam("kind"), item_credits.c.position < bindparam("most")
)
EXTERNAL_IDS: Final = _of_items(external_ids, "source")
_TEXT: Final = func.jsonb_each(item_metadata.c.texts).table_valued("key", "value").lateral("text")
_SAID: Final = type_coerce(_TEXT.c.value, JSONB)
TEXTS: Final = held(
    select(
        item_metadata.c.item_id,
        _TEXT.c.key.label("language"),
        *(_SAID[name].astext.label(name) for name in ("title", "overview", "tagline")),
    )
    .select_from(item_metadata)
    .join(_TEXT, literal(value=True))
    .where(item_metadata.c.item_id == any_(IDS)),
    item_metadata.c.item_id,
).order_by(item_metadata.c.item_id, "language")
IN_COLLECTION: Final = held(
    select(collection_items.c.item_id, collections.c.id, collections.c.name, collections.c.overview)
    .join(collections, collections.c.id == collection_items.c.collection_id)
    .where(collection_items.c.item_id == any_(IDS)),
    collection_items.c.item_id,
)
IN_SPOKEN_COLLECTION: Final = IN_COLLECTION.add_columns(collections.c.texts)


class CatalogRepository(CatalogWriting, LabelRepository, SaidReading, SearchedReading):
    """What every kind of content has."""

    took_part = staticmethod(took_part)

    # -- reads by item

    @cached("item.credits", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _credits_of(
        self, ids: Ids[ItemId], kind: CreditKind, most: int
    ) -> Mapping[ItemId, Held[tuple[Credit, ...]]]:
        given = {"ids": list(ids), "kind": kind.value, "most": most}
        return held_by_item(await self.db.records(CREDITS, given), Credit)

    async def credits_of(
        self, scope: Scope, ids: Ids[ItemId], kind: CreditKind, first: int
    ) -> Mapping[ItemId, tuple[Credit, ...]]:
        """The first credits of a kind of items that the viewer may see, in billing order."""
        most = next((few for few in FEW_CREDITS if few >= first), first)
        found = admitted(scope, await self._credits_of(ids, kind, most))
        return found if most == first else {i: of_item[:first] for i, of_item in found.items()}

    @cached("item.external_ids", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _external_ids_of(
        self, ids: Ids[ItemId]
    ) -> Mapping[ItemId, Held[tuple[ExternalId, ...]]]:
        rows = await self.db.records(EXTERNAL_IDS, {"ids": list(ids)})
        return held_by_item(rows, ExternalId)

    async def external_ids_of(
        self, scope: Scope, ids: Ids[ItemId]
    ) -> Mapping[ItemId, tuple[ExternalId, ...]]:
        """The ids elsewhere of items that the viewer may see."""
        return admitted(scope, await self._external_ids_of(ids))

    @cached("item.texts", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _texts_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, Held[tuple[Translation, ...]]]:
        rows = await self.db.records(TEXTS, {"ids": list(ids)})
        return held_by_item(rows, Translation)

    async def texts_of(
        self, scope: Scope, ids: Ids[ItemId]
    ) -> Mapping[ItemId, tuple[Translation, ...]]:
        """What is said in other languages of items that the viewer may see, by language."""
        return admitted(scope, await self._texts_of(ids))

    @cached("item.telling", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _tellings_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, Held[tuple[Telling, ...]]]:
        return held_by_item(await self.db.records(TELLINGS, {"ids": list(ids)}), Telling)

    async def tellings_of(self, scope: Scope, ids: Ids[ItemId]) -> Mapping[ItemId, Telling]:
        """All that is said of items that the viewer may see, where anything is."""
        of_items = admitted(scope, await self._tellings_of(ids))
        return {item_id: only for item_id, (only,) in of_items.items()}

    @cached("item.collection", ttl=minutes(10), tags=("item:{}", HIDDEN, COLLECTIONS_TOLD))
    async def _collection_of(
        self, ids: Ids[ItemId]
    ) -> Mapping[ItemId, Held[tuple[Collection, ...]]]:
        return held_by_item(await self.db.records(IN_COLLECTION, {"ids": list(ids)}), Collection)

    @cached("item.collection.spoken", ttl=minutes(10), tags=("item:{}", HIDDEN, COLLECTIONS_TOLD))
    async def _spoken_collection_of(
        self, ids: Ids[ItemId], language: str
    ) -> Mapping[ItemId, Held[tuple[Collection, ...]]]:
        rows = await self.db.records(IN_SPOKEN_COLLECTION, {"ids": list(ids)})
        found = structs_of(rows, Collection)
        return {
            row["item_id"]: Held(row["library_id"], row["age"], (saga_in(language, one, row),))
            for row, one in zip(rows, found, strict=True)
        }

    async def collection_of(
        self, scope: Scope, ids: Ids[ItemId], language: str = ""
    ) -> Mapping[ItemId, Collection]:
        """Which collection items belong to that the viewer may see: one at most."""
        spoken = self._spoken_collection_of
        found = await (spoken(ids, language) if language else self._collection_of(ids))
        return {item_id: only for item_id, (only,) in admitted(scope, found).items()}

    async def credited(self, scope: Scope, ids: Ids[UUID]) -> Ids[UUID]:
        """Those persons among `ids` who took part in something that the viewer may see."""
        return await self._credited(scope, tuple(sorted(ids)))

    @cached_list("people.credited", ttl=minutes(1), tags=("items",))
    async def _credited(self, scope: Scope, ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
        return tuple(await self.db.column(asked(_credited, scope), {"ids": list(ids)}))

    async def similar(
        self, scope: Scope, kind: ItemKind, ids: Ids[ItemId], first: int
    ) -> Mapping[ItemId, tuple[ItemId, ...]]:
        """Items of a kind like these of it, by shared collection (8), people (2 each) and genres
        (1 each).
        """
        return await self._similar(scope, kind, tuple(sorted(ids)), first)

    @cached_list("items.similar", ttl=minutes(10), tags=("items",))
    async def _similar(
        self, scope: Scope, kind: ItemKind, ids: tuple[ItemId, ...], first: int
    ) -> dict[ItemId, tuple[ItemId, ...]]:
        # One statement for all of them: a lateral join weighs the neighbours of each.
        wanted = select(func.unnest(IDS).label("id")).subquery("wanted")
        weights = (
            (collection_items.c.collection_id, 8),
            (item_credits.c.person_id, 2),
            (item_genres.c.genre_id, 1),
        )

        def offered(item_column: ColumnElement[Any]) -> ColumnElement[bool]:
            return offered_to(scope, item_column, (kind,))

        near = [_near(offered, wanted, shared, weight) for shared, weight in weights]
        union = near[0].union_all(*near[1:]).subquery("near")
        scored = (
            select(union.c.id, union.c.other, func.sum(union.c.weight).label("score"))
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

    # -- collections

    async def collections_by_ids(
        self, scope: Scope, ids: Ids[CollectionId], language: str = ""
    ) -> Mapping[CollectionId, Collection]:
        """The collections among `ids` with something the viewer may see."""
        seen = await self._collections_seen(scope, tuple(sorted(ids)))
        spoken = self._spoken_collections_by_ids
        return await (spoken(seen, language) if language else self._collections_by_ids(seen))

    @cached_list("collections.seen", ttl=minutes(10), tags=("items",))
    async def _collections_seen(
        self, scope: Scope, ids: tuple[CollectionId, ...]
    ) -> tuple[CollectionId, ...]:
        return tuple(await self.db.column(asked(_collections_seen, scope), {"ids": list(ids)}))

    @cached("collection", ttl=minutes(10), tags=("collection:{}",))
    async def _collections_by_ids(
        self, ids: Ids[CollectionId]
    ) -> Mapping[CollectionId, Collection]:
        rows = await self.db.fetch(COLLECTIONS, {"ids": list(ids)}, into=Collection)
        return {found.id: found for found in rows}

    @cached("collection.spoken", ttl=minutes(10), tags=("collection:{}",))
    async def _spoken_collections_by_ids(
        self, ids: Ids[CollectionId], language: str
    ) -> Mapping[CollectionId, Collection]:
        rows = await self.db.records(SPOKEN_COLLECTIONS, {"ids": list(ids)})
        pairs = zip(rows, structs_of(rows, Collection), strict=True)
        return {found.id: saga_in(language, found, row) for row, found in pairs}

    @cached_list("collections", ttl=minutes(10), tags=("items",))
    async def collection_page(self, scope: Scope, page: Keyset) -> Page[UUID]:
        """Collections with something the viewer may see and play, by name."""
        return await self.db.page(asked(_collections, scope), "collections", page)

    @cached_list("collections.count", ttl=minutes(10), tags=("items",))
    async def collection_count(self, scope: Scope) -> int:
        """How many collections the viewer sees."""
        return int(await self.db.scalar(asked(_collection_count, scope)))


def _credited(scope: Scope) -> Select[Any]:
    person = select(func.unnest(IDS).label("id")).subquery("person")
    return select(person.c.id).where(took_part(scope, person.c.id))


def _collections_seen(scope: Scope) -> Select[Any]:
    seen = _collection_with(visible_to(scope, collection_items.c.item_id))
    return select(collections.c.id).where(collections.c.id == any_(IDS), seen)


def _collections(scope: Scope) -> Sorted:
    offered = _collection_with(offered_to(scope, collection_items.c.item_id))
    statement = select(collections.c.id).where(offered)
    return Sorted(statement, (Order(collections.c.name_key), Order(collections.c.id)))


def _collection_count(scope: Scope) -> Select[Any]:
    offered = _collection_with(offered_to(scope, collection_items.c.item_id))
    return select(func.count()).select_from(collections).where(offered)


def _collection_with(item_seen: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(collection_items.c.collection_id == collections.c.id, item_seen)


def _near(
    offered: Callable[[ColumnElement[Any]], ColumnElement[bool]],
    wanted: Any,
    shared: Column[Any],
    weight: int,
) -> Any:
    """Visible neighbours through one table, bounded per item so that a common genre stays cheap.

    Who both wrote and directed counts once on either side.
    """
    mine = shared.table.alias()
    mine_shared = mine.c[shared.key]
    own = (
        select(mine.c.item_id, mine_shared).distinct().where(mine.c.item_id == any_(IDS)).subquery()
    )
    theirs = shared.table.c.item_id
    inner = (
        select(theirs.label("other"))
        .distinct()
        .where(shared == own.c[shared.key], theirs != wanted.c.id, offered(theirs))
        .limit(MOST_NEIGHBOURS)
        .lateral()
    )
    return (
        select(wanted.c.id, inner.c.other, literal(weight).label("weight"))
        .select_from(wanted)
        .join(own, own.c.item_id == wanted.c.id)
        .join(inner, literal(value=True))
    )
