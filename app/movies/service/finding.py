"""Which film of a library a file is, and what its name adds to what is known of it."""

from collections.abc import Mapping, Sequence

from app.catalog.domain import TitleSource
from app.catalog.repository import CatalogRepository
from app.catalog.service.confidence import measured
from app.catalog.service.values import titled
from app.core.clock import Clock
from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import Item, ItemId, ItemKind, age_of
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, LibraryId
from app.movies.domain import MovieId, Naming
from app.movies.repository import MovieRepository
from app.movies.service.candidates import Candidate, differ, movie_values


class FilmFinder:
    """A batch of candidates at once."""

    def __init__(
        self,
        items: ItemRepository,
        movies: MovieRepository,
        catalog: CatalogRepository,
        clock: Clock,
    ) -> None:
        self._items, self._movies, self._catalog = items, movies, catalog
        self._clock = clock

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
        wanted = {pair for c in candidates for pair in c.ids.items()}
        if wanted:
            by_id = await self._catalog.find_by_external_ids(tx, wanted)
            everyone = {i for ids in by_id.values() for i in ids}
            here = await self._items.in_library(tx, library_id, everyone, ItemKind.MOVIE)
            for candidate in candidates:
                hits = [i for pair in candidate.ids.items() for i in by_id.get(pair, ())]
                candidate.movie_id = next((MovieId(i) for i in hits if i in here), None)
        rest = [c for c in candidates if c.movie_id is None]
        if not rest:
            return
        by_title = await self._movies.find_by_titles(tx, library_id, {c.key for c in rest})
        everyone = {ItemId(n.id) for namings in by_title.values() for n in namings}
        known = await self._catalog.known_ids(tx, everyone) if everyone else {}
        for candidate in rest:
            alike = [n for n in by_title.get(candidate.key, ()) if candidate.may_be(n)]
            # The year that its own name says is surer than one that was read somewhere.
            alike.sort(key=lambda n: n.name_year != candidate.name_year)
            candidate.movie_id = next(
                (n.id for n in alike if not differ(known.get(ItemId(n.id), {}), candidate.ids)),
                None,
            )

    async def add(self, tx: Tx, library_id: LibraryId, added: Sequence[Candidate]) -> None:
        """Make films of candidates."""
        now = self._clock.now()
        items, rows = [], []
        for candidate in added:
            movie_id = MovieId(new_id())
            candidate.movie_id = movie_id
            certification = candidate.details.certification if candidate.details else None
            items.append(
                Item(
                    id=ItemId(movie_id),
                    kind=ItemKind.MOVIE,
                    library_id=library_id,
                    certification=certification,
                    age=age_of(certification),
                    added_at=now,
                )
            )
            rows.append({"id": movie_id, **movie_values(candidate)})
        if items:
            await self._items.add(tx, items)
            await self._movies.add(tx, rows)
        ids = {ItemId(c.id): c.ids for c in added if c.ids}
        if ids:
            await self._catalog.add_external_ids(tx, ids)

    async def join(self, tx: Tx, joined: Sequence[Candidate]) -> None:
        """What the names of later versions add to films that are known."""
        named = {
            MovieId(c.id): {
                "year": c.name_year,
                "name_year": c.name_year,
                "title_key": c.key,
                **(titled(c.title) if c.title_from is TitleSource.NAME else {}),
            }
            for c in joined
        }
        await self._movies.fill(tx, named, TitleSource.NAME)
        await self._catalog.fill_external_ids(tx, {ItemId(c.id): c.ids for c in joined})

    async def measure(self, tx: Tx, ids: Sequence[ItemId]) -> None:
        """What is longer or shorter than its film is less surely a version of it."""
        lengths = await self._movies.runtimes(tx, [MovieId(i) for i in ids]) if ids else {}
        known = await self._items.versions_within(tx, [ItemId(i) for i in lengths])
        doubted: dict[FileId, float] = {}
        for item_id, versions in known.items():
            length = lengths[MovieId(item_id)]
            for version in versions:
                sure = version.confidence
                if sure is None:
                    continue
                is_cut = version.edition is not None
                found = measured(sure, length, version.duration, cut=is_cut)
                if found != sure:
                    doubted[version.parts[0].file_id] = found
        await self._items.measure(tx, doubted)

    async def rename(self, tx: Tx, said: Mapping[ItemId, Sequence[Candidate]]) -> set[ItemId]:
        """Of films with all their files: who renames them corrects title, year and ids."""
        namings = await self._movies.namings(tx, [MovieId(i) for i in said]) if said else []
        renamed = {n.id: said[ItemId(n.id)][0] for n in namings if _is_renamed(n, said)}
        for source in TitleSource:
            rows = {
                i: {
                    **titled(c.title, c.details.sort_title if c.details is not None else None),
                    "title_key": c.key,
                    "name_year": c.name_year,
                    "year": c.year,
                }
                for i, c in renamed.items()
                if c.title_from is source
            }
            await self._movies.rename(tx, rows, source)
        known = await self._catalog.known_ids(tx, list(said)) if said else {}
        ids = {
            i: {source: value for c in reversed(of_item) for source, value in c.ids.items()}
            for i, of_item in said.items()
        }
        other = {i: dict(ids[i].items() - known.get(i, {}).items()) for i in ids}
        await self._catalog.add_external_ids(tx, other)
        return {*(ItemId(i) for i in renamed), *(i for i, values in other.items() if values)}


def _is_renamed(naming: Naming, said: Mapping[ItemId, Sequence[Candidate]]) -> bool:
    names = [(c.key, c.name_year) for c in said[ItemId(naming.id)]]
    return (naming.title_key, naming.name_year) not in names
