"""Subtitle files that lie beside a video, recognised by their names alone."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from app.media.domain import ExternalSubtitle, SubtitleFormat, clean_text
from app.naming.service import parse_sidecar

PAIR_INDEX: Final = "idx"
BITMAPS: Final = frozenset({"sup", "pgs", "sub", PAIR_INDEX})
CONTAINERS: Final = frozenset({"mks"})  # hold texts or pictures


def sidecars_of(video_name: str, others: Iterable[str]) -> tuple[ExternalSubtitle, ...]:
    """The subtitles of a video among other files, all relative to the video's folder.

    A `.sub` beside an `.idx` of the same stem is the pair's picture data: the pair is one subtitle.
    """
    found = [s for s in (sidecar_of(video_name, other) for other in others) if s is not None]
    pairs = {subtitle.stem for subtitle in found if subtitle.suffix == PAIR_INDEX}
    return tuple(s for s in found if s.suffix != "sub" or s.stem not in pairs)


def sidecar_of(video_name: str, other_name: str) -> ExternalSubtitle | None:
    """What `other_name` is to the video, or None when it is not its subtitle."""
    name = parse_sidecar(video_name, other_name)
    if name is None:
        return None
    other = PurePosixPath(other_name)
    suffix = other.suffix[1:].lower()
    return ExternalSubtitle(
        suffix=suffix,
        format=_format(suffix),
        language=name.language,
        title=clean_text(name.title),
        default=name.default,
        forced=name.forced,
        hearing_impaired=name.hearing_impaired,
        stem=str(other.with_suffix("")),
    )


def _format(suffix: str) -> SubtitleFormat | None:
    if suffix in CONTAINERS:
        return None
    return SubtitleFormat.BITMAP if suffix in BITMAPS else SubtitleFormat.TEXT
