"""Which show of a library a series is."""

from collections.abc import Collection, Sequence
from typing import Protocol

from app.catalog.domain import Naming, differ
from app.catalog.repository import CatalogRepository
from app.catalog.service.finding import Finder
from app.core.clock import Clock
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import LibraryId
from app.shows.repository import ShowRepository
from app.shows.service.series import Series, named, show_values
from app.shows.service.work import Work


class ShowFinderNeeds(Protocol):
    """What shows are found with."""

    @property
    def item_repository(self) -> ItemRepository: ...
    @property
    def show_repository(self) -> ShowRepository: ...
    @property
    def catalog_repository(self) -> CatalogRepository: ...
    @property
    def clock(self) -> Clock: ...


class ShowFinder:
    """A batch of series at once."""

    def __init__(self, needs: ShowFinderNeeds) -> None:
        self._items, self._shows = needs.item_repository, needs.show_repository
        self._catalog = needs.catalog_repository
        self._finder = Finder(ItemKind.SHOW, self._shows, self._items, self._catalog, needs.clock)

    async def find(
        self, tx: Tx, library_id: LibraryId, series: Sequence[Series], work: Work
    ) -> tuple[list[Series], set[ItemId]]:
        """The shows that series are, found or made, each once; and those whose title changed.

        Whose folder it has been decides, unless it was moved there; then ids, then the title.
        """
        for one in series:
            stays = [p for p in one.places if work.stays.get(p)]
            one.item_id = work.owner(stays) if stays else None
        renamed = await self._moved(tx, [s for s in series if s.item_id is None], work)
        await self._finder.find(tx, library_id, [s for s in series if s.item_id is None])
        shows = _together(series)
        for one in shows:
            one.added = one.item_id is None
        made = [(s, show_values(s)) for s in shows if s.added]
        await self._finder.add(tx, library_id, made)
        known = [s for s in shows if not s.added]
        joined = [s for s in known if any(f.file.id not in work.of_file for f in s.files)]
        if joined:
            await self._finder.join(tx, joined)
        said = {s.id: [s, *s.parts] for s in known if s.id in renamed}
        return shows, await self._finder.rename(tx, said)

    async def unknown(
        self, tx: Tx, library_id: LibraryId, shows: Collection[ItemId]
    ) -> list[ItemId]:
        """Those of these shows of other libraries that this one does not have."""
        ids = await self._catalog.known_ids(tx, shows)
        wanted = {n.id: named(n, ids.get(n.id, {})) for n in await self._shows.namings(tx, shows)}
        await self._finder.find(tx, library_id, list(wanted.values()))
        return [show_id for show_id, series in wanted.items() if series.item_id is None]

    async def _moved(self, tx: Tx, series: Sequence[Series], work: Work) -> set[ItemId]:
        """Series of files that are known from elsewhere: their show, if it has their name or comes
        with all its files. Answers the shows that came so.
        """
        of_show = {id(s): _known_shows(s, work) for s in series}
        everyone = {i for shows in of_show.values() for i in shows}
        if not everyone:
            return set()
        namings = {n.id: n for n in await self._shows.namings(tx, everyone)}
        ids = await self._catalog.known_ids(tx, everyone)
        theirs = await self._items.files_below(tx, everyone)
        whole: set[ItemId] = set()
        for one in series:
            here = {f.file.id for f in one.files}
            for show_id in of_show[id(one)]:
                complete = theirs.get(show_id, set()) <= here
                alike = _is_called(one, namings[show_id], ids.get(show_id, {}))
                if complete:
                    whole.add(show_id)
                if one.item_id is None and (complete or alike):
                    one.item_id = show_id
        return whole


def _known_shows(series: Series, work: Work) -> list[ItemId]:
    """The shows that its files were of, the most of them first."""
    found: dict[ItemId, int] = {}
    for file in series.files:
        for item_id in work.of_file.get(file.file.id, ()):
            show_id = ItemId(work.episodes[item_id].show_id)
            found[show_id] = found.get(show_id, 0) + 1
    return sorted(found, key=lambda i: (-found[i], i))


def _is_called(series: Series, naming: Naming, ids: dict[str, str]) -> bool:
    if differ(ids, series.ids):
        return False
    shared = any(ids.get(source) == value for source, value in series.ids.items())
    return shared or (naming.title_key == series.key and series.may_be(naming))


def _together(series: Sequence[Series]) -> list[Series]:
    """Series that are one show as one."""
    found: dict[ItemId, Series] = {}
    shows: list[Series] = []
    for one in series:
        first = found.get(one.item_id) if one.item_id is not None else None
        if first is not None:
            first.take(one)
            continue
        shows.append(one)
        if one.item_id is not None:
            found[one.item_id] = one
    return shows
