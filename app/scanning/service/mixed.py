"""Libraries of films and shows: each series' folder goes to one of two importers as a whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, FileKind, LibraryKind
from app.libraries.repository import FileRepository
from app.media.domain import MediaInfo
from app.naming.domain import Role
from app.naming.service import is_series_folder, looks_like_episode, parse_episode, series_folder
from app.scanning.domain import Batch, ContentImporter, Imported, ScannedFile, Standing

SHOW_NFO: Final = "tvshow.nfo"
FILM_NFO: Final = "movie.nfo"
Route = Mapping[FileId, LibraryKind]


class Read(Struct, frozen=True):
    """By which importer what was read of its part of a batch, and of which files that is."""

    of_kind: Mapping[LibraryKind, tuple[Batch, Any]]
    route: Route


def importers_of(
    items: ItemRepository, files: FileRepository, films: ContentImporter, shows: ContentImporter
) -> dict[LibraryKind, ContentImporter]:
    """Who imports files of each kind of library."""
    parted = {LibraryKind.MOVIES: films, LibraryKind.SHOWS: shows}
    return {**parted, LibraryKind.MIXED: MixedImporter(items, files, parted)}


class MixedImporter:
    """The ContentImporter of libraries that hold both."""

    kind = LibraryKind.MIXED

    def __init__(
        self,
        items: ItemRepository,
        files: FileRepository,
        importers: Mapping[LibraryKind, ContentImporter],
    ) -> None:
        self._items, self._files = items, files
        self._importers = importers

    async def read(self, batch: Batch) -> Read:
        """Sort the files, and let each importer read what lies beside its own."""
        route = routed(batch.files)
        found: dict[LibraryKind, tuple[Batch, Any]] = {}
        for kind, importer in self._importers.items():
            mine = tuple(f for f in batch.files if route.get(f.id, kind) is kind)
            part = structs.replace(batch, files=mine)
            found[kind] = (part, await importer.read(part))
        return Read(found, route)

    async def apply(self, tx: Tx, batch: Batch, read: Read) -> Imported:
        """Both parts. A file whose name says now that it is of the other kind changes sides."""
        foreign = await self._foreign(tx, batch, read.route)
        said = await self._items.identified(tx, foreign) if foreign else {}
        changed = {f.id for f in batch.files if f.standing is Standing.CHANGED}
        leaving = [i for i in foreign if i in changed and i not in said]
        imported = Imported(updated=tuple(await self._leave(tx, leaving)))
        staying = {*foreign}.difference(leaving)
        for kind, importer in self._importers.items():
            part, beside = read.of_kind[kind]
            files = tuple(f for f in part.files if f.id not in staying)
            if files:
                mine = structs.replace(part, files=files)
                imported = _both(imported, await importer.apply(tx, mine, beside))
        return imported

    async def _foreign(self, tx: Tx, batch: Batch, route: Route) -> list[FileId]:
        """Files that belong to items of the other kind than the one they would go to."""
        videos = [f.id for f in batch.files if f.kind is FileKind.VIDEO and f.id in route]
        owned = await self._items.items_of_files(tx, videos) if videos else {}
        items = await self._items.within(tx, {i for ids in owned.values() for i in ids})
        return [
            file_id
            for file_id, ids in owned.items()
            if any(_kind_of(items[i].kind) is not route[file_id] for i in ids if i in items)
        ]

    async def _leave(self, tx: Tx, wrong: Sequence[FileId]) -> list[ItemId]:
        """Take files from their items; answers those."""
        if not wrong:
            return []
        left = await self._items.detach(tx, wrong)
        theirs = await self._items.files_of(tx, left)
        await self._items.settle_states(tx, left, await self._files.present(tx, theirs))
        return left

    async def rehome(
        self, tx: Tx, batch: Batch, of_files: Mapping[FileId, tuple[ItemId, ...]]
    ) -> set[ItemId]:
        """Each importer takes over what is of its kind here."""
        route, moved = routed(batch.files), set[ItemId]()
        for kind, importer in self._importers.items():
            mine = {i: some for i, some in of_files.items() if route.get(i) is kind}
            part = structs.replace(batch, files=tuple(f for f in batch.files if f.id in mine))
            if mine:
                moved |= set(await importer.rehome(tx, part, mine))
        return moved

    async def probed(self, tx: Tx, found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> None:
        """Each importer hears of its own items."""
        items = await self._items.within(tx, list(found))
        for kind, importer in self._importers.items():
            mine = {i: infos for i, infos in found.items() if _is_of(items, i, kind)}
            if mine:
                await importer.probed(tx, mine)


def _is_of(items: Mapping[ItemId, Any], item_id: ItemId, kind: LibraryKind) -> bool:
    return item_id in items and _kind_of(items[item_id].kind) is kind


def _kind_of(item: ItemKind) -> LibraryKind:
    return LibraryKind.MOVIES if item is ItemKind.MOVIE else LibraryKind.SHOWS


def _both(one: Imported, other: Imported) -> Imported:
    values = {n: (*getattr(one, n), *getattr(other, n)) for n in Imported.__struct_fields__}
    return Imported(**values)


def routed(files: Sequence[ScannedFile]) -> dict[FileId, LibraryKind]:
    """To which importer each file goes; what lies beside videos of both kinds is in neither's
    hands alone, and left out.
    """
    together: dict[tuple[str, str], list[ScannedFile]] = defaultdict(list)
    for file in files:
        together[file.root, series_folder(file.dir)].append(file)
    found: dict[FileId, LibraryKind] = {}
    for (_, folder), some in together.items():
        if is_series_folder(some[0].dir, folder):
            kind = kind_of_folder(some)
            found |= {f.id: kind for f in some} if kind is not None else {}
        else:
            found |= _one_by_one(some)
    return found


def kind_of_folder(files: Iterable[ScannedFile]) -> LibraryKind | None:
    """Whether a folder is that of a show: it says so, or half of its videos do. None where there
    is neither a word nor a video.
    """
    names = [f.name.casefold() for f in files if f.kind is FileKind.NFO]
    if SHOW_NFO in names:
        return LibraryKind.SHOWS
    if FILM_NFO in names:
        return LibraryKind.MOVIES
    videos = [f for f in files if f.kind is FileKind.VIDEO and f.role is Role.FEATURE]
    episodes = sum(is_episode(f.relative) for f in videos)
    if not videos:
        return None
    return LibraryKind.SHOWS if 2 * episodes >= len(videos) else LibraryKind.MOVIES


def is_episode(path: str) -> bool:
    """Whether a video is of a show, by its name and folders; a bare count needs a hint of anime."""
    if looks_like_episode(path):
        return True
    name = parse_episode(path)
    counted = bool(name.absolute) and name.year is None and path.rpartition("/")[2].startswith("[")
    return counted or (name.is_special and bool(name.episodes))


def _one_by_one(files: Sequence[ScannedFile]) -> dict[FileId, LibraryKind]:
    """On a shelf each video goes its own way, with what has its name."""
    found: dict[FileId, LibraryKind] = {}
    stems: dict[str, LibraryKind] = {}
    for file in files:
        if file.kind is FileKind.VIDEO:
            kind = LibraryKind.SHOWS if is_episode(file.relative) else LibraryKind.MOVIES
            found[file.id] = stems[_stem(file.name)] = kind
    for file in files:
        if file.id in found:
            continue
        stem = _stem(file.name)
        while stem and stem not in stems:
            stem = stem.rpartition("-")[0]
        if stem:
            found[file.id] = stems[stem]
    return found


def _stem(name: str) -> str:
    return name.rpartition(".")[0].casefold()
