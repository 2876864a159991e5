"""Items and versions, written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import convert
from sqlalchemy import (
    ARRAY,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.core.tx import Tx
from app.items.domain import (
    Item,
    ItemId,
    ItemKind,
    ItemState,
    Part,
    Version,
    VersionFacts,
    VersionId,
    ranked,
)
from app.items.models import identifications, item_versions, items, version_files
from app.items.repository.families import ItemFamilies
from app.libraries.domain import FileId, LibraryId
from app.media.domain import DynamicRange
from app.naming.domain import Source

IDS = bindparam("ids", type_=ARRAY(Uuid))
OF_VERSION = frozenset(Version.__struct_fields__) - {"source", "dynamic_range", "parts"}
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
RATE = text("""
update items i set certification = n.certification, age = n.age
  from unnest(cast(:ids as uuid[]), cast(:certifications as text[]), cast(:ages as smallint[]))
       as n(id, certification, age)
 where i.id = n.id
""")
MEASURE = text("""
update item_versions v set confidence = n.confidence
  from version_files p
  join unnest(cast(:ids as uuid[]), cast(:confidences as float8[])) as n(file_id, confidence)
    on n.file_id = p.file_id
 where v.id = p.version_id and v.confidence is distinct from n.confidence
returning v.item_id
""")


class ItemWriting(ItemFamilies):
    """The writes of `ItemRepository`."""

    async def add(self, tx: Tx, new: Sequence[Item]) -> None:
        """Insert many items."""
        columns = ("id", "kind", "library_id", "parent_id", "certification", "age", "added_at")
        await tx.copy("items", columns, [tuple(getattr(i, c) for c in columns) for i in new])
        tx.touch("items", *(f"item:{item.id}" for item in new))

    async def add_versions(self, tx: Tx, new: Sequence[Version]) -> None:
        """Insert many versions with their parts."""
        columns = (
            "id", "item_id", "edition", "format_3d", "source", "height", "resolution",
            "confidence",
        )  # fmt: skip
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
            said = {i: (certification, age) for i, certification, age in ratings}
            arrays = {
                "ids": list(said),
                "certifications": [certification for certification, _ in said.values()],
                "ages": [age for _, age in said.values()],
            }
            await tx.execute(RATE, arrays)
            tx.touch("items", *(f"item:{i}" for i in said))

    async def describe_versions(
        self, tx: Tx, described: Mapping[FileId, VersionFacts]
    ) -> Mapping[FileId, tuple[ItemId, ...]]:
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
        found = _by_file(rows)
        tx.touch("items", *(f"item:{i}" for of_file in found.values() for i in of_file))
        return found

    async def measure(self, tx: Tx, confidences: Mapping[FileId, float]) -> None:
        """Set how sure it is that these files belong to their items."""
        if confidences:
            arrays = {"ids": list(confidences), "confidences": list(confidences.values())}
            found = (await tx.execute(MEASURE, arrays)).scalars()
            tx.touch(*(f"item:{i}" for i in set(found)))

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
        return assembled([dict(row) for row in rows.mappings()])

    async def items_of_files(
        self, tx: Tx, ids: Collection[FileId]
    ) -> Mapping[FileId, tuple[ItemId, ...]]:
        """Which items these files belong to: one file may hold several episodes."""
        rows = await tx.execute(
            select(version_files.c.file_id, item_versions.c.item_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(version_files.c.file_id == any_(IDS))
            .order_by(version_files.c.file_id, item_versions.c.item_id),
            {"ids": list(ids)},
        )
        return _by_file(rows)

    async def settle_states(
        self, tx: Tx, ids: Collection[ItemId], present: Collection[FileId]
    ) -> list[ItemId]:
        """Items with a file among `present` are available, the others missing, and so is what
        they are parts of; answers changes.

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
            .values(state=state, missing_since=case((there, None), else_=func.now()))
            .returning(items.c.id),
            {"ids": list(ids), "present": list(present)},
        )
        tx.touch("items", *(f"item:{i}" for i in ids))
        return [*rows.scalars(), *await self._settle_parents(tx, ids)]

    async def _settle_parents(self, tx: Tx, ids: Collection[ItemId]) -> list[ItemId]:
        """A season or show is available while something in it is; answers changes."""
        child = items.alias("child")
        there = exists().where(
            child.c.parent_id == items.c.id, child.c.state == ItemState.AVAILABLE.value
        )
        state = case((there, ItemState.AVAILABLE.value), else_=ItemState.MISSING.value)
        changed: list[ItemId] = []
        while parents := await self.parents_of(tx, ids):
            rows = await tx.execute(
                update(items)
                .where(items.c.id == any_(IDS), items.c.state != state)
                .values(state=state, missing_since=case((there, None), else_=func.now()))
                .returning(items.c.id),
                {"ids": list(parents)},
            )
            changed += rows.scalars()
            tx.touch(*(f"item:{i}" for i in parents))
            ids = parents
        return changed

    async def parents_of(self, tx: Tx, ids: Collection[ItemId]) -> set[ItemId]:
        """What these items are parts of: seasons of episodes, shows of seasons."""
        if not ids:
            return set()
        rows = await tx.execute(
            select(items.c.parent_id)
            .distinct()
            .where(items.c.id == any_(IDS), items.c.parent_id.is_not(None)),
            {"ids": list(ids)},
        )
        return set(rows.scalars())

    async def uncertified(self, tx: Tx, ids: Collection[ItemId]) -> set[ItemId]:
        """Those among `ids` of whom nobody has said for which viewers they are."""
        rows = await tx.execute(
            select(items.c.id).where(items.c.id == any_(IDS), items.c.certification.is_(None)),
            {"ids": list(ids)},
        )
        return set(rows.scalars())

    async def in_library(
        self, tx: Tx, library_id: LibraryId, ids: Collection[ItemId], kind: ItemKind
    ) -> set[ItemId]:
        """Those among `ids` that are of this kind and library."""
        rows = await tx.execute(
            select(items.c.id).where(
                items.c.id == any_(IDS),
                items.c.library_id == library_id,
                items.c.kind == kind.value,
            ),
            {"ids": list(ids)},
        )
        return set(rows.scalars())

    async def identify(self, tx: Tx, ids: Collection[FileId], *, fixed: bool) -> None:
        """Files whose items somebody chose by hand or, not `fixed`, has taken away."""
        statement = insert(identifications)
        kept = statement.on_conflict_do_update(
            index_elements=["file_id"], set_={"fixed": statement.excluded.fixed}
        )
        await tx.execute(kept, [{"file_id": i, "fixed": fixed} for i in ids])

    async def identified(self, tx: Tx, ids: Collection[FileId]) -> dict[FileId, bool]:
        """Of which files somebody has said by hand what they are: `fixed`, or to be left alone."""
        rows = await tx.execute(
            select(identifications.c.file_id, identifications.c.fixed).where(
                identifications.c.file_id == any_(IDS)
            ),
            {"ids": list(ids)},
        )
        return {row.file_id: row.fixed for row in rows}

    async def detach(self, tx: Tx, ids: Collection[FileId]) -> list[ItemId]:
        """Take files from their items; versions without a file go. Answers the items."""
        rows = await tx.execute(
            delete(version_files)
            .where(version_files.c.file_id == any_(IDS))
            .returning(version_files.c.version_id),
            {"ids": list(ids)},
        )
        versions = list(set(rows.scalars()))
        if not versions:
            return []
        theirs = await tx.execute(
            select(item_versions.c.item_id).distinct().where(item_versions.c.id == any_(IDS)),
            {"ids": versions},
        )
        found = list(theirs.scalars())
        used = exists().where(version_files.c.version_id == item_versions.c.id)
        empty = delete(item_versions).where(item_versions.c.id == any_(IDS), not_(used))
        await tx.execute(empty, {"ids": versions})
        tx.touch("items", *(f"item:{i}" for i in found))
        return found

    async def choose(self, tx: Tx, item_id: ItemId, version_id: VersionId | None) -> None:
        """Make a version the one that is played by default; None leaves it to the order."""
        chosen = item_versions.c.id == version_id
        await tx.execute(
            update(item_versions).where(item_versions.c.item_id == item_id).values(chosen=chosen)
            if version_id is not None
            else update(item_versions)
            .where(item_versions.c.item_id == item_id)
            .values(chosen=false())
        )
        tx.touch(f"item:{item_id}")

    async def files_of(self, tx: Tx, ids: Collection[ItemId]) -> list[FileId]:
        """Every file of these items."""
        rows = await tx.execute(
            select(version_files.c.file_id)
            .join(item_versions, item_versions.c.id == version_files.c.version_id)
            .where(item_versions.c.item_id == any_(IDS)),
            {"ids": list(ids)},
        )
        return list(rows.scalars())

    async def rehome(
        self, tx: Tx, ids: Collection[ItemId], library_id: LibraryId, kind: ItemKind
    ) -> set[ItemId]:
        """Make those among `ids` that are of this kind items of another library; answers which."""
        rows = await tx.execute(
            update(items)
            .where(items.c.id == any_(IDS), items.c.kind == kind.value)
            .values(library_id=library_id)
            .returning(items.c.id),
            {"ids": list(ids)},
        )
        moved = set(rows.scalars())
        tx.touch("items", *(f"item:{i}" for i in moved))
        return moved

    async def prune(self, tx: Tx, ids: Collection[ItemId]) -> list[Item]:
        """Delete those among `ids` that have no version and no part any more, and what they were
        the last part of: a season without episodes, a show without seasons.
        """
        version, child = item_versions.alias("any_version"), items.alias("child")
        pruned: list[Item] = []
        while ids:
            empty = select(items.c.id).where(
                items.c.id == any_(IDS),
                not_(exists().where(version.c.item_id == items.c.id)),
                not_(exists().where(child.c.parent_id == items.c.id)),
            )
            found = list((await tx.execute(empty, {"ids": list(ids)})).scalars())
            deleted = await self.delete(tx, found) if found else []
            pruned += deleted
            ids = {item.parent_id for item in deleted if item.parent_id is not None}
        return pruned

    async def delete(self, tx: Tx, ids: Collection[ItemId]) -> list[Item]:
        """Delete items with everything that hangs on them; answers those that were still there."""
        statement = delete(items).where(items.c.id == any_(IDS)).returning(items)
        rows = (await tx.execute(statement, {"ids": list(ids)})).mappings()
        tx.touch("items", *(f"item:{i}" for i in ids))
        return [convert({str(k): v for k, v in row.items()}, Item) for row in rows]


