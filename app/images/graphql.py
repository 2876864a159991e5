"""Artwork as the API shows it."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from app.core.access import EVERYTHING, Viewer
from app.gql.enums import expose
from app.gql.view import field, view
from app.images.domain import Artwork, ArtworkKind, ArtworkSource
from app.items.domain import ItemId
from app.libraries.domain import FileId

if TYPE_CHECKING:
    from app.container import Container

expose(
    ArtworkKind,
    "What a picture is for.",
    {
        ArtworkKind.POSTER: "The upright cover.",
        ArtworkKind.BACKDROP: "A wide picture to put behind things.",
        ArtworkKind.LOGO: "The title as lettering on nothing.",
        ArtworkKind.BANNER: "A wide strip with the title.",
        ArtworkKind.THUMB: "A wide picture for lists.",
        ArtworkKind.DISC: "The print of the disc.",
        ArtworkKind.CLEARART: "Figures and title on nothing.",
    },
)
expose(
    ArtworkSource,
    "Where a picture was named.",
    {
        ArtworkSource.FILE: "It lies beside the media.",
        ArtworkSource.NFO: "A description beside the media gives its address.",
        ArtworkSource.EMBEDDED: "It is inside the media file.",
        ArtworkSource.PROVIDER: "A source of metadata gave its address.",
    },
)


async def artwork_by_item(
    app: "Container",
    viewer: Viewer,  # noqa: ARG001 - the item was seen already
    ids: Collection[ItemId],
) -> Mapping[ItemId, tuple[Artwork, ...]]:
    found = await app.artwork_repository.by_items(ids)
    wanted = {FileId(p.file_id) for of_item in found.values() for p in of_item if p.file_id}
    if not wanted:
        return found
    files = await app.file_repository.by_ids(EVERYTHING, wanted)
    gone = {i for i in wanted if i not in files or files[i].missing_since is not None}
    return {i: tuple(p for p in of_item if p.file_id not in gone) for i, of_item in found.items()}


@view(Artwork)
class ArtworkView:
    """A picture of an item: a file of its library, or an address elsewhere."""

    kind: ArtworkKind = field("What it is for.")
    source: ArtworkSource = field("Where it was named.")
    url: str | None = field("Its address elsewhere, if that is where it is.")
    language: str | None = field("The language of what is written on it.")
    width: int | None = field("Width in pixels, where that is known.")
    height: int | None = field("Height in pixels, where that is known.")
