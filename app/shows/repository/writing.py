"""Shows, seasons and episodes, written."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select, update

from app.catalog.repository import ContentWriting
from app.core.access import EVERYTHING
from app.core.tx import Tx
from app.items.repository import visible_items
from app.shows.models import episodes, shows

COLUMNS = {
    "shows": (
        "id", "title", "sort_title", "title_from", "title_key", "name_year", "original_title",
        "year", "release_date", "last_air_date", "overview", "tagline", "status", "ordering",
        "runtime", "rating", "votes", "popularity", "trailer_url",
    ),
    "seasons": ("id", "show_id", "number", "title", "title_from", "overview", "release_date"),
    "episodes": (
        "id", "show_id", "season_id", "season", "number", "absolute", "position", "title",
        "title_from", "overview", "release_date", "runtime", "rating", "votes",
    ),
}  # fmt: skip
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


class _Adding(ContentWriting):
    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows; their items are there."""
        columns = COLUMNS[self.table.name]
        rows = [tuple(row.get(c) for c in columns) for row in new]
        await tx.copy(self.table.name, columns, rows)


class ShowWriting(_Adding):
    """The writes of `ShowRepository`."""

    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many shows; their items are there."""
        await super().add(tx, new)
        await tx.execute(BEGUN, {"ids": [row["id"] for row in new]})


class SeasonWriting(_Adding):
    """The writes of `SeasonRepository`."""


class EpisodeWriting(_Adding):
    """The writes of `EpisodeRepository`."""

    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many episodes; their items are there. Their shows are the latest added to."""
        await super().add(tx, new)
        await tx.execute(ADDED_TO, {"ids": [row["id"] for row in new]})
