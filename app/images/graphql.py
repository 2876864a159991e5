"""Artwork as the API shows it, and choosing it."""

from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from msgspec import Struct

from app.core.access import EVERYTHING, Permission, Viewer
from app.core.ids import encode_id
from app.core.pictures import PictureFormat
from app.gql.access import mutation
from app.gql.arguments import Doc, NodeRef, Ref, Tag
from app.gql.edge import Argument, arg, edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.view import field, view
from app.images.domain import (
    KIND,
    LADDER,
    Artwork,
    ArtworkId,
    ArtworkKind,
    ArtworkSource,
    PictureHosts,
)
from app.images.service.arranging import Wish, arranged, frame_of
from app.images.service.choosing import Choice
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
        ArtworkSource.UPLOAD: "Uploaded by somebody.",
        ArtworkSource.PROVIDER: "An address given by a metadata provider.",
        ArtworkSource.EMBEDDED: "Embedded in the media file.",
        ArtworkSource.FRAME: "A frame of the video.",
    },
)
expose(
    PictureFormat,
    "The format in which a picture is sent.",
    {
        PictureFormat.AVIF: "AVIF: the smallest; what is wider than 1,280 pixels may be scaled"
        " further down, to 4 megapixels.",
        PictureFormat.WEBP: "WebP.",
        PictureFormat.JPEG: "JPEG: everything reads it; transparency becomes black.",
    },
    name="ImageFormat",
)


class ShownArtwork(Struct, frozen=True, kw_only=True):
    """A picture with the address under which it is had in the size that was asked for."""

    picture: Artwork
    url: str
    file_id: FileId | None


class Sizing(Struct, frozen=True):
    """In which width and format pictures are wanted."""

    width: int
    form: PictureFormat | None


ARGUMENTS: Mapping[str, Any] = {
    "kind": arg(
        ArtworkKind | None,
        None,
        doc="Only pictures of this kind; a frame of the video stands in for a POSTER, BACKDROP or"
        " THUMB that there is not.",
    ),
    "width": arg(
        int,
        500,
        le=LADDER[-1],
        doc=f"Pixels that `url` is wide at least: the next of {', '.join(map(str, LADDER))}."
        " Nothing is enlarged.",
    ),
    "format": arg(
        PictureFormat | None,
        None,
        doc="The format of `url`; by default what the client's Accept header prefers.",
    ),
    "language": Argument(
        str | None,
        None,
        (Tag(),),
        "Language of the words on pictures, as a BCP 47 tag; by default the one that texts come in,"
        " else the library's.",
    ),
    "first": arg(int, 5, le=50, doc="At most this many, 1 to 50."),
}


async def artwork_by_item(
    app: "Container", viewer: Viewer, ids: Collection[ItemId], **given: Any
) -> Mapping[ItemId, list[ShownArtwork]]:
    """Batch of the pictures of items, the best first; see ARGUMENTS."""
    found = await app.artwork_repository.by_items(viewer.scope, ids)
    items = await app.item_repository.by_ids(viewer.scope, ids)
    wish, sizing = _wish(given)
    libraries = {item.library_id for item in items.values()}
    spoken = await app.library_repository.by_ids(viewer.scope, libraries)
    hosts = app.provider_chain.picture_hosts()
    shown: dict[ItemId, list[Artwork]] = {}
    pictures = await _there(app, found)
    for item_id, item in items.items():
        library = spoken.get(item.library_id)
        own = library.language if library is not None else None
        language = wish.language or viewer.language or own
        mine = Wish(kind=wish.kind, language=language, first=wish.first)
        shown[item_id] = arranged(pictures.get(item_id, ()), mine, hosts, frame_of(item))
    return {i: _shown(app, some, sizing) for i, some in shown.items()}


def artwork_shown(
    app: "Container", found: Mapping[Any, Sequence[Artwork]], given: Mapping[str, Any]
) -> Mapping[Any, list[ShownArtwork]]:
    """Pictures of what else has some, the best first; the arguments are those of ARGUMENTS."""
    wish, sizing = _wish(given)
    hosts: PictureHosts = app.provider_chain.picture_hosts()
    return {i: _shown(app, arranged(some, wish, hosts), sizing) for i, some in found.items()}


async def _there(
    app: "Container", found: Mapping[ItemId, Sequence[Artwork]]
) -> Mapping[ItemId, Sequence[Artwork]]:
    """Without those whose files have vanished."""
    wanted = {FileId(p.file_id) for of_item in found.values() for p in of_item if p.file_id}
    if not wanted:
        return found
    files = await app.file_repository.by_ids(EVERYTHING, wanted)
    gone = {i for i in wanted if i not in files or files[i].missing_since is not None}
    return {i: [p for p in of_item if p.file_id not in gone] for i, of_item in found.items()}


