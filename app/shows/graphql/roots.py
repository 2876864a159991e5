"""Queries about shows, seasons and episodes."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.domain import NetworkId
from app.catalog.graphql import MOST_FILTERED, ContentFilter, Descending, Seed, asked_of_all, refs
from app.core.access import Permission
from app.core.errors import Invalid
from app.core.page import Keyset, Listing
from app.gql.access import query
from app.gql.arguments import After, Bounds, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.enums import expose
from app.gql.info import Info
from app.libraries.domain import LibraryId
from app.shows.domain import (
    Airing,
    EpisodeQuery,
    SeasonId,
    ShowId,
    ShowQuery,
    ShowSort,
    ShowStatus,
)
from app.shows.graphql.views import EpisodeView, SeasonView, ShowView

ShowRef = Annotated[UUID, Ref("show"), Doc("Id of a show.")]
SeasonRef = Annotated[UUID, Ref("season"), Doc("Id of a season.")]
EpisodeRef = Annotated[UUID, Ref("episode"), Doc("Id of an episode.")]
LibraryRefs = Annotated[
    list[UUID] | None, Ref("library"), Length(1, 100), Doc("Only from these libraries.")
]
expose(
    ShowSort,
    "Sort order of shows.",
    {
        ShowSort.TITLE: "By title, ignoring leading articles.",
        ShowSort.YEAR: "By year of the first episode.",
        ShowSort.ADDED: "By date the show was added.",
        ShowSort.LATEST: "By date the newest of its episodes was added.",
        ShowSort.RATING: "By average rating.",
        ShowSort.POPULARITY: "By popularity: rating and votes combined.",
        ShowSort.RANDOM: "Random; the same `seed` gives the same order on every page.",
    },
)


@strawberry.input(description="Filter for shows; all conditions must match.")
class ShowFilter(ContentFilter):
    """Filter of `shows`."""

    network_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Of any of these networks."
    )
    statuses: list[ShowStatus] | None = strawberry.field(
        default=None, description="With any of these statuses."
    )


def show_query(
    info: Info, given: ShowFilter, sort: ShowSort, seed: str, *, descending: bool | None
) -> ShowQuery:
    """The question behind the arguments. Raises Invalid, naming the one at fault."""
    natural = sort not in (ShowSort.TITLE, ShowSort.RANDOM)
    down = natural if descending is None else descending
    statuses = given.statuses or []
    if len(statuses) > MOST_FILTERED:
        raise Invalid("statuses takes each status once.", field="statuses")
    seed = seed if sort is ShowSort.RANDOM else ""
    return ShowQuery(
        **asked_of_all(info.viewer, given, seed, descending=down),
        networks=tuple(NetworkId(i) for i in refs("network", given.network_ids, "networkIds")),
        statuses=tuple(sorted(set(statuses))),
        today=info.app.clock.now().date() if given.watched is not None else None,
        sort=sort,
    )


@strawberry.type
class ShowRoots:
    """Queries about shows."""

    @query(Connection[ShowView], access=Permission.SHOWS_LIST, shared=True)
    async def shows(  # noqa: PLR0913, PLR0917 - arguments of the API
        self,
        info: Info,
        filter: Annotated[ShowFilter | None, Doc("Which shows to list; all by default.")] = None,  # noqa: A002
        sort: Annotated[ShowSort, Doc("Sort order.")] = ShowSort.TITLE,
        descending: Descending = None,
        seed: Seed = "",
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Shows in your libraries of which an episode can be played; with `missing` those of which
        none can.
        """
        asked = show_query(info, filter or ShowFilter(), sort, seed, descending=descending)
        return await _shows(info, asked, Keyset(first, after))

    @query(Connection[ShowView], access=Permission.SHOWS_LIST, shared=True)
    async def recently_added_shows(
        self, info: Info, library_ids: LibraryRefs = None, first: First = 20, after: After = None
    ) -> Any:
        """Playable shows, that with the newest addition of an episode first."""
        wanted = None if library_ids is None else tuple(LibraryId(i) for i in sorted(library_ids))
        asked = ShowQuery(libraries=wanted, sort=ShowSort.LATEST, descending=True)
        return await _shows(info, asked, Keyset(first, after))

    @query(ShowView | None, access=Permission.SHOWS_GET, shared=True)
    async def show(self, info: Info, id: ShowRef) -> Any:  # noqa: A002, ARG002
        """A show by its id; null if it does not exist or you may not see it."""
        return id

    @query(SeasonView | None, access=Permission.SHOWS_GET, shared=True)
    async def season(self, info: Info, id: SeasonRef) -> Any:  # noqa: A002, ARG002
        """A season by its id; null if it does not exist or you may not see it."""
        return id

    @query(EpisodeView | None, access=Permission.SHOWS_GET, shared=True)
    async def episode(self, info: Info, id: EpisodeRef) -> Any:  # noqa: A002, ARG002
        """An episode by its id; null if it does not exist or you may not see it."""
        return id

    @query(Connection[EpisodeView], access=Permission.SHOWS_LIST, shared=True)
    async def episodes(
        self,
        info: Info,
        show_id: ShowRef | None = None,
        season_id: SeasonRef | None = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """Episodes of a show, of a season or of all shows in their order, the specials of a show
        last, also those whose files are missing.
        """
        repository, scope = info.app.episode_repository, info.viewer.scope
        asked = EpisodeQuery(
            show=None if show_id is None else ShowId(show_id),
            season=None if season_id is None else SeasonId(season_id),
        )
        page = await repository.page(scope, asked, Keyset(first, after))
        return Listing(page, lambda: repository.count(scope, asked))

    @query(Connection[EpisodeView], access=Permission.SHOWS_LIST)
    async def recent_episodes(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Playable episodes that have been aired, the latest air date first."""
        today = info.app.clock.now().date()
        airing = Airing(until=today, playable=True, descending=True)
        return await _airing(info, airing, Keyset(first, after))

    @query(Connection[EpisodeView], access=Permission.SHOWS_LIST)
    async def upcoming_episodes(
        self,
        info: Info,
        days: Annotated[
            int, Bounds(1, 365), Doc("How many days to look ahead from today, 1 to 365.")
        ] = 30,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Episodes that are aired today or later, the next one first, whether or not their files
        are there. Days are in UTC.
        """
        today = info.app.clock.now().date()
        airing = Airing(since=today, until=today + timedelta(days=days))
        return await _airing(info, airing, Keyset(first, after))


async def _shows(info: Info, asked: ShowQuery, page: Keyset) -> Listing[UUID]:
    repository, scope = info.app.show_repository, info.viewer.scope
    found = await repository.page(scope, asked, page)
    return Listing(found, lambda: repository.count(scope, asked))


async def _airing(info: Info, airing: Airing, page: Keyset) -> Listing[UUID]:
    repository, scope = info.app.episode_repository, info.viewer.scope
    found = await repository.airing(scope, airing, page)
    return Listing(found, lambda: repository.airing_count(scope, airing))
