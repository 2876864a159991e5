"""Shows out of files: names, folders and NFO files become shows, seasons and episodes.

Everything is done for a whole batch at once: the number of statements does not depend on the
number of files, shows or episodes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from app.catalog.service import DetailsWriters
from app.catalog.service.versions import recut
from app.core.tx import Tx
from app.items.domain import ItemId
from app.libraries.domain import FileId, LibraryKind
from app.libraries.repository import FileRepository
from app.media.domain import MediaInfo
from app.scanning.domain import Batch, Imported
from app.shows.repository import EpisodeRepository, SeasonRepository
from app.shows.service.artwork import local_artwork
from app.shows.service.beside import Beside, inhabited, read_beside, series_place
from app.shows.service.finding import ShowFinder, ShowFinderNeeds
from app.shows.service.placing import Placer
from app.shows.service.sayings import Sayings
from app.shows.service.series import series_of
from app.shows.service.telling import Teller, Writers
from app.shows.service.work import work_of
from app.watch.repository import WatchRepository


class ShowImporterNeeds(ShowFinderNeeds, Protocol):
    """What shows are imported with; the container has it all."""

    @property
    def file_repository(self) -> FileRepository: ...
    @property
    def season_repository(self) -> SeasonRepository: ...
    @property
    def episode_repository(self) -> EpisodeRepository: ...
    @property
    def watch_repository(self) -> WatchRepository: ...


class ShowImporter:
    """The ContentImporter of libraries of shows."""

    kind = LibraryKind.SHOWS

    def __init__(
        self, needs: ShowImporterNeeds, writers: DetailsWriters, threshold: Callable[[], float]
    ) -> None:
        self._items, self._files = needs.item_repository, needs.file_repository
        self._watch, self._threshold = needs.watch_repository, threshold
        self.finder = ShowFinder(needs)
        self.placer = Placer(
            self._items, needs.season_repository, needs.episode_repository, needs.clock
        )
        mine = Writers(
            shows=writers.of(needs.show_repository),
            seasons=writers.of(needs.season_repository),
            episodes=writers.of(needs.episode_repository),
        )
        self._teller = Teller(
            mine, self._items, self._files, needs.show_repository, needs.episode_repository
        )

    async def read(self, batch: Batch) -> Beside:
        """Read the NFO files that are news or belong to what is, of series' folders as well."""
        return await read_beside(batch, self._files.known)

    async def apply(self, tx: Tx, batch: Batch, read: Beside) -> Imported:
        """Make shows of new videos, follow those that moved, tell what changed NFO files say."""
        work = await work_of(tx, self._items, self._teller.known, read)
        found = series_of([file for file in work.touched if file.slots], read)
        series = work.believed(found, self._threshold())
        shows, renamed = await self.finder.find(tx, batch.library.id, series, work)
        placing = await self.placer.find(tx, shows, work, work.shows)
        sayings = Sayings(read, work, placing, shows)
        ratings = await self._teller.shows(tx, sayings.of_shows(), sayings.concerned)
        await self.placer.write(tx, batch.library.id, placing, ratings, sayings.of_new_seasons())
        others = await recut(tx, self._items, placing.cuts_of_known)
        told = await self._teller.parts(tx, sayings, ratings)
        files, pictures = local_artwork(read, sayings.scenery())
        pictured = await self._teller.picture(tx, files, pictures)
        ordered = await self._teller.reorder(tx, {s.id for s in shows})
        settled = await self._settle(tx, placing.left, placing.moved(work))
        added = {*sayings.new_shows, *placing.new_seasons, *placing.new_episodes}
        updated = {*renamed, *told, *pictured, *ordered, *settled, *sayings.joined, *others}
        return Imported(
            added=tuple(sorted(added)),
            updated=tuple(sorted(updated - added)),
            placed=tuple(sorted(placing.came)),
            problems=tuple(read.problems),
        )

    async def rehome(
        self, tx: Tx, batch: Batch, of_files: Mapping[FileId, tuple[ItemId, ...]]
    ) -> set[ItemId]:
        """Shows of another library that come with all their files become this one's, seasons and
        episodes with them, unless it has them already or the folder is one of another show.
        """
        taken = await inhabited(batch, self._files.known)
        here = {f.id for f in batch.files if f.id in of_files and series_place(f) not in taken}
        wanted = {item_id for file_id in here for item_id in of_files[file_id]}
        known = await self._teller.known.known_by_ids(tx, wanted) if wanted else []
        shows = {ItemId(episode.show_id) for episode in known}
        theirs = await self._items.files_below(tx, shows) if shows else {}
        whole = [show_id for show_id in shows if theirs.get(show_id, set()) <= here]
        fresh = await self.finder.unknown(tx, batch.library.id, whole) if whole else []
        return await self._items.rehome_families(tx, fresh, batch.library.id) if fresh else set()

    async def _settle(
        self, tx: Tx, left: tuple[ItemId, ...], moved: Mapping[ItemId, Sequence[ItemId]]
    ) -> set[ItemId]:
        """Episodes that files went from may be missing now; what was watched of those without any
        was what their files are now.
        """
        if not left:
            return set()
        theirs = await self._items.files_of(tx, left)
        kept = {i for ids in (await self._items.items_of_files(tx, theirs)).values() for i in ids}
        emptied = {old: new for old, new in moved.items() if old not in kept}
        users: set[UUID] = set()
        for index in range(max(map(len, emptied.values()), default=0)):
            pairs = {old: new[index] for old, new in emptied.items() if index < len(new)}
            users |= await self._watch.carry(tx, pairs)
        await self._watch.forget(tx, users, list(emptied))
        present = await self._files.present(tx, theirs)
        return {*left, *await self._items.settle_states(tx, left, present)}

    async def probed(self, tx: Tx, found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> None:
        """Fill what nobody has said yet from inside the files."""
        await self._teller.embedded(tx, found)
