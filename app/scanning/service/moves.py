"""Files that stand in another place than before: by size, then by what is in them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from msgspec import structs

from app.core.ids import new_id
from app.libraries.domain import FileId, FileKind, ProbeState
from app.libraries.repository import KnownFile, NewFile
from app.media.service.fingerprint import content_hash
from app.scanning.domain import ScannedFile, Standing
from app.scanning.service.changes import Changes

HASHES_AT_ONCE: Final = 64
ALIKE: Final = 50  # of so many files with one content the one that is most like a place is taken
Row = TypeVar("Row", bound=KnownFile)
Matches = dict[FileId, KnownFile]


class Lost(Generic[Row]):
    """Videos that are not where they were, to be found by size and content.

    Where a file was never looked into there is no hash: then the inode and the time are believed,
    and only together. Network and union mounts invent inodes.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[tuple[int | bytes, ...], list[Row]] = defaultdict(list)
        self.sizes: dict[int, int] = defaultdict(int)
        self.hashed: set[int] = set()
        for row in rows:
            if row.kind is not FileKind.VIDEO or row.size == 0:
                continue
            self.sizes[row.size] += 1
            if row.content_hash is None:
                self._rows[row.size, row.inode, row.mtime_ns].append(row)
            else:
                self.hashed.add(row.size)
                self._rows[row.size, row.content_hash].append(row)

    def take(self, place: NewFile, digest: bytes | None) -> Row | None:
        """The row whose content stands here now, once; a file that was only touched is its own."""
        found = self._rows.get((place.size, digest)) if digest else None
        found = found or self._rows.get((place.size, place.inode, place.mtime_ns))
        if not found or any(row.id == place.id for row in found):
            return None
        likest = max(range(len(found[:ALIKE])), key=lambda n: _likeness(found[n], place))
        return found.pop(likest)


def _likeness(row: KnownFile, place: NewFile) -> tuple[bool, bool]:
    """How much speaks for a row among those of one content: not all of them need be the same."""
    same = (row.inode, row.mtime_ns) == (place.inode, place.mtime_ns)
    return same, row.name == place.name


async def find_moves(changes: Changes, earlier: Sequence[KnownFile]) -> None:
    """Sort out videos that are known from another place; `earlier` went missing before this scan.

    What stood where other content stands now counts as vanished too: files may be swapped.
    """
    replaced = [row for row, _ in changes.replaced.values()]
    here = {changed.id for changed in changes.returned} | changes.replaced.keys()
    earlier = [row for row in earlier if row.id not in here]
    doubtful = [row for rows in changes.doubtful.values() for row in rows]
    lost = Lost([*changes.gone, *doubtful, *replaced, *earlier])
    hopefuls = [new for new in changes.new.values() if lost.sizes.get(new.size)]
    hopefuls += [
        place
        for row, place in changes.replaced.values()
        if lost.sizes.get(place.size, 0) > (row.size == place.size)  # not by itself alone
    ]
    hopefuls = [place for place in hopefuls if place.kind is FileKind.VIDEO]
    if not hopefuls:
        return
    paths = {file.id: file.path for files in changes.dirs.values() for file in files}
    matches: Matches = {}
    for start in range(0, len(hopefuls), HASHES_AT_ONCE):
        some = hopefuls[start : start + HASHES_AT_ONCE]
        digests = await asyncio.gather(
            *(hash_of(paths[place.id] if place.size in lost.hashed else None) for place in some)
        )
        for place, digest in zip(some, digests, strict=True):
            row = lost.take(place, digest)
            if row is not None:
                matches[place.id] = row
    _drop_stuck(matches, changes)
    _apply(changes, matches)


def _drop_stuck(matches: Matches, changes: Changes) -> None:
    """A place is free only when what stood there has moved as well; otherwise its file was
    overwritten, and stays what it is to its film.
    """
    while True:
        moving = {row.id for row in matches.values()}
        stuck = [place for place in matches if place in changes.replaced and place not in moving]
        if not stuck:
            return
        for place in stuck:
            del matches[place]


def _apply(changes: Changes, matches: Mapping[FileId, KnownFile]) -> None:
    moving = {row.id for row in matches.values()}
    stands: dict[FileId, tuple[FileId, Standing]] = {}
    for place_id, row in matches.items():
        stands[place_id] = (row.id, Standing.CHANGED)
        if place_id in changes.new:
            move = (row.id, changes.new.pop(place_id))
        else:
            move = (row.id, changes.replaced[place_id][1])
        entangled = place_id in changes.replaced or row.id in changes.replaced
        (changes.entangled if entangled else changes.moved).append(move)
    for row_id in moving & changes.replaced.keys():
        if row_id not in matches:  # it left, and something new stands in its place
            new = structs.replace(
                changes.replaced[row_id][1], id=FileId(new_id()), probe=ProbeState.PENDING
            )
            changes.new[new.id] = new
            stands[row_id] = (new.id, Standing.NEW)
    changes.gone = [row for row in changes.gone if row.id not in moving]
    changes.changed = [c for c in changes.changed if c.id not in moving and c.id not in matches]
    for place, rows in changes.doubtful.items():
        changes.doubtful[place] = [row for row in rows if row.id not in moving]
    for key, files in changes.dirs.items():
        if any(file.id in stands for file in files):
            changes.dirs[key] = [_standing(file, stands) for file in files]


def _standing(file: ScannedFile, stands: Mapping[FileId, tuple[FileId, Standing]]) -> ScannedFile:
    if file.id not in stands:
        return file
    known, standing = stands[file.id]
    return structs.replace(file, id=known, standing=standing)


def stand_for(files: Sequence[ScannedFile], place_id: FileId, known: FileId) -> list[ScannedFile]:
    """A directory's files, with the one that looked new as the known one that it is."""
    stands = {place_id: (known, Standing.CHANGED)}
    return [_standing(file, stands) for file in files]


async def hash_of(path: str | None) -> bytes | None:
    """What is in a file, in short; None when it cannot be read."""
    if path is None:
        return None
    try:
        return await asyncio.to_thread(content_hash, path)
    except OSError:
        return None
