"""What is in a container besides streams: chapters, attachments, tags."""

import re
from collections.abc import Mapping

from av.container import InputContainer

from app.media.domain.info import (
    MAX_ATTACHMENTS,
    MAX_CHAPTERS,
    MAX_GENRES,
    Attachment,
    Chapter,
    EmbeddedTags,
)
from app.media.domain.text import clean_text
from app.media.service.matroska import MatroskaAttachment

_LONGEST = 10_000_000.0  # seconds


def chapters(container: InputContainer) -> tuple[Chapter, ...]:
    """In the order of their starts; a chapter outside of time is left out."""
    found: list[Chapter] = []
    for raw in container.chapters()[:MAX_CHAPTERS]:
        base = raw["time_base"]
        if not base:
            continue
        start, end = float(raw["start"] * base), float(raw["end"] * base)
        if 0 <= start <= end < _LONGEST:
            title = clean_text(raw["metadata"].get("title"))
            found.append(Chapter(title=title, start=round(start, 3), end=round(end, 3)))
    return tuple(sorted(found, key=lambda chapter: chapter.start))


def attachments(
    container: InputContainer, listed: list[MatroskaAttachment]
) -> tuple[Attachment, ...]:
    """From the container's own list where there is one (it has pictures too), else the streams."""
    if listed:
        found = [
            Attachment(file_name=clean_text(a.name), mime_type=clean_text(a.mime, 100), size=a.size)
            for a in listed[:MAX_ATTACHMENTS]
        ]
    else:
        found = [
            Attachment(
                file_name=clean_text(stream.name),
                mime_type=clean_text(stream.mimetype, 100),
                size=len(stream.data),
            )
            for stream in container.streams.attachments[:MAX_ATTACHMENTS]
        ]
    return tuple(found)


def tags(container: InputContainer, *, has_cover: bool) -> EmbeddedTags:
    raw = _lowered(container.metadata)
    date = _first(raw, "date_released", "date", "year", "date_release", limit=40)
    year = re.search(r"(?<!\d)(?:18|19|20|21)\d\d(?!\d)", date or "")
    imdb = re.search(r"tt\d{7,10}", _first(raw, "imdb", "imdb_id", "imdbid") or "")
    tmdb = re.fullmatch(r"(?:movie/|tv/)?(\d{1,9})", _first(raw, "tmdb", "tmdb_id", "tmdbid") or "")
    return EmbeddedTags(
        title=_first(raw, "title"),
        year=int(year[0]) if year else None,
        date=date,
        genres=_genres(_first(raw, "genre")),
        description=_first(raw, "description", "synopsis", "summary"),
        comment=_first(raw, "comment"),
        artist=_first(raw, "artist", "album_artist"),
        director=_first(raw, "director"),
        imdb_id=imdb[0] if imdb else None,
        tmdb_id=int(tmdb[1]) if tmdb else None,
        has_cover=has_cover,
    )


def _lowered(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in list(metadata.items())[:1000]}


def _first(raw: Mapping[str, str], *keys: str, limit: int = 512) -> str | None:
    return next((text for key in keys if (text := clean_text(raw.get(key), limit))), None)


def _genres(text: str | None) -> tuple[str, ...]:
    names = (name.strip() for name in re.split(r"[,;/|]", text or ""))
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_GENRES]
