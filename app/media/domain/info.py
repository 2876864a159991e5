"""What probing finds out about one file: immutable, bounded, stored as msgpack or JSON.

Times are seconds, sizes bytes, bit rates bit/s. Every text is at most `MAX_TEXT` characters long
and free of control characters, every tuple has a bound: a hostile file cannot make a big row.
"""

from enum import StrEnum

from msgspec import Struct

MAX_TEXT = 512
MAX_STREAMS = 64  # of each kind
MAX_CHAPTERS = 500
MAX_ATTACHMENTS = 64
MAX_GENRES = 32


class DynamicRange(StrEnum):
    SDR = "sdr"
    HDR = "hdr"  # PQ in a colour space that is not BT.2020, or without one
    HDR10 = "hdr10"
    HDR10_PLUS = "hdr10_plus"
    HLG = "hlg"
    DOLBY_VISION = "dolby_vision"


class DolbyVision(Struct, frozen=True, kw_only=True):
    """The Dolby Vision configuration record; `profile` and `level` are None when the stream carries
    Dolby Vision metadata but the container has no record.

    `fallback` is what a player without Dolby Vision shows; None means wrong colours (profile 5).
    """

    profile: int | None
    level: int | None
    compatibility_id: int | None
    enhancement_layer: bool = False
    fallback: DynamicRange | None


class VideoStream(Struct, frozen=True, kw_only=True):
    """One moving picture. `width` and `height` are the stored pixels before rotation;
    `rotation` is how many degrees a player turns them clockwise (0, 90, 180, 270).
    """

    index: int
    codec: str
    codec_name: str | None
    codec_string: str | None  # RFC 6381
    profile: str | None
    level: str | None  # as the specification writes it: "4.1", "5.1", "1b"
    width: int
    height: int
    sample_aspect_ratio: str | None  # "1:1"
    display_aspect_ratio: str | None  # "16:9"
    rotation: int
    frame_rate: float | None
    bitrate: int | None
    pixel_format: str | None
    bit_depth: int | None
    colour_space: str | None
    colour_primaries: str | None
    colour_transfer: str | None
    colour_range: str | None  # "tv" (limited) or "pc" (full)
    dynamic_range: DynamicRange
    dolby_vision: DolbyVision | None
    interlaced: bool
    language: str | None
    title: str | None
    default: bool

    @property
    def resolution(self) -> str:
        return resolution_label(self.width, self.height)


class AudioStream(Struct, frozen=True, kw_only=True):
    index: int
    codec: str
    codec_name: str | None
    codec_string: str | None  # RFC 6381
    profile: str | None
    channels: int
    layout: str | None
    sample_rate: int | None
    bit_depth: int | None
    bitrate: int | None
    language: str | None
    title: str | None
    default: bool
    commentary: bool
    visual_impaired: bool
    original: bool
    dub: bool


class SubtitleFormat(StrEnum):
    TEXT = "text"
    BITMAP = "bitmap"


class SubtitleStream(Struct, frozen=True, kw_only=True):
    index: int
    codec: str
    format: SubtitleFormat | None  # None: a codec that nobody here knows
    language: str | None
    title: str | None
    default: bool
    forced: bool
    hearing_impaired: bool


class ExternalSubtitle(Struct, frozen=True, kw_only=True):
    """A subtitle file beside a video, as its name describes it. `suffix` is the kind of file
    ("srt"); for an idx/sub pair both files give the same `stem`.
    """

    suffix: str
    format: SubtitleFormat | None  # None: a container that may hold either
    language: str | None
    title: str | None
    default: bool
    forced: bool
    hearing_impaired: bool
    stem: str


class Chapter(Struct, frozen=True, kw_only=True):
    title: str | None
    start: float
    end: float


class Attachment(Struct, frozen=True, kw_only=True):
    file_name: str | None
    mime_type: str | None
    size: int | None


class EmbeddedTags(Struct, frozen=True, kw_only=True):
    title: str | None = None
    year: int | None = None
    date: str | None = None
    genres: tuple[str, ...] = ()
    description: str | None = None
    comment: str | None = None
    artist: str | None = None
    director: str | None = None
    imdb_id: str | None = None  # "tt" and digits
    tmdb_id: int | None = None
    has_cover: bool = False


class MediaInfo(Struct, frozen=True, kw_only=True):
    container: str  # matroska, webm, mp4, mov, avi, mpegts, …
    duration: float | None
    bitrate: int | None
    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    tags: EmbeddedTags = EmbeddedTags()

    @property
    def main_video(self) -> VideoStream | None:
        """The picture a player shows: the default one, else the biggest."""
        return max(self.video, key=lambda v: (v.default, v.width * v.height), default=None)

    @property
    def resolution(self) -> str | None:
        main = self.main_video
        return main.resolution if main else None


# Five percent below the nominal size: encoders crop black bars and odd lines.
_RESOLUTIONS = (
    ("4320p", 7296, 4104),
    ("2160p", 3648, 2052),
    ("1440p", 2432, 1368),
    ("1080p", 1824, 1026),
    ("720p", 1216, 684),
    ("576p", 960, 547),
    ("480p", 608, 456),
)


def resolution_label(width: int, height: int) -> str:
    """The marketing name of a picture size, by width or height, so that 1920x800 is "1080p".

    Portrait pictures are judged lying down; below 480p everything is "SD".
    """
    long, short = max(width, height), min(width, height)
    for label, least_width, least_height in _RESOLUTIONS:
        if long >= least_width or short >= least_height:
            return label
    return "SD"


def dynamic_range_of(
    transfer: str | None,
    primaries: str | None,
    *,
    dolby_vision: bool = False,
    hdr10_plus: bool = False,
) -> DynamicRange:
    """The dynamic range that FFmpeg's names of transfer and primaries stand for.

    Wide primaries alone are no HDR; `hdr10_plus` counts only together with PQ.
    """
    if dolby_vision:
        return DynamicRange.DOLBY_VISION
    if transfer == "smpte2084":
        if hdr10_plus:
            return DynamicRange.HDR10_PLUS
        return DynamicRange.HDR10 if primaries == "bt2020" else DynamicRange.HDR
    return DynamicRange.HLG if transfer == "arib-std-b67" else DynamicRange.SDR


def dolby_vision_fallback(
    profile: int, compatibility_id: int, base: DynamicRange
) -> DynamicRange | None:
    """What the base layer is to a player without Dolby Vision.

    `base` is what its own colour description says; it decides between HDR10 and HDR10+, and where
    the compatibility id is absent (records from before it existed).
    """
    if profile == 5:
        return None
    if compatibility_id == 2:
        return DynamicRange.SDR
    if compatibility_id == 4:
        return DynamicRange.HLG
    if compatibility_id in {1, 6} or profile == 7:
        return DynamicRange.HDR10_PLUS if base is DynamicRange.HDR10_PLUS else DynamicRange.HDR10
    if profile in {4, 9}:  # their base layer is SDR by definition
        return DynamicRange.SDR
    return None if profile in {10, 20} and compatibility_id == 0 else base
