"""Which files are parts of one version, and which are versions of their own."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import ItemId, Part, Version, VersionId
from app.items.repository import ItemRepository
from app.movies.service.candidates import Candidate
from app.naming.domain import MovieName

Key = tuple[str | None, str | None, str | None, int | None]


async def place_files(tx: Tx, items: ItemRepository, candidates: Sequence[Candidate]) -> None:
    """Give every new file its version: parts of one cut together, everything else alone."""
    known = await items.versions([ItemId(c.id) for c in candidates]) if candidates else {}
    added: list[Version] = []
    joined: list[tuple[VersionId, Part]] = []
    for candidate in candidates:
        waiting: dict[Key, list[Part]] = defaultdict(list)
        for file in sorted(candidate.files, key=lambda f: f.relative):
            name = candidate.names[file.id]
            part = Part(file_id=file.id, part=name.part)
            if name.part is None:
                added.append(_version(candidate, name, (part,)))
            else:
                waiting[_key(name)].append(part)
        for key, parts in waiting.items():
            names = [candidate.names[part.file_id] for part in parts]
            there = _open_version(known.get(ItemId(candidate.id), ()), key, parts)
            if there is not None:
                joined += [(there.id, part) for part in parts]
                tx.touch(f"item:{candidate.id}")
            else:
                added.append(_version(candidate, names[0], tuple(parts)))
    if added:
        await items.add_versions(tx, added)
    if joined:
        await items.add_parts(tx, joined)


def _key(name: MovieName) -> Key:
    source = name.release.source.value if name.release.source else None
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
