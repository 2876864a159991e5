"""What a walk found against what the database knows: new, changed, back, gone."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct, field

from app.core.ids import new_id
from app.libraries.domain import FileId, FileKind, Folder, LibraryId, ProbeState, Scan, ScanKind
from app.libraries.repository import KnownFile, KnownFiles, NewFile
from app.libraries.repository.files import Changed
from app.naming.domain import Role
from app.naming.service import film_folder, role_of, series_folder
from app.scanning.domain import ScannedFile, Standing
from app.scanning.service.life import knows_any, shown_in
from app.scanning.service.targets import Targets
from app.scanning.service.walk import Entry, Walk, Walked

DIRS_AT_ONCE: Final = 400


class Changes(Struct):
    """Everything a scan has to write, by whole directories.

    `replaced` are videos with other content: what was there, and what is there now. `rehomed` come
    from other libraries. `doubtful` are vanished files of places that hold no video any more, by
    the place: its disk may be away.
    """

    dirs: dict[tuple[str, str], list[ScannedFile]] = field(default_factory=dict)
    new: dict[FileId, NewFile] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)
    revisited: list[FileId] = field(default_factory=list)
    returned: list[Changed] = field(default_factory=list)
    replaced: dict[FileId, tuple[KnownFile, NewFile]] = field(default_factory=dict)
    gone: list[KnownFile] = field(default_factory=list)
    rehomed: dict[FileId, tuple[LibraryId, NewFile]] = field(default_factory=dict)
    doubtful: dict[str, list[KnownFile]] = field(default_factory=dict)
    moved: list[tuple[FileId, NewFile]] = field(default_factory=list)
    entangled: list[tuple[FileId, NewFile]] = field(default_factory=list)
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


def place_order(place: tuple[str, str]) -> tuple[str, str, str]:
    """Sorts directories so that a film's discs and a series' seasons follow its folder."""
    root, directory = place
    return root, series_folder(film_folder(directory)), directory


class Comparison:
    """Compares one folder, chunk by chunk.

    In a full scan unchanged files are revisited too, except in the directories that it has done.
    With `targets` only they are looked at.
    """

    def __init__(
        self,
        known: KnownFiles,
        folder: Folder,
        changes: Changes,
        scan: Scan,
        targets: Targets | None = None,
    ) -> None:
        self._known, self._folder, self._changes = known, folder, changes
        self._targets = targets
        self._left_out = targets.left_out if targets else frozenset[str]()
        self._whole = targets is None or "" in targets.deep
        self._everything = scan.kind is ScanKind.FULL
        self._done_to = place_order(scan.done_to) if scan.done_to else None
        self._gone: list[KnownFile] = []
        self._walked: set[str] = set()
        self._with_videos: set[str] = set()
        self._still_there: set[str] = set()
        self._on_discs: dict[str, dict[tuple[str, str], list[ScannedFile]]] = defaultdict(dict)

    async def compare(self, chunk: Sequence[Walked]) -> None:
        """Sort the files of these directories into the changes."""
        known: dict[str, dict[str, KnownFile]] = defaultdict(dict)
        for row in await self._known.in_dirs(self._folder.id, [w.dir for w in chunk]):
            known[row.dir][row.name] = row
        for walked in chunk:
            self._walked.add(walked.dir)
            if walked.dir in known:
                self._still_there.add(walked.dir)
            self._directory(walked, known.get(walked.dir, {}))

    def _directory(self, walked: Walked, known: dict[str, KnownFile]) -> None:
        self._changes.found += len(walked.entries)
        key = (self._folder.path, walked.dir)
        again = self._everything and (self._done_to is None or place_order(key) > self._done_to)
        scanned = [
            self._file(walked.dir, entry, known.get(entry.name), again=again)
            for entry in walked.entries
            if not (self._left_out and _path(walked.dir, entry.name) in self._left_out)
        ]
        if any(entry.kind is FileKind.VIDEO for entry in walked.entries):
            self._with_videos.add(walked.dir)
        present = {entry.name for entry in walked.entries}
        self._gone += [r for r in known.values() if r.name not in present and not r.missing]
        if again or any(file.standing is not Standing.SAME for file in scanned):
            self._changes.dirs[key] = scanned
        film = film_folder(walked.dir)
        if walked.holds_discs or film != walked.dir:
            self._on_discs[film][key] = scanned

    def complete(self) -> None:
        """A film's folder and those of its discs change together."""
        for dirs in self._on_discs.values():
            if not self._changes.dirs.keys().isdisjoint(dirs):
                self._changes.dirs.update(dirs)

    def _file(
        self, directory: str, entry: Entry, row: KnownFile | None, *, again: bool
    ) -> ScannedFile:
        if row is None:
            file = self._scanned(directory, entry, FileId(new_id()), Standing.NEW)
            self._changes.new[file.id] = _new_file(file, entry, self._folder)
            return file
        changed = Changed(id=row.id, size=entry.size, mtime_ns=entry.mtime_ns, inode=entry.inode)
        if (row.size, row.mtime_ns) != (entry.size, entry.mtime_ns):
            self._changes.changed.append(changed)
            file = self._scanned(directory, entry, row.id, Standing.CHANGED)
            if entry.kind is FileKind.VIDEO:
                self._changes.replaced[row.id] = (row, _new_file(file, entry, self._folder))
            return file
        if row.missing:
            self._changes.returned.append(changed)
            return self._scanned(directory, entry, row.id, Standing.CHANGED)
        self._changes.unchanged += 1
        if not again:
            return self._scanned(directory, entry, row.id, Standing.SAME)
        self._changes.revisited.append(row.id)
        return self._scanned(directory, entry, row.id, Standing.CHANGED)

    def _scanned(
        self, directory: str, entry: Entry, file_id: FileId, standing: Standing
    ) -> ScannedFile:
        path = _path(directory, entry.name)
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
        """Files that are not there any more; nothing is gone that could not be looked for.

        Where a folder of the library, or a linked folder, holds no video any more and none of the
        folders that files were in, its disk may be away. Only a full scan of all of it believes
        that.
        """
        lost = [
            directory
            for directory in await self._present_dirs()
            if directory not in self._walked
            and not any(
                directory == blind or directory.startswith(blind + "/") or not blind
                for blind in walk.unreadable
            )
        ]
        blind_files = set(walk.unreadable)
        for start in range(0, len(lost), DIRS_AT_ONCE):
            rows = await self._known.in_dirs(self._folder.id, lost[start : start + DIRS_AT_ONCE])
            self._gone += [row for row in rows if not row.missing]
        gone = [row for row in self._gone if _path(row.dir, row.name) not in blind_files]
        believed = self._everything and self._whole
        places = {"", *walk.followed}
        alive = {place for directory in self._with_videos for place in _holders(directory, places)}
        self._still_there.update(set(lost).intersection(walk.ignored))
        alive |= {p for d in self._still_there for p in _holders(d, places) if p != d}
        if not self._whole:
            emptied = {p for row in gone for p in _holders(row.dir, places)} - alive
            alive |= {place for place in emptied if await self._shows_life(place)}
        for row in gone:
            emptied_places = [p for p in _holders(row.dir, places) if p not in alive]
            if believed or not emptied_places:
                self._changes.gone.append(row)
            else:
                place = f"{self._folder.path}/{emptied_places[-1]}".rstrip("/")
                self._changes.doubtful.setdefault(place, []).append(row)

    async def _present_dirs(self) -> list[str]:
        """Directories with known files, of those that were looked for."""
        if self._whole or self._targets is None:
            return await self._known.present_dirs(self._folder.id)
        return await self._known.present_below(self._folder.id, self._targets.covered)

    async def _shows_life(self, place: str) -> bool:
        """Whether a place of which only a part was walked has any folder in it that is known."""
        path = f"{self._folder.path}/{place}" if place else self._folder.path
        names, _ = await asyncio.to_thread(shown_in, path)
        inner = [_path(place, name) for name in names]
        return await knows_any(self._known, self._folder.id, inner)


def _path(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _holders(directory: str, places: Collection[str]) -> list[str]:
    """The places among `places` that hold a directory, the nearest first."""
    if len(places) == 1:
        return [""]
    parts = directory.split("/")
    above = ("/".join(parts[:length]) for length in range(len(parts), -1, -1))
    return list(dict.fromkeys(place for place in above if place in places))


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
