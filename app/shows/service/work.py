"""The videos of a batch: what is known of them, and which are to be read again."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.catalog.service.beside import Place
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, FileKind
from app.naming.domain import Role
from app.scanning.domain import ScannedFile, Standing
from app.shows.domain import KnownEpisode
from app.shows.repository import EpisodeRepository
from app.shows.service.beside import Beside, own_stem, series_place
from app.shows.service.series import EpisodeFile, Series, episode_file


class Work(Struct, kw_only=True):
    """`of_file` are the episodes that files had before, `touched` those files that are to be read
    again: new, moved or otherwise changed ones, and those beside which an NFO file is news.
    `stays` says whose files lie in a series' folder and stay there, `came` whose came there.
    """

    videos: Sequence[ScannedFile]
    episodes: Mapping[ItemId, KnownEpisode]
    of_file: Mapping[FileId, tuple[ItemId, ...]]
    touched: Sequence[EpisodeFile]
    stays: Mapping[Place, Counter[ItemId]]
    came: Mapping[Place, Counter[ItemId]]

    @property
    def shows(self) -> set[ItemId]:
        """The shows of which something is here."""
        return {i for where in (self.stays, self.came) for c in where.values() for i in c}

    def believed(self, series: Sequence[Series], least: float) -> list[Series]:
        """Those that are sure enough; of others the files that had an episode before keep it."""
        for one in series:
            if one.sure < least:
                one.files = [f for f in one.files if f.file.id in self.of_file]
        return [one for one in series if one.files]

    def owner(self, places: Sequence[Place]) -> ItemId | None:
        """The show that these folders have been of so far."""
        for counted in (self.stays, self.came):
            found: Counter[ItemId] = Counter()
            for place in places:
                found.update(counted.get(place, {}))
            if found:
                return max(found, key=lambda i: (found[i], i))
        return None


async def work_of(tx: Tx, items: ItemRepository, episodes: EpisodeRepository, read: Beside) -> Work:
    """Sort the videos of a batch. What somebody took away from its item is left alone, and what
    somebody said by hand, or is of another kind, stays what it is.
    """
    everything = [f for f in read.files if f.kind is FileKind.VIDEO and f.role is Role.FEATURE]
    near = [i for ids in read.neighbours.values() for i in ids]
    ids = [f.id for f in everything]
    owned = await items.items_of_files(tx, [*ids, *near]) if everything or near else {}
    said = await items.identified(tx, ids) if ids else {}
    wanted = {i for of_file in owned.values() for i in of_file}
    known = {ItemId(e.id): e for e in await episodes.known_by_ids(tx, wanted)} if wanted else {}
    of_file = {f: kept for f, is_ in owned.items() if (kept := tuple(i for i in is_ if i in known))}
    videos = [f for f in everything if said.get(f.id, True)]
    touched = [
        f
        for f in videos
        if f.id not in said
        and (f.id in of_file or f.id not in owned)
        and (f.standing is not Standing.SAME or f.id not in owned or own_stem(f) in read.news)
    ]
    stays: dict[Place, Counter[ItemId]] = defaultdict(Counter)
    came: dict[Place, Counter[ItemId]] = defaultdict(Counter)
    for file in videos:
        if file.id in of_file and file.id not in said:
            counted = stays if file.standing is Standing.SAME else came
            counted[series_place(file)].update({ItemId(known[i].show_id) for i in of_file[file.id]})
    for place, some in read.neighbours.items():
        for file_id in some:
            stays[place].update({ItemId(known[i].show_id) for i in of_file.get(file_id, ())})
    return Work(
        videos=videos,
        episodes=known,
        of_file=of_file,
        touched=[episode_file(f, read) for f in touched],
        stays=stays,
        came=came,
    )
