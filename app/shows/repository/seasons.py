"""SQL of seasons."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.core.access import EVERYTHING, Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.items.domain import ItemKind
from app.items.repository import visible_items
from app.libraries.repository import HIDDEN
from app.shows.domain import Season, SeasonId
from app.shows.models import seasons
from app.shows.repository.writing import SeasonWriting

KINDS = (ItemKind.SEASON,)
_item = visible_items(EVERYTHING, kinds=KINDS)
BY_IDS = (
    select(
        *(seasons.c[name] for name in Season.__struct_fields__ if name in seasons.c),
        _item.c.library_id,
        _item.c.age,
        _item.c.state,
        _item.c.added_at,
    )
    .join(_item, _item.c.id == seasons.c.id)
    .where(seasons.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)


class SeasonRepository(SeasonWriting):
    """Seasons."""

    def __init__(self, db: Database, cache: Cache) -> None:
        super().__init__(seasons)
        self.db, self.cache = db, cache

    @cached("season", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[SeasonId]) -> Mapping[SeasonId, Season]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Season)
        return {season.id: season for season in rows}

    async def by_ids(self, scope: Scope, ids: Collection[SeasonId]) -> Mapping[SeasonId, Season]:
        """The seasons among `ids` that the viewer may see."""
        found = await self._by_ids(ids)
        return {i: s for i, s in found.items() if scope.admits(s.library_id, s.age)}
