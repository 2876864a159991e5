"""The files of a batch at the seasons and episodes of their shows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from app.catalog.domain import Details, TitleSource
from app.catalog.service.values import details_values
from app.catalog.service.versions import Cut, Holding, cut_of, place_files
from app.core.clock import Clock
from app.core.tx import Tx
from app.items.domain import Item, ItemId, ItemKind
from app.items.repository import ItemRepository
from app.libraries.domain import FileId, LibraryId
from app.scanning.domain import Standing
from app.shows.domain import KnownSeason
from app.shows.repository import EpisodeRepository, SeasonRepository
from app.shows.service.series import Series
from app.shows.service.shelves import Placed, Rating, Shelves
from app.shows.service.work import Work

Sayings = Mapping[tuple[ItemId, int], Details]  # of seasons, by show and number


class Placing(Struct, kw_only=True):
    """What has become of the touched files. `fresh` are those that came to an episode, `left` the
    episodes that others went from, `sure` how sure each file's is.
    """

    shelves: Shelves
    sure: Mapping[FileId, float]
    targets: Mapping[FileId, tuple[ItemId, ...]]
    fresh: frozenset[FileId]
    left: tuple[ItemId, ...]

    @property
    def placed(self) -> Sequence[Placed]:
        """The episodes of the touched files."""
        return tuple(self.shelves.placed.values())

    @property
    def new_seasons(self) -> frozenset[ItemId]:
        """Seasons that were made."""
        return frozenset(ItemId(s.id) for s in self.shelves.new_seasons)

    @property
    def new_episodes(self) -> frozenset[ItemId]:
        """Episodes that were made."""
        return frozenset(p.id for p in self.placed if p.added)

    @property
    def came(self) -> set[FileId]:
        """Files that were known before, and are another episode's now."""
        files = {f.file for p in self.placed for f in p.files if f.file.id in self.fresh}
        return {file.id for file in files if file.standing is not Standing.NEW}

    def moved(self, work: Work) -> dict[ItemId, list[ItemId]]:
        """Episodes that files went from, and which those files are instead."""
        found: dict[ItemId, list[ItemId]] = {}
        for file_id in sorted(self.fresh & work.of_file.keys()):
            before, now = work.of_file[file_id], self.targets[file_id]
            news = [i for i in now if i not in before]
            found |= {old: news for old in before if old not in now}
        return found

    @property
    def cuts_of_known(self) -> dict[FileId, Cut]:
        """Which copies the names of files say that stay with their episodes."""
        files = (f for p in self.placed for f in p.files if f.file.id not in self.fresh)
        return {f.file.id: cut_of(f.name) for f in files}

    @property
    def joined(self) -> list[Placed]:
        """Known episodes that have got a file."""
        return [
            p for p in self.placed if not p.added and any(f.file.id in self.fresh for f in p.files)
        ]


class Placer:
    """A batch at once."""

    def __init__(
        self,
        items: ItemRepository,
        seasons: SeasonRepository,
        episodes: EpisodeRepository,
        clock: Clock,
    ) -> None:
        self._items, self._seasons = items, seasons
        self._episodes, self._clock = episodes, clock

    async def find(
        self, tx: Tx, shows: Sequence[Series], work: Work, others: Collection[ItemId]
    ) -> Placing:
        """Which episodes the touched files are; of `others` only the seasons are asked for."""
        mine = {s.id for s in shows}
        everyone = mine | set(others)
        shelves = Shelves(
            await self._seasons.known(tx, everyone) if everyone else (),
            await self._episodes.known(tx, mine) if mine else (),
        )
        targets = shelves.place({s.id: s.files for s in shows}, work.of_file)
        moved = {i for i, ids in targets.items() if set(ids) != set(work.of_file.get(i, ()))}
        gone = [i for i in moved if i in work.of_file]
        left = await self._items.detach(tx, gone) if gone else []
        return Placing(
            shelves=shelves,
            sure={f.file.id: s.sure for s in shows for f in s.files},
            targets=targets,
            fresh=frozenset(moved),
            left=tuple(left),
        )

    async def write(
        self,
        tx: Tx,
        library_id: LibraryId,
        placing: Placing,
        ratings: Mapping[ItemId, Rating],
        said: Sayings,
    ) -> None:
        """Make seasons, episodes and versions of what is new; `said` is of seasons."""
        seasons, added = placing.shelves.new_seasons, [p for p in placing.placed if p.added]
        now, items = self._clock.now(), list[Item]()
        for s in seasons:
            show_id = ItemId(s.show_id)
            rating = _rating(ratings[show_id], said.get((show_id, s.number)))
            items.append(_item(library_id, now, (ItemId(s.id), show_id), rating))
        for p in added:
            rating = _rating(ratings[ItemId(p.known.show_id)], p.details)
            ids = p.id, ItemId(p.known.season_id)
            items.append(
                structs.replace(_item(library_id, now, ids, rating), kind=ItemKind.EPISODE)
            )
        if items:
            await self._items.add(tx, items)
        if seasons:
            rows = [_season(s, said.get((ItemId(s.show_id), s.number))) for s in seasons]
            await self._seasons.add(tx, rows)
        if added:
            await self._episodes.add(tx, [p.values() for p in added])
        await place_files(tx, self._items, _holdings(placing), {p.id for p in placing.joined})


def _item(library_id: LibraryId, now: datetime, ids: tuple[ItemId, ItemId], rating: Rating) -> Item:
    """A season by its own id and that of its show."""
    return Item(
        id=ids[0],
        kind=ItemKind.SEASON,
        library_id=library_id,
        parent_id=ids[1],
        certification=rating.certification,
        age=rating.age,
        added_at=now,
    )


def _rating(show: Rating, details: Details | None) -> Rating:
    return show.raised(details.certification) if details is not None else show


def _season(season: KnownSeason, details: Details | None) -> dict[str, object]:
    named = details is not None and details.title is not None
    source = TitleSource.NFO if named else TitleSource.FILE
    return {
        **(details_values(details) if details is not None else {}),
        "id": season.id,
        "show_id": season.show_id,
        "number": season.number,
        "title_from": source.value,
    }


def _holdings(placing: Placing) -> list[Holding]:
    found = []
    for placed in placing.placed:
        files = [f for f in placed.files if f.file.id in placing.fresh]
        if files:
            cuts = {f.file.id: cut_of(f.name, placing.sure[f.file.id]) for f in files}
            files_of = [f.file for f in files]
            found.append(Holding(item_id=placed.id, files=files_of, cuts=cuts))
    return found
