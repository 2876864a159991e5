"""SQL of episodes."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.catalog.repository import fetch_spoken, searched_by_ids, spoken_by_ids
from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.items.domain import ItemKind
from app.items.repository import content_by_ids
from app.libraries.repository import HIDDEN
from app.shows.domain import Episode, EpisodeId, SearchedEpisode
from app.shows.models import episodes
from app.shows.repository.listing import EpisodeListing
from app.shows.repository.writing import EpisodeWriting

KINDS = (ItemKind.EPISODE,)
BY_IDS = content_by_ids(episodes, ItemKind.EPISODE, Episode)
SPOKEN = spoken_by_ids(episodes, ItemKind.EPISODE, Episode)
SEARCHED = searched_by_ids(episodes, ItemKind.EPISODE, SearchedEpisode)


class EpisodeRepository(EpisodeWriting, EpisodeListing):
    """Episodes."""

    def __init__(self, db: Database, cache: Cache) -> None:
        EpisodeWriting.__init__(self, episodes)
        EpisodeListing.__init__(self, db, cache)

    @cached("episode", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[EpisodeId]) -> Mapping[EpisodeId, Episode]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Episode)
        return {episode.id: episode for episode in rows}

    @cached("episode.spoken", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _spoken_by_ids(
        self, ids: Collection[EpisodeId], language: str
    ) -> Mapping[EpisodeId, Episode]:
        found = await fetch_spoken(self.db, SPOKEN, ids, Episode, language)
        return {episode.id: episode for episode in found}

    async def by_ids(
        self, scope: Scope, ids: Collection[EpisodeId], language: str = ""
    ) -> Mapping[EpisodeId, Episode]:
        """The episodes among `ids` that the viewer may see, in a language or as they are."""
        spoken = self._spoken_by_ids
        found = await (spoken(ids, language) if language else self._by_ids(ids))
        return {i: e for i, e in found.items() if scope.admits(e.library_id, e.age)}

    async def searched(self, ids: Collection[UUID]) -> list[SearchedEpisode]:
        """Those among `ids` that are there, by what search finds them; past the cache."""
        return await self.db.fetch(SEARCHED, {"ids": list(ids)}, into=SearchedEpisode)
