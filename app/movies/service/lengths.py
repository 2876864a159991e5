"""How long movies are, for watch progress."""

from collections.abc import Collection, Mapping

from app.core.access import EVERYTHING
from app.items.domain import ItemId
from app.items.repository import ItemRepository
from app.movies.domain import MovieId
from app.movies.repository import MovieRepository


class MovieLengths:
    """The default version's length, else the film's runtime."""

    def __init__(self, items: ItemRepository, movies: MovieRepository) -> None:
        self._items, self._movies = items, movies

    async def durations(self, ids: Collection[ItemId]) -> Mapping[ItemId, float]:
        """Seconds per item, absent where unknown."""
        versions = await self._items.versions(EVERYTHING, ids)
        found = {
            item_id: length
            for item_id, of_item in versions.items()
            if of_item and (length := of_item[0].duration)
        }
        rest = [MovieId(item_id) for item_id in ids if item_id not in found]
        movies = await self._movies.by_ids(EVERYTHING, rest) if rest else {}
        lengths = {ItemId(i): float(m.runtime) for i, m in movies.items() if m.runtime}
        return found | lengths
