"""SQL of files on disk. Everything is in batches: no statement per file."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.json import encode
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    select,
    update,
)

from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.tx import Tx
from app.libraries.domain import (
    FileGate,
    FileId,
    FileKind,
    LibraryId,
    MediaFile,
    PlacedFile,
    ProbeState,
)
from app.libraries.models import library_files, library_folders
from app.libraries.repository.known import KnownFiles
from app.libraries.repository.libraries import HIDDEN, not_hidden
from app.libraries.repository.sidecars import sidecars_of
from app.libraries.repository.statements import (
    CHANGED,
    MOVE,
    PARK,
    PROBED,
    RETURNED,
)
from app.libraries.repository.subtitles import SUBTITLES
from app.media.domain import ExternalSubtitle, Probe, Probed
from app.naming.domain import Role

files = library_files
IDS = bindparam("ids", type_=ARRAY(Uuid))
_inner = case((files.c.dir == "", ""), else_=files.c.dir + "/")
PATH = (library_folders.c.path + "/" + _inner + files.c.name).label("path")
READ_BEFORE = files.c.media.is_not(None).label("read_before")
BY_IDS = (
    select(
        files.c.id,
        files.c.library_id,
        PATH,
        files.c.name,
        files.c.kind,
        files.c.role,
        files.c.size,
        files.c.probe,
        files.c.problem,
        files.c.media,
        files.c.missing_since,
        files.c.added_at,
    )
    .join(library_folders, library_folders.c.id == files.c.folder_id)
    .where(files.c.id == any_(IDS), not_hidden(files.c.library_id))
)
PLACED = (
    select(
        files.c.id,
        files.c.library_id,
        files.c.folder_id,
        library_folders.c.path.label("root"),
        files.c.dir,
        files.c.name,
        files.c.kind,
        files.c.role,
        files.c.size,
        files.c.media,
        files.c.missing_since.is_not(None).label("missing"),
    )
    .join(library_folders, library_folders.c.id == files.c.folder_id)
    .where(files.c.id == any_(IDS), not_hidden(files.c.library_id))
)
WAITING = select(files.c.id).where(
    files.c.library_id == bindparam("library", type_=Uuid),
    files.c.probe == ProbeState.PENDING.value,
    files.c.missing_since.is_(None),
    not_hidden(files.c.library_id),
)


class NewFile(Struct, frozen=True, kw_only=True):
    """A file to be inserted."""

    id: FileId
    library_id: LibraryId
    folder_id: UUID
    dir: str
    name: str
    kind: FileKind
    role: str
    size: int
    mtime_ns: int
    inode: int
    probe: ProbeState


NEW_COLUMNS = NewFile.__struct_fields__


class Changed(Struct, frozen=True, kw_only=True):
    """What is new about a file that is still the same row."""

    id: FileId
    size: int
    mtime_ns: int
    inode: int


class Unprobed(Struct, frozen=True, kw_only=True):
    """A video that waits for a look inside; `read_before` when its streams were known."""

    id: FileId
    path: str
    size: int
    mtime_ns: int
    read_before: bool


def is_missing(file_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose file has vanished."""
    return exists().where(files.c.id == file_column, files.c.missing_since.is_not(None))


def feature_files(scope: Scope, library_id: LibraryId) -> FromClause:
    """The films and episodes of a library that are there, to join with: id, dir, name.

    Under an age limit none: what belongs to no item has no rating.
    """
    conditions = [
        files.c.library_id == library_id,
        files.c.kind == FileKind.VIDEO.value,
        files.c.role == Role.FEATURE.value,
        files.c.missing_since.is_(None),
        not_hidden(files.c.library_id),
    ]
    if scope.max_age is not None or not scope.admits_library(library_id):
        conditions.append(false())
    return select(files.c.id, files.c.dir, files.c.name).where(*conditions).subquery()


