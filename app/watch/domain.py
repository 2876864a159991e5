"""How far a viewer is with an item."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.access import Scope
from app.items.domain import ItemId

WATCHED: Final = 0.9  # of the duration
BEGUN: Final = 0.05


class Progress(Struct, frozen=True, kw_only=True):
    """A viewer's progress with an item; `position` and `duration` in seconds."""

    user_id: UUID
    item_id: ItemId
    position: float
    duration: float | None
    completed: bool
    plays: int
    last_watched_at: datetime
    completed_at: datetime | None = None

    @property
    def fraction(self) -> float | None:
        """From 0 to 1, or None without a duration."""
        if not self.duration:
            return 1.0 if self.completed else None
        return min(1.0, self.position / self.duration)


class Contents(Protocol):
    """Who knows what shows and seasons consist of."""

    async def within(
        self, scope: Scope, ids: Collection[ItemId], aired_by: date | None = None
    ) -> Collection[ItemId]:
        """The episodes of these shows and seasons that the viewer may see, specials too; with
        `aired_by` only those that are there, or were aired by that day.
        """
        ...


class Durations(Protocol):
    """Who knows how long items are."""

    async def durations(self, ids: Collection[ItemId]) -> Mapping[ItemId, float]:
        """Seconds per item, absent where unknown."""
        ...
