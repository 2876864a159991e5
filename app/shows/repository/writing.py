"""Shows, seasons and episodes, written."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, func, select, text, update

from app.catalog.repository import ContentWriting, NamedWriting
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.domain import ItemId
from app.items.repository import visible_items
from app.shows.domain import GuideEntry, KnownEpisode, KnownSeason
from app.shows.models import episodes, seasons, show_guide, shows

IDS = bindparam("ids", type_=ARRAY(Uuid))
_item = visible_items(EVERYTHING)
BEGUN = (
    update(shows)
    .where(shows.c.id == any_(IDS), _item.c.id == shows.c.id)
    .values(latest_at=_item.c.added_at)
)
_newest = (
    select(episodes.c.show_id, func.max(_item.c.added_at).label("at"))
    .join(_item, _item.c.id == episodes.c.id)
    .where(episodes.c.id == any_(IDS))
    .group_by(episodes.c.show_id)
    .subquery("newest")
)
ADDED_TO = (
    update(shows)
    .where(shows.c.id == _newest.c.show_id, shows.c.latest_at < _newest.c.at)
    .values(latest_at=_newest.c.at)
)
# As most of its episodes are told apart; specials are numbered in one way only.
REORDER = text("""
update shows s set ordering = n.ordering
  from (select distinct on (show_id) show_id, ordering
          from (select show_id, ordering, count(*) as many from episodes
                 where show_id = any(:ids) and season > 0 group by show_id, ordering) counted
         order by show_id, many desc, ordering desc) n
 where s.id = n.show_id and s.ordering <> n.ordering
returning s.id
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


class ShowWriting(NamedWriting):
    """The writes of `ShowRepository`."""

    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many shows; their items are there."""
        await super().add(tx, new)
        await tx.execute(BEGUN, {"ids": [row["id"] for row in new]})

    async def write_guide(
        self, tx: Tx, show_id: ItemId, guide: Sequence[GuideEntry], season: int | None = None
    ) -> bool:
        """Set which episodes are known and not here, of the whole show or of one season; says
        whether that is news.
        """
        mine = show_guide.c.show_id == show_id
        if season is not None:
            mine &= show_guide.c.season == season
        ordered = select(show_guide).where(mine).order_by(show_guide.c.season, show_guide.c.number)
        names = GuideEntry.__struct_fields__
        known = [tuple(row[n] for n in names) for row in (await tx.execute(ordered)).mappings()]
        wanted = sorted(tuple(getattr(entry, n) for n in names) for entry in guide)
        if known == wanted:
            return False
        await tx.execute(delete(show_guide).where(mine))
        await tx.copy("show_guide", ("show_id", *names), [(show_id, *row) for row in wanted])
        tx.touch("items", f"item:{show_id}")
        return True

    async def reorder(self, tx: Tx, ids: Collection[ItemId]) -> set[ItemId]:
        """By what the episodes of these shows are told apart; answers those where that is new."""
        changed = set((await tx.execute(REORDER, {"ids": list(ids)})).scalars())
        tx.touch(*(f"item:{i}" for i in changed))
        return changed


class SeasonWriting(ContentWriting):
    """The writes of `SeasonRepository`."""

    async def known(self, tx: Tx, shows: Collection[UUID]) -> list[KnownSeason]:
        """The seasons of these shows."""
        columns = (seasons.c[name] for name in KnownSeason.__struct_fields__)
        wanted = select(*columns).where(seasons.c.show_id == any_(IDS)).order_by(seasons.c.id)
        rows = (await tx.execute(wanted, {"ids": list(shows)})).mappings()
        return [KnownSeason(**{str(k): v for k, v in row.items()}) for row in rows]


class EpisodeWriting(ContentWriting):
    """The writes of `EpisodeRepository`."""

    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many episodes; their items are there. Their shows are the latest added to."""
        await super().add(tx, new)
        await tx.execute(ADDED_TO, {"ids": [row["id"] for row in new]})

    async def known(self, tx: Tx, shows: Collection[UUID]) -> list[KnownEpisode]:
        """The episodes of these shows."""
        return await self._known(tx, episodes.c.show_id == any_(IDS), shows)

    async def known_by_ids(self, tx: Tx, ids: Collection[UUID]) -> list[KnownEpisode]:
        """Those among `ids` that are episodes."""
        return await self._known(tx, episodes.c.id == any_(IDS), ids)

    async def _known(self, tx: Tx, condition: Any, ids: Collection[UUID]) -> list[KnownEpisode]:
        columns = (episodes.c[name] for name in KnownEpisode.__struct_fields__)
        wanted = select(*columns).where(condition).order_by(episodes.c.id)
        rows = (await tx.execute(wanted, {"ids": list(ids)})).mappings()
        return [KnownEpisode(**{str(k): v for k, v in row.items()}) for row in rows]
