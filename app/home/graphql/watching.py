"""Watching, whatever it is that is watched."""

from typing import Annotated, Any

import strawberry

from app.catalog.graphql import MediaItemView
from app.core.access import Permission
from app.core.errors import AppError, Invalid
from app.core.ids import decode_id_of
from app.gql.access import mutation
from app.gql.arguments import Doc, Length, NodeRef, Ref
from app.gql.errors import ItemError
from app.gql.info import Info
from app.items.domain import PLAYABLE, ItemId, ItemKind, ItemNotFound
from app.watch.graphql import ProgressView

PLAYABLE_KINDS = tuple(kind.value for kind in PLAYABLE)
PlayableRef = Annotated[NodeRef, Ref(*PLAYABLE_KINDS), Doc("Id of a movie or episode.")]
ItemRef = Annotated[
    NodeRef, Ref(*(kind.value for kind in ItemKind)), Doc("Id of a movie, episode, season or show.")
]


@strawberry.type(description="What became of one of the ids of `bulkMarkWatched`.")
class BulkMarkResult:
    """An id and either the item or why it was left."""

    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    item: MediaItemView | None = strawberry.field(
        description="The movie or episode; null if it was not marked."
    )
    error: ItemError | None = strawberry.field(description="Why it was not marked; null if it was.")


async def _item(info: Info, ref: NodeRef) -> ItemId:
    """The item that is meant. Raises ItemNotFound, also where it is of another kind."""
    item_id = ItemId(ref.id)
    found = (await info.app.item_repository.by_ids(info.viewer.scope, [item_id])).get(item_id)
    if found is None or found.kind.value != ref.kind:
        raise ItemNotFound
    return item_id


def _read(text: str) -> NodeRef | Invalid:
    try:
        return NodeRef(*decode_id_of(PLAYABLE_KINDS, text, "ids"))
    except Invalid as error:
        return error


@strawberry.type
class WatchMutations:
    """Watching movies and episodes."""

    @mutation(ProgressView, access=Permission.PLAYBACK_PROGRESS)
    async def update_progress(
        self,
        info: Info,
        id: PlayableRef,  # noqa: A002
        position: Annotated[float, Doc("Playback position, in seconds.")],
        duration: Annotated[
            float | None, Doc("Duration in seconds; by default the one the server knows.")
        ] = None,
    ) -> Any:
        """Save your playback position in a movie or episode. From 90 % on it counts as watched."""
        item_id = await _item(info, id)
        return await info.app.watch.update(info.viewer, item_id, position, duration)

    @mutation(MediaItemView, access=Permission.PLAYBACK_PROGRESS)
    async def remove_progress(self, info: Info, id: ItemRef) -> Any:  # noqa: A002
        """Delete your progress with an item; it leaves `continueWatching` and `watchHistory`.

        With a season or show, your progress with all its episodes.
        """
        await info.app.watch.remove(info.viewer, await _item(info, id))
        return id

    @mutation(MediaItemView, access=Permission.PLAYBACK_PROGRESS)
    async def mark_watched(self, info: Info, id: ItemRef) -> Any:  # noqa: A002
        """Mark an item as watched.

        Of a season or show, all episodes that are available or have been aired, specials included.
        What you have watched already stays as it is.
        """
        await info.app.watch.mark(info.viewer, await _item(info, id))
        return id

    @mutation(MediaItemView, access=Permission.PLAYBACK_PROGRESS)
    async def mark_unwatched(self, info: Info, id: ItemRef) -> Any:  # noqa: A002
        """Mark an item as not watched and delete your progress with it.

        With a season or show, all its episodes.
        """
        await info.app.watch.remove(info.viewer, await _item(info, id))
        return id

    @mutation(list[BulkMarkResult], access=Permission.PLAYBACK_PROGRESS)
    async def bulk_mark_watched(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], Length(1, 500), Doc("1 to 500 ids of movies and episodes.")
        ],
        *,
        watched: Annotated[
            bool, Doc("Whether to mark them as watched (true) or not watched (false).")
        ] = True,
    ) -> Any:
        """Mark many movies and episodes at once; a result for each id, in the same order.

        An id that cannot be marked does not keep the others from it.
        """
        asked = [_read(text) for text in ids]
        refs = [ref for ref in asked if isinstance(ref, NodeRef)]
        wanted = {(ItemKind(ref.kind), ItemId(ref.id)) for ref in refs}
        marked = await info.app.watch.mark_many(info.viewer, wanted, watched=watched)
        keys = [(kind.value, i) for kind, i in wanted if i in marked]
        found = await info.context.nodes.load(info.app, info.viewer, keys)
        return [
            _result(text, ref, found.get((ref.kind, ref.id)) if isinstance(ref, NodeRef) else None)
            for text, ref in zip(ids, asked, strict=True)
        ]


def _result(text: strawberry.ID, asked: NodeRef | Invalid, item: Any) -> BulkMarkResult:
    if item is not None:
        return BulkMarkResult(id=text, item=item, error=None)
    error: AppError = asked if isinstance(asked, Invalid) else ItemNotFound()
    return BulkMarkResult(id=text, item=None, error=ItemError.of(error))
