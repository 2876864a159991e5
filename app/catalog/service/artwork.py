"""Artwork that lies beside the videos."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.service.beside import Place, places_of, stem_of
from app.core.ids import new_id
from app.images.domain import Artwork, ArtworkSource, artwork_kind
from app.items.domain import ItemId
from app.libraries.domain import FileId, FileKind
from app.scanning.domain import Batch, ScannedFile, Standing


def local_artwork(
    batch: Batch, of_file: Mapping[Any, ItemId]
) -> tuple[dict[FileId, bool], dict[ItemId, list[Artwork]]]:
    """The picture files of folders for whose videos or pictures there is news, of each whether its
    content is, and whose they are.

    `poster.jpg` belongs to the only film of its folder, `<video>-poster.jpg` to that video's.
    """
    images: dict[Place, list[ScannedFile]] = defaultdict(list)
    films: dict[Place, list[tuple[str, ItemId]]] = defaultdict(list)
    news: set[Place] = set()
    for file in batch.files:
        if file.kind is FileKind.IMAGE:
            places = places_of(file)[:1]
            images[places[0]].append(file)
        elif file.kind is FileKind.VIDEO and file.id in of_file:
            places = places_of(file)
            for place in places:
                films[place].append((stem_of(file.name), of_file[file.id]))
        else:
            continue
        if file.standing is not Standing.SAME:
            news.update(places)
    found: dict[ItemId, list[Artwork]] = defaultdict(list)
    files = {
        image.id: image.standing is not Standing.SAME
        for place in news
        for image in images.get(place, ())
    }
    for place in sorted(news):
        stems = films.get(place, [])
        for image in sorted(images.get(place, ()), key=lambda f: f.name):
            for item_id, kind in _matches(image, stems, alone=bool(place[1])):
                found[item_id].append(
                    Artwork(
                        id=new_id(),
                        item_id=item_id,
                        kind=kind,
                        source=ArtworkSource.FILE,
                        file_id=image.id,
                        position=len(found[item_id]),
                    )
                )
    return files, found


def _matches(image: ScannedFile, stems: Sequence[tuple[str, ItemId]], *, alone: bool) -> list[Any]:
    stem = stem_of(image.name)
    own = [(i, kind) for s, i in stems if (kind := _own_kind(stem, s)) is not None]
    if own:
        return own[:1]
    kind = artwork_kind(stem)
    everyone = {item_id for _, item_id in stems}
    return [(next(iter(everyone)), kind)] if alone and kind and len(everyone) == 1 else []


def _own_kind(stem: str, video: str) -> Any:
    mine = stem == video or stem.startswith(video + "-")
    return artwork_kind(stem, video) if mine else None
