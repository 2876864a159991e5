"""Artwork: what pictures an item has and where they come from."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from app.items.domain import ItemId


class ArtworkKind(StrEnum):
    """What a picture is for."""

    POSTER = "poster"
    BACKDROP = "backdrop"
    LOGO = "logo"
    BANNER = "banner"
    THUMB = "thumb"
    DISC = "disc"
    CLEARART = "clearart"


class ArtworkSource(StrEnum):
    """Who named it, the most trusted first."""

    FILE = "file"
    NFO = "nfo"
    PROVIDER = "provider"
    EMBEDDED = "embedded"


class Artwork(Struct, frozen=True, kw_only=True):
    """A reference to a picture: a file of the library, one embedded in such a file, or an address
    elsewhere.
    """

    id: UUID
    item_id: ItemId
    kind: ArtworkKind
    source: ArtworkSource
    url: str | None = None
    file_id: UUID | None = None
    position: int = 0


_NAMES = {
    "poster": ArtworkKind.POSTER,
    "folder": ArtworkKind.POSTER,
    "cover": ArtworkKind.POSTER,
    "small_cover": ArtworkKind.POSTER,
    "cover_land": ArtworkKind.THUMB,
    "small_cover_land": ArtworkKind.THUMB,
    "movie": ArtworkKind.POSTER,
    "fanart": ArtworkKind.BACKDROP,
    "backdrop": ArtworkKind.BACKDROP,
    "background": ArtworkKind.BACKDROP,
    "art": ArtworkKind.BACKDROP,
    "clearlogo": ArtworkKind.LOGO,
    "logo": ArtworkKind.LOGO,
    "banner": ArtworkKind.BANNER,
    "landscape": ArtworkKind.THUMB,
    "thumb": ArtworkKind.THUMB,
    "disc": ArtworkKind.DISC,
    "discart": ArtworkKind.DISC,
    "clearart": ArtworkKind.CLEARART,
}


def artwork_kind(stem: str, video_stem: str | None = None) -> ArtworkKind | None:
    """What a picture's file name says it is: `poster`, `fanart-1`, `<video>-poster`."""
    name = stem.casefold()
    if video_stem is not None and name == video_stem.casefold():
        return ArtworkKind.POSTER
    if video_stem is not None and name.startswith(video_stem.casefold() + "-"):
        name = name[len(video_stem) + 1 :]
    return _NAMES.get(name.rstrip("0123456789").rstrip("-_ ") or name)
