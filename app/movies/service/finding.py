"""Which film of a library a file is, and how sure that is once its length is known."""

from collections.abc import Mapping, Sequence

from app.catalog.repository import CatalogRepository
from app.catalog.service.confidence import measured
from app.catalog.service.finding import Finder
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
