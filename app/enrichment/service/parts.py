"""Single seasons and episodes, asked for on their own."""

from typing import TYPE_CHECKING, Final

from app.catalog.domain.said import MetadataState
from app.core.access import EVERYTHING
from app.core.jobs import Cancel
from app.enrichment.domain import Outcome
from app.enrichment.service.beginning import Begin, writing
from app.enrichment.service.outcomes import judged
from app.enrichment.service.seasons import episode_told
from app.enrichment.service.titles import Titles, others
from app.items.domain import Item, ItemId, ItemKind
from app.metadata.domain import Wish
from app.scanning.service import tell
from app.shows.domain import EpisodeId, SeasonId

if TYPE_CHECKING:
    from app.container import Container

# The show is something else by now: its own refresh asks for its parts.
MOVED: Final = Outcome(state=MetadataState.UNMATCHED)


class Parts:
    """By the ids of their show."""

    def __init__(self, app: "Container", titles: Titles) -> None:
        self._app, self._titles, self._seasons = app, titles, titles.seasons

    async def refresh(self, begin: Begin, item_id: ItemId, *, force: bool) -> Outcome:
        """One season with its episodes, or one episode. Raises Cancel for what is not there."""
        item = (await self._app.item_repository.by_ids(EVERYTHING, [item_id])).get(item_id)
        if item is None:
            raise Cancel("The item is gone.")
        wish = await self._titles.wish(item, force=force)
        part = self._season if item.kind is ItemKind.SEASON else self._episode
        outcome = await part(begin, item, wish)
        await self._settle(begin, item, outcome)
        return outcome

    async def _season(self, begin: Begin, item: Item, wish: Wish) -> Outcome:
        season_id = SeasonId(item.id)
        season = (await self._app.season_repository.by_ids(EVERYTHING, [season_id])).get(season_id)
        if season is None:
            raise Cancel("The season is gone.")
        ids = await self._titles.ids(begin, ItemId(season.show_id))
        async with begin() as tx:
            known = await self._app.season_repository.known(tx, [season.show_id])
            episodes = await self._app.episode_repository.known(tx, [season.show_id])
        found = await self._app.gathering.season(ids, season.number, wish)
        told = self._seasons.told({season.number: found}, known, episodes, wish)
        async with writing(begin, item.library_id) as tx:
            if others(ids, await self._titles.held_ids(tx, ItemId(season.show_id))):
                return MOVED
            show = (await self._app.item_repository.within(tx, [ItemId(season.show_id)])).get(
                ItemId(season.show_id)
            )
            if show is not None and found.records:
                changed = await self._seasons.write(tx, show, told, of_season=season.number)
                if changed:
                    tell(tx, item.library_id, updated=sorted(changed))
        return judged(found)

    async def _episode(self, begin: Begin, item: Item, wish: Wish) -> Outcome:
        episode_id = EpisodeId(item.id)
        repository = self._app.episode_repository
        episode = (await repository.by_ids(EVERYTHING, [episode_id])).get(episode_id)
        if episode is None:
            raise Cancel("The episode is gone.")
        if episode.number is None:
            return Outcome(state=MetadataState.UNMATCHED)
        ids = await self._titles.ids(begin, ItemId(episode.show_id))
        place = (episode.season, episode.number)
        found = await self._app.gathering.episode(ids, place, wish)
        if found.records:
            silent = frozenset(failure.provider for failure in found.failures)
            told = episode_told(found.records, wish, silent)
            async with writing(begin, item.library_id) as tx:
                if others(ids, await self._titles.held_ids(tx, ItemId(episode.show_id))):
                    return MOVED
                changed = await self._app.recorder.write(tx, repository, {item.id: told})
                if changed:
                    tell(tx, item.library_id, updated=sorted(changed))
        return judged(found)

    async def _settle(self, begin: Begin, item: Item, outcome: Outcome) -> None:
        """How it ended; it is due again with its show. What nobody has an id of stays as it was."""
        if outcome.state is MetadataState.UNMATCHED:
            return
        async with begin() as tx:
            if await self._app.catalog_repository.hold_metadata(tx, [item.id]):
                values = {"state": outcome.state.value, "problem": outcome.problem}
                await self._app.catalog_repository.write_metadata(tx, {item.id: values})
