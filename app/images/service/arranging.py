"""In which order the pictures of something are shown, and which of them at all."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from app.images.domain import (
    FRAMED,
    Artwork,
    ArtworkKind,
    ArtworkSource,
    PictureHosts,
)
from app.images.service.downloads import may_be_asked
from app.items.domain import Item, ItemState

TRUST: Final = {source: rank for rank, source in enumerate(ArtworkSource)}
ORDER: Final = {kind: rank for rank, kind in enumerate(ArtworkKind)}
COMMON: Final = "en"  # which more can read than any other


class Wish(Struct, frozen=True, kw_only=True):
    """What is wanted of the pictures: of one kind or all, in a language (BCP 47), how many."""

    kind: ArtworkKind | None = None
    language: str | None = None
    first: int = 5


def frame_of(item: Item) -> Artwork | None:
    """The frame that stands for an item: it has the item's id, and is made once it is asked for."""
    if item.state is not ItemState.AVAILABLE:
        return None
    frame = ArtworkSource.FRAME
    return Artwork(id=item.id, item_id=item.id, kind=ArtworkKind.THUMB, source=frame)


def arranged(
    pictures: Sequence[Artwork], wish: Wish, hosts: PictureHosts, frame: Artwork | None = None
) -> list[Artwork]:
    """The best of each kind, then the second best of each, and so on.

    Where there is none of the kind that is wanted, the `frame` stands in.
    """
    usable = [p for p in pictures if not p.given_up and _reachable(p, hosts)]
    known = next((p for p in pictures if p.source is ArtworkSource.FRAME), None)
    shown = [p for p in usable if wish.kind in (None, p.kind)]
    if not shown and wish.kind in (None, *FRAMED):
        stand_in = known or frame
        return [stand_in] if stand_in is not None and not stand_in.given_up else []
    by_kind: dict[ArtworkKind, list[Artwork]] = defaultdict(list)
    for picture in sorted(shown, key=lambda p: _rank(p, wish.language)):
        by_kind[picture.kind].append(picture)
    places = [
        (place, ORDER[kind], picture)
        for kind, of_kind in by_kind.items()
        for place, picture in enumerate(of_kind)
    ]
    ordered = sorted(places, key=lambda found: found[:2])
    return [picture for _, _, picture in ordered[: wish.first]]


def _reachable(picture: Artwork, hosts: PictureHosts) -> bool:
    return picture.url is None or may_be_asked(picture.url, hosts)


def _rank(picture: Artwork, language: str | None) -> tuple[bool, int, int, int]:
    """What was chosen, the most trusted source, the right language, as it was named."""
    spoken = _language_rank(picture, language)
    return not picture.chosen, TRUST[picture.source], spoken, picture.position


def _language_rank(picture: Artwork, language: str | None) -> int:
    """Backdrops have no words on them, if possible; on others they are in the right language."""
    if picture.language is None:
        return 0 if picture.kind is ArtworkKind.BACKDROP else 2
    if language is not None and picture.language == language:
        return 0 if picture.kind is not ArtworkKind.BACKDROP else 1
    if language is not None and _primary(picture.language) == _primary(language):
        return 1
    return 3 if _primary(picture.language) == COMMON else 4


def _primary(language: str) -> str:
    return language.partition("-")[0]
