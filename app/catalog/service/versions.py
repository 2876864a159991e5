"""Which files are parts of one version, and which are versions of their own."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, structs

from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import ItemId, Part, Version, VersionId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId
from app.naming.domain import Release, Source, ThreeD
from app.scanning.domain import ScannedFile

Key = tuple[str | None, str | None, Source | None, int | None]


class CopyName(Protocol):
    """What names of films and of episodes say alike of a copy."""

    @property
    def edition(self) -> str | None: ...
    @property
    def three_d(self) -> ThreeD | None: ...
    @property
    def part(self) -> int | None: ...
    @property
    def release(self) -> Release: ...


class Cut(Struct, frozen=True, kw_only=True):
    """What the name of a file says of the copy in it; `confidence` that it is one of its item."""

    edition: str | None
    format_3d: str | None
    source: Source | None
    height: int | None
    part: int | None
    confidence: float | None = None

    @property
    def key(self) -> Key:
        """Parts with the same key belong together."""
        return self.edition, self.format_3d, self.source, self.height


class Holding(Struct, frozen=True, kw_only=True):
    """New files of an item, and which copies they are."""

    item_id: ItemId
    files: Sequence[ScannedFile]
    cuts: Mapping[FileId, Cut]


def cut_of(name: CopyName, confidence: float | None = None) -> Cut:
    """The copy that a name tells of."""
    return Cut(
        edition=name.edition[:200] if name.edition else None,
        format_3d=name.three_d.value if name.three_d else None,
        source=name.release.source,
        height=name.release.resolution,
        part=name.part,
        confidence=confidence,
    )


async def place_files(
    tx: Tx, items: ItemRepository, holdings: Sequence[Holding], joined: Collection[ItemId]
) -> None:
    """Give every new file its version: parts of one cut together, everything else alone.

    Items that are `joined` had versions before: a part may complete one of them.
    """
    known = await items.versions_within(tx, joined) if joined else {}
    added: list[Version] = []
    parts: list[tuple[VersionId, Part]] = []
    for holding in holdings:
        there = list(known.get(holding.item_id, ()))
        waiting: dict[Key, list[ScannedFile]] = defaultdict(list)
        for file in sorted(holding.files, key=lambda f: f.relative):
            cut = holding.cuts[file.id]
            if cut.part is None:
                added.append(_version(holding.item_id, cut, (Part(file_id=file.id, part=None),)))
            else:
                waiting[cut.key].append(file)
        for key, files in waiting.items():
            for group in _sets(files, holding.cuts):
                some = tuple(Part(file_id=f.id, part=holding.cuts[f.id].part) for f in group)
                open_ = _open_version(there, key, some)
                if open_ is None:
                    added.append(_version(holding.item_id, holding.cuts[group[0].id], some))
                    continue
                there.remove(open_)
                there.append(structs.replace(open_, parts=(*open_.parts, *some)))
                parts += [(open_.id, part) for part in some]
                tx.touch(f"item:{holding.item_id}")
    if added:
        await items.add_versions(tx, added)
    if parts:
        await items.add_parts(tx, parts)


async def recut(tx: Tx, items: ItemRepository, cuts: Mapping[FileId, Cut]) -> set[ItemId]:
    """Versions of files that are called otherwise now are what their names say; answers the items
    of which some are others.
    """
    said = [
        (file_id, cut.edition, cut.format_3d, cut.source and cut.source.value, cut.height)
        for file_id, cut in cuts.items()
    ]
    return await items.recut(tx, said) if said else set()


def _sets(files: Sequence[ScannedFile], cuts: Mapping[FileId, Cut]) -> list[list[ScannedFile]]:
    """Files of one cut as sets of parts, each number once: two copies in parts are two versions.

    A file joins the first set that lacks its number, one of its own folder before others.
    """
    sets: list[list[ScannedFile]] = []
    for file in files:
        part = cuts[file.id].part
        lacking = [s for s in sets if all(cuts[other.id].part != part for other in s)]
        lacking.sort(key=lambda s: all((o.root, o.dir) != (file.root, file.dir) for o in s))
        if lacking:
            lacking[0].append(file)
        else:
            sets.append([file])
    return sets


def _version(item_id: ItemId, cut: Cut, parts: tuple[Part, ...]) -> Version:
    return Version(
        id=VersionId(new_id()),
        item_id=item_id,
        edition=cut.edition,
        format_3d=cut.format_3d,
        source=cut.source,
        height=cut.height,
        resolution=f"{cut.height}p" if cut.height else None,
        confidence=cut.confidence,
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
