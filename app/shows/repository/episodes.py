"""SQL of episodes."""

from collections.abc import Collection, Mapping

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.core.access import EVERYTHING, Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.items.domain import ItemKind
from app.items.repository import visible_items
from app.libraries.repository import HIDDEN
from app.shows.domain import Episode, EpisodeId
from app.shows.models import episodes
from app.shows.repository.listing import EpisodeListing
from app.shows.repository.writing import EpisodeWriting

KINDS = (ItemKind.EPISODE,)
_item = visible_items(EVERYTHING, kinds=KINDS)
BY_IDS = (
    select(
        *(episodes.c[name] for name in Episode.__struct_fields__ if name in episodes.c),
        _item.c.library_id,
        _item.c.certification,
        _item.c.age,
        _item.c.state,
        _item.c.added_at,
    )
    .join(_item, _item.c.id == episodes.c.id)
    .where(episodes.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)


class EpisodeRepository(EpisodeWriting, EpisodeListing):
    """Episodes."""

    def __init__(self, db: Database, cache: Cache) -> None:
        EpisodeWriting.__init__(self, episodes)
        EpisodeListing.__init__(self, db, cache)

    @cached("episode", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[EpisodeId]) -> Mapping[EpisodeId, Episode]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Episode)
        return {episode.id: episode for episode in rows}

    async def by_ids(self, scope: Scope, ids: Collection[EpisodeId]) -> Mapping[EpisodeId, Episode]:
        """The episodes among `ids` that the viewer may see."""
        found = await self._by_ids(ids)
        return {i: e for i, e in found.items() if scope.admits(e.library_id, e.age)}
