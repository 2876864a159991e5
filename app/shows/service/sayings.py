"""What is said of the shows, seasons and episodes of a batch, and whose folders are whose."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, structs

from app.catalog.domain import Details, merged
from app.catalog.service.beside import Place
from app.items.domain import ItemId
from app.libraries.domain import FileId
from app.naming.service import series_folder
from app.shows.service.artwork import Scenery
from app.shows.service.beside import SEASON_NFO, Beside, own_stem, place_of, series_place
from app.shows.service.placing import Placing
from app.shows.service.series import Series
from app.shows.service.shelves import Placed, Rating
from app.shows.service.values import season_details, show_details
from app.shows.service.work import Work


class Told(Struct, kw_only=True):
    """What is said of some items of one kind: in the place of what was said before in `told`,
    in addition to it in `added`. Of `whole` ones everything is said.
    """

    told: dict[ItemId, Details]
    added: dict[ItemId, Details]
    new: Collection[ItemId]
    whole: Collection[ItemId]


class Sayings:
    """Of one batch, once its files have their places."""

    def __init__(self, read: Beside, work: Work, placing: Placing, shows: Sequence[Series]) -> None:
        self._read, self._work, self._placing, self._shows = read, work, placing, shows
        self.new_shows = frozenset(s.id for s in shows if s.added)
        self.concerned = frozenset(s.id for s in shows) | work.shows
        self._episodes = {**work.of_file, **placing.targets}

    @property
    def joined(self) -> set[ItemId]:
        """Known shows and episodes that have got files."""
        fresh = [p for p in self._placing.placed if any(self._is_fresh(p))]
        return {ItemId(p.known.show_id) for p in fresh} | {p.id for p in self._placing.joined}

    def _is_fresh(self, placed: Placed) -> Iterable[bool]:
        return (file.file.id in self._placing.fresh for file in placed.files)

    @cached_property
    def _places(self) -> tuple[dict[Place, ItemId], dict[Place, ItemId]]:
        """The show of each series' folder and the season of each folder, by most of the videos."""
        shows: dict[Place, Counter[ItemId]] = defaultdict(Counter)
        seasons: dict[Place, Counter[ItemId]] = defaultdict(Counter)
        known = {i: (e.show_id, e.season_id) for i, e in self._work.episodes.items()}
        known |= {p.id: (p.known.show_id, p.known.season_id) for p in self._placing.placed}
        for file in self._work.videos:
            for item_id in self._episodes.get(file.id, ()):
                show, season = known[item_id]
                shows[series_place(file)][ItemId(show)] += 1
                seasons[place_of(file)][ItemId(season)] += 1
        for place, counted in self._work.stays.items():
            if place not in shows:
                shows[place].update(counted)
        return _most(shows), _most(seasons)

    @cached_property
    def _raw(self) -> Mapping[ItemId, Details]:
        """What the `tvshow.nfo` files of each show say together."""
        said: dict[ItemId, list[Details]] = defaultdict(list)
        of_place = self._places[0]
        for place in sorted(self._read.shows):
            if place in of_place:
                said[of_place[place]].append(self._read.shows[place])
        return {show: merged(each) for show, each in said.items()}

    def of_shows(self) -> Told:
        """New shows, those with news, and those that have got files."""
        told = {s.id: s.details for s in self._shows if s.added and s.details is not None}
        news = {self._places[0].get(place) for place in self._read.shows if self._is_news(place)}
        known = {i: show_details(d) for i, d in self._raw.items() if i in news}
        known = {i: d for i, d in known.items() if i not in self.new_shows}
        added = {
            s.id: s.details
            for s in self._shows
            if s.details is not None and not s.added and s.id not in known and s.id in self.joined
        }
        return Told(told=told | known, added=added, new=self.new_shows, whole=frozenset(known))

    def _is_news(self, place: Place) -> bool:
        return place in self._read.news

    @cached_property
    def _own_of_seasons(self) -> dict[tuple[ItemId, int], tuple[Details, bool]]:
        """By show and number what the NFO file of a season says, and whether that is news."""
        shows, seasons = self._places
        numbers = {ItemId(s.id): s.number for s in self._placing.shelves.seasons.values()}
        found: dict[tuple[ItemId, int], tuple[Details, bool]] = {}
        for place, details in sorted(self._read.seasons.items()):
            show = shows.get((place[0], series_folder(place[1])))
            number = numbers.get(seasons[place]) if place in seasons else details.season
            if show is not None and number is not None:
                is_news = (*place, SEASON_NFO) in self._read.news
                found.setdefault((show, number), (details, is_news))
        return found

    def of_season(self, show: ItemId, number: int) -> Details | None:
        """What NFO files say of a season."""
        own = self._own_of_seasons.get((show, number))
        return season_details(number, self._raw.get(show), own[0] if own else None)

    def of_new_seasons(self) -> dict[tuple[ItemId, int], Details]:
        """By show and number."""
        keys = [(ItemId(s.show_id), s.number) for s in self._placing.shelves.new_seasons]
        return {key: said for key in keys if (said := self.of_season(*key)) is not None}

    def of_seasons(self, ratings: Mapping[ItemId, Rating]) -> Told:
        """New seasons, and those of which an NFO file is news."""
        new = self._placing.new_seasons
        news = {self._places[0].get(place) for place in self._read.shows if self._is_news(place)}
        told: dict[ItemId, Details] = {}
        whole = set()
        for (show, number), season in self._placing.shelves.seasons.items():
            own = self._own_of_seasons.get((show, number))
            fresh = ItemId(season.id) in new or show in news or (own is not None and own[1])
            said = self.of_season(show, number) if fresh else None
            if said is None:
                continue
            told[ItemId(season.id)] = rated(said, ratings.get(show), own=own is not None)
            if own is not None and own[1]:
                whole.add(ItemId(season.id))
        return Told(told=told, added={}, new=new, whole=whole - new)

    def of_episodes(
        self, ratings: Mapping[ItemId, Rating], theirs: Mapping[ItemId, set[FileId]]
    ) -> Told:
        """New episodes, those with news, and those that have got files; `theirs` are the files
        that are there of those with news.
        """
        touched = {file.file.id for file in self._work.touched}
        told, added, whole = {}, {}, set()
        news = {p.id for p in self.with_news()}
        for placed in self._placing.placed:
            said = placed.details
            rating = ratings.get(ItemId(placed.known.show_id))
            if said is not None:
                said = rated(said, rating, own=True)
                if placed.known.number is None:  # its day says which episode it is
                    said = structs.replace(said, release_date=None)
            if placed.added or placed.id in news:
                if said is not None:
                    told[placed.id] = said
                if placed.id in news and theirs.get(placed.id, set()) <= touched:
                    whole.add(placed.id)
            elif any(self._is_fresh(placed)):
                count = placed.slot.absolute
                said = said or Details()
                added[placed.id] = structs.replace(said, absolute=said.absolute or count)
        new = self._placing.new_episodes
        return Told(told=told, added=added, new=new, whole=whole & told.keys())

    def with_news(self) -> list[Placed]:
        """Known episodes beside a known file of which an NFO file is news."""
        return [
            placed
            for placed in self._placing.placed
            if not placed.added
            and any(
                own_stem(f.file) in self._read.news and f.file.id in self._work.of_file
                for f in placed.files
            )
        ]

    def titles(self) -> dict[ItemId, dict[str, str]]:
        """Titles of known episodes by the names of their known files: who renames corrects."""
        return {
            placed.id: {"title": placed.name[0]}
            for placed in self._placing.placed
            if not placed.added
            and placed.titles
            and all(f.file.id in self._work.of_file for f in placed.files)
        }

    def scenery(self) -> Scenery:
        """Whose folders are whose, for pictures."""
        shows, seasons = self._places
        tops = {series_place(file) for file in self._work.videos}
        fresh = {p.id for p in self._placing.placed if any(self._is_fresh(p))}
        return Scenery(
            shows=shows,
            seasons={place: i for place, i in seasons.items() if place not in tops},
            episodes=self._episodes,
            numbered={key: ItemId(s.id) for key, s in self._placing.shelves.seasons.items()},
            added=frozenset(fresh | self.new_shows | self._placing.new_seasons),
        )


def rated(details: Details, rating: Rating | None, *, own: bool) -> Details:
    """Details of a part of a show, with the certification that counts for it."""
    if rating is None or not own:
        return structs.replace(details, certification=None)
    return structs.replace(
        details, certification=rating.raised(details.certification).certification
    )


def _most(counted: Mapping[Place, Counter[ItemId]]) -> dict[Place, ItemId]:
    return {p: max(found, key=lambda i: (found[i], i)) for p, found in counted.items() if found}
