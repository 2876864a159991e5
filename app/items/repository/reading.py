"""Items and versions, read."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from app.core.access import EVERYTHING, Scope, within
from app.core.asked import asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.items.domain import (
    Held,
    Item,
    ItemId,
    ItemKind,
    ItemState,
    Version,
    VersionId,
    admitted,
)
from app.items.models import identifications, item_versions, items, version_files
from app.items.repository.conditions import counted, held, visible_items, visible_to
from app.items.repository.counters import ItemCounters
from app.items.repository.writing import VERSIONS, ItemWriting, assembled
from app.libraries.domain import FileId, LibraryId
from app.libraries.repository import HIDDEN, is_missing, not_hidden

IDS = bindparam("ids", type_=ARRAY(Uuid))
OF_ITEMS = held(
    VERSIONS.add_columns(is_missing(version_files.c.file_id).label("missing")),
    item_versions.c.item_id,
)
BY_IDS = select(items).where(items.c.id == any_(IDS), not_hidden(items.c.library_id))

_item = visible_items(EVERYTHING)
_parent = items.alias("parent")
KINDS_OF = select(_item.c.id, _item.c.kind).where(_item.c.id == any_(IDS)).order_by(_item.c.id)
BELOW = (
    select(_item.c.id, _item.c.kind)
    .join(items, items.c.id == _item.c.id)
    .join(_parent, _parent.c.id == items.c.parent_id)
    .where(or_(_parent.c.id == any_(IDS), _parent.c.parent_id == any_(IDS)))
    .order_by(_item.c.id)
)
AFTER = (
    select(_item.c.id)
    .where(
        _item.c.kind == bindparam("kind", type_=Text), _item.c.id > bindparam("after", type_=Uuid)
    )
    .order_by(_item.c.id)
    .limit(bindparam("most", type_=Integer))
)


def _recent(scope: Scope, kinds: tuple[ItemKind, ...]) -> Sorted:
    source = visible_items(scope, kinds=kinds)
    statement = select(source.c.id).where(source.c.state == ItemState.AVAILABLE.value)
    newest = (Order(source.c.added_at, descending=True), Order(source.c.id, descending=True))
    return Sorted(statement, newest)


def _counted(scope: Scope, kinds: tuple[ItemKind, ...]) -> Select[Any]:
    return counted(scope, kinds=kinds, state=ItemState.AVAILABLE)


class ItemRepository(ItemWriting, ItemCounters):
    """Items and their versions."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("item", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[ItemId]) -> Mapping[ItemId, Item]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Item)
        return {item.id: item for item in rows}

    async def by_ids(self, scope: Scope, ids: Collection[ItemId]) -> Mapping[ItemId, Item]:
        """The items among `ids` that the viewer may see."""
        found = await self._by_ids(ids)
        return {i: item for i, item in found.items() if scope.admits(item.library_id, item.age)}

    @cached_list("items.recent", ttl=minutes(2), tags=("items",))
    async def recent(
        self,
        scope: Scope,
        kinds: tuple[ItemKind, ...],
        libraries: tuple[LibraryId, ...] | None,
        page: Keyset,
    ) -> Page[UUID]:
        """Playable items, the newest addition first."""
        return await self.db.page(asked(_recent, within(scope, libraries), kinds), "recent", page)

    @cached_list("items.recent.count", ttl=minutes(2), tags=("items",))
    async def count(
        self,
        scope: Scope,
        kinds: tuple[ItemKind, ...],
        libraries: tuple[LibraryId, ...] | None,
    ) -> int:
        """How many playable items there are."""
        return int(await self.db.scalar(asked(_counted, within(scope, libraries), kinds)))

    @cached("item.versions", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _versions(
        self, ids: Collection[ItemId]
    ) -> Mapping[ItemId, Held[tuple[Version, ...]]]:
        rows = [dict(row.items()) for row in await self.db.records(OF_ITEMS, {"ids": list(ids)})]
        places = {row["item_id"]: (row["library_id"], row["age"]) for row in rows}
        return {i: Held(*places[i], of_item) for i, of_item in assembled(rows).items()}

    async def versions(
        self, scope: Scope, ids: Collection[ItemId]
    ) -> Mapping[ItemId, tuple[Version, ...]]:
        """Versions of items that the viewer may see, the one to play by default first."""
        return admitted(scope, await self._versions(ids))

    async def kinds_of(self, ids: Collection[UUID]) -> list[tuple[UUID, ItemKind]]:
        """Those among `ids` that are there, and what they are; past the cache."""
        return _kinds(await self.db.records(KINDS_OF, {"ids": list(ids)}))

    async def below(self, ids: Collection[UUID]) -> list[tuple[UUID, ItemKind]]:
        """The seasons and episodes of these shows; past the cache."""
        return _kinds(await self.db.records(BELOW, {"ids": list(ids)}))

    async def ids_after(self, kind: ItemKind, after: UUID, most: int) -> list[UUID]:
        """The ids of all items of a kind in order, from the next one on."""
        given = {"kind": kind.value, "after": after, "most": most}
        return await self.db.column(AFTER, given)

    async def visible_files(self, scope: Scope, ids: Collection[FileId]) -> Collection[FileId]:
        """Those among `ids` that belong to an item the viewer may see."""
        statement = (
            select(version_files.c.file_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(version_files.c.file_id == any_(IDS), visible_to(scope, item_versions.c.item_id))
        )
        return await self.db.column(statement, {"ids": list(ids)})

    async def files_under(self, item_id: ItemId) -> list[FileId]:
        """The files of an item, and of the seasons and episodes below it."""
        children = select(items.c.id).where(items.c.parent_id == item_id)
        below = select(items.c.id).where(items.c.parent_id.in_(children))
        family = union_all(select(literal(item_id, Uuid)), children, below)
        return await self.db.column(
            select(version_files.c.file_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(item_versions.c.item_id.in_(family))
        )

    async def set_aside(self, ids: Collection[FileId]) -> Collection[FileId]:
        """Those among `ids` that somebody has taken from their items."""
        statement = select(identifications.c.file_id).where(
            identifications.c.file_id == any_(IDS), identifications.c.fixed.is_(False)
        )
        return await self.db.column(statement, {"ids": list(ids)})

    async def item_of_version(self, version_id: VersionId) -> ItemId | None:
        """Whose version this is."""
        statement = select(item_versions.c.item_id).where(item_versions.c.id == version_id)
        return next(iter(await self.db.column(statement)), None)

    async def take_some(self, library_id: LibraryId, limit: int) -> list[ItemId]:
        """Some items of a library, to be deleted; what others hang on comes after those."""
        child = items.alias("child")
        held = exists().where(child.c.parent_id == items.c.id)
        return await self.db.column(
            select(items.c.id).where(items.c.library_id == library_id, not_(held)).limit(limit)
        )

    async def emptied(self, before: datetime, limit: int) -> Mapping[LibraryId, list[ItemId]]:
        """Some items that have been missing since before then and have no files at all, not even
        missing ones, and no parts, by their library.
        """
        version, child = item_versions.alias("any_version"), items.alias("child")
        statement = (
            select(items.c.library_id, items.c.id)
            .where(
                items.c.missing_since < before,
                not_hidden(items.c.library_id),
                not_(exists().where(version.c.item_id == items.c.id)),
                not_(exists().where(child.c.parent_id == items.c.id)),
            )
            .order_by(items.c.missing_since, items.c.id)
            .limit(limit)
        )
        found: dict[LibraryId, list[ItemId]] = defaultdict(list)
        for row in await self.db.records(statement):
            found[row["library_id"]].append(row["id"])
        return found


def _kinds(rows: Iterable[Any]) -> list[tuple[UUID, ItemKind]]:
    return [(item_id, ItemKind(kind)) for item_id, kind in rows]
