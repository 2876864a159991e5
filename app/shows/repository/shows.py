"""SQL of shows."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.core.access import EVERYTHING, Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.items.domain import ItemKind
from app.items.repository import visible_items
from app.libraries.repository import HIDDEN
from app.shows.domain import Show, ShowId
from app.shows.models import shows
from app.shows.repository.writing import ShowWriting

KINDS = (ItemKind.SHOW,)
_item = visible_items(EVERYTHING, kinds=KINDS)
BY_IDS = (
    select(
        *(shows.c[name] for name in Show.__struct_fields__ if name in shows.c),
        _item.c.library_id,
        _item.c.certification,
        _item.c.age,
        _item.c.state,
        _item.c.added_at,
    )
    .join(_item, _item.c.id == shows.c.id)
    .where(shows.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)


class ShowRepository(ShowWriting):
    """Shows."""

    def __init__(self, db: Database, cache: Cache) -> None:
        super().__init__(shows)
        self.db, self.cache = db, cache

    @cached("show", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[ShowId]) -> Mapping[ShowId, Show]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Show)
        return {show.id: show for show in rows}

    async def by_ids(self, scope: Scope, ids: Collection[ShowId]) -> Mapping[ShowId, Show]:
        """The shows among `ids` that the viewer may see."""
        found = await self._by_ids(ids)
        return {i: s for i, s in found.items() if scope.admits(s.library_id, s.age)}
