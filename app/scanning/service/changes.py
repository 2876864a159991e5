"""What a walk found against what the database knows: new, changed, back, gone, moved."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct, field, structs

from app.core.ids import new_id
from app.libraries.domain import FileId, FileKind, Folder, ProbeState
from app.libraries.repository import FileRepository, KnownFile, NewFile
from app.libraries.repository.files import Changed
from app.media.service.fingerprint import content_hash
from app.naming.domain import Role
from app.naming.service import role_of
from app.scanning.domain import ScannedFile, Standing
from app.scanning.service.walk import Entry, Walk, Walked

DIRS_AT_ONCE: Final = 400
HASHES_AT_ONCE: Final = 64


class Changes(Struct):
    """Everything a scan has to write, by whole directories."""

    dirs: dict[tuple[str, str], list[ScannedFile]] = field(default_factory=dict)
    new: dict[FileId, NewFile] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)
    revisited: list[FileId] = field(default_factory=list)
    returned: list[Changed] = field(default_factory=list)
    gone: list[KnownFile] = field(default_factory=list)
    moved: list[tuple[FileId, NewFile]] = field(default_factory=list)
    found: int = 0
    unchanged: int = 0


def in_chunks(walk: Iterable[Walked], size: int = DIRS_AT_ONCE) -> Iterator[list[Walked]]:
    """Directories a few hundred at a time."""
    chunk: list[Walked] = []
    for directory in walk:
        chunk.append(directory)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class Comparison:
    """Compares one folder, chunk by chunk; `everything` revisits unchanged files too."""

    def __init__(
        self, files: FileRepository, folder: Folder, changes: Changes, *, everything: bool
    ) -> None:
        self._files, self._folder, self._changes = files, folder, changes
        self._everything = everything
        self._gone: list[KnownFile] = []
        self.found = 0
        self._walked: set[str] = set()

    async def compare(self, chunk: Sequence[Walked]) -> None:
        """Sort the files of these directories into the changes."""
        known: dict[str, dict[str, KnownFile]] = defaultdict(dict)
        for row in await self._files.in_dirs(self._folder.id, [w.dir for w in chunk]):
            known[row.dir][row.name] = row
        for walked in chunk:
            self._walked.add(walked.dir)
            self._directory(walked, known.get(walked.dir, {}))

    def _directory(self, walked: Walked, known: dict[str, KnownFile]) -> None:
        self.found += len(walked.entries)
        self._changes.found += len(walked.entries)
        scanned = [self._file(walked.dir, entry, known.get(entry.name)) for entry in walked.entries]
        present = {entry.name for entry in walked.entries}
        self._gone += [r for r in known.values() if r.name not in present and not r.missing]
        if self._everything or any(file.standing is not Standing.SAME for file in scanned):
            self._changes.dirs[self._folder.path, walked.dir] = scanned

    def _file(self, directory: str, entry: Entry, row: KnownFile | None) -> ScannedFile:
        if row is None:
            file = self._scanned(directory, entry, FileId(new_id()), Standing.NEW)
            self._changes.new[file.id] = _new_file(file, entry, self._folder)
            return file
        changed = Changed(id=row.id, size=entry.size, mtime_ns=entry.mtime_ns, inode=entry.inode)
        if (row.size, row.mtime_ns) != (entry.size, entry.mtime_ns):
            self._changes.changed.append(changed)
            return self._scanned(directory, entry, row.id, Standing.CHANGED)
        if row.missing:
            self._changes.returned.append(changed)
            return self._scanned(directory, entry, row.id, Standing.CHANGED)
        self._changes.unchanged += 1
        if not self._everything:
            return self._scanned(directory, entry, row.id, Standing.SAME)
        self._changes.revisited.append(row.id)
        return self._scanned(directory, entry, row.id, Standing.CHANGED)

    def _scanned(
        self, directory: str, entry: Entry, file_id: FileId, standing: Standing
    ) -> ScannedFile:
        path = f"{directory}/{entry.name}" if directory else entry.name
        return ScannedFile(
            id=file_id,
            folder_id=self._folder.id,
            root=self._folder.path,
            dir=directory,
            name=entry.name,
            kind=entry.kind,
            role=role_of(path) if entry.kind is FileKind.VIDEO else Role.FEATURE,
            size=entry.size,
            standing=standing,
        )

    async def finish(self, walk: Walk) -> None:
        """Files that are not there any more; nothing is gone that could not be looked for."""
        lost = [
            directory
            for directory in await self._files.present_dirs(self._folder.id)
            if directory not in self._walked
            and not any(
                directory == blind or directory.startswith(blind + "/") or not blind
                for blind in walk.unreadable
            )
        ]
        blind_files = set(walk.unreadable)
        for start in range(0, len(lost), DIRS_AT_ONCE):
            rows = await self._files.in_dirs(self._folder.id, lost[start : start + DIRS_AT_ONCE])
            self._gone += [row for row in rows if not row.missing]
        self._changes.gone += [
            row
            for row in self._gone
            if (f"{row.dir}/{row.name}" if row.dir else row.name) not in blind_files
        ]


def _new_file(file: ScannedFile, entry: Entry, folder: Folder) -> NewFile:
    video = file.kind is FileKind.VIDEO
    return NewFile(
        id=file.id,
        library_id=folder.library_id,
        folder_id=folder.id,
        dir=file.dir,
        name=file.name,
        kind=file.kind,
        role=file.role.value,
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        inode=entry.inode,
        probe=ProbeState.PENDING if video else ProbeState.NONE,
    )


async def find_moves(changes: Changes, earlier: Sequence[KnownFile]) -> None:
    """New videos that are vanished ones in another place: by size, then by what is in them.

    `earlier` are files that went missing before. Inodes and times are believed only where a file
    was never looked into, and only together.
    """
    candidates: dict[int, list[KnownFile]] = defaultdict(list)
    for row in [*changes.gone, *earlier]:
        if row.kind is FileKind.VIDEO and row.size > 0:
            candidates[row.size].append(row)
    hopefuls = [
        new for new in changes.new.values() if new.kind is FileKind.VIDEO and new.size in candidates
    ]
    if not hopefuls:
        return
    places = {file.id: file.path for files in changes.dirs.values() for file in files}
    moved: dict[FileId, KnownFile] = {}
    for start in range(0, len(hopefuls), HASHES_AT_ONCE):
        some = hopefuls[start : start + HASHES_AT_ONCE]
        hashes = await asyncio.gather(*(_hash(places[new.id]) for new in some))
        for new, digest in zip(some, hashes, strict=True):
            rows = candidates[new.size]
            match = next((row for row in rows if _same(row, new, digest)), None)
            if match is not None:
                rows.remove(match)
                moved[new.id] = match
    _move(changes, moved)


def _same(row: KnownFile, new: NewFile, digest: bytes | None) -> bool:
    if row.content_hash is not None:
        return digest == row.content_hash
    return (row.inode, row.mtime_ns) == (new.inode, new.mtime_ns)


def _move(changes: Changes, moved: dict[FileId, KnownFile]) -> None:
    known = {row.id for row in moved.values()}
    changes.moved += [(row.id, changes.new.pop(new_id)) for new_id, row in moved.items()]
    changes.gone = [row for row in changes.gone if row.id not in known]
    for key, files in changes.dirs.items():
        if any(file.id in moved for file in files):
            changes.dirs[key] = [
                structs.replace(file, id=moved[file.id].id, standing=Standing.CHANGED)
                if file.id in moved
                else file
                for file in files
            ]


async def _hash(path: str) -> bytes | None:
    try:
        return await asyncio.to_thread(content_hash, path)
    except OSError:
        return None
