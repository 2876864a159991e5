"""What a file name says: immutable values in the terms of the field."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What a video file is to the film beside which it lies."""

    FEATURE = "feature"
    SAMPLE = "sample"
    TRAILER = "trailer"
    EXTRA = "extra"
    THEME = "theme"
    DISC_MENU = "disc_menu"


class Source(StrEnum):
    """Where the picture was taken from."""

    CAM = "cam"
    TELESYNC = "telesync"
    TELECINE = "telecine"
    WORKPRINT = "workprint"
    VHS = "vhs"
    LASERDISC = "laserdisc"
    DVD = "dvd"
    DVDRIP = "dvdrip"
    TV = "tv"
    HDTV = "hdtv"
    WEBRIP = "webrip"
    WEBDL = "webdl"
    BLURAY = "bluray"


class Modifier(StrEnum):
    """What was done, or not done, to the source."""

    REGIONAL = "regional"
    SCREENER = "screener"
    RAWHD = "rawhd"
    BRDISK = "brdisk"
    REMUX = "remux"


class Hdr(StrEnum):
    HDR = "hdr"
    HDR10 = "hdr10"
    HDR10_PLUS = "hdr10+"
    DOLBY_VISION = "dv"
    HLG = "hlg"


class ThreeD(StrEnum):
    """How the two pictures of a stereoscopic film are packed; UNKNOWN when only "3D" is said."""

    UNKNOWN = "3d"
    SIDE_BY_SIDE = "sbs"
    HALF_SIDE_BY_SIDE = "hsbs"
    OVER_UNDER = "ou"
    HALF_OVER_UNDER = "hou"
    MVC = "mvc"


class ExternalId(Struct, frozen=True, kw_only=True):
    """An id at a metadata source: `tmdb` and `tvdb` are numbers, `imdb` is `tt` and digits."""

    source: str
    value: str


class Release(Struct, frozen=True, kw_only=True):
    """How this copy was made. Languages are BCP 47 tags."""

    source: Source | None = None
    modifier: Modifier | None = None
    resolution: int | None = None
    video_codec: str | None = None
    bit_depth: int | None = None
    hdr: tuple[Hdr, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    audio_channels: str | None = None
    languages: tuple[str, ...] = ()
    original_audio: bool = False
    multi_audio: bool = False
    subtitle_languages: tuple[str, ...] = ()
    hardcoded_subs: bool = False
    streaming_service: str | None = None
    release_group: str | None = None
    crc32: str | None = None
    proper: int = 0
    """0 for a first release; a proper, repack or rerip counts one, as does each further version."""


class MovieName(Struct, frozen=True, kw_only=True):
    """What the path of a film's file says. `title` is None for names without meaning.

    `alternative_titles` are other names of the same film (AKA, a second language) and readings
    of the title that are worth a second search; `is_episode` says that the name numbers an episode.
    """

    title: str | None
    alternative_titles: tuple[str, ...] = ()
    year: int | None = None
    edition: str | None = None
    part: int | None = None
    three_d: ThreeD | None = None
    ids: tuple[ExternalId, ...] = ()
    release: Release = Release()
    is_episode: bool = False


class SubtitleName(Struct, frozen=True, kw_only=True):
    """What a subtitle's file name says about its text; `language` is a BCP 47 tag."""

    language: str | None = None
    title: str | None = None
    forced: bool = False
    hearing_impaired: bool = False
    default: bool = False
