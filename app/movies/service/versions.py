"""Which files are parts of one version, and which are versions of their own."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import structs

from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import ItemId, Part, Version, VersionId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId
from app.movies.service.candidates import Candidate
from app.naming.domain import MovieName, Source
from app.scanning.domain import ScannedFile

Key = tuple[str | None, str | None, Source | None, int | None]


async def place_files(
    tx: Tx, items: ItemRepository, candidates: Sequence[Candidate], joined: Collection[ItemId]
) -> None:
    """Give every new file its version: parts of one cut together, everything else alone.

    Films that are `joined` had versions before: a part may complete one of them.
    """
    known = await items.versions_within(tx, joined) if joined else {}
    added: list[Version] = []
    parts: list[tuple[VersionId, Part]] = []
    for candidate in candidates:
        there = list(known.get(ItemId(candidate.id), ()))
        waiting: dict[Key, list[ScannedFile]] = defaultdict(list)
        for file in sorted(candidate.files, key=lambda f: f.relative):
            name = candidate.names[file.id]
            if name.part is None:
                added.append(_version(candidate, name, (Part(file_id=file.id, part=None),)))
            else:
                waiting[_key(name)].append(file)
        for key, files in waiting.items():
            for group in _sets(files, candidate.names):
                some = tuple(Part(file_id=f.id, part=candidate.names[f.id].part) for f in group)
                open_ = _open_version(there, key, some)
                if open_ is None:
                    added.append(_version(candidate, candidate.names[group[0].id], some))
                    continue
                there.remove(open_)
                there.append(structs.replace(open_, parts=(*open_.parts, *some)))
                parts += [(open_.id, part) for part in some]
                tx.touch(f"item:{candidate.id}")
    if added:
        await items.add_versions(tx, added)
    if parts:
        await items.add_parts(tx, parts)


def _sets(
    files: Sequence[ScannedFile], names: Mapping[FileId, MovieName]
) -> list[list[ScannedFile]]:
    """Files of one cut as sets of parts, each number once: two copies in parts are two versions.

    A file joins the first set that lacks its number, one of its own folder before others.
    """
    sets: list[list[ScannedFile]] = []
    for file in files:
        part = names[file.id].part
        lacking = [s for s in sets if all(names[other.id].part != part for other in s)]
        lacking.sort(key=lambda s: all((o.root, o.dir) != (file.root, file.dir) for o in s))
        if lacking:
            lacking[0].append(file)
        else:
            sets.append([file])
    return sets


def _key(name: MovieName) -> Key:
    source = name.release.source
    three_d = name.three_d.value if name.three_d else None
    return name.edition, three_d, source, name.release.resolution


def _version(candidate: Candidate, name: MovieName, parts: tuple[Part, ...]) -> Version:
    edition, three_d, source, height = _key(name)
    return Version(
        id=VersionId(new_id()),
        item_id=ItemId(candidate.id),
        edition=edition[:200] if edition else None,
        format_3d=three_d,
        source=source,
        height=height,
        resolution=f"{height}p" if height else None,
        parts=parts,
    )


def _open_version(versions: Sequence[Version], key: Key, parts: Sequence[Part]) -> Version | None:
    """A version in parts of the same cut that lacks just these parts."""
    numbers = {part.part for part in parts}
    for version in versions:
        same: Any = (version.edition, version.format_3d, version.source) == key[:3]
        theirs = {part.part for part in version.parts}
        if same and None not in theirs and not theirs & numbers:
            return version
    return None
