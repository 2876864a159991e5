"""Which film of a library a file is, and how sure that is once its length is known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.catalog.domain import TitleSource, differ
from app.catalog.repository import CatalogRepository
from app.catalog.service.confidence import measured
from app.catalog.service.finding import Finder, is_renamed
from app.core.clock import Clock
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, LibraryId
from app.movies.repository import MovieRepository
from app.movies.service.candidates import Candidate, movie_values
from app.movies.service.straying import Strays
from app.watch.repository import WatchRepository


class FilmFinder:
    """A batch of candidates at once."""

    def __init__(
        self,
        items: ItemRepository,
        movies: MovieRepository,
        catalog: CatalogRepository,
        watch: WatchRepository,
        clock: Clock,
    ) -> None:
        self._items, self._movies, self._catalog = items, movies, catalog
        self._finder = Finder(ItemKind.MOVIE, movies, items, catalog, clock)
        self.strays = Strays(items, catalog, watch)
        self.join, self.rename = self._finder.join, self._finder.rename

    async def find(
        self,
        tx: Tx,
        library_id: LibraryId,
        candidates: Sequence[Candidate],
        were: Mapping[FileId, tuple[ItemId, ...]] | None = None,
    ) -> None:
        """Which candidates are films of this library already: by ids first, then by title. Of
        files that `were` films elsewhere the ids of those count too.
        """
        if were:
            ids = await self._catalog.known_ids(tx, {i for some in were.values() for i in some})
            for candidate in candidates:
                for item_id in (i for f in candidate.files for i in were.get(f.id, ())):
                    candidate.ids = {**ids.get(item_id, {}), **candidate.ids}
        await self._finder.find(tx, library_id, candidates)

    async def renamed_into(
        self, tx: Tx, library_id: LibraryId, said: Mapping[FileId, tuple[ItemId, Candidate]]
    ) -> dict[FileId, ItemId]:
        """Of films all of whose files are called otherwise now, the files that are called as
        another film of the library, with that: they are versions of it.
        """
        of_film: dict[ItemId, dict[FileId, Candidate]] = defaultdict(dict)
        for file_id, (film, candidate) in said.items():
            of_film[film][file_id] = candidate
        namings = await self._movies.namings(tx, list(of_film)) if of_film else []
        renamed = [n.id for n in namings if is_renamed(n, list(of_film[n.id].values()))]
        theirs = await self._items.files_by_item(tx, renamed) if renamed else {}
        whole = [film for film in renamed if theirs.get(film, set()) <= of_film[film].keys()]
        named = {
            i: c
            for film in whole
            for i, c in of_film[film].items()
            if c.title_from is not TitleSource.FILE
        }
        if not named:
            return {}
        await self._finder.find(tx, library_id, list(named.values()))
        found = {i: c.item_id for i, c in named.items() if c.item_id not in (None, *renamed)}
        ids = await self._catalog.known_ids(tx, {*renamed, *filter(None, found.values())})
        return {
            i: film
            for i, film in found.items()
            if film is not None and not differ(ids.get(said[i][0], {}), ids.get(film, {}))
        }

    async def add(self, tx: Tx, library_id: LibraryId, added: Sequence[Candidate]) -> None:
        """Make films of candidates."""
        await self._finder.add(tx, library_id, [(c, movie_values(c)) for c in added])

    async def measure(self, tx: Tx, ids: Sequence[ItemId]) -> None:
        """What is longer or shorter than its film is less surely a version of it."""
        lengths = await self._movies.runtimes(tx, ids) if ids else {}
        known = await self._items.versions_within(tx, list(lengths))
        doubted: dict[FileId, float] = {}
        for item_id, versions in known.items():
            for version in versions:
                sure = version.confidence
                if sure is None:
                    continue
                is_cut = version.edition is not None
                found = measured(sure, lengths[item_id], version.duration, cut=is_cut)
                if found != sure:
                    doubted[version.parts[0].file_id] = found
        await self._items.measure(tx, doubted)
