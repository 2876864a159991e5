"""SQL of items and versions, and what upper slices compose with it: tables stay here."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from msgspec import convert, structs
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    text,
    update,
)

from app.core.access import EVERYTHING, Scope, library_ids
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page
from app.core.tx import Tx
from app.items.domain import (
    Held,
    Item,
    ItemId,
    ItemKind,
    ItemState,
    Part,
    Version,
    VersionFacts,
    VersionId,
    admitted,
    ranked,
)
from app.items.models import item_versions, items, version_files
from app.libraries.domain import FileId, LibraryId
from app.libraries.repository import HIDDEN, is_missing, not_hidden
from app.media.domain import DynamicRange
from app.naming.domain import Source

T = TypeVar("T")
IDS = bindparam("ids", type_=ARRAY(Uuid))
BY_IDS = select(items).where(items.c.id == any_(IDS), not_hidden(items.c.library_id))
VERSIONS = (
    select(item_versions, version_files.c.file_id, version_files.c.part)
    .join(version_files, version_files.c.version_id == item_versions.c.id)
    .where(item_versions.c.item_id == any_(IDS))
)

DESCRIBE = text("""
update item_versions v set duration = n.duration, height = n.height, resolution = n.resolution,
       hdr = n.hdr
  from version_files p
  join unnest(cast(:ids as uuid[]), cast(:durations as float8[]), cast(:heights as int[]),
              cast(:resolutions as text[]), cast(:hdrs as text[]))
       as n(file_id, duration, height, resolution, hdr) on n.file_id = p.file_id
 where v.id = p.version_id returning p.file_id, v.item_id
""")


def _visible(scope: Scope) -> list[ColumnElement[bool]]:
    found = [not_hidden(items.c.library_id)]
    if scope.libraries is not None:
        found.append(items.c.library_id == any_(_uuids(scope.libraries)))
    if scope.max_age is not None:
        found.append(items.c.age <= scope.max_age)
    return found


def _uuids(values: Iterable[UUID]) -> Any:
    return bindparam(None, sorted(values), type_=ARRAY(Uuid), unique=True)


def visible_to(scope: Scope, item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item the viewer may see."""
    return exists().where(items.c.id == item_column, *_visible(scope))


