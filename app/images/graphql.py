"""Artwork as the API shows it."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from app.core.access import EVERYTHING, Viewer
from app.gql.edge import edge
from app.gql.enums import expose
from app.gql.view import field, view
from app.images.domain import Artwork, ArtworkKind, ArtworkSource
from app.items.domain import ItemId
from app.libraries.domain import FileId, MediaFile
from app.libraries.graphql import FileView

if TYPE_CHECKING:
    from app.container import Container

expose(
    ArtworkKind,
    "What a picture is for.",
    {
        ArtworkKind.POSTER: "Portrait-format cover.",
        ArtworkKind.BACKDROP: "Wide picture for backgrounds.",
        ArtworkKind.LOGO: "Title lettering on a transparent background.",
        ArtworkKind.BANNER: "Wide, low strip with the title.",
        ArtworkKind.THUMB: "Wide picture for lists.",
        ArtworkKind.DISC: "Disc label.",
        ArtworkKind.CLEARART: "Characters and title on a transparent background.",
    },
)
expose(
    ArtworkSource,
    "Where a picture comes from.",
    {
        ArtworkSource.FILE: "A picture file next to the media file.",
        ArtworkSource.NFO: "An address given in an NFO file.",
        ArtworkSource.EMBEDDED: "Embedded in the media file.",
        ArtworkSource.PROVIDER: "An address given by a metadata provider.",
    },
)


async def artwork_by_item(
    app: "Container",
    viewer: Viewer,
    ids: Collection[ItemId],
) -> Mapping[ItemId, tuple[Artwork, ...]]:
    found = await app.artwork_repository.by_items(viewer.scope, ids)
    wanted = {FileId(p.file_id) for of_item in found.values() for p in of_item if p.file_id}
    if not wanted:
        return found
    files = await app.file_repository.by_ids(EVERYTHING, wanted)
    gone = {i for i in wanted if i not in files or files[i].missing_since is not None}
    return {i: tuple(p for p in of_item if p.file_id not in gone) for i, of_item in found.items()}


async def file_by_picture(
    app: "Container",
    viewer: Viewer,  # noqa: ARG001 - the item that it is a picture of was seen already
    ids: Collection[FileId],
) -> Mapping[FileId, MediaFile]:
    return await app.file_repository.by_ids(EVERYTHING, ids)


@view(Artwork)
class ArtworkView:
    """A picture of an item: a file in the library or an address on another server."""

    kind: ArtworkKind = field("What the picture is used for.")
    source: ArtworkSource = field("Where the picture comes from.")
    url: str | None = field("Address of a picture on another server (NFO, PROVIDER).")
    file: FileView | None = edge(
        file_by_picture,
        "The picture file (FILE), or the media file that contains it (EMBEDDED).",
        key="file_id",
    )
