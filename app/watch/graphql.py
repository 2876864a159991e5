"""Progress as the API shows it; the mutations stand with the content they are about."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from app.core.access import Viewer
from app.gql.view import field, view
from app.items.domain import ItemId
from app.watch.domain import Progress

if TYPE_CHECKING:
    from app.container import Container


async def progress_by_item(
    app: "Container", viewer: Viewer, ids: Collection[ItemId]
) -> Mapping[ItemId, Progress]:
    """The viewer's own progress; nothing for somebody who is not signed in."""
    if viewer.user_id is None:
        return {}
    return await app.watch_repository.by_items(viewer.user_id, ids)


@view(Progress)
class ProgressView:
    """Your watch progress with an item."""

    position: float = field("Playback position, in seconds.")
    duration: float | None = field("Duration in seconds; null if unknown.")
    fraction: float | None = field("Watched fraction, from 0 to 1; null if unknown.")
    completed: bool = field("Whether you have watched it, which means at least 90 % of it.")
    plays: int = field("Number of times you have watched it to the end.")
    last_watched_at: datetime = field("When you last watched it.")
    completed_at: datetime | None = field("When you first finished it.")