def offered_to(scope: Scope, item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item the viewer may see and play: some file of it is there."""
    there = items.c.state == ItemState.AVAILABLE.value
    return exists().where(items.c.id == item_column, there, *_visible(scope))


def visible_items(
    scope: Scope,
    *,
    kinds: Collection[ItemKind] | None = None,
    libraries: Collection[LibraryId] | None = None,
) -> FromClause:
    """The items a viewer may see, to join with: id, kind, library_id, state, age, added_at."""
    narrowed = structs.replace(scope, libraries=library_ids(scope, libraries))
    conditions = _visible(narrowed)
    if kinds is not None:
        wanted = bindparam(None, [k.value for k in kinds], type_=ARRAY(Text), unique=True)
        conditions.append(items.c.kind == any_(wanted))
    return (
        select(
            items.c.id,
            items.c.kind,
            items.c.library_id,
            items.c.state,
            items.c.certification,
            items.c.age,
            items.c.added_at,
        )
        .where(*conditions)
        .subquery()
    )


def held(statement: Select[Any], item_column: ColumnElement[Any]) -> Select[Any]:
    """Add each row's library_id and age: what a private read is later filtered by."""
    item = visible_items(EVERYTHING)
    return statement.add_columns(item.c.library_id, item.c.age).join(item, item.c.id == item_column)


def gathered(
    rows: Iterable[Mapping[str, Any]], make: Callable[[Mapping[str, Any]], T]
) -> dict[ItemId, Held[tuple[T, ...]]]:
    """Rows of a `held` statement by their item_id, in order."""
    values: dict[ItemId, list[T]] = defaultdict(list)
    places = {}
    for row in rows:
        places[row["item_id"]] = row["library_id"], row["age"]
        values[row["item_id"]].append(make(row))
    return {i: Held(*places[i], tuple(of_item)) for i, of_item in values.items()}


def _shown(version: Any) -> ColumnElement[bool]:
    """Versions that are shown: those whose files are all there, or all where there is none such.

    The same as `playable`: what a filter counts is what one then sees.
    """
    broken = select(version_files.c.version_id).where(is_missing(version_files.c.file_id))
    other = item_versions.alias("other_version")
    whole = select(other.c.item_id).where(other.c.id.not_in(broken))
    return or_(version.c.id.not_in(broken), version.c.item_id.not_in(whole))


def has_resolution(
    resolutions: Collection[str], item_column: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows whose item shows a version of one of these resolutions ("1080p")."""
    wanted = bindparam(None, sorted(resolutions), type_=ARRAY(Text), unique=True)
    version = item_versions.alias("sized_version")
    return exists().where(
        version.c.item_id == item_column, version.c.resolution == any_(wanted), _shown(version)
    )


def has_hdr(item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item shows a version in high dynamic range."""
    version = item_versions.alias("rich_version")
    return exists().where(version.c.item_id == item_column, version.c.hdr != "sdr", _shown(version))


class ItemRepository:
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
        source = visible_items(scope, kinds=kinds, libraries=libraries)
        statement = select(source.c.id).where(source.c.state == ItemState.AVAILABLE.value)
        orders = (
            Order(source.c.added_at, descending=True),
            Order(source.c.id, descending=True),
        )
        return await self.db.page(statement, "recent", orders, page)

    @cached_list("items.recent.count", ttl=minutes(2), tags=("items",))
    async def count(
        self,
        scope: Scope,
        kinds: tuple[ItemKind, ...],
        libraries: tuple[LibraryId, ...] | None,
    ) -> int:
        """How many playable items there are."""
        source = visible_items(scope, kinds=kinds, libraries=libraries)
        statement = select(func.count()).where(source.c.state == ItemState.AVAILABLE.value)
        return int(await self.db.scalar(statement))

    @cached("item.versions", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _versions(
        self, ids: Collection[ItemId]
    ) -> Mapping[ItemId, Held[tuple[Version, ...]]]:
        statement = held(VERSIONS, item_versions.c.item_id)
        rows = [dict(row) for row in await self.db.records(statement, {"ids": list(ids)})]
        places = {row["item_id"]: (row.pop("library_id"), row.pop("age")) for row in rows}
        return {i: Held(*places[i], of_item) for i, of_item in _assembled(rows).items()}

    async def versions(
        self, scope: Scope, ids: Collection[ItemId]
    ) -> Mapping[ItemId, tuple[Version, ...]]:
        """Versions of items that the viewer may see, the one to play by default first."""
        return admitted(scope, await self._versions(ids))

    async def visible_files(self, scope: Scope, ids: Collection[FileId]) -> Collection[FileId]:
        """Those among `ids` that belong to an item the viewer may see."""
        statement = (
            select(version_files.c.file_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(version_files.c.file_id == any_(IDS), visible_to(scope, item_versions.c.item_id))
        )
        return await self.db.column(statement, {"ids": list(ids)})

    # -- writes

    async def add(self, tx: Tx, new: Sequence[Item]) -> None:
        """Insert many items."""
        columns = ("id", "kind", "library_id", "parent_id", "certification", "age", "added_at")
        await tx.copy("items", columns, [tuple(getattr(i, c) for c in columns) for i in new])
        tx.touch("items", *(f"item:{item.id}" for item in new))

    async def add_versions(self, tx: Tx, new: Sequence[Version]) -> None:
        """Insert many versions with their parts."""
        columns = ("id", "item_id", "edition", "format_3d", "source", "height", "resolution")
        await tx.copy(
            "item_versions", columns, [tuple(getattr(v, c) for c in columns) for v in new]
        )
        await self.add_parts(tx, [(v.id, part) for v in new for part in v.parts])
        tx.touch(*(f"item:{version.item_id}" for version in new))

    async def add_parts(self, tx: Tx, parts: Sequence[tuple[VersionId, Part]]) -> None:
        """Attach files to versions."""
        rows = [(part.file_id, version_id, part.part) for version_id, part in parts]
        await tx.copy("version_files", ("file_id", "version_id", "part"), rows)

    async def rate(self, tx: Tx, ratings: Sequence[tuple[ItemId, str | None, int | None]]) -> None:
        """Set certifications and ages."""
        if ratings:
            await tx.execute(
                update(items)
                .where(items.c.id == bindparam("_id"))
                .values(certification=bindparam("_certification"), age=bindparam("_age")),
                [{"_id": i, "_certification": c, "_age": a} for i, c, a in ratings],
            )
            tx.touch("items", *(f"item:{i}" for i, _, _ in ratings))

    async def describe_versions(
        self, tx: Tx, described: Mapping[FileId, VersionFacts]
    ) -> Mapping[FileId, ItemId]:
        """Set what a look inside their (first) files says of versions; answers the items."""
        if not described:
            return {}
        facts = list(described.values())
        arrays: dict[str, list[Any]] = {
            "ids": list(described),
            "durations": [f.duration for f in facts],
            "heights": [f.height for f in facts],
            "resolutions": [f.resolution for f in facts],
            "hdrs": [f.hdr for f in facts],
        }
        rows = await tx.execute(DESCRIBE, arrays)
        found = {FileId(row.file_id): ItemId(row.item_id) for row in rows}
        tx.touch("items", *(f"item:{item_id}" for item_id in found.values()))
        return found

    async def in_parts(self, tx: Tx, ids: Collection[FileId]) -> list[list[FileId]]:
        """The files, in order, of the versions in parts that these belong to."""
        mine = version_files.alias("mine")
        rows = await tx.execute(
            select(version_files.c.version_id, version_files.c.file_id)
            .where(
                version_files.c.part.is_not(None),
                exists().where(
                    mine.c.version_id == version_files.c.version_id, mine.c.file_id == any_(IDS)
                ),
            )
            .order_by(version_files.c.version_id, version_files.c.part, version_files.c.file_id),
            {"ids": list(ids)},
        )
        found: dict[VersionId, list[FileId]] = defaultdict(list)
        for row in rows:
            found[row.version_id].append(row.file_id)
        return list(found.values())

    async def versions_within(
        self, tx: Tx, ids: Collection[ItemId]
    ) -> Mapping[ItemId, tuple[Version, ...]]:
        """Versions of items, as this transaction leaves them."""
        rows = await tx.execute(VERSIONS, {"ids": list(ids)})
        return _assembled([dict(row) for row in rows.mappings()])

    async def items_of_files(self, tx: Tx, ids: Collection[FileId]) -> Mapping[FileId, ItemId]:
        """Which items these files belong to."""
        rows = await tx.execute(
            select(version_files.c.file_id, item_versions.c.item_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(version_files.c.file_id == any_(IDS)),
            {"ids": list(ids)},
        )
        return {row.file_id: row.item_id for row in rows}

    async def settle_states(
        self, tx: Tx, ids: Collection[ItemId], present: Collection[FileId]
    ) -> list[ItemId]:
        """Items with a file among `present` are available, the others missing; answers changes.

        Asked when files of theirs have come or gone: which versions are shown differs even where
        the state stays, so what is cached of all of them is stale.
        """
        there = exists().where(
            item_versions.c.item_id == items.c.id,
            version_files.c.version_id == item_versions.c.id,
            version_files.c.file_id == any_(bindparam("present", type_=ARRAY(Uuid))),
        )
        state = case((there, ItemState.AVAILABLE.value), else_=ItemState.MISSING.value)
        rows = await tx.execute(
            update(items)
            .where(items.c.id == any_(IDS), items.c.state != state)
            .values(state=state)
            .returning(items.c.id),
            {"ids": list(ids), "present": list(present)},
        )
        tx.touch("items", *(f"item:{i}" for i in ids))
        return list(rows.scalars())

    async def files_of(self, tx: Tx, ids: Collection[ItemId]) -> list[FileId]:
        """Every file of these items."""
        rows = await tx.execute(
            select(version_files.c.file_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(item_versions.c.item_id == any_(IDS)),
            {"ids": list(ids)},
        )
        return list(rows.scalars())

    async def take_some(self, library_id: LibraryId, limit: int) -> list[ItemId]:
        """Some items of a library, to be deleted; what others hang on comes after those."""
        child = items.alias("child")
        held = exists().where(child.c.parent_id == items.c.id)
        return await self.db.column(
            select(items.c.id).where(items.c.library_id == library_id, not_(held)).limit(limit)
        )

    async def delete(self, tx: Tx, ids: Collection[ItemId]) -> list[Item]:
        """Delete items with everything that hangs on them; answers those that were still there."""
        statement = delete(items).where(items.c.id == any_(IDS)).returning(items)
        rows = (await tx.execute(statement, {"ids": list(ids)})).mappings()
        tx.touch("items", *(f"item:{i}" for i in ids))
        return [convert({str(k): v for k, v in row.items()}, Item) for row in rows]


def _assembled(rows: Iterable[Mapping[str, Any]]) -> Mapping[ItemId, tuple[Version, ...]]:
    """Versions with their parts in order, out of a row per file."""
    found: dict[VersionId, Version] = {}
    parts: dict[VersionId, list[Part]] = defaultdict(list)
    for row in rows:
        values = dict(row)
        part = Part(file_id=values.pop("file_id"), part=values.pop("part"))
        parts[values["id"]].append(part)
        source, hdr = values.pop("source"), values.pop("hdr")
        found[values["id"]] = Version(
            **values,
            source=Source(source) if source else None,
            dynamic_range=DynamicRange(hdr) if hdr else None,
        )
    by_item: dict[ItemId, list[Version]] = defaultdict(list)
    for version in found.values():
        ordered = sorted(parts[version.id], key=lambda p: (p.part or 0, p.file_id))
        by_item[version.item_id].append(structs.replace(version, parts=tuple(ordered)))
    return {item_id: ranked(versions) for item_id, versions in by_item.items()}
