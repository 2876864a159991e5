"""What NFO files, names and files themselves say of shows, seasons and episodes, written."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from app.catalog.domain import TitleSource
from app.catalog.service.details import DetailsWriter
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.images.domain import Artwork
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId
from app.libraries.repository import FileRepository
from app.media.domain import MediaInfo
from app.shows.repository import EpisodeRepository, ShowRepository
from app.shows.service.embedded import Embedded
from app.shows.service.sayings import Sayings, Told
from app.shows.service.shelves import Rating


class Writers(Struct, frozen=True):
    """The writers of each kind's details."""

    shows: DetailsWriter
    seasons: DetailsWriter
    episodes: DetailsWriter


class Teller:
    """A batch at once."""

    def __init__(
        self,
        writers: Writers,
        items: ItemRepository,
        files: FileRepository,
        shows: ShowRepository,
        episodes: EpisodeRepository,
    ) -> None:
        self._writers, self._items, self._files = writers, items, files
        self._shows, self.known = shows, episodes
        self._embedded = Embedded(writers.episodes, items, shows, episodes)

    async def shows(
        self, tx: Tx, said: Told, concerned: Collection[ItemId]
    ) -> dict[ItemId, Rating]:
        """Answers for whom these shows and those `concerned` are now; their parts follow them."""
        everyone = {*said.told, *said.added, *concerned}
        before = await self._ratings(tx, everyone)
        await _write(tx, self._writers.shows, said)
        after = await self._ratings(tx, {*said.told, *said.added} - {*said.new})
        changed = [
            (i, before[i].certification, rating.certification, rating.age)
            for i, rating in after.items()
            if rating != before[i]
        ]
        if changed:
            await self._items.pass_on(tx, changed)
        return {**before, **after}

    async def _ratings(self, tx: Tx, ids: Collection[ItemId]) -> dict[ItemId, Rating]:
        found = await self._items.within(tx, ids) if ids else {}
        return {i: Rating(item.certification, item.age) for i, item in found.items()}

    async def parts(
        self, tx: Tx, sayings: Sayings, ratings: Mapping[ItemId, Rating]
    ) -> set[ItemId]:
        """Seasons and episodes; answers those of which something else is said now."""
        seasons = sayings.of_seasons(ratings)
        await _write(tx, self._writers.seasons, seasons)
        news = [placed.id for placed in sayings.with_news()]
        theirs = await self._items.files_by_item(tx, news) if news else {}
        episodes = sayings.of_episodes(ratings, theirs)
        await _write(tx, self._writers.episodes, episodes)
        await self._refill(tx, episodes.whole)
        retitled = await self.known.retitle(tx, sayings.titles(), TitleSource.NAME)
        return {*seasons.told, *episodes.told, *retitled} - {*seasons.new, *episodes.new}

    async def _refill(self, tx: Tx, ids: Collection[ItemId]) -> None:
        """What files say themselves, where a changed NFO file says nothing any more."""
        theirs = await self._items.files_by_item(tx, ids) if ids else {}
        if not theirs:
            return
        everyone = {f for files in theirs.values() for f in files}
        known = await self._files.by_ids(EVERYTHING, everyone)
        found: dict[ItemId, dict[FileId, MediaInfo]] = defaultdict(dict)
        for item_id, files in theirs.items():
            for file_id in files:
                file = known.get(file_id)
                if file is not None and file.media is not None:
                    found[item_id][file_id] = file.media
        await self._embedded.fill(tx, found)

    async def picture(
        self, tx: Tx, files: Mapping[FileId, bool], found: Mapping[ItemId, Sequence[Artwork]]
    ) -> set[ItemId]:
        """These picture files, of each whether its content is news, are now what `found` says and
        nothing else; answers the changed.
        """
        return await self._writers.episodes.picture(tx, files, found)

    async def reorder(self, tx: Tx, shows: Collection[ItemId]) -> set[ItemId]:
        """Shows whose episodes are told apart in another way now."""
        return await self._shows.reorder(tx, shows) if shows else set()

    async def embedded(self, tx: Tx, found: Mapping[ItemId, Mapping[FileId, MediaInfo]]) -> None:
        """What looks inside the files of episodes have shown."""
        await self._embedded.fill(tx, found)
        await self._embedded.picture(tx, found)


async def _write(tx: Tx, writer: DetailsWriter, said: Told) -> None:
    await writer.write(tx, said.told, new=said.new, whole=said.whole)
    await writer.fill(tx, said.added, TitleSource.NFO)
