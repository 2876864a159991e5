"""The relations of shows, seasons and episodes: one batch for all nodes of a level."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from app.catalog.graphql import items_by_id
from app.core.access import Viewer
from app.gql.edge import Batch
from app.items.domain import ItemId, ItemKind
from app.shows.domain import (
    Episode,
    EpisodeId,
    GuideEntry,
    Season,
    SeasonId,
    Show,
    ShowId,
    WatchStats,
)
from app.shows.repository import Parent

if TYPE_CHECKING:
    from app.container import Container

MOST_OF_SEASON = 500


show_by_id = items_by_id(lambda app: app.show_repository.by_ids)
season_by_id = items_by_id(lambda app: app.season_repository.by_ids)
episode_by_id = items_by_id(lambda app: app.episode_repository.by_ids)


async def guide_by_show(
    app: "Container", viewer: Viewer, ids: Collection[ItemId]
) -> Mapping[ItemId, tuple[GuideEntry, ...]]:
    return await app.show_repository.guides(viewer.scope, ids)


async def similar_by_show(
    app: "Container", viewer: Viewer, ids: Collection[ItemId], first: int
) -> Mapping[ItemId, list[Show]]:
    near = await app.catalog_repository.similar(viewer.scope, ItemKind.SHOW, ids, first)
    everyone = [ShowId(i) for others in near.values() for i in others]
    wanted = list(dict.fromkeys(everyone))
    found = await app.show_repository.by_ids(viewer.scope, wanted, viewer.language)
    return {i: [found[ShowId(o)] for o in others if o in found] for i, others in near.items()}


async def seasons_by_show(
    app: "Container", viewer: Viewer, ids: Collection[ShowId]
) -> Mapping[ShowId, tuple[Season, ...]]:
    return await app.season_repository.of_shows(viewer.scope, ids, viewer.language)


async def episodes_by_show(
    app: "Container", viewer: Viewer, ids: Collection[ShowId], first: int
) -> Mapping[UUID, list[Episode]]:
    return await _episodes(app, viewer, "show_id", ids, first)


async def episodes_by_season(
    app: "Container", viewer: Viewer, ids: Collection[SeasonId]
) -> Mapping[UUID, list[Episode]]:
    return await _episodes(app, viewer, "season_id", ids, MOST_OF_SEASON)


async def _episodes(
    app: "Container", viewer: Viewer, parent: Parent, ids: Collection[UUID], first: int
) -> Mapping[UUID, list[Episode]]:
    listed = await app.episode_repository.within(viewer.scope, parent, ids, first)
    everyone = [episode_id for within in listed.values() for episode_id in within]
    found = await _found(app, viewer, everyone)
    return {i: [found[e] for e in within if e in found] for i, within in listed.items()}


async def _found(
    app: "Container", viewer: Viewer, ids: Sequence[EpisodeId]
) -> Mapping[EpisodeId, Episode]:
    if not ids:
        return {}
    return await app.episode_repository.by_ids(viewer.scope, ids, viewer.language)


def count_by(parent: Parent) -> Batch:
    """The batch that counts the episodes of shows or seasons."""

    async def count(app: "Container", viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, int]:
        return await app.episode_repository.counts(viewer.scope, parent, ids)

    return count


def neighbour(*, after: bool) -> Batch:
    """The batch of what comes next to episodes."""

    async def beside(
        app: "Container", viewer: Viewer, ids: Collection[EpisodeId]
    ) -> Mapping[EpisodeId, Episode]:
        others = await app.episode_repository.beside(viewer.scope, ids, after=after)
        found = await _found(app, viewer, list(dict.fromkeys(others.values())))
        return {i: found[other] for i, other in others.items() if other in found}

    return beside


async def next_by_show(
    app: "Container", viewer: Viewer, ids: Collection[ShowId]
) -> Mapping[UUID, Episode]:
    """What the viewer watches next; nothing for somebody who is not signed in."""
    if viewer.user_id is None:
        return {}
    today = app.clock.now().date()
    following = await app.next_up_repository.of_shows(viewer.user_id, viewer.scope, ids, today)
    found = await _found(app, viewer, list(dict.fromkeys(following.values())))
    return {i: found[episode] for i, episode in following.items() if episode in found}


def stats_by(parent: Parent) -> Batch:
    """The batch of how far the viewer is with shows or seasons."""

    async def stats(
        app: "Container", viewer: Viewer, ids: Collection[UUID]
    ) -> Mapping[UUID, WatchStats]:
        if viewer.user_id is None:
            return {}
        return await app.next_up_repository.stats(viewer.user_id, viewer.scope, parent, ids)

    return stats


watch_stats_by_show = stats_by("show_id")
watch_stats_by_season = stats_by("season_id")
episode_count_by_show = count_by("show_id")
episode_count_by_season = count_by("season_id")
previous_by_episode = neighbour(after=False)
next_by_episode = neighbour(after=True)
