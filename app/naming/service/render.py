"""The canonical file name of a film: what it renders reads back as the same."""

from collections.abc import Callable

from app.naming.domain import Hdr, Modifier, MovieName, Release, Source, ThreeD
from app.naming.service.languages import LANGUAGES
from app.naming.service.movies import parse_movie
from app.naming.service.technical import SERVICES

SOURCES: dict[Source, str] = {
    Source.CAM: "HDCAM",
    Source.TELESYNC: "HDTS",
    Source.TELECINE: "HDTC",
    Source.WORKPRINT: "WORKPRINT",
    Source.VHS: "VHSRip",
    Source.LASERDISC: "LaserDisc",
    Source.DVD: "DVD",
    Source.DVDRIP: "DVDRip",
    Source.TV: "SDTV",
    Source.HDTV: "HDTV",
    Source.WEBRIP: "WEBRip",
    Source.WEBDL: "WEB-DL",
    Source.BLURAY: "BluRay",
}
MODIFIED: dict[tuple[Source | None, Modifier], str] = {
    (Source.DVD, Modifier.REMUX): "DVDR",
    (Source.DVD, Modifier.SCREENER): "DVDSCR",
    (Source.DVD, Modifier.REGIONAL): "R5",
    (Source.BLURAY, Modifier.BRDISK): "BDISO",
}
MODIFIERS: dict[Modifier, str] = {
    Modifier.REMUX: "REMUX",
    Modifier.BRDISK: "UNTOUCHED",
    Modifier.RAWHD: "RawHD",
    Modifier.SCREENER: "DVDSCR",
    Modifier.REGIONAL: "R5",
}
HDR: dict[Hdr, str] = {
    Hdr.DOLBY_VISION: "DoVi",
    Hdr.HDR10_PLUS: "HDR10Plus",
    Hdr.HDR10: "HDR10",
    Hdr.HLG: "HLG",
    Hdr.HDR: "HDR",
}
THREE_D: dict[ThreeD, str] = {
    ThreeD.UNKNOWN: "3D",
    ThreeD.SIDE_BY_SIDE: "Full-SBS",
    ThreeD.HALF_SIDE_BY_SIDE: "Half-SBS",
    ThreeD.OVER_UNDER: "Full-OU",
    ThreeD.HALF_OVER_UNDER: "Half-OU",
    ThreeD.MVC: "MVC",
}
ROUNDS = 16
"""Far more than any name needs; three have been seen."""


def render(name: MovieName) -> str:
    """File name without extension; "" without a title.

    A title that ends like a release's words or a file's extension loses them when it is read, so
    the text is read back, by the very reader of paths, until it stays as it is.
    """
    return settled(_rendered(name), lambda text: _rendered(parse_movie(text)))[0]


def settled(text: str, again: Callable[[str], str]) -> tuple[str, bool]:
    """The text once reading and rendering it changes nothing more, and whether that came true."""
    for _ in range(ROUNDS):
        following = again(text)
        if following == text:
            return text, True
        text = following
    return text, False


def _rendered(name: MovieName) -> str:
    if name.title is None:
        return ""
    words = [name.title.replace("/", " ").strip()]
    if name.year is not None:
        words.append(f"({name.year})")
    if name.edition:
        words.append(f"{{edition-{name.edition}}}")
    words.extend(f"{{{i.source}-{i.value}}}" for i in name.ids)
    if name.part is not None:
        words.append(f"cd{name.part}")
    words.extend(brackets(name.release, name.three_d))
    text = " ".join(words)
    return f"{text}-{name.release.release_group}" if name.release.release_group else text


def brackets(release: Release, three_d: ThreeD | None) -> list[str]:
    """How the copy was made, a bracket for each kind of words."""
    groups = (
        _picture(release),
        [THREE_D[three_d]] if three_d is not None else [],
        [HDR[hdr] for hdr in release.hdr],
        _video(release),
        _audio(release),
        _languages(release),
        _subtitles(release),
        [release.crc32] if release.crc32 else [],
    )
    return [f"[{' '.join(group)}]" for group in groups if group]


def _picture(release: Release) -> list[str]:
    words: list[str] = []
    if release.resolution is not None:
        words.append(f"{release.resolution}p")
    if release.proper:
        words.append(f"v{release.proper + 1}")
    if release.streaming_service is not None:
        row = SERVICES.get(release.streaming_service, release.streaming_service)
        words.append(row.split("|")[0].removeprefix("?").upper())
    modified = MODIFIED.get((release.source, release.modifier)) if release.modifier else None
    if modified is not None:
        return [*words, modified]
    if release.source is not None:
        words.append(SOURCES[release.source])
    if release.modifier is not None:
        words.append(MODIFIERS[release.modifier])
    return words


def _video(release: Release) -> list[str]:
    words = [release.video_codec.upper()] if release.video_codec else []
    if release.bit_depth is not None:
        words.append(f"{release.bit_depth}bit")
    return words


def _audio(release: Release) -> list[str]:
    words = [codec.upper() for codec in release.audio_codecs]
    if release.audio_channels:
        words.append(release.audio_channels)
    return words


def _languages(release: Release) -> list[str]:
    words = [_language(code) for code in release.languages]
    if release.multi_audio:
        words.append("MULTi")
    if release.original_audio:
        words.append("Original")
    return words


def _subtitles(release: Release) -> list[str]:
    words = ["HC"] if release.hardcoded_subs else []
    if release.subtitle_languages:
        words += ["Subs", *(_language(code) for code in release.subtitle_languages)]
    return words


def _language(code: str) -> str:
    names = LANGUAGES[code][1] if code in LANGUAGES else code
    return names.split()[0].capitalize()
