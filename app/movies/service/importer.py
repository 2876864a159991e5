"""Movies out of files: names, folders and NFO files become films with versions.

Everything is done for a whole batch at once: the number of statements does not depend on the
number of files.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from app.catalog.domain import Details, TitleSource, merged
from app.catalog.service.artwork import local_artwork
from app.catalog.service.beside import Beside, read_beside
from app.catalog.service.details import DetailsWriter
from app.catalog.service.embedded import embedded_artwork, embedded_details
from app.catalog.service.versions import cut_of, place_files, recut
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, LibraryKind
from app.libraries.repository import FileRepository
from app.media.domain import MediaInfo
from app.movies.service.candidates import Candidate, candidates_of, holdings_of
from app.movies.service.films import Films
from app.movies.service.finding import FilmFinder
from app.scanning.domain import Batch, Imported, Standing


class MovieImporter:
    """The ContentImporter of movie libraries."""

    kind = LibraryKind.MOVIES

    def __init__(
        self,
        items: ItemRepository,
        files: FileRepository,
        finder: FilmFinder,
        details: DetailsWriter,
        threshold: Callable[[], float],
    ) -> None:
        self._items, self._files = items, files
        self._finder, self._details = finder, details
        self._threshold = threshold

    async def read(self, batch: Batch) -> Beside:
        """Read the NFO files that are news, or that lie beside new videos."""
        return await read_beside(batch)

    async def apply(self, tx: Tx, batch: Batch, read: Beside) -> Imported:
        """Make films for new videos, and tell what changed NFO files say."""
        videos = batch.videos(Standing.NEW, Standing.CHANGED, Standing.SAME)
        ids = [video.id for video in videos]
        known = await self._films_of(tx, ids)
        said = await self._items.identified(tx, ids) if ids else {}
        before = Films(videos, known, known.keys(), set(), said)
        strays, left = await self._stray(tx, batch, before, read)
        known = {i: film for i, film in known.items() if i not in strays}
        fresh = [v for v in videos if v.id not in known and said.get(v.id, True)]
        others = [v for v in videos if v.id in known]
        candidates = candidates_of(fresh, read, others, self._threshold())
        await self._finder.find(tx, batch.library.id, candidates)
        added = [c for c in candidates if c.item_id is None]
        joined = [c for c in candidates if c.item_id is not None]
        await self._finder.add(tx, batch.library.id, added)
        await place_files(tx, self._items, holdings_of(candidates), {c.id for c in joined})
        of_file = {**known, **{f.id: c.id for c in candidates for f in c.files}}
        fixed = {i for i, is_fixed in said.items() if is_fixed}
        films = Films(videos, of_file, known.keys(), {c.id for c in added}, fixed)
        await self._join(tx, joined)
        corrected = await self._correct(tx, films, read)
        told = await self._tell(tx, films, added, read)
        pictured = await self._picture(tx, batch, of_file)
        updated = {*told, *corrected, *pictured, *left, *(c.id for c in joined)}
        return Imported(
            added=tuple(sorted(films.added)),
            updated=tuple(sorted(updated - films.added)),
            placed=tuple(
                f.id for c in candidates for f in c.files if f.standing is not Standing.NEW
            ),
            problems=tuple(read.problems),
        )

    async def rehome(
        self, tx: Tx, batch: Batch, of_files: Mapping[FileId, tuple[ItemId, ...]]
    ) -> set[ItemId]:
        """Films of another library become this one's, unless it has them already."""
        videos = [v for v in batch.videos(*Standing) if v.id in of_files]
        candidates = candidates_of(videos, Beside(), (), 0.0)
        everyone = {i for some in of_files.values() for i in some}
        await self._finder.find(tx, batch.library.id, candidates, of_files)
        here = {f.id for c in candidates if c.item_id is not None for f in c.files}
        stay = {i for f, some in of_files.items() if f in here for i in some}
        return await self._items.rehome(tx, everyone - stay, batch.library.id, ItemKind.MOVIE)

    async def _stray(
        self, tx: Tx, batch: Batch, films: Films, read: Beside
    ) -> tuple[Collection[FileId], list[ItemId]]:
        """Files that are another film by their ids or names, to be read like new ones, and the
        films that they have left.
        """
        said = films.looked_at(read)
        renamed = await self._finder.renamed_into(tx, batch.library.id, said)
        strays = renamed | await self._finder.strays.find(tx, batch.library.id, said)
        if not strays:
            return (), []
        left = await self._finder.strays.leave(tx, strays, films.of_file)
        theirs = await self._items.files_of(tx, left)
        await self._items.settle_states(tx, left, await self._files.present(tx, theirs))
        return strays, left

    async def _join(self, tx: Tx, joined: Sequence[Candidate]) -> None:
        """What later versions add to films that are known."""
        await self._finder.join(tx, joined)
        said = {c.id: c.details for c in joined if c.details is not None}
        await self._details.fill(tx, said, TitleSource.NFO)

    async def _correct(self, tx: Tx, films: Films, read: Beside) -> set[ItemId]:
        """What names say of films whose files have other ones now: titles, years, editions, and how
        sure they are.
        """
        named = films.candidates(films.changed, read)
        await self._items.measure(
            tx, {i: c.sure for of_item in named.values() for c in of_item for i in c.confidences}
        )
        names = {f: n for of_item in named.values() for c in of_item for f, n in c.names.items()}
        others = await recut(tx, self._items, {f: cut_of(name) for f, name in names.items()})
        whole = await self._whole(tx, films, films.changed)
        renamed = await self._finder.rename(tx, {i: named[i] for i in whole if i in named})
        return others | renamed

    async def _tell(
        self, tx: Tx, films: Films, added: Sequence[Candidate], read: Beside
    ) -> set[ItemId]:
        """Details of new films, and of those beside which an NFO file is news."""
        told = {c.id: c.details for c in added if c.details is not None}
        told |= films.news(read)
        if not told:
            return set()
        old = set(told) - films.added
        whole = await self._whole(tx, films, old)
        await self._details.write(tx, told, new=films.added, whole=whole)
        await self._refill(tx, old)
        return set(told)

    async def _whole(self, tx: Tx, films: Films, ids: set[ItemId]) -> set[ItemId]:
        """Those among `ids` that have no file outside of this batch."""
        if not ids:
            return set()
        theirs = await self._items.files_of(tx, ids)
        elsewhere = [f for f in theirs if f not in films.of_file]
        return ids - set((await self._films_of(tx, elsewhere)).values())

    async def _films_of(self, tx: Tx, ids: Sequence[FileId]) -> dict[FileId, ItemId]:
        """The film of each file that has one."""
        of_files = await self._items.items_of_files(tx, ids) if ids else {}
        return {file_id: of_file[0] for file_id, of_file in of_files.items()}

    async def _refill(self, tx: Tx, ids: set[ItemId]) -> None:
        """What files say themselves, where a changed NFO file says nothing any more."""
        files = await self._items.files_of(tx, ids) if ids else []
        if not files:
            return
        of_file = await self._films_of(tx, files)
        found: dict[ItemId, dict[FileId, MediaInfo]] = defaultdict(dict)
        for file_id, file in (await self._files.by_ids(EVERYTHING, files)).items():
            if file.media is not None:
                found[of_file[file_id]][file_id] = file.media
        await self._details.fill(tx, _embedded(found), TitleSource.TAGS)

    async def _picture(self, tx: Tx, batch: Batch, of_file: Mapping[Any, ItemId]) -> set[ItemId]:
        files, found = local_artwork(batch, of_file)
        return await self._details.picture(tx, files, found)

    async def probed(self, tx: Tx, found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> None:
        """Fill what nobody has said yet from inside the files."""
        await self._details.fill(tx, _embedded(found), TitleSource.TAGS)
        files = {file_id: True for infos in found.values() for file_id in infos}
        pictures = {
            item_id: [p for f, info in infos.items() for p in embedded_artwork(item_id, f, info)]
            for item_id, infos in found.items()
        }
        await self._details.picture(tx, files, pictures)
        await self._finder.measure(tx, list(found))


def _embedded(found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> dict[ItemId, Details]:
    """What files say of their films, the oldest file first."""
    return {
        i: merged(embedded_details(infos[f]) for f in sorted(infos)) for i, infos in found.items()
    }