def _by_file(rows: Iterable[Any]) -> dict[FileId, tuple[ItemId, ...]]:
    found: dict[FileId, list[ItemId]] = defaultdict(list)
    for row in rows:
        found[row.file_id].append(row.item_id)
    return {file_id: tuple(sorted(set(of_file))) for file_id, of_file in found.items()}


def assembled(rows: Iterable[Mapping[str, Any]]) -> Mapping[ItemId, tuple[Version, ...]]:
    """Versions with their parts in order, out of a row per file."""
    heads: dict[VersionId, Mapping[str, Any]] = {}
    parts: dict[VersionId, list[Part]] = defaultdict(list)
    for row in rows:
        part = Part(file_id=row["file_id"], part=row["part"], missing=row.get("missing", False))
        parts[row["id"]].append(part)
        heads.setdefault(row["id"], row)
    by_item: dict[ItemId, list[Version]] = defaultdict(list)
    for version_id, row in heads.items():
        values = {name: value for name, value in row.items() if name in OF_VERSION}
        source, hdr = row["source"], row["hdr"]
        version = Version(
            **values,
            source=Source(source) if source else None,
            dynamic_range=DynamicRange(hdr) if hdr else None,
            parts=tuple(sorted(parts[version_id], key=lambda p: (p.part or 0, p.file_id))),
        )
        by_item[version.item_id].append(version)
    return {item_id: ranked(versions) for item_id, versions in by_item.items()}
