"""The repositories of content by the kind of their items."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.items.domain import ItemKind

if TYPE_CHECKING:
    from app.container import Container


def contents_of(app: "Container") -> Mapping[ItemKind, Any]:
    """Each reads and writes its own kind."""
    return {
        ItemKind.MOVIE: app.movie_repository,
        ItemKind.SHOW: app.show_repository,
        ItemKind.SEASON: app.season_repository,
        ItemKind.EPISODE: app.episode_repository,
    }
