"""Lists that mix kinds of content."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.catalog.graphql import MediaItemView
from app.core.access import Permission
from app.core.page import Keyset, Listing, Page
from app.gql.access import query
from app.gql.arguments import After, Doc, First, Length, NodeRef, Ref
from app.gql.connection import Connection
from app.gql.info import Info
from app.items.domain import ItemId, ItemKind
from app.libraries.domain import LibraryId
from app.shows.graphql import EpisodeView

# What is played, and who may see lists of it.
WATCHABLE = {ItemKind.MOVIE: Permission.MOVIES_LIST, ItemKind.EPISODE: Permission.SHOWS_LIST}
LibraryRefs = Annotated[
    list[UUID] | None, Ref("library"), Length(1, 100), Doc("Only from these libraries.")
]


async def _by_kind(info: Info, page: Page[UUID]) -> Page[NodeRef]:
    """The page with each item's kind, so that it can be loaded as what it is."""
    ids: Sequence[ItemId] = [ItemId(i) for i in page.ids]
    items = await info.app.item_repository.by_ids(info.viewer.scope, ids)
    shown = [(key, items[i]) for i, key in zip(ids, page.keys, strict=True) if i in items]
    return Page(
        ids=tuple(NodeRef(item.kind.value, item.id) for _, item in shown),
        sort=page.sort,
        keys=tuple(key for key, _ in shown),
        has_next=page.has_next,
        has_previous=page.has_previous,
    )


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
        return Listing(await _by_kind(info, page), lambda: repository.count(scope, kinds, wanted))

    @query(Connection[MediaItemView], access=Permission.WATCH_READ)
    async def continue_watching(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Movies and episodes that you started (5 %) and did not finish (90 %), last watched first.

        Only what is available; of one show only the episode that you watched last.
        """
        repository, viewer = info.app.watch_repository, info.viewer
        page = await repository.continuing(viewer.account, viewer.scope, Keyset(first, after))
        return Listing(
            await _by_kind(info, page),
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
            await _by_kind(info, page),
            lambda: repository.count(viewer.account, viewer.scope, unfinished=False),
        )
