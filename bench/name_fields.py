"""What our readings are called in the terms of other projects' cases."""

import re
from typing import Any

from app.naming.domain import EpisodeName, Modifier, MovieName, Release, Source
from app.naming.service import (
    is_subtitle,
    looks_like_episode,
    parse_episode,
    parse_movie,
    parse_subtitle,
)

Fields = dict[str, Any]

SHOW_KINDS = frozenset({"episode", "season", "series"})
FILM_KINDS = frozenset({"movie", "movie_edition"})
COUNTRY_NAMES = {"GB": "UK"}

LANGUAGE_NAMES = {
    "en": "English", "fr": "French", "es": "Spanish", "es-419": "SpanishLatino", "de": "German",
    "it": "Italian", "da": "Danish", "nl": "Dutch", "nl-BE": "Flemish", "ja": "Japanese",
    "is": "Icelandic", "zh": "Chinese", "ru": "Russian", "ro": "Romanian", "hi": "Hindi",
    "th": "Thai", "bg": "Bulgarian", "pt-BR": "PortugueseBR", "pt": "Portuguese", "pl": "Polish",
    "vi": "Vietnamese", "sv": "Swedish", "no": "Norwegian", "fi": "Finnish", "tr": "Turkish",
    "el": "Greek", "ko": "Korean", "hu": "Hungarian", "he": "Hebrew", "lt": "Lithuanian",
    "cs": "Czech", "ar": "Arabic", "uk": "Ukrainian", "fa": "Persian", "bn": "Bengali",
    "te": "Telugu", "ta": "Tamil", "ml": "Malayalam", "kn": "Kannada", "mr": "Marathi",
    "ur": "Urdu", "tl": "Tagalog", "sk": "Slovak", "lv": "Latvian", "ca": "Catalan",
    "zh-Hans": "Chinese", "zh-Hant": "Chinese", "yue": "Chinese", "fil": "Tagalog",
    "sq": "Albanian", "af": "Afrikaans", "rm": "Romansh", "mn": "Mongolian", "ka": "Georgian",
    "az": "Azerbaijani", "uz": "Uzbek",
}  # fmt: skip
SAME_LANGUAGE = {"PortugueseBrazil": "PortugueseBR"}

SOURCE_NAMES = {
    Source.CAM: "CAM",
    Source.TELESYNC: "TELESYNC",
    Source.TELECINE: "TELECINE",
    Source.WORKPRINT: "WORKPRINT",
    Source.DVD: "DVD",
    Source.DVDRIP: "DVD",
    Source.TV: "TV",
    Source.HDTV: "TV",
    Source.WEBRIP: "WEBRIP",
    Source.WEBDL: "WEBDL",
    Source.BLURAY: "BLURAY",
}
LOW_CODECS = frozenset({"xvid", "divx"})
SOFT_CODECS = frozenset({"h264", "h265"})
BY_EXTENSION = {
    **dict.fromkeys(("avi", "xvid", "divx", "mp4", "m4v", "mpg", "wmv", "ogm"), ("TV", 480)),
    **dict.fromkeys(("mkv", "mk3d", "ts", "wtv"), ("TV", 720)),
    **dict.fromkeys(("iso", "img", "vob"), ("DVD", None)),
    "m2ts": ("BLURAY", 720),
}
ANALOG = re.compile(r"\b(?:NTSC|PAL)\b")
DEFAULT_HEIGHTS = {"BLURAY": 720, "WEBDL": 480, "WEBRIP": 480, "TV": 480}
LARGE = frozenset({1080, 2160})
SHOW_NAMES = {"BLURAY": "Bluray", "WEBDL": "WEBDL", "WEBRIP": "WEBRip", "TV": "HDTV"}


def adapter(path: str, kind: str) -> Fields:
    """One reading, as the fields that cases assert: as a film or as a show.

    Where the kind does not tell, the name has to, as in a library of both.
    """
    show = kind in SHOW_KINDS or (kind not in FILM_KINDS and looks_like_episode(path))
    name = parse_episode(path) if show else parse_movie(path)
    fields = _show_fields(name) if isinstance(name, EpisodeName) else _fields(name)
    if kind == "quality":
        fields |= _quality(path, name.release)
    elif kind == "language":
        fields["language"] = _languages(path, name.release)
    elif kind == "other":
        fields["hardcoded_subs"] = name.release.hardcoded_subs or None
    return fields


