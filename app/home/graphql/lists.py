"""Lists that mix kinds of content."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.graphql import MediaItemView
from app.core.access import Permission
from app.core.page import Keyset, Listing
from app.gql.access import query
from app.gql.arguments import After, Doc, First, Length, Ref
from app.gql.connection import Connection
from app.gql.info import Info
from app.items.domain import ItemKind
from app.items.graphql import by_kind
from app.libraries.domain import LibraryId
from app.shows.graphql import EpisodeView

# What is played, and who may see lists of it.
WATCHABLE = {ItemKind.MOVIE: Permission.MOVIES_LIST, ItemKind.EPISODE: Permission.SHOWS_LIST}
LibraryRefs = Annotated[
    list[UUID] | None, Ref("library"), Length(1, 100), Doc("Only from these libraries.")
]


@strawberry.type
class HomeRoots:
    """What a home page shows."""

    @query(Connection[MediaItemView], access=Permission.MOVIES_LIST)
    async def recently_added(
        self, info: Info, library_ids: LibraryRefs = None, first: First = 20, after: After = None
    ) -> Any:
        """Playable items, the most recently added first."""
        repository, scope = info.app.item_repository, info.viewer.scope
        wanted = None if library_ids is None else tuple(LibraryId(i) for i in sorted(library_ids))
        kinds = tuple(kind for kind, listed in WATCHABLE.items() if info.viewer.may(listed))
        page = await repository.recent(scope, kinds, wanted, Keyset(first, after))
        return Listing(await by_kind(info, page), lambda: repository.count(scope, kinds, wanted))

    @query(Connection[MediaItemView], access=Permission.WATCH_READ)
    async def continue_watching(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Movies and episodes that you started (5 %) and did not finish (90 %), last watched first.

        Only what is available; of one show only the episode that you watched last.
        """
        repository, viewer = info.app.watch_repository, info.viewer
        page = await repository.continuing(viewer.account, viewer.scope, Keyset(first, after))
        return Listing(
            await by_kind(info, page),
            lambda: repository.count(viewer.account, viewer.scope, unfinished=True),
        )

    @query(Connection[EpisodeView], access=Permission.WATCH_READ)
    async def next_up(self, info: Info, first: First = 20, after: After = None) -> Any:
        """The next episode of each show that you watch, the show you watched last first.

        That is the first one after the episode you watched last that has been aired, is available
        and that you have not watched; specials do not count. A show of which you have begun another
        episode since is left out: that one is in `continueWatching`. One that stands in several
        libraries is listed once.
        """
        repository, viewer = info.app.next_up_repository, info.viewer
        asked = (viewer.account, viewer.scope, info.app.clock.now().date())
        page = await repository.page(*asked, Keyset(first, after))
        return Listing(page, lambda: repository.count(*asked))

    @query(Connection[MediaItemView], access=Permission.WATCH_READ)
    async def watch_history(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Movies and episodes you have watched, last watched first, even if files are missing."""
        repository, viewer = info.app.watch_repository, info.viewer
        page = await repository.history(viewer.account, viewer.scope, Keyset(first, after))
        return Listing(
            await by_kind(info, page),
            lambda: repository.count(viewer.account, viewer.scope, unfinished=False),
        )