def _wish(given: Mapping[str, Any]) -> tuple[Wish, Sizing]:
    kind, form, language = (given.get(name) for name in ("kind", "format", "language"))
    wish = Wish(
        kind=None if kind is None else ArtworkKind(kind),
        language=language,
        first=given.get("first", 5),
    )
    return wish, Sizing(given.get("width", 500), None if form is None else PictureFormat(form))


def _shown(app: "Container", pictures: Sequence[Artwork], sizing: Sizing) -> list[ShownArtwork]:
    links = app.images.links
    return [
        ShownArtwork(
            picture=picture,
            url=links.path(picture.id, sizing.width, sizing.form),
            file_id=FileId(picture.file_id) if picture.file_id is not None else None,
        )
        for picture in pictures
    ]


async def file_by_picture(
    app: "Container",
    viewer: Viewer,  # noqa: ARG001 - the item that it is a picture of was seen already
    ids: Collection[FileId],
) -> Mapping[FileId, MediaFile]:
    return await app.file_repository.by_ids(EVERYTHING, ids)


def _blur(picture: Artwork) -> str | None:
    return b64encode(picture.thumbhash).decode() if picture.thumbhash is not None else None


def _color(picture: Artwork) -> str | None:
    return f"#{picture.color:06x}" if picture.color is not None else None


@view(ShownArtwork)
class ArtworkView:
    """A picture of an item, person, collection, studio or network."""

    id: strawberry.ID = field(
        "Id, for `setArtwork`.", of=lambda shown: encode_id(KIND, shown.picture.id)
    )
    kind: ArtworkKind = field("What the picture is used for.", of=lambda s: s.picture.kind)
    source: ArtworkSource = field("Where the picture comes from.", of=lambda s: s.picture.source)
    provider: str | None = field(
        "The metadata provider that named it (PROVIDER).", of=lambda s: s.picture.provider
    )
    url: str = field(
        "Path on this server, good for at least a week. It needs no credentials, so that it can"
        " stand in an `<img>`: whoever has it may have the picture."
    )
    width: int | None = field(
        "Width of the original in pixels; null until it is known.", of=lambda s: s.picture.width
    )
    height: int | None = field(
        "Height of the original in pixels; null until it is known.", of=lambda s: s.picture.height
    )
    thumbhash: str | None = field(
        "ThumbHash (base64) to show until the picture is there; null until it was fetched once.",
        of=lambda s: _blur(s.picture),
    )
    color: str | None = field(
        "The colour that most of it has, such as #1a2b3c; null until it was fetched once.",
        of=lambda s: _color(s.picture),
    )
    language: str | None = field(
        "Language of the words on it, as a BCP 47 tag.", of=lambda s: s.picture.language
    )
    chosen: bool = field("Whether somebody chose it (`setArtwork`).", of=lambda s: s.picture.chosen)
    file: FileView | None = edge(
        file_by_picture,
        "The picture file (FILE), or the media file that it is out of (EMBEDDED, FRAME).",
        key="file_id",
    )


ItemRef = Annotated[
    NodeRef,
    Ref("movie", "show", "season", "episode"),
    Doc("Id of a movie, show, season or episode."),
]


@strawberry.type
class ArtworkMutations:
    """Choosing pictures."""

    @mutation(ArtworkView | None, access=Permission.IMAGES_UPDATE)
    async def set_artwork(
        self,
        info: Info,
        item_id: ItemRef,
        kind: Annotated[ArtworkKind, Doc("What the picture is for.")],
        artwork_id: Annotated[
            UUID | None, Ref(KIND), Doc("Id of one of the item's pictures of this kind.")
        ] = None,
        upload_id: Annotated[
            UUID | None, Ref("upload"), Doc("Id of a picture sent with `PUT /uploads`.")
        ] = None,
    ) -> Any:
        """Choose the picture that is shown first of its kind, for everybody; with neither of the
        two the choice is left to the server again. Answers the picture that is shown now.
        """
        item = ItemId(item_id.id)
        chosen = ArtworkId(artwork_id) if artwork_id is not None else None
        choice = Choice(kind=kind, artwork_id=chosen, upload_id=upload_id)
        await info.app.artwork_choice.set(info.viewer, item, choice)
        found = await artwork_by_item(info.app, info.viewer, [item], kind=kind, first=1)
        return next(iter(found.get(item, ())), None)
