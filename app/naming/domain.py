"""What a file name says: immutable values in the terms of the field."""

from datetime import date
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


class EpisodeName(Struct, frozen=True, kw_only=True):
    """What the path of an episode's file, or a release of a series, says.

    Without a title and without a number the name is not recognised. A range is said in full:
    `episodes` and `absolute` hold each of its numbers.
    """

    title: str | None
    """Of the series: the file's, or the folder's where the file has none."""
    alternative_titles: tuple[str, ...] = ()
    year: int | None = None
    """In which the series began."""
    country: str | None = None
    """ISO 3166-1 alpha-2, as in "(US)" behind a title."""
    season: int | None = None
    """None when the name does not say; 0 holds the specials. The first one of several.

    Parts are of the only season: "Part 2", "3 of 6", "E07-E08".
    """
    seasons: tuple[int, ...] = ()
    """All of a pack of several seasons."""
    episodes: tuple[int, ...] = ()
    """Numbers within the season."""
    absolute: tuple[int, ...] = ()
    """Numbers that run through all seasons, as anime is counted."""
    air_date: date | None = None
    part: int | None = None
    """The file holds this part of its episode: "pt1", "cd1", "a"."""
    episode_title: str | None = None
    is_special: bool = False
    is_season_pack: bool = False
    edition: str | None = None
    three_d: ThreeD | None = None
    ids: tuple[ExternalId, ...] = ()
    """From the file or from the series' folder."""
    release: Release = Release()

    @property
    def is_numbered(self) -> bool:
        """Whether the name says which episodes it holds."""
        return bool(self.episodes or self.absolute or self.air_date or self.is_season_pack)


class SeriesFolder(Struct, frozen=True, kw_only=True):
    """What the name of a series' folder says."""

    title: str | None
    year: int | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    ids: tuple[ExternalId, ...] = ()


class SubtitleName(Struct, frozen=True, kw_only=True):
    """What a subtitle's file name says about its text; `language` is a BCP 47 tag."""

    language: str | None = None
    title: str | None = None
    forced: bool = False
    hearing_impaired: bool = False
    default: bool = False
