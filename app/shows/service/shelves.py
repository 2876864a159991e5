"""Which episodes of their shows files are: found by number, count or day, else made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from app.catalog.domain import Details, TitleSource, merged
from app.catalog.service.values import MOST_TITLE, details_values
from app.core.ids import new_id
from app.items.domain import ItemId, age_of
from app.libraries.domain import FileId
from app.shows.domain import EpisodeId, KnownEpisode, KnownSeason, Ordering, SeasonId, ShowId
from app.shows.service.numbers import Slot, details_of
from app.shows.service.series import EpisodeFile

RANK: Final = {Ordering.STANDARD: 0, Ordering.ABSOLUTE: 1, Ordering.DAILY: 2}
BETWEEN: Final = (" + ", " & ", " / ", "; ")


class Rating(Struct, frozen=True):
    """For whom something is."""

    certification: str | None = None
    age: int | None = None

    def raised(self, certification: str | None) -> "Rating":
        """That of a part of it where that is stricter, else the same."""
        age = age_of(certification)
        stricter = age is not None and (self.age is None or age > self.age)
        return Rating(certification, age) if stricter else self


class Placed(Struct, kw_only=True):
    """An episode that some files of the batch are, in order; `said` is told by NFO files."""

    known: KnownEpisode
    slot: Slot
    added: bool
    files: list[EpisodeFile] = field(default_factory=list)
    said: list[Details] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    @property
    def id(self) -> ItemId:
        return ItemId(self.known.id)

    @property
    def details(self) -> Details | None:
        """What NFO files say of it together."""
        return merged(self.said) if self.said else None

    @property
    def name(self) -> tuple[str, TitleSource]:
        """Its title as names say it, else its number or day."""
        if self.titles:
            return self.titles[0][:MOST_TITLE], TitleSource.NAME
        known = self.known
        plain = f"Episode {known.number}" if known.number is not None else str(known.release_date)
        return plain, TitleSource.FILE

    def values(self) -> dict[str, Any]:
        """The columns of a new episode."""
        known, details = self.known, self.details
        title, title_from = self.name
        day = known.release_date
        said = details_values(details) if details is not None else {}
        if details is not None and details.title:
            title_from = TitleSource.NFO
        number = known.number if known.number is not None else 0
        return {
            "title": title,
            **said,
            "id": known.id,
            "show_id": known.show_id,
            "season_id": known.season_id,
            "season": known.season,
            "number": known.number,
            "absolute": known.absolute,
            "position": number if known.number is not None or day is None else yearday(day),
            "ordering": self.slot.ordering.value,
            "title_from": title_from.value,
            "release_date": day or said.get("release_date"),
        }


def yearday(day: Any) -> int:
    """The how manyth day of its year."""
    return int(day.timetuple().tm_yday)


class Shelves:
    """The seasons and episodes of some shows, as they are and as files add to them."""

    def __init__(self, seasons: Iterable[KnownSeason], episodes: Iterable[KnownEpisode]) -> None:
        self.seasons = {(ItemId(s.show_id), s.number): s for s in seasons}
        self.new_seasons: list[KnownSeason] = []
        self.placed: dict[ItemId, Placed] = {}
        self._by_number: dict[Any, KnownEpisode] = {}
        self._by_count: dict[Any, list[KnownEpisode]] = defaultdict(list)
        self._by_day: dict[Any, list[KnownEpisode]] = defaultdict(list)
        for episode in episodes:
            self._index(episode)

    def _index(self, episode: KnownEpisode) -> None:
        show = episode.show_id
        if episode.number is not None:
            self._by_number[show, episode.season, episode.number] = episode
        if episode.absolute is not None:
            self._by_count[show, episode.absolute].append(episode)
        if episode.release_date is not None:
            self._by_day[show, episode.release_date].append(episode)

    def place(
        self,
        shows: Mapping[ItemId, Sequence[EpisodeFile]],
        current: Mapping[FileId, tuple[ItemId, ...]],
    ) -> dict[FileId, tuple[ItemId, ...]]:
        """Find or make the episodes of these files; numbered ones first, counted ones after them.

        Of several that a count or day may mean the one that a file has stays its own.
        """
        wanted = [
            (RANK[slot.ordering], file.file.relative, index, ItemId(show_id), file)
            for show_id, files in shows.items()
            for file in files
            for index, slot in enumerate(file.slots)
        ]
        wanted.sort(key=lambda w: w[:3])
        found: dict[FileId, dict[ItemId, None]] = defaultdict(dict)
        for _, _, index, show_id, file in wanted:
            slot = file.slots[index]
            mine = current.get(file.file.id, ())
            placed = self._placed(show_id, slot, mine)
            if placed.id not in found[file.file.id]:
                found[file.file.id][placed.id] = None
                self._add(placed, file, index)
        return {file_id: tuple(sorted(ids)) for file_id, ids in found.items()}

    def _add(self, placed: Placed, file: EpisodeFile, index: int) -> None:
        placed.files.append(file)
        details = details_of(file.slots, file.said).get(file.slots[index])
        if details is not None:
            placed.said.append(details)
        if title := _title_of(file, index):
            placed.titles.append(title)

    def _placed(self, show_id: ItemId, slot: Slot, mine: Sequence[ItemId]) -> Placed:
        known = self._known(ShowId(show_id), slot, mine)
        added = known is None
        if known is None:
            known = self._made(ShowId(show_id), slot)
        item_id = ItemId(known.id)
        if item_id not in self.placed:
            self.placed[item_id] = Placed(known=known, slot=slot, added=added)
        return self.placed[item_id]

    def _known(self, show: ShowId, slot: Slot, mine: Sequence[ItemId]) -> KnownEpisode | None:
        if slot.number is not None:
            return self._by_number.get((show, slot.season, slot.number))
        if slot.absolute is not None:
            alike = self._by_count.get((show, slot.absolute), [])
            first = self._by_number.get((show, 1, slot.absolute))
            return _mine(alike, mine) or (alike[0] if alike else first)
        alike = self._by_day.get((show, slot.day), [])
        if (own := _mine(alike, mine)) is not None:
            return own
        daily = [e for e in alike if e.number is None]
        return daily[0] if daily else (alike[0] if len(alike) == 1 else None)

    def _made(self, show: ShowId, slot: Slot) -> KnownEpisode:
        number, season = slot.number, slot.season
        if slot.number is None and slot.absolute is not None:
            number, season = slot.absolute, 1
        elif slot.number is None and slot.day is not None:
            season = slot.day.year
        assert season is not None, "a slot has a number, a count or a day"  # noqa: S101
        episode = KnownEpisode(
            id=EpisodeId(new_id()),
            show_id=show,
            season_id=self.season(show, season).id,
            season=season,
            number=number,
            absolute=slot.absolute,
            release_date=slot.day,
        )
        self._index(episode)
        return episode

    def season(self, show: ShowId, number: int) -> KnownSeason:
        """A season of a show, made where it is new."""
        key = ItemId(show), number
        if key not in self.seasons:
            season = KnownSeason(id=SeasonId(new_id()), show_id=show, number=number)
            self.seasons[key] = season
            self.new_seasons.append(season)
        return self.seasons[key]


def _mine(alike: Sequence[KnownEpisode], mine: Sequence[ItemId]) -> KnownEpisode | None:
    return next((episode for episode in alike if ItemId(episode.id) in mine), None)


def _title_of(file: EpisodeFile, index: int) -> str | None:
    """An episode's own part of "One + Two", else what the name says of all of them."""
    title, count = file.name.episode_title, len(file.slots)
    if title is None or count == 1:
        return title
    for mark in BETWEEN:
        parts = title.split(mark)
        if len(parts) == count:
            return parts[index].strip() or None
    return title
