"""Versions of items, and changes of libraries, as the API shows them."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from uuid import UUID

import strawberry
from msgspec import convert

from app.core.access import Permission, Viewer
from app.core.ids import encode_id
from app.core.live import Message, Subscription
from app.core.page import Page
from app.gql.access import subscription
from app.gql.arguments import Doc, Length, NodeRef
from app.gql.edge import edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, view
from app.items.domain import Item, ItemId, ItemKind, Part, Version, playable
from app.libraries.domain import LibraryId
from app.libraries.events import (
    LIBRARIES_TOPIC,
    DeletedItem,
    LibraryChanged,
    LibraryCreated,
    LibraryDeleted,
)
from app.libraries.graphql import FileView, LibraryRef, LibraryView, file_by_id
from app.media.domain import DynamicRange
from app.naming.domain import Source

if TYPE_CHECKING:
    from app.container import Container

Items = Mapping[ItemId, Item]
MOST_AT_ONCE: Final = 500  # items of changes that are read together, and changes


class LibraryEvent(Enum):
    """The events of libraries by their names on the wire."""

    CREATED = LibraryCreated.name
    CHANGED = LibraryChanged.name
    DELETED = LibraryDeleted.name


expose(
    LibraryEvent,
    "What happened to a library.",
    {
        LibraryEvent.CREATED: "It was created.",
        LibraryEvent.CHANGED: "Its settings or its content changed, or its deletion began.",
        LibraryEvent.DELETED: "It was deleted, with everything in it.",
    },
)
expose(
    ItemKind,
    "The kind of an item.",
    {
        ItemKind.MOVIE: "A film.",
        ItemKind.SHOW: "A show.",
        ItemKind.SEASON: "A season of a show.",
        ItemKind.EPISODE: "An episode of a show.",
    },
)
expose(
    Source,
    "What a release was copied from.",
    {
        Source.CAM: "Filmed in a cinema with a camera.",
        Source.TELESYNC: "Filmed in a cinema, with sound from a direct source.",
        Source.TELECINE: "Copied from a film reel.",
        Source.WORKPRINT: "An unfinished cut.",
        Source.VHS: "A VHS tape.",
        Source.LASERDISC: "A LaserDisc.",
        Source.DVD: "A DVD.",
        Source.DVDRIP: "A DVD, re-encoded.",
        Source.TV: "A television broadcast in standard definition.",
        Source.HDTV: "A television broadcast in high definition.",
        Source.WEBRIP: "A streaming service, recorded or re-encoded.",
        Source.WEBDL: "A streaming service, downloaded as it is.",
        Source.BLURAY: "A Blu-ray disc.",
    },
    name="ReleaseSource",
)


async def versions_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Collection[ItemId],
) -> Mapping[ItemId, tuple[Version, ...]]:
    found = await app.item_repository.versions(viewer.scope, ids)
    return {i: playable(of_item) for i, of_item in found.items()}


@view(Part)
class PartView:
    """One file of a version."""

    part: int | None = field("Number of the part; null if the version is a single file.")
    file: FileView | None = edge(file_by_id, "The file.", key="file_id")


@view(Version)
class VersionView:
    """A playable version of an item, such as a cut or a resolution."""

    id: strawberry.ID = field(
        "Id, for `setDefaultVersion`.", of=lambda version: encode_id("version", version.id)
    )
    edition: str | None = field("Edition, such as Director's Cut; null for the standard one.")
    format_3d: str | None = field("3D format; null for 2D.")
    source: Source | None = field("What it was copied from, as the file name says.")
    resolution: str | None = field("Resolution, such as 1080p.")
    height: int | None = field("Height of the picture, in pixels.")
    dynamic_range: DynamicRange | None = field(
        "SDR or the kind of HDR; null until the file has been probed."
    )
    duration: float | None = field("Duration in seconds.")
    is_default: bool = field("Whether it is played by default.")
    is_chosen: bool = field(
        "Whether somebody chose it to be (`setDefaultVersion`).", of=lambda version: version.chosen
    )
    confidence: float | None = field(
        "How sure it is that it belongs here, from 0 to 1; null before it was measured."
    )
    parts: list[PartView] = field("Its files in playback order.")


async def by_kind(info: Info, page: Page[UUID]) -> Page[NodeRef]:
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


@strawberry.type(description="A change to a library; at most 500 ids in each list.")
class LibraryChange:
    """A change, as subscribers of `libraryChanged` get it."""

    library_id: strawberry.ID = strawberry.field(description="Id of the library.")
    event: LibraryEvent = strawberry.field(description="What happened.")
    added: list[strawberry.ID] = strawberry.field(description="Ids of added items.")
    updated: list[strawberry.ID] = strawberry.field(description="Ids of changed items.")
    removed: list[strawberry.ID] = strawberry.field(
        description="Ids of items that are missing now, or were deleted."
    )
    library: LibraryView | None = strawberry.field(
        description="The library; null once it is being deleted."
    )
    lagged: bool = strawberry.field(
        description="Whether changes before this one were lost; reload what you show."
    )


@strawberry.type
class LibrarySubscriptions:
    """What happens to libraries."""

    @subscription(LibraryChange, access=Permission.LIBRARIES_LIST, personal=False)
    async def library_changed(
        self,
        info: Info,
        library_id: LibraryRef | None = None,
        kinds: Annotated[
            list[ItemKind] | None,
            Length(1, len(ItemKind)),
            Doc("Items of these kinds; all by default."),
        ] = None,
    ) -> Any:
        """Changes to one library, or to all libraries that you may see."""
        wanted = frozenset(kinds or ItemKind)

        def shown(message: Message) -> bool:
            changed = _library(message)
            return library_id in (None, changed) and info.viewer.scope.admits_library(changed)

        lagged = False  # whether what was lost may be of this library, and nobody was told yet
        async with (
            info.app.live.subscribe(LIBRARIES_TOPIC) as messages,
            aclosing(_read(info, messages, shown)) as changes,
        ):
            async for message, items in changes:
                lagged = lagged or message.lagged
                if not shown(message):
                    continue
                change = await _change(info, message, _of_kinds(items, wanted), lagged=lagged)
                if change is not None:
                    lagged = False
                    yield change


async def _read(
    info: Info, messages: Subscription, shown: Callable[[Message], bool]
) -> AsyncGenerator[tuple[Message, Items], None]:
    """Changes with those of their items that the viewer may see; many small ones read at once."""
    while True:
        burst = deque(await messages.burst(MOST_AT_ONCE))
        while burst:
            some: list[Message] = []
            wanted: set[ItemId] = set()
            while burst and len(wanted) < MOST_AT_ONCE:
                some.append(burst.popleft())
                if shown(some[-1]):
                    wanted.update(*_named(some[-1]).values())
            by_ids = info.app.item_repository.by_ids
            items = await by_ids(info.viewer.scope, wanted) if wanted else {}
            for message in some:
                yield message, items


def _of_kinds(items: Items, kinds: frozenset[ItemKind]) -> Items:
    return {i: item for i, item in items.items() if item.kind in kinds}


def _library(message: Message) -> LibraryId:
    return LibraryId(UUID(message.payload["library_id"]))


def _named(message: Message) -> dict[str, list[ItemId]]:
    """The items of a change that can be looked up."""
    names = ("added", "updated", "removed")
    return {name: [ItemId(UUID(text)) for text in message.payload.get(name, ())] for name in names}


async def _change(
    info: Info, message: Message, items: Items, *, lagged: bool
) -> LibraryChange | None:
    """What the viewer may know of a change; None where it is all about what they may not see."""
    scope, payload = info.viewer.scope, message.payload
    changed = _library(message)
    named = _named(message)
    shown = {
        name: [strawberry.ID(encode_id(items[i].kind, i)) for i in some if i in items]
        for name, some in named.items()
    }
    deleted = convert(payload.get("deleted", ()), tuple[DeletedItem, ...])
    shown["removed"] += [
        strawberry.ID(encode_id(i.kind, i.id)) for i in deleted if scope.admits(changed, i.age)
    ]
    if (any(named.values()) or deleted) and not any(shown.values()) and not lagged:
        return None
    libraries = await info.app.library_repository.by_ids(scope, [changed])
    return LibraryChange(
        library_id=strawberry.ID(encode_id("library", changed)),
        event=LibraryEvent(message.name),
        library=cast("LibraryView | None", libraries.get(changed)),
        lagged=lagged,
        **shown,
    )
