"""What looks inside files have shown, told to whom the files belong."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from msgspec import structs

from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.domain import ItemId, VersionFacts
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, FileKind, Library, LibraryId, LibraryKind
from app.libraries.repository import FileRepository
from app.media.domain import MediaInfo
from app.naming.domain import Role
from app.scanning.domain import ContentImporter, Identifier, Imported, ScannedFile


def import_lock(library_id: LibraryId) -> str:
    """Whoever gives files of a library to items holds this: no file is given away twice. Whoever
    only writes what is said of its items shares it, so that the two never wait for each other.
    """
    return f"library.import:{library_id}"


class Facts:
    """Gives what is in files to versions and items; nothing is per file."""

    def __init__(
        self,
        files: FileRepository,
        items: ItemRepository,
        importers: Mapping[LibraryKind, ContentImporter],
        identifiers: Mapping[LibraryKind, Identifier],
    ) -> None:
        self.files, self.items = files, items
        self.importers, self.identifiers = importers, identifiers

    async def tell(
        self, tx: Tx, library: Library, infos: Mapping[FileId, MediaInfo | None]
    ) -> Imported:
        """Tell what is in these files; None is for what cannot be read any more.

        What belonged to nothing may be known by it now. Answers the items that are concerned.
        """
        await tx.lock(import_lock(library.id))
        adopted = await self._adopt(tx, library, infos)
        told = await self._whole(tx, infos)
        facts = {file_id: _facts(info) for file_id, info in told.items()}
        items = await self.items.describe_versions(tx, facts)
        found: dict[ItemId, dict[FileId, MediaInfo]] = defaultdict(dict)
        for file_id, of_file in items.items():
            for item_id in of_file:
                found[item_id] |= {file_id: info} if (info := told[file_id]) else {}
        known = {item_id: some for item_id, some in found.items() if some}
        importer = self.importers.get(library.kind)
        if importer and known:
            await importer.probed(tx, known)
        updated = {*found, *adopted.updated} - {*adopted.added}
        return structs.replace(adopted, updated=tuple(sorted(updated)))

    async def retell(self, tx: Tx, library: Library, ids: Collection[FileId]) -> Imported:
        """Tell what is known of files that have just come to an item."""
        placed = await self.files.placed(ids)
        infos = {i: file.media for i, file in placed.items() if file.media is not None}
        return await self.tell(tx, library, infos) if infos else Imported()

    async def settle(self, tx: Tx, ids: Collection[ItemId]) -> list[ItemId]:
        """These items are available or missing by what is there; answers changes."""
        if not ids:
            return []
        theirs = await self.items.files_of(tx, ids)
        present = await self.files.present(tx, theirs)
        return await self.items.settle_states(tx, ids, present)

    async def _adopt(
        self, tx: Tx, library: Library, infos: Mapping[FileId, MediaInfo | None]
    ) -> Imported:
        identifier = self.identifiers.get(library.kind)
        read = [i for i, info in infos.items() if info is not None]
        if identifier is None or not read:
            return Imported()
        owned = await self.items.items_of_files(tx, read)
        alone = [i for i in read if i not in owned]
        if not alone:
            return Imported()
        said = await self.items.identified(tx, alone)
        placed = await self.files.placed([i for i in alone if said.get(i, True)])
        found = [
            (ScannedFile.of(file), info)
            for i, file in sorted(placed.items())
            if file.kind is FileKind.VIDEO
            and file.role == Role.FEATURE
            and not file.missing
            and (info := infos[i]) is not None
        ]
        return await identifier.adopt(tx, library, found) if found else Imported()

    async def _whole(
        self, tx: Tx, infos: Mapping[FileId, MediaInfo | None]
    ) -> Mapping[FileId, MediaInfo | None]:
        """Of a version in parts only the first file speaks, and it is as long as all of them.

        None is for what cannot be read any more.
        """
        in_parts = await self.items.in_parts(tx, list(infos)) if infos else []
        if not in_parts:
            return infos
        others = {i for parts in in_parts for i in parts} - infos.keys()
        before = await self.files.by_ids(EVERYTHING, others)
        known = {i: file.media for i, file in before.items()} | dict(infos)
        told = dict(infos)
        for parts in in_parts:
            for part in parts:
                told.pop(part, None)
            lengths = [info.duration if (info := known.get(part)) else None for part in parts]
            if (first := known.get(parts[0])) is not None:
                total = sum(filter(None, lengths)) if all(lengths) else None
                told[parts[0]] = structs.replace(first, duration=total)
            elif parts[0] in infos:
                told[parts[0]] = None
        return told


def _facts(info: MediaInfo | None) -> VersionFacts:
    if info is None:
        return VersionFacts()
    main = info.main_video
    return VersionFacts(
        duration=info.duration,
        height=main.height if main else None,
        resolution=info.resolution,
        hdr=main.dynamic_range.value if main else None,
    )