class FileRepository:
    """Files of libraries."""

    def __init__(self, db: Database, cache: Cache, gate: FileGate) -> None:
        self.db, self.cache, self._gate = db, cache, gate
        self.known = KnownFiles(db)

    @cached("file", ttl=minutes(10), tags=("file:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[FileId]) -> Mapping[FileId, MediaFile]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=MediaFile)
        return {file.id: file for file in rows}

    async def by_ids(self, scope: Scope, ids: Collection[FileId]) -> Mapping[FileId, MediaFile]:
        """The files among `ids` that the viewer may see.

        Under an age limit only those of items within it: what belongs to no item is not shown.
        """
        found = await self._by_ids(ids)
        seen = {i: f for i, f in found.items() if scope.admits_library(f.library_id)}
        if scope.max_age is None or not seen:
            return seen
        allowed = set(await self._gate.visible_files(scope, seen))
        return {i: file for i, file in seen.items() if i in allowed}

    async def placed(self, ids: Collection[FileId]) -> Mapping[FileId, PlacedFile]:
        """Where these files lie, and what is known to be in them."""
        rows = await self.db.fetch(PLACED, {"ids": list(ids)}, into=PlacedFile)
        return {file.id: file for file in rows}

    @cached("file.subtitles", ttl=minutes(5), tags=("file:{}", "subtitles"))
    async def _subtitles_of(
        self, ids: Collection[FileId]
    ) -> Mapping[FileId, tuple[ExternalSubtitle, ...]]:
        names: dict[FileId, str] = {}
        others: dict[FileId, list[str]] = defaultdict(list)
        for video_id, name, place, other_name, other_dir in await self.db.records(
            SUBTITLES, {"ids": list(ids)}
        ):
            inner = other_dir[len(place) :].lstrip("/")
            names[video_id] = name
            others[video_id].append(f"{inner}/{other_name}" if inner else other_name)
        found = {i: sidecars_of(name, sorted(others[i])) for i, name in names.items()}
        return {video_id: subtitles for video_id, subtitles in found.items() if subtitles}

    async def subtitles_of(
        self, scope: Scope, ids: Collection[FileId]
    ) -> Mapping[FileId, tuple[ExternalSubtitle, ...]]:
        """Subtitle files beside videos, or in a folder for them below, that the viewer may see."""
        return await self._subtitles_of(list(await self.by_ids(scope, ids)))

    async def add(self, tx: Tx, new: Sequence[NewFile]) -> None:
        """Insert many files at once."""
        if not new:
            return
        rows = [
            tuple(
                str(v) if n in ("kind", "probe") else v
                for n in NEW_COLUMNS
                for v in (getattr(f, n),)
            )
            for f in new
        ]
        await tx.copy("library_files", NEW_COLUMNS, rows)
        _touch(tx, (), (f.kind for f in new))

    async def change(self, tx: Tx, changed: Sequence[Changed], *, probe: bool) -> None:
        """Note new sizes and times; with `probe` they wait for another look inside."""
        if not changed:
            return
        ids = [c.id for c in changed]
        arrays: dict[str, list[Any]] = {
            "ids": ids,
            "sizes": [c.size for c in changed],
            "times": [c.mtime_ns for c in changed],
            "inodes": [c.inode for c in changed],
        }
        kinds = (await tx.execute(CHANGED if probe else RETURNED, arrays)).scalars()
        _touch(tx, ids, kinds)

    async def look_again(self, tx: Tx, ids: Collection[FileId]) -> None:
        """Videos among these wait for another look inside, though nothing says they changed."""
        if ids:
            await tx.execute(
                update(files)
                .where(files.c.id == any_(IDS), files.c.kind == FileKind.VIDEO.value)
                .values(probe=ProbeState.PENDING.value),
                {"ids": list(ids)},
            )
            _touch(tx, ids, ())

    async def move(
        self, tx: Tx, moves: Sequence[tuple[FileId, NewFile]], *, entangled: bool
    ) -> None:
        """Known files stand elsewhere now: same rows, new places; `entangled` in each other's."""
        ids = [file_id for file_id, _ in moves]
        arrays: dict[str, list[Any]] = {
            "ids": ids,
            "libraries": [place.library_id for _, place in moves],
            "folders": [place.folder_id for _, place in moves],
            "dirs": [place.dir for _, place in moves],
            "names": [place.name for _, place in moves],
            "roles": [place.role for _, place in moves],
            "times": [place.mtime_ns for _, place in moves],
            "inodes": [place.inode for _, place in moves],
        }
        if entangled:
            await tx.execute(PARK, {"ids": ids})
        await tx.execute(MOVE, arrays)
        _touch(tx, ids, ())

    async def mark_missing(
        self, tx: Tx, library_id: LibraryId, ids: Collection[FileId], since: datetime
    ) -> list[FileId]:
        """These files have vanished; answers which, for another library may have got some."""
        statement = update(files).where(files.c.id == any_(IDS), files.c.library_id == library_id)
        marked = statement.values(missing_since=since).returning(files.c.id, files.c.kind)
        rows = (await tx.execute(marked, {"ids": list(ids)})).all()
        gone = [FileId(row.id) for row in rows]
        _touch(tx, gone, (row.kind for row in rows))
        return gone

    async def not_in(
        self, tx: Tx, ids: Collection[FileId], library_id: LibraryId
    ) -> dict[FileId, bool]:
        """Those among `ids` that are of other libraries, and whether they are there."""
        statement = select(files.c.id, files.c.missing_since.is_(None).label("there")).where(
            files.c.id == any_(IDS), files.c.library_id != library_id
        )
        return {FileId(r.id): r.there for r in await tx.execute(statement, {"ids": list(ids)})}

    async def unprobed(
        self, library_id: LibraryId, limit: int = 10_000, after: FileId | None = None
    ) -> list[Unprobed]:
        """Video files that wait for a look inside, in the order they came, from `after` on."""
        statement = (
            WAITING.add_columns(PATH, files.c.size, files.c.mtime_ns, READ_BEFORE)
            .join(library_folders, library_folders.c.id == files.c.folder_id)
            .where(files.c.id > bindparam("after", type_=Uuid))
            .order_by(files.c.id)
            .limit(limit)
        )
        params = {"library": library_id, "after": after or UUID(int=0)}
        return await self.db.fetch(statement, params, into=Unprobed)

    async def count_unprobed(self, library_id: LibraryId) -> int:
        """How many video files wait for a look inside."""
        statement = select(func.count()).select_from(WAITING.subquery())
        return int(await self.db.scalar(statement, {"library": library_id}))

    async def probed(self, tx: Tx, results: Sequence[tuple[Unprobed, Probe]]) -> set[FileId]:
        """Keep what was found in files; answers those that have not changed or gone since."""
        if not results:
            return set()
        found = [p if isinstance(p, Probed) else None for _, p in results]
        arrays: dict[str, list[Any]] = {
            "ids": [file.id for file, _ in results],
            "sizes": [file.size for file, _ in results],
            "times": [file.mtime_ns for file, _ in results],
            "medias": [encode(p.info).decode() if p else None for p in found],
            "hashes": [p.content_hash if p else None for p in found],
            "probes": [(ProbeState.DONE if p else ProbeState.FAILED).value for p in found],
            "problems": [None if isinstance(p, Probed) else p.sentence for _, p in results],
        }
        kept = set((await tx.execute(PROBED, arrays)).scalars())
        tx.touch(*(f"file:{file_id}" for file_id in kept))
        return kept

    async def present(self, tx: Tx, ids: Collection[FileId]) -> set[FileId]:
        """Those among `ids` that are not missing, as this transaction leaves them."""
        statement = select(files.c.id).where(
            files.c.id == any_(IDS), files.c.missing_since.is_(None)
        )
        return set((await tx.execute(statement, {"ids": list(ids)})).scalars())

    async def take_some(self, library_id: LibraryId, limit: int) -> list[FileId]:
        """Some files of a library, to be deleted."""
        statement = select(files.c.id).where(files.c.library_id == library_id).limit(limit)
        return await self.db.column(statement)

    async def expired(
        self, tx: Tx, folder_ids: Collection[UUID], before: datetime, limit: int
    ) -> dict[FileId, str]:
        """Files that have been missing since before then, locked, with their paths below their
        folders.
        """
        rows = await tx.execute(
            select(files.c.id, func.concat(_inner, files.c.name).label("path"))
            .where(files.c.folder_id == any_(IDS), files.c.missing_since < before)
            .order_by(files.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True),
            {"ids": list(folder_ids)},
        )
        return {FileId(row.id): row.path for row in rows}

    async def delete(self, tx: Tx, ids: Collection[FileId]) -> None:
        """Forget files."""
        await tx.execute(delete(files).where(files.c.id == any_(IDS)), {"ids": list(ids)})
        tx.touch(*(f"file:{i}" for i in ids))

    async def count(self, library_id: LibraryId) -> int:
        """How many files of a library are there."""
        statement = select(func.count()).where(
            files.c.library_id == bindparam("library", type_=Uuid), files.c.missing_since.is_(None)
        )
        return int(await self.db.scalar(statement, {"library": library_id}))


def _touch(tx: Tx, ids: Iterable[FileId], kinds: Iterable[str]) -> None:
    tx.touch(*(f"file:{file_id}" for file_id in ids))
    if FileKind.SUBTITLE in set(kinds):
        tx.touch("subtitles")
