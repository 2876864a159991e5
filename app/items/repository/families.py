"""Shows with their seasons, episodes and files, within a transaction."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import convert
from sqlalchemy import ARRAY, Uuid, any_, bindparam, not_, or_, select, text, update

from app.core.tx import Tx
from app.items.domain import Item, ItemId
from app.items.models import item_versions, items, version_files
from app.libraries.domain import FileId, LibraryId
from app.libraries.repository import is_missing

IDS = bindparam("ids", type_=ARRAY(Uuid))
PASS_ON = text("""
update items i set certification = n.certification, age = n.age
  from unnest(cast(:ids as uuid[]), cast(:old as text[]), cast(:new as text[]),
              cast(:ages as int[])) as n(show_id, old, certification, age)
  join items season on season.parent_id = n.show_id
 where (i.id = season.id or i.parent_id = season.id)
   and (i.certification is not distinct from n.old or i.age is null or i.age < n.age)
returning i.id
""")
# The height of a version that was looked into is known better.
RECUT = text("""
update item_versions v set edition = n.edition, format_3d = n.format_3d, source = n.source,
       height = case when v.duration is null then n.height else v.height end,
       resolution = case when v.duration is null then n.resolution else v.resolution end
  from version_files p
  join unnest(cast(:ids as uuid[]), cast(:editions as text[]), cast(:formats as text[]),
              cast(:sources as text[]), cast(:heights as int[]), cast(:resolutions as text[]))
       as n(file_id, edition, format_3d, source, height, resolution) on n.file_id = p.file_id
 where v.id = p.version_id and (p.part is null or p.part = 1)
   and ((v.edition, v.format_3d, v.source)
        is distinct from (n.edition, n.format_3d, n.source)
        or v.duration is null and v.height is distinct from n.height)
returning v.item_id
""")


class ItemFamilies:
    """A part of `ItemRepository`."""

    async def within(self, tx: Tx, ids: Collection[ItemId]) -> dict[ItemId, Item]:
        """Items, as this transaction leaves them."""
        wanted = select(items).where(items.c.id == any_(IDS))
        rows = (await tx.execute(wanted, {"ids": list(ids)})).mappings()
        return {row["id"]: convert({str(k): v for k, v in row.items()}, Item) for row in rows}

    async def files_below(self, tx: Tx, ids: Collection[ItemId]) -> dict[ItemId, set[FileId]]:
        """The files that are there of all episodes of these shows."""
        season, episode = items.alias("season"), items.alias("episode")
        rows = await tx.execute(
            select(season.c.parent_id, version_files.c.file_id)
            .join(episode, episode.c.parent_id == season.c.id)
            .join(item_versions, item_versions.c.item_id == episode.c.id)
            .join(version_files, version_files.c.version_id == item_versions.c.id)
            .where(season.c.parent_id == any_(IDS), not_(is_missing(version_files.c.file_id))),
            {"ids": list(ids)},
        )
        found: dict[ItemId, set[FileId]] = defaultdict(set)
        for row in rows:
            found[row.parent_id].add(row.file_id)
        return found

    async def files_by_item(self, tx: Tx, ids: Collection[ItemId]) -> dict[ItemId, set[FileId]]:
        """The files that are there of each of these items."""
        rows = await tx.execute(
            select(item_versions.c.item_id, version_files.c.file_id)
            .join(version_files, version_files.c.version_id == item_versions.c.id)
            .where(item_versions.c.item_id == any_(IDS), not_(is_missing(version_files.c.file_id))),
            {"ids": list(ids)},
        )
        found: dict[ItemId, set[FileId]] = defaultdict(set)
        for row in rows:
            found[row.item_id].add(row.file_id)
        return found

    async def rehome_families(
        self, tx: Tx, shows: Collection[ItemId], library_id: LibraryId
    ) -> set[ItemId]:
        """Make shows with all their seasons and episodes another library's; answers all of them."""
        season = items.alias("season")
        seasons = select(season.c.id).where(season.c.parent_id == any_(IDS))
        mine = or_(items.c.id == any_(IDS), items.c.parent_id == any_(IDS))
        rows = await tx.execute(
            update(items)
            .where(or_(mine, items.c.parent_id.in_(seasons)))
            .values(library_id=library_id)
            .returning(items.c.id),
            {"ids": list(shows)},
        )
        moved = set(rows.scalars())
        tx.touch("items", *(f"item:{i}" for i in moved))
        return moved

    async def recut(
        self, tx: Tx, cuts: Sequence[tuple[FileId, str | None, str | None, str | None, int | None]]
    ) -> set[ItemId]:
        """The edition, 3D format, source and height that names of files say of their versions now;
        answers the items of those that were others.
        """
        ids, editions, formats, sources, heights = zip(*cuts, strict=True)
        arrays = {
            "ids": list(ids),
            "editions": list(editions),
            "formats": list(formats),
            "sources": list(sources),
            "heights": list(heights),
            "resolutions": [f"{height}p" if height else None for height in heights],
        }
        found = set((await tx.execute(RECUT, arrays)).scalars())
        tx.touch(*(f"item:{i}" for i in found))
        return found

    async def pass_on(
        self, tx: Tx, ratings: Sequence[tuple[ItemId, str | None, str | None, int | None]]
    ) -> list[ItemId]:
        """Shows have another certification, with its age, than the one before: so have their
        seasons and episodes that had the same, and those that it is stricter than. Answers them.
        """
        shows, before, now, ages = zip(*ratings, strict=True)
        arrays = {"ids": list(shows), "old": list(before), "new": list(now), "ages": list(ages)}
        found = list((await tx.execute(PASS_ON, arrays)).scalars())
        tx.touch("items", *(f"item:{i}" for i in found))
        return found
