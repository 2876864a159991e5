"""What is embedded in the files: it counts where neither a name nor an NFO file says anything."""

import re
from datetime import date
from typing import Final

from app.catalog.domain import Details, Person
from app.catalog.service.nfo import people_in
from app.core.ids import new_id
from app.images.domain import Artwork, ArtworkKind, ArtworkSource, artwork_kind
from app.items.domain import ItemId
from app.libraries.domain import FileId
from app.media.domain import MediaInfo

MOST_NAMES: Final = 20
PICTURES: Final = frozenset({"jpg", "jpeg", "png", "webp", "gif", "bmp"})
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")


def embedded_details(info: MediaInfo) -> Details:
    """What a file says of its film.

    The artist of a film is its director in the stores and taggers that set one. A comment is about
    the file: it is no overview.
    """
    tags = info.tags
    directors = people_in([tags.director or tags.artist or ""])
    ids = {"imdb": tags.imdb_id, "tmdb": str(tags.tmdb_id) if tags.tmdb_id else None}
    return Details(
        title=tags.title,
        year=tags.year if tags.year and 1870 <= tags.year <= 2100 else None,
        release_date=_day(tags.date),
        overview=tags.description,
        runtime=round(info.duration) if info.duration else None,
        genres=tags.genres[:MOST_NAMES],
        crew=tuple(Person(name=name, job="Director") for name in directors)[:MOST_NAMES],
        ids={source: value for source, value in ids.items() if value},
    )


def embedded_artwork(item_id: ItemId, file_id: FileId, info: MediaInfo) -> list[Artwork]:
    """The pictures in a file, one of each kind: attachments by their names, else the cover."""
    named = [a.file_name for a in info.attachments if a.file_name]
    pictures = [n for n in named if n.rpartition(".")[2].casefold() in PICTURES]
    kinds = [kind for n in pictures if (kind := artwork_kind(n.rpartition(".")[0])) is not None]
    if not kinds and info.tags.has_cover:
        kinds = [ArtworkKind.POSTER]
    return [
        Artwork(
            id=new_id(),
            item_id=item_id,
            kind=kind,
            source=ArtworkSource.EMBEDDED,
            file_id=file_id,
            position=position,
        )
        for position, kind in enumerate(dict.fromkeys(kinds))
    ]


def _day(text: str | None) -> str | None:
    """The day of a date such as "1999-03-31T07:00:00Z"."""
    match = _DAY.match(text or "")
    try:
        found = date.fromisoformat(match[0]) if match is not None else None
    except ValueError:
        return None
    return found.isoformat() if found is not None and 1870 <= found.year <= 2100 else None
