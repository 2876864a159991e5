"""Artwork: what pictures items, persons, collections, studios and networks have, where they come
from, and in which sizes and formats they are shown.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, Protocol
from uuid import UUID

from msgspec import Struct

from app.core.blobs import BlobKey
from app.core.errors import Invalid, NotFound, Unavailable
from app.items.domain import ItemId

ArtworkId = NewType("ArtworkId", UUID)
ImageId = NewType("ImageId", UUID)
KIND: Final = "image"  # of the ids of artwork on the wire
# The widths that there are, in pixels; the last stands for the original.
LADDER: Final = (92, 154, 185, 342, 500, 780, 1280, 1920, 3840)
MOST_BYTES: Final = 10 << 20  # of a picture as it comes
MOST_FAILURES: Final = 3  # from which on a picture is not shown any more
FIRST_PAUSE: Final = timedelta(minutes=2)


class ArtworkKind(StrEnum):
    """What a picture is for."""

    POSTER = "poster"
    BACKDROP = "backdrop"
    LOGO = "logo"
    BANNER = "banner"
    THUMB = "thumb"
    DISC = "disc"
    CLEARART = "clearart"


FRAMED: Final = frozenset({ArtworkKind.POSTER, ArtworkKind.BACKDROP, ArtworkKind.THUMB})
"""Kinds for which a frame of the video stands in."""


class ArtworkSource(StrEnum):
    """Who named it, the most trusted first."""

    FILE = "file"
    NFO = "nfo"
    UPLOAD = "upload"
    PROVIDER = "provider"
    EMBEDDED = "embedded"
    FRAME = "frame"


class FetchProblem(StrEnum):
    """Why a picture is not here."""

    REFUSED = "refused"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"

    @property
    def sentence(self) -> str:
        """For whoever asked for it."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    FetchProblem.REFUSED: "This picture is at an address that this server does not ask.",
    FetchProblem.GONE: "This picture is no longer there.",
    FetchProblem.UNREACHABLE: "This picture cannot be fetched just now.",
    FetchProblem.UNREADABLE: "This is not a picture that can be read.",
}


LASTING: Final = frozenset({FetchProblem.REFUSED, FetchProblem.GONE, FetchProblem.UNREADABLE})
"""Problems that another try does not mend."""
LOST: Final = LASTING - {FetchProblem.REFUSED}
"""Those that other settings do not mend either: whose provider is off may be asked again."""


class OwnerKind(StrEnum):
    """What has pictures."""

    ITEM = "item"
    PERSON = "person"
    COLLECTION = "collection"
    STUDIO = "studio"
    NETWORK = "network"


class Owner(Struct, frozen=True):
    """An item, a person, a collection, a studio or a network."""

    kind: OwnerKind
    id: UUID


class Offered(Struct, frozen=True, kw_only=True):
    """A picture that a provider names: its address, language (BCP 47) and size in pixels."""

    kind: ArtworkKind
    provider: str
    url: str
    language: str | None = None
    width: int | None = None
    height: int | None = None
    score: float | None = None


class Artwork(Struct, frozen=True, kw_only=True):
    """A picture of one owner: a file of the library, one embedded in such a file, a frame of it, an
    upload, or an address elsewhere. `color` is 0xRRGGBB; it and `thumbhash` are known once the
    picture is here.
    """

    id: UUID
    item_id: ItemId | None = None
    person_id: UUID | None = None
    collection_id: UUID | None = None
    studio_id: UUID | None = None
    network_id: UUID | None = None
    kind: ArtworkKind
    source: ArtworkSource
    provider: str | None = None
    url: str | None = None
    file_id: UUID | None = None
    position: int = 0
    language: str | None = None
    width: int | None = None
    height: int | None = None
    score: float | None = None
    chosen: bool = False
    failures: int = 0
    problem: FetchProblem | None = None
    color: int | None = None
    thumbhash: bytes | None = None

    @property
    def given_up(self) -> bool:
        """Whether something else is shown, until it is named anew: it could not be had, for good or
        too often. Files and frames may be back with the disk that they are on.
        """
        for_good = self.url is not None and self.problem in LOST
        return for_good or self.failures >= MOST_FAILURES


class Origin(Struct, frozen=True, kw_only=True):
    """Where the bytes of a picture come from, and what became of earlier tries."""

    id: ArtworkId
    item_id: ItemId | None = None
    kind: ArtworkKind
    source: ArtworkSource
    url: str | None = None
    file_id: UUID | None = None
    image_id: ImageId | None = None
    hash: bytes | None = None
    failures: int = 0
    tried_at: datetime | None = None
    problem: FetchProblem | None = None

    @property
    def retry_at(self) -> datetime | None:
        """When it is worth another try; None for at once. The distance grows from 2 minutes to 34
        hours.
        """
        if self.tried_at is None or not self.failures:
            return None
        return self.tried_at + FIRST_PAUSE * (1 << 2 * min(self.failures - 1, 5))


class PictureHosts(Struct, frozen=True, kw_only=True):
    """Whose pictures are fetched: host names with the proxy to ask each through, and the origins
    of servers that an administrator wrote down, which may be in the own network.
    """

    proxies: Mapping[str, str | None] = {}
    configured: frozenset[str] = frozenset()


class HostList(Protocol):
    """Who knows whose pictures may be fetched."""

    def picture_hosts(self) -> PictureHosts:
        """As the settings are now."""
        ...


class ImageNotFound(NotFound):
    """There is no such picture, or its address is not one of ours or too old: all alike."""

    def __init__(self) -> None:
        super().__init__("There is no such picture, or its address is no longer good.")


class ImageMissing(NotFound):
    """The picture is known, and what it is of is not to be had."""


class ImageUnavailable(Unavailable):
    """The picture may be had later."""


class ArtworkNotFound(NotFound):
    """The item has no such picture."""

    def __init__(self) -> None:
        super().__init__("This item has no such picture of this kind.", field="artworkId")


class OneOfTwo(Invalid):
    """A picture is chosen by one thing."""

    def __init__(self) -> None:
        super().__init__("Give artworkId or uploadId, not both.", field="artworkId")


def step(width: int) -> int:
    """The next width of the ladder that is as wide or wider."""
    return next((one for one in LADDER if one >= width), LADDER[-1])


def upload_key(digest: bytes) -> BlobKey:
    """Where a picture that somebody sent is kept, by the SHA-256 of its content."""
    return BlobKey("artwork", UUID(bytes=digest[:16]))


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
