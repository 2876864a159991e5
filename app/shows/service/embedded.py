"""What is embedded in the files of episodes: it counts where nobody else says anything."""

from collections.abc import Mapping

from msgspec import structs

from app.catalog.domain import Details, TitleSource, merged
from app.catalog.service.details import DetailsWriter
from app.catalog.service.embedded import embedded_artwork, embedded_details
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId
from app.media.domain import MediaInfo
from app.naming.service import looks_like_episode, normal_title, parse_episode
from app.shows.repository import EpisodeRepository, ShowRepository

Infos = Mapping[ItemId, Mapping[FileId, MediaInfo]]


class Embedded:
    """Takes what looks inside files have shown."""

    def __init__(
        self,
        writer: DetailsWriter,
        items: ItemRepository,
        shows: ShowRepository,
        episodes: EpisodeRepository,
    ) -> None:
        self._writer, self._items = writer, items
        self._shows, self._episodes = shows, episodes

    async def fill(self, tx: Tx, found: Infos) -> None:
        """Give episodes what their files say, the oldest file first."""
        files = {file_id for infos in found.values() for file_id in infos}
        if not files:
            return
        counts = {i: len(ids) for i, ids in (await self._items.items_of_files(tx, files)).items()}
        known = {ItemId(e.id): e for e in await self._episodes.known_by_ids(tx, found)}
        shows = {ItemId(e.show_id) for e in known.values()}
        keys = {n.id: n.title_key for n in await self._shows.namings(tx, shows)}
        told = {
            item_id: merged(
                _details(found[item_id][f], counts.get(f, 1), keys.get(ItemId(episode.show_id), ""))
                for f in sorted(found[item_id])
            )
            for item_id, episode in known.items()
        }
        await self._writer.fill(tx, told, TitleSource.TAGS)

    async def picture(self, tx: Tx, found: Infos) -> None:
        """These pictures are in the files, and no others."""
        files = {file_id: True for infos in found.values() for file_id in infos}
        pictures = {
            item_id: [p for f, info in infos.items() for p in embedded_artwork(item_id, f, info)]
            for item_id, infos in found.items()
        }
        await self._writer.picture(tx, files, pictures)


def _details(info: MediaInfo, episodes: int, show_key: str) -> Details:
    """What a file says of one of its episodes. Its ids may be those of the show, and what several
    share is of none of them.
    """
    said = embedded_details(info)
    title = _title(said.title, show_key) if episodes == 1 else None
    runtime = round(said.runtime / episodes) if said.runtime else None
    return structs.replace(said, title=title, runtime=runtime, ids={}, year=None)


def _title(tag: str | None, show_key: str) -> str | None:
    """An episode's own title; programs write the whole name of the file there, or the show's."""
    if not tag:
        return None
    if looks_like_episode(tag):
        return parse_episode(tag).episode_title
    return tag if normal_title(tag) != show_key else None
