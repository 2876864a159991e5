"""SQL of files as the database knows them: what a scan compares with."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Text, Uuid, any_, bindparam, func, or_, select, tuple_

from app.core.db import Database
from app.libraries.domain import FileId, FileKind, LibraryId
from app.libraries.models import library_files, library_folders
from app.libraries.repository.statements import ANY_BELOW, BELOW, SOME_VIDEOS

SIZES_AT_ONCE: Final = 2000
MOST_ALIKE: Final = 20_000  # files of so many sizes: hardly two have the same
files = library_files
KNOWN = select(
    files.c.id,
    files.c.dir,
    files.c.name,
    files.c.kind,
    files.c.role,
    files.c.size,
    files.c.mtime_ns,
    files.c.inode,
    files.c.content_hash,
    files.c.missing_since.is_not(None).label("missing"),
)


class KnownFile(Struct, frozen=True, kw_only=True):
    """A file as the database knows it; `dir` is relative to the folder."""

    id: FileId
    dir: str
    name: str
    kind: FileKind
    role: str
    size: int
    mtime_ns: int
    inode: int
    content_hash: bytes | None
    missing: bool


class Suspect(KnownFile, frozen=True, kw_only=True):
    """A known file with its place on the disk: it may not be there any more."""

    library_id: LibraryId
    folder_id: UUID
    root: str

    @property
    def path(self) -> str:
        """The absolute path."""
        return "/".join(part for part in (self.root, self.dir, self.name) if part)


class KnownFiles:
    """Reads for comparisons; nothing is cached, no statement is per file."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def in_dirs(self, folder_id: UUID, dirs: Sequence[str]) -> list[KnownFile]:
        """Every known file directly in these directories of a folder."""
        wanted = bindparam("dirs", type_=ARRAY(Text))
        statement = KNOWN.where(
            files.c.folder_id == bindparam("folder", type_=Uuid), files.c.dir == any_(wanted)
        )
        params = {"folder": folder_id, "dirs": list(dirs)}
        return await self.db.fetch(statement, params, into=KnownFile)

    async def present_dirs(self, folder_id: UUID) -> list[str]:
        """Directories of a folder that hold files not marked missing."""
        statement = (
            select(files.c.dir)
            .where(
                files.c.folder_id == bindparam("folder", type_=Uuid),
                files.c.missing_since.is_(None),
            )
            .distinct()
        )
        return await self.db.column(statement, {"folder": folder_id})

    async def present_below(self, folder_id: UUID, tops: Sequence[str]) -> list[str]:
        """Of those directories, with all below them, the ones that hold files not marked missing.

        What it reads does not grow with the library.
        """
        return await self.db.column(BELOW, {"folder": folder_id, "dirs": list(tops)})

    async def count_dirs(self, folder_ids: Collection[UUID]) -> int:
        """How many directories of these folders hold files not marked missing."""
        statement = select(func.count(func.distinct(tuple_(files.c.folder_id, files.c.dir)))).where(
            files.c.folder_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            files.c.missing_since.is_(None),
        )
        return int(await self.db.scalar(statement, {"ids": list(folder_ids)}))

    async def any_present(self, folder_id: UUID) -> bool:
        """Whether a folder holds any file not marked missing."""
        statement = (
            select(files.c.id)
            .where(
                files.c.folder_id == bindparam("folder", type_=Uuid),
                files.c.missing_since.is_(None),
            )
            .limit(1)
        )
        return bool(await self.db.column(statement, {"folder": folder_id}))

    async def knows_below(self, folder_id: UUID, tops: Sequence[str]) -> bool:
        """Whether any of these directories, or one below, holds a file not marked missing."""
        return bool(await self.db.column(ANY_BELOW, {"folder": folder_id, "dirs": list(tops)}))

    async def some_below(
        self, folder_id: UUID, tops: Sequence[str], without: Sequence[str], most: int
    ) -> list[tuple[str, FileId]]:
        """At most so many videos in or below each of those directories, but not in `without`."""
        params = {"folder": folder_id, "dirs": list(tops), "without": list(without), "most": most}
        rows = await self.db.records(SOME_VIDEOS, params)
        return [(row["top"], row["id"]) for row in rows]

    async def like(
        self, library_ids: Sequence[LibraryId], sizes: Collection[int], inodes: Collection[int]
    ) -> list[Suspect]:
        """Videos of these libraries that new files may be: of one of these sizes, and looked into
        or with one of these inodes. Asked about are `SIZES_AT_ONCE` at most.
        """
        statement = (
            KNOWN.add_columns(
                files.c.library_id, files.c.folder_id, library_folders.c.path.label("root")
            )
            .join(library_folders, library_folders.c.id == files.c.folder_id)
            .where(
                files.c.library_id == any_(bindparam("libraries", type_=ARRAY(Uuid))),
                files.c.size == any_(bindparam("sizes", type_=ARRAY(BigInteger))),
                files.c.kind == FileKind.VIDEO.value,
                or_(
                    files.c.content_hash.is_not(None),
                    files.c.inode == any_(bindparam("inodes", type_=ARRAY(BigInteger))),
                ),
            )
            .limit(max(MOST_ALIKE, 4 * len(inodes)))
        )
        params = {"libraries": list(library_ids), "sizes": list(sizes), "inodes": list(inodes)}
        return await self.db.fetch(statement, params, into=Suspect)

    async def missing_of_sizes(
        self, library_id: LibraryId, sizes: Collection[int]
    ) -> list[KnownFile]:
        """Missing videos of these sizes: they may have moved."""
        statement = KNOWN.where(
            files.c.library_id == bindparam("library", type_=Uuid),
            files.c.missing_since.is_not(None),
            files.c.kind == FileKind.VIDEO.value,
            files.c.size == any_(bindparam("sizes", type_=ARRAY(BigInteger))),
        ).limit(MOST_ALIKE)
        found, wanted = list[KnownFile](), sorted(sizes)
        for start in range(0, len(wanted), SIZES_AT_ONCE):
            some = wanted[start : start + SIZES_AT_ONCE]
            params = {"library": library_id, "sizes": some}
            found += await self.db.fetch(statement, params, into=KnownFile)
        return found
