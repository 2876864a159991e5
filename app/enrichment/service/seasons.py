"""Seasons and episodes of a show, as providers have them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from app.catalog.domain import MOST_NUMBER, MOST_SEASON
from app.catalog.domain.said import Told
from app.catalog.service import told_of
from app.core.tx import Tx
from app.enrichment.service.beginning import Begin
from app.items.domain import Item, ItemId
from app.metadata.domain import (
    EpisodeRecord,
    Failure,
    Gathered,
    Merged,
    SeasonRecord,
    ShowRecord,
    Wish,
)
from app.metadata.service import merged
from app.shows.domain import SPECIALS, GuideEntry, KnownEpisode, KnownSeason

if TYPE_CHECKING:
    from app.container import Container

MOST_SEASONS: Final = 100
MOST_GUIDE: Final = 2000
Place = tuple[int, int] | date | None
NAMELESS: Final = re.compile(r"\W*(?:[^\W\d]+\W+0*(\d+)|specials)\W*", re.IGNORECASE)
NO_NAME: Final = re.compile(r"(?:[^\W\d]+\W*)?#?\d{1,5}|tba|tbd", re.IGNORECASE)


class SeasonsTold(Struct, frozen=True, kw_only=True):
    """What is said of seasons and episodes that are here, by their ids, and of others."""

    seasons: Mapping[ItemId, Told]
    episodes: Mapping[ItemId, Told]
    guide: tuple[GuideEntry, ...]
    failures: tuple[Failure, ...]


class Seasons:
    """Of one show at a time."""

    def __init__(self, app: "Container") -> None:
        self._gathering, self._recorder = app.gathering, app.recorder
        self._shows, self._catalog = app.show_repository, app.catalog_repository
        self._seasons, self._episodes = app.season_repository, app.episode_repository

    async def gather(
        self, begin: Begin, show: Item, said: Merged[ShowRecord], wish: Wish
    ) -> SeasonsTold:
        """All seasons that are here, and the one that is aired now."""
        async with begin() as tx:
            known = await self._seasons.known(tx, [show.id])
            episodes = await self._episodes.known(tx, [show.id])
        numbers = {season.number for season in known}
        here = range(max(numbers, default=0) + 1, MOST_SEASON + 1)
        later = [s.number for s in said.record.seasons if s.number in here]
        wanted = [*sorted(numbers)[:MOST_SEASONS], *later[:1]]
        found = [await self._gathering.season(said.ids, n, wish) for n in wanted]
        return self.told(dict(zip(wanted, found, strict=True)), known, episodes, wish)

    def told(
        self,
        found: Mapping[int, Gathered[SeasonRecord]],
        known: Sequence[KnownSeason],
        episodes: Sequence[KnownEpisode],
        wish: Wish,
    ) -> SeasonsTold:
        """What that means for the seasons and episodes that are here."""
        seasons: dict[ItemId, Told] = {}
        of_episodes: dict[ItemId, list[EpisodeRecord]] = defaultdict(list)
        guide: dict[tuple[int, int], GuideEntry] = {}
        failures: list[Failure] = []
        ids = {season.number: ItemId(season.id) for season in known}
        places: dict[Place, list[ItemId]] = defaultdict(list)
        for one in episodes:
            places[_place(one)].append(ItemId(one.id))
        for number, gathered in found.items():
            failures += gathered.failures
            if number in ids and gathered.records:
                seasons[ids[number]] = _season_told(gathered, number, wish)
            for record in gathered.records:
                for episode in record.episodes:
                    if episode.season != number or episode.number > MOST_NUMBER:
                        continue  # of another season, or of none that there can be
                    mine = _mine(places, episode)
                    for item_id in mine:
                        of_episodes[item_id].append(episode)
                    if not mine:
                        guide.setdefault((episode.season, episode.number), _entry(episode))
        dated = {ItemId(e.id) for e in episodes if e.number is None}
        silent = frozenset(failure.provider for failure in failures)
        told_episodes = {i: episode_told(r, wish, silent) for i, r in of_episodes.items()}
        return SeasonsTold(
            seasons=seasons,
            episodes={
                i: _on_its_day(told) if i in dated else told for i, told in told_episodes.items()
            },
            guide=tuple(guide[place] for place in sorted(guide)[:MOST_GUIDE]),
            failures=tuple(failures),
        )

    async def hold(self, tx: Tx, found: SeasonsTold, *others: ItemId) -> None:
        """All that is written by one refresh, before it waits for anything else: who refreshes a
        season of the show meanwhile has its row, and waits for the locks of people.
        """
        ids = sorted({*others, *found.seasons, *found.episodes})
        await self._catalog.hold_metadata(tx, ids)

    async def write(
        self, tx: Tx, show: Item, found: SeasonsTold, *, of_season: int | None = None
    ) -> set[ItemId]:
        """Write what is news; answers the seasons and episodes where anything is. The guide waits
        until everybody answers who could have something in it.
        """
        await self.hold(tx, found)
        changed = await self._recorder.write(tx, self._seasons, found.seasons)
        changed |= await self._recorder.write(tx, self._episodes, found.episodes)
        if not found.failures:
            await self._shows.write_guide(tx, show.id, found.guide, of_season)
        return changed


def _season_told(gathered: Gathered[SeasonRecord], number: int, wish: Wish) -> Told:
    """A season whose title is but its number has none."""
    bare = [
        structs.replace(
            r,
            title=None if _is_number(r.title, number) else r.title,
            texts=tuple(
                structs.replace(t, title=None if _is_number(t.title, number) else t.title)
                for t in r.texts
            ),
        )
        for r in gathered.records
    ]
    silent = frozenset(failure.provider for failure in gathered.failures)
    return _told(structs.replace(gathered, records=tuple(bare)), wish, silent)


def episode_told(records: Sequence[EpisodeRecord], wish: Wish, silent: frozenset[str]) -> Told:
    """What records of an episode say together; a number is no title."""
    named = [r if _named(r) else structs.replace(r, title=None) for r in records]
    return _told(Gathered(records=tuple(named)), wish, silent)


def _on_its_day(told: Told) -> Told:
    """An episode that is known by its day keeps that."""
    given = {field: source for field, source in told.given.items() if field != "release_date"}
    return structs.replace(told, given=given)


def _told(gathered: Gathered[Any], wish: Wish, silent: frozenset[str]) -> Told:
    return structs.replace(told_of(merged(gathered, wish), ""), silent=silent)


def _place(known: KnownEpisode) -> Place:
    """By what it is told apart: by its number in the season, or by its day."""
    return known.release_date if known.number is None else (known.season, known.number)


def _mine(places: Mapping[Place, list[ItemId]], said: EpisodeRecord) -> list[ItemId]:
    """Those that it is about."""
    found = list(places.get((said.season, said.number), ()))
    if said.release_date is not None:
        found += places.get(said.release_date, ())
    return found


def _named(episode: EpisodeRecord) -> bool:
    """Whether its title is more than a number."""
    return bool(episode.title) and NO_NAME.fullmatch(episode.title or "") is None


def _is_number(title: str | None, number: int) -> bool:
    found = NAMELESS.fullmatch(title or "")
    if found is None:
        return False
    return number == SPECIALS if found[1] is None else int(found[1]) == number


def _entry(episode: EpisodeRecord) -> GuideEntry:
    return GuideEntry(
        season=episode.season,
        number=episode.number,
        title=episode.title,
        release_date=episode.release_date,
    )