def _show_fields(name: EpisodeName) -> Fields:
    """Cases know no absolute numbers beside others: without a season they are the episode's."""
    counted = name.absolute if name.season is None else ()
    return _fields(name) | {
        "country": COUNTRY_NAMES.get(name.country or "", name.country),
        "season": list(name.seasons) or name.season,
        "episode": list(name.episodes or counted) or None,
        "absolute_episode": list(name.absolute) or None,
        "date": name.air_date.isoformat() if name.air_date else None,
        "episode_title": name.episode_title,
    }


def _fields(name: MovieName | EpisodeName) -> Fields:
    return {
        "title": name.title,
        "alternative_title": list(name.alternative_titles) or None,
        "year": name.year,
        "edition": name.edition,
        "release_group": name.release.release_group,
        "part": name.part,
        "crc32": name.release.crc32,
    }


def _languages(path: str, release: Release) -> list[str]:
    codes = (parse_subtitle(path).language,) if is_subtitle(path) else release.languages
    names = [LANGUAGE_NAMES.get(code, code) for code in codes if code is not None]
    return [*names, "Original"] if release.original_audio else names


def _quality(path: str, release: Release) -> Fields:
    """Our fields in the peers' terms, who guess a height where the name says none."""
    source = SOURCE_NAMES.get(release.source, "UNKNOWN") if release.source else "UNKNOWN"
    height = _standard(release.resolution)
    modifier = release.modifier.name if release.modifier else None
    if source == "UNKNOWN" and release.modifier in {Modifier.REMUX, Modifier.BRDISK}:
        source = "BLURAY"
    elif source == "UNKNOWN" and height is not None:
        source = "WEBDL" if release.resolution == 540 else "TV"
    elif source == "UNKNOWN":
        source, height = _unsaid(path, release)
    if height is None:
        height = _default_height(path, source, release)
    if source in {"CAM", "DVD"}:
        height = 480 if modifier == "REMUX" else None
    if modifier == "BRDISK":
        height = 1080
    return {
        "quality": f"QualitySource.{source}",
        "show_quality": _show_quality(source, height, modifier, said=release.source is not None),
        "resolution": f"R{height}p" if height else "Unknown",
        "modifier": modifier,
        "proper": release.proper > 0,
    }


def _unsaid(path: str, release: Release) -> tuple[str, int | None]:
    """What peers guess where a name says neither source nor height."""
    if release.video_codec in LOW_CODECS:
        return "TV", 480
    if ANALOG.search(path) is not None:
        return "DVD", None
    if release.video_codec in SOFT_CODECS:
        return "TV", 480
    return BY_EXTENSION.get(path.strip().rpartition(".")[2].lower(), ("UNKNOWN", None))


def _standard(height: int | None) -> int | None:
    known = {240: 480, 360: 480, 540: 480, 900: 720, 960: 720, 1440: 1080}
    return known.get(height or 0, height)


def _default_height(path: str, source: str, release: Release) -> int | None:
    if source == "BLURAY" and release.modifier is Modifier.REMUX:
        return 1080
    if source == "BLURAY" and (release.video_codec in LOW_CODECS or "rip" in path.lower()):
        return 480
    if source == "TV" and ("[hdtv]" in path.lower() or "hd tv" in path.lower() or ".HR." in path):
        return 720
    return 720 if "[web" in path.lower() else DEFAULT_HEIGHTS.get(source)


def _show_quality(source: str, height: int | None, modifier: str | None, *, said: bool) -> str:
    if height == 480 and not said:
        source = "TV"
    if modifier == "RAWHD":
        return "Quality.RAWHD"
    if source == "TV" and height == 480:
        return "Quality.SDTV"
    if source not in SHOW_NAMES:
        return "Quality.DVD" if source == "DVD" else "Quality.Unknown"
    remux = "Remux" if modifier == "REMUX" and source == "BLURAY" and height in LARGE else ""
    return f"Quality.{SHOW_NAMES[source]}{height}p{remux}"
