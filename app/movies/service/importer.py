"""Movies out of files: names, folders and NFO files become films with versions.

Everything is done for a whole batch at once: the number of statements does not depend on the
number of files.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.repository import CatalogRepository
from app.core.clock import Clock
from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import Item, ItemId, ItemKind, age_of
from app.items.repository import ItemRepository
from app.libraries.domain import LibraryKind
from app.media.domain import MediaInfo
from app.movies.domain import MovieId
from app.movies.repository import MovieRepository
from app.movies.service.candidates import Candidate, candidates_of, differ, movie_values
from app.movies.service.details import DetailsWriter
from app.movies.service.pictures import local_artwork
from app.movies.service.reading import Beside, Place, read_beside
from app.movies.service.versions import place_files
from app.scanning.domain import Batch, Imported, ScannedFile, Standing


class MovieImporter:
    """The ContentImporter of movie libraries."""

    kind = LibraryKind.MOVIES

    def __init__(
        self,
        items: ItemRepository,
        movies: MovieRepository,
        catalog: CatalogRepository,
        details: DetailsWriter,
        clock: Clock,
    ) -> None:
        self._items, self._movies, self._catalog = items, movies, catalog
        self._details, self._clock = details, clock

    async def read(self, batch: Batch) -> Beside:
        """Read the NFO files that are news, or that lie beside new videos."""
        return await read_beside(batch)

    async def apply(self, tx: Tx, batch: Batch, read: Beside) -> Imported:
        """Make films for new videos, and tell what changed NFO files say."""
        videos = batch.videos(Standing.NEW, Standing.CHANGED, Standing.SAME)
        known = await self._items.items_of_files(tx, [v.id for v in videos]) if videos else {}
        fresh = [video for video in videos if video.id not in known]
        candidates = candidates_of(fresh, read, [v for v in videos if v.id in known])
        await self._find(tx, batch, candidates)
        added = [c for c in candidates if c.movie_id is None]
        await self._add(tx, batch, added)
        await place_files(tx, self._items, candidates)
        of_file = {**known, **{f.id: ItemId(c.id) for c in candidates for f in c.files}}
        told = self._told(videos, of_file, candidates, read)
        await self._details.write(tx, told, new={ItemId(c.id) for c in added})
        pictured = await self._picture(tx, batch, of_file)
        updated = {*told, *pictured, *(ItemId(c.id) for c in candidates)}
        made = {ItemId(c.id) for c in added}
        return Imported(
            added=tuple(sorted(made)),
            updated=tuple(sorted(updated - made)),
            problems=tuple(read.problems),
        )

    async def _find(self, tx: Tx, batch: Batch, candidates: Sequence[Candidate]) -> None:
        """Which candidates are films of this library already: by ids first, then by title."""
        wanted = {pair for c in candidates for pair in c.ids.items()}
        if wanted:
            by_id = await self._catalog.find_by_external_ids(tx, wanted)
            everyone = {i for ids in by_id.values() for i in ids}
            here = await self._movies.in_library(tx, batch.library.id, everyone)
            for candidate in candidates:
                hits = [i for pair in candidate.ids.items() for i in by_id.get(pair, ())]
                candidate.movie_id = next((MovieId(i) for i in hits if i in here), None)
        rest = [c for c in candidates if c.movie_id is None]
        if not rest:
            return
        by_title = await self._movies.find_by_titles(tx, batch.library.id, {c.key for c in rest})
        everyone = {ItemId(i) for ids in by_title.values() for i in ids}
        known = await self._catalog.known_ids(tx, everyone) if everyone else {}
        for candidate in rest:
            alike = by_title.get((candidate.key, candidate.year), ())
            candidate.movie_id = next(
                (i for i in alike if not differ(known.get(ItemId(i), {}), candidate.ids)), None
            )

    async def _add(self, tx: Tx, batch: Batch, added: Sequence[Candidate]) -> None:
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
                    library_id=batch.library.id,
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

    def _told(
        self,
        videos: Sequence[ScannedFile],
        of_file: Mapping[Any, ItemId],
        candidates: Sequence[Candidate],
        read: Beside,
    ) -> dict[ItemId, Any]:
        """Details by film: of new ones, and of those whose NFO is news."""
        told = {ItemId(c.id): c.details for c in candidates if c.details is not None}
        by_place: dict[Place, set[ItemId]] = defaultdict(set)
        for video in videos:
            if video.id in of_file:
                by_place[video.root, video.dir].add(of_file[video.id])
        for video in videos:
            place = (video.root, video.dir)
            if place in read.news and video.id in of_file:
                details = read.of(video, alone=bool(video.dir) and len(by_place[place]) == 1)
                if details is not None:
                    told[of_file[video.id]] = details
        return told

    async def _picture(self, tx: Tx, batch: Batch, of_file: Mapping[Any, ItemId]) -> set[ItemId]:
        files, found = local_artwork(batch, of_file)
        return await self._details.picture(tx, files, found)

    async def probed(self, tx: Tx, found: Mapping[ItemId, Sequence[MediaInfo]]) -> None:
        """Fill what nobody has said yet from inside the files."""
        filled, genres = {}, {}
        for item_id, infos in found.items():
            info = infos[0]
            filled[MovieId(item_id)] = {
                "runtime": round(info.duration) if info.duration else None,
                "year": info.tags.year,
                "overview": info.tags.description or info.tags.comment,
            }
            if info.tags.genres:
                genres[item_id] = info.tags.genres
        await self._movies.fill(tx, filled)
        await self._details.fill_genres(tx, genres)
