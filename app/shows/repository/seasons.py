"""SQL of seasons."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.catalog.repository import fetch_spoken, searched_by_ids, spoken_by_ids
from app.core.access import Scope
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.items.domain import ItemKind
from app.items.repository import content_by_ids, visible_to
from app.libraries.repository import HIDDEN
from app.shows.domain import SPECIALS, SearchedSeason, Season, SeasonId, ShowId
from app.shows.models import seasons
from app.shows.repository.writing import SeasonWriting

IDS = bindparam("ids", type_=ARRAY(Uuid))
KINDS = (ItemKind.SEASON,)
BY_IDS = content_by_ids(seasons, ItemKind.SEASON, Season)
SPOKEN = spoken_by_ids(seasons, ItemKind.SEASON, Season)
SEARCHED = searched_by_ids(seasons, ItemKind.SEASON, SearchedSeason)


class SeasonRepository(SeasonWriting):
    """Seasons."""

    def __init__(self, db: Database, cache: Cache) -> None:
        super().__init__(seasons)
        self.db, self.cache = db, cache

    @cached("season", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[SeasonId]) -> Mapping[SeasonId, Season]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Season)
        return {season.id: season for season in rows}

    @cached("season.spoken", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _spoken_by_ids(
        self, ids: Collection[SeasonId], language: str
    ) -> Mapping[SeasonId, Season]:
        found = await fetch_spoken(self.db, SPOKEN, ids, Season, language)
        return {season.id: season for season in found}

    async def by_ids(
        self, scope: Scope, ids: Collection[SeasonId], language: str = ""
    ) -> Mapping[SeasonId, Season]:
        """The seasons among `ids` that the viewer may see, in a language or as they are."""
        spoken = self._spoken_by_ids
        found = await (spoken(ids, language) if language else self._by_ids(ids))
        return {i: s for i, s in found.items() if scope.admits(s.library_id, s.age)}

    async def searched(self, ids: Collection[UUID]) -> list[SearchedSeason]:
        """Those among `ids` that are there, by what search finds them; past the cache."""
        return await self.db.fetch(SEARCHED, {"ids": list(ids)}, into=SearchedSeason)

    async def of_shows(
        self, scope: Scope, ids: Collection[ShowId], language: str = ""
    ) -> Mapping[ShowId, tuple[Season, ...]]:
        """The seasons of shows that the viewer may see, specials last."""
        listed = await self._of_shows(scope, tuple(sorted(ids)))
        everyone = [season_id for of_show in listed.values() for season_id in of_show]
        found = await self.by_ids(scope, everyone, language) if everyone else {}
        return {
            show_id: tuple(found[i] for i in of_show if i in found)
            for show_id, of_show in listed.items()
        }

    @cached_list("shows.seasons", ttl=minutes(2), tags=("items",))
    async def _of_shows(
        self, scope: Scope, ids: tuple[ShowId, ...]
    ) -> dict[ShowId, tuple[SeasonId, ...]]:
        statement = (
            select(seasons.c.show_id, seasons.c.id)
            .where(seasons.c.show_id == any_(IDS), visible_to(scope, seasons.c.id))
            .order_by(seasons.c.show_id, seasons.c.number == SPECIALS, seasons.c.number)
        )
        found: dict[ShowId, list[SeasonId]] = defaultdict(list)
        for row in await self.db.records(statement, {"ids": list(ids)}):
            found[row["show_id"]].append(row["id"])
        return {show_id: tuple(of_show) for show_id, of_show in found.items()}
