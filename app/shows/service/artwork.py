"""Pictures in the folders of series and seasons, and beside episodes."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from app.catalog.service.beside import Place, stem_of
from app.core.ids import new_id
from app.images.domain import Artwork, ArtworkKind, ArtworkSource, artwork_kind
from app.items.domain import ItemId
from app.libraries.domain import FileId, FileKind
from app.naming.domain import Role
from app.scanning.domain import ScannedFile, Standing
from app.shows.service.beside import Beside, place_of, series_place

OF_SEASON: Final = re.compile(
    r"season[ ._-]?(?P<number>\d{1,4}|-?specials|-?all)(?:-(?P<kind>[a-z]{1,20}))?", re.IGNORECASE
)


class Scenery(Struct, kw_only=True):
    """Whose folders are whose, for pictures: the show and the season of each, the episodes of each
    video, the seasons of shows by number; `added` are items that are new, or have come here.
    """

    shows: Mapping[Place, ItemId]
    seasons: Mapping[Place, ItemId]
    episodes: Mapping[FileId, tuple[ItemId, ...]]
    numbered: Mapping[tuple[ItemId, int], ItemId]
    added: frozenset[ItemId]


def local_artwork(
    read: Beside, scenery: Scenery
) -> tuple[dict[FileId, bool], dict[ItemId, list[Artwork]]]:
    """The picture files that are news, or lie with what is, of each whether its content is, and
    whose they are.
    """
    stems: dict[Place, dict[str, tuple[ItemId, ...]]] = defaultdict(dict)
    for file in read.files:
        if file.kind is FileKind.VIDEO and file.role is Role.FEATURE:
            stems[place_of(file)][stem_of(file.name)] = scenery.episodes.get(file.id, ())
    files: dict[FileId, bool] = {}
    found: dict[ItemId, list[Artwork]] = defaultdict(list)
    images = (file for file in read.files if file.kind is FileKind.IMAGE)
    for image in sorted(images, key=lambda f: (f.root, f.dir, f.name)):
        owners, kind = _whose(image, stems.get(place_of(image), {}), scenery)
        news = image.standing is not Standing.SAME
        if not news and scenery.added.isdisjoint(owners):
            continue
        files[image.id] = news
        for item_id in owners if kind is not None else ():
            found[item_id].append(
                Artwork(
                    id=new_id(),
                    item_id=item_id,
                    kind=kind or ArtworkKind.THUMB,
                    source=ArtworkSource.FILE,
                    file_id=image.id,
                    position=len(found[item_id]),
                )
            )
    return files, found


def _whose(
    image: ScannedFile, videos: Mapping[str, tuple[ItemId, ...]], scenery: Scenery
) -> tuple[tuple[ItemId, ...], ArtworkKind | None]:
    stem = stem_of(image.name)
    if stem in videos:
        return videos[stem], ArtworkKind.THUMB
    video = stem
    while "-" in video:
        video = video.rpartition("-")[0]
        if video in videos and (kind := artwork_kind(stem, video)) is not None:
            return videos[video], kind
    show = scenery.shows.get(series_place(image))
    of_season = OF_SEASON.fullmatch(stem)
    if of_season is not None:
        number = of_season["number"].lstrip("-")
        kind = artwork_kind(of_season["kind"] or "poster")
        if show is None or number == "all":
            return (), None
        season = scenery.numbered.get((show, 0 if number == "specials" else int(number)))
        return (() if season is None else (season,)), kind
    place = place_of(image)
    own = show if place == series_place(image) else scenery.seasons.get(place)
    return (() if own is None else (own,)), artwork_kind(stem)
