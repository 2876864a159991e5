"""Files that were taken for a film, and are another one by the ids that are said of them now."""

from collections import defaultdict
from collections.abc import Mapping

from app.catalog.domain import differ
from app.catalog.repository import CatalogRepository
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, LibraryId
from app.movies.service.candidates import Candidate
from app.watch.repository import WatchRepository

Ids = Mapping[ItemId, Mapping[str, str]]


class Strays:
    """Ids win over everything, whenever they come; only what is said by hand wins over them."""

    def __init__(
        self, items: ItemRepository, catalog: CatalogRepository, watch: WatchRepository
    ) -> None:
        self._items, self._catalog, self._watch = items, catalog, watch

    async def find(
        self, tx: Tx, library_id: LibraryId, said: Mapping[FileId, tuple[ItemId, Candidate]]
    ) -> dict[FileId, ItemId | None]:
        """Of known files with their films, those that are no longer of them: of what other film of
        the library they are, None where that is not known yet.

        Where all files of a film say so and the library has no other, the film has another id.
        """
        told = {i: (film, c.ids) for i, (film, c) in said.items() if c.ids}
        if not told:
            return {}
        films = await self._catalog.known_ids(tx, {film for film, _ in told.values()})
        pairs = {pair for _, ids in told.values() for pair in ids.items()}
        by_id = await self._catalog.find_by_external_ids(tx, pairs)
        everyone = {i for ids in by_id.values() for i in ids}
        here = await self._items.in_library(tx, library_id, everyone, ItemKind.MOVIE)
        strays: dict[FileId, ItemId | None] = {}
        alone: dict[ItemId, set[FileId]] = defaultdict(set)
        for file_id, (film, ids) in told.items():
            others = [i for pair in ids.items() for i in by_id.get(pair, ()) if i in here]
            if film in others and not differ(films.get(film, {}), ids):
                continue
            other = next((i for i in others if i != film), None)
            if other is not None and film not in others:
                strays[file_id] = other
            elif differ(films.get(film, {}), ids):
                alone[film].add(file_id)
        return strays | await self._parted(tx, alone)

    async def _parted(
        self, tx: Tx, alone: Mapping[ItemId, set[FileId]]
    ) -> dict[FileId, ItemId | None]:
        """Files that contradict others of their film."""
        theirs = await self._items.files_by_item(tx, list(alone)) if alone else {}
        return {i: None for film, ids in alone.items() if theirs.get(film, ids) - ids for i in ids}

    async def leave(
        self, tx: Tx, strays: Mapping[FileId, ItemId | None], of_file: Mapping[FileId, ItemId]
    ) -> list[ItemId]:
        """Take files from their films, and progress along where nothing is left; answers those."""
        left = await self._items.detach(tx, list(strays))
        kept = await self._items.files_by_item(tx, left)
        moved = {of_file[i]: film for i, film in strays.items() if film is not None}
        emptied = {old: new for old, new in moved.items() if old not in kept}
        users = await self._watch.carry(tx, emptied)
        await self._watch.forget(tx, users, list(emptied))
        return left
