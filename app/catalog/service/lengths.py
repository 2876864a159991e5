"""How long items are, for watch progress."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from app.core.access import EVERYTHING
from app.items.domain import ItemId
from app.items.repository import ItemRepository


class SaidLengths(Protocol):
    """Who knows what is said of the length of its kind of content."""

    async def lengths(self, ids: Collection[ItemId]) -> Mapping[ItemId, int]:
        """Seconds per item; absent where nothing is said, or it is another kind."""
        ...


class Lengths:
    """The default version's length, else the runtime."""

    def __init__(self, items: ItemRepository, contents: Sequence[SaidLengths]) -> None:
        self._items, self._contents = items, contents

    async def durations(self, ids: Collection[ItemId]) -> Mapping[ItemId, float]:
        """Seconds per item, absent where unknown."""
        versions = await self._items.versions(EVERYTHING, ids)
        found = {
            item_id: length
            for item_id, of_item in versions.items()
            if of_item and (length := of_item[0].duration)
        }
        for content in self._contents:
            rest = [item_id for item_id in ids if item_id not in found]
            if not rest:
                break
            said = await content.lengths(rest)
            found |= {item_id: float(seconds) for item_id, seconds in said.items()}
        return found
