"""Shows, seasons and episodes, written."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.repository import ContentWriting
from app.core.tx import Tx

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


class _Adding(ContentWriting):
    async def add(self, tx: Tx, new: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows; their items are there."""
        columns = COLUMNS[self.table.name]
        rows = [tuple(row.get(c) for c in columns) for row in new]
        await tx.copy(self.table.name, columns, rows)


class ShowWriting(_Adding):
    """The writes of `ShowRepository`."""


class SeasonWriting(_Adding):
    """The writes of `SeasonRepository`."""


class EpisodeWriting(_Adding):
    """The writes of `EpisodeRepository`."""
