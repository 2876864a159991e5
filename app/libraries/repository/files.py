"""SQL of files on disk. Everything is in batches: no statement per file."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, to_builtins
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    column,
    delete,
    func,
    null,
    or_,
    select,
    update,
    values,
)

from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.tx import Tx
from app.libraries.domain import FileId, FileKind, LibraryId, MediaFile, ProbeState
from app.libraries.models import library_files, library_folders
from app.media.domain import ExternalSubtitle, Probe, Probed, sidecar_of

files = library_files
IDS = bindparam("ids", type_=ARRAY(Uuid))
_inner = case((files.c.dir == "", ""), else_=files.c.dir + "/")
BY_IDS = (
    select(
        files.c.id,
        files.c.library_id,
        (library_folders.c.path + "/" + _inner + files.c.name).label("path"),
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
    .where(files.c.id == any_(IDS))
)
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


class FileRepository:
    """Files of libraries. Visibility is judged by their library through `library_id`."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("file", ttl=minutes(10), tags=("file:{}",))
    async def by_ids(self, ids: Collection[FileId]) -> Mapping[FileId, MediaFile]:
        """Files whatever their library: callers come from an item the viewer may see."""
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=MediaFile)
        return {file.id: file for file in rows}

    @cached("file.subtitles", ttl=minutes(5), tags=("file:{}", "subtitles"))
    async def subtitles_of(
        self, ids: Collection[FileId]
    ) -> Mapping[FileId, tuple[ExternalSubtitle, ...]]:
        """Subtitle files beside videos, or in a folder for subtitles below them."""
        video, other = files.alias("video"), files.alias("other")
        statement = (
            select(video.c.id, video.c.name, video.c.dir, other.c.name, other.c.dir)
            .join(other, other.c.folder_id == video.c.folder_id)
            .where(
                video.c.id == any_(IDS),
                other.c.kind == FileKind.SUBTITLE.value,
                other.c.missing_since.is_(None),
                or_(
                    other.c.dir == video.c.dir,
                    other.c.dir.startswith(
                        case((video.c.dir == "", ""), else_=video.c.dir + "/"), autoescape=False
                    ),
                ),
            )
            .limit(20_000)
        )
        found: dict[FileId, dict[str, ExternalSubtitle]] = defaultdict(dict)
        for video_id, name, place, other_name, other_dir in await self.db.records(
            statement, {"ids": list(ids)}
        ):
            inner = other_dir[len(place) :].lstrip("/")
            subtitle = sidecar_of(name, f"{inner}/{other_name}" if inner else other_name)
            if subtitle is not None and (
                subtitle.stem not in found[video_id] or subtitle.suffix == "idx"
            ):
                found[video_id][subtitle.stem] = subtitle
        return {video_id: tuple(subtitles.values()) for video_id, subtitles in found.items()}

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

    async def missing_of_sizes(
        self, library_id: LibraryId, sizes: Collection[int], limit: int = 5000
    ) -> list[KnownFile]:
        """Missing videos of these sizes: they may have moved."""
        statement = KNOWN.where(
            files.c.library_id == bindparam("library", type_=Uuid),
            files.c.missing_since.is_not(None),
            files.c.kind == FileKind.VIDEO.value,
            files.c.size == any_(bindparam("sizes", type_=ARRAY(BigInteger))),
        ).limit(limit)
        params = {"library": library_id, "sizes": list(sizes)}
        return await self.db.fetch(statement, params, into=KnownFile)

    async def add(self, tx: Tx, new: Iterable[NewFile]) -> None:
        """Insert many files at once."""
        rows = [
            tuple(
                str(v) if n in ("kind", "probe") else v
                for n in NEW_COLUMNS
                for v in (getattr(f, n),)
            )
            for f in new
        ]
        await tx.copy("library_files", NEW_COLUMNS, rows)

    async def change(self, tx: Tx, changed: Sequence[Changed], *, probe: bool) -> None:
        """Note new sizes and times; with `probe` they wait for another look inside."""
        if not changed:
            return
        fresh = values(
            column("id", Uuid),
            column("size", BigInteger),
            column("mtime_ns", BigInteger),
            column("inode", BigInteger),
            name="fresh",
        ).data([(c.id, c.size, c.mtime_ns, c.inode) for c in changed])
        found: dict[str, Any] = {
            "size": fresh.c.size,
            "mtime_ns": fresh.c.mtime_ns,
            "inode": fresh.c.inode,
            "missing_since": null(),
        }
        if probe:
            found |= {
                "content_hash": null(),
                "probe": case(
                    (files.c.kind == FileKind.VIDEO.value, ProbeState.PENDING.value),
                    else_=ProbeState.NONE.value,
                ),
            }
        await tx.execute(update(files).where(files.c.id == fresh.c.id).values(found))
        tx.touch(*(f"file:{c.id}" for c in changed))

    async def move(self, tx: Tx, moves: Sequence[tuple[FileId, NewFile]]) -> None:
        """Known files stand elsewhere now: same rows, new places."""
        for file_id, place in moves:
            await tx.execute(
                update(files)
                .where(files.c.id == file_id)
                .values(
                    folder_id=place.folder_id,
                    dir=place.dir,
                    name=place.name,
                    role=place.role,
                    mtime_ns=place.mtime_ns,
                    inode=place.inode,
                    missing_since=None,
                )
            )
        tx.touch(*(f"file:{file_id}" for file_id, _ in moves))

    async def mark_missing(self, tx: Tx, ids: Collection[FileId], since: datetime) -> None:
        """These files have vanished."""
        await tx.execute(
            update(files).where(files.c.id == any_(IDS)).values(missing_since=since),
            {"ids": list(ids)},
        )
        tx.touch(*(f"file:{i}" for i in ids))

    async def unprobed(self, library_id: LibraryId, limit: int = 10_000) -> list[FileId]:
        """Video files that wait for a look inside, in the order they came."""
        statement = (
            select(files.c.id)
            .where(
                files.c.library_id == bindparam("library", type_=Uuid),
                files.c.probe == ProbeState.PENDING.value,
                files.c.missing_since.is_(None),
            )
            .order_by(files.c.id)
            .limit(limit)
        )
        return await self.db.column(statement, {"library": library_id})

    async def probed(self, tx: Tx, file_id: FileId, result: Probe, size: int) -> bool:
        """Keep what was found in a file; False when it has changed or gone since."""
        if isinstance(result, Probed):
            found = {
                "media": to_builtins(result.info),
                "content_hash": result.content_hash,
                "probe": ProbeState.DONE.value,
                "problem": None,
            }
        else:
            found = {"probe": ProbeState.FAILED.value, "problem": result.sentence}
        changed = await tx.execute(
            update(files).where(files.c.id == file_id, files.c.size == size).values(found)
        )
        tx.touch(f"file:{file_id}")
        return changed.rowcount == 1

    async def present(self, ids: Collection[UUID]) -> set[FileId]:
        """Those among `ids` that are not missing."""
        statement = select(files.c.id).where(
            files.c.id == any_(IDS), files.c.missing_since.is_(None)
        )
        return set(await self.db.column(statement, {"ids": list(ids)}))

    async def take_some(self, library_id: LibraryId, limit: int) -> list[FileId]:
        """Some files of a library, to be deleted."""
        statement = select(files.c.id).where(files.c.library_id == library_id).limit(limit)
        return await self.db.column(statement)

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
