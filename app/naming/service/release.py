"""The release words of a name, gathered."""

from typing import Any

from app.naming.domain import Hdr, Modifier, Release, Source, ThreeD
from app.naming.service.groups import release_group
from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.outline import Outline
from app.naming.service.sound import read_languages
from app.naming.service.technical import Origin
from app.naming.service.wordlist import words

UNCOMPRESSED_CODECS = words("avc vc1 vc mpeg2 mpeg mpg2")
"""Words that discs use for their own video; whoever encodes writes "x264" or "H.264"."""

ITUNES = "iT"
"""How releases write it, unlike the language of Italy."""

SUBBED = frozenset({"hardcoded", "subbed"})


def release_marks(plan: Outline) -> list[Mark]:
    """The marks outside the title, without words that only seem to speak of the release."""
    found: list[Mark] = []
    for index, mark in enumerate(plan.marks):
        outside = mark.first >= plan.end or mark.last <= plan.start
        if outside and (mark.strength is not Strength.CODE or _is_code(plan, index)):
            found.append(mark)
    return found


def _is_code(plan: Outline, index: int) -> bool:
    """Two letters are a language in capitals, beside another, or between release words."""
    found = plan.marks[index]
    token = plan.tokens[found.first]
    if _is_country(plan, found):
        return False
    if token.text == ITUNES and _before_web(plan, found.last):
        return False
    if token.text.isupper():
        return True
    before = plan.marks[index - 1] if index else None
    after = plan.marks[index + 1] if index + 1 < len(plan.marks) else None
    touching = [
        m
        for m in (before, after)
        if m is not None and (m.last == found.first or m.first == found.last)
    ]
    if any(m.tag is Tag.LANGUAGE for m in touching):
        return True
    return len(touching) == 2


def _is_country(plan: Outline, found: Mark) -> bool:
    """The end of a site's or group's name, not a language: "[ABC.LT]"."""
    group = plan.name.group_of(found.first)
    last = len(plan.tokens) if group is None else group.last
    before = plan.at[found.first - 1] if found.first else None
    return found.last == last and plan.tokens[found.first].gap == "." and before is None


def read_release(plan: Outline, marks: list[Mark]) -> Release:
    origin = _origin(marks)
    languages = read_languages(plan, marks)
    return Release(
        source=origin.source if origin is not None else None,
        modifier=_modifier(plan, marks, origin),
        resolution=_resolution(marks, origin),
        video_codec=_first(marks, Tag.VIDEO),
        bit_depth=_first(marks, Tag.DEPTH),
        hdr=_hdr(marks),
        audio_codecs=_audio_codecs(marks),
        audio_channels=_channels(marks),
        languages=languages.audio,
        original_audio=languages.original,
        multi_audio=languages.multi,
        subtitle_languages=languages.subtitles,
        hardcoded_subs=any(m.tag is Tag.SUBTITLES and m.value in SUBBED for m in marks),
        streaming_service=_service(plan, marks),
        release_group=release_group(plan),
        crc32=_first(marks, Tag.HASH),
        proper=_proper(marks),
    )


def three_d(plan: Outline, marks: list[Mark]) -> ThreeD | None:
    if not any(m.tag is Tag.THREE_D for m in plan.marks):
        return None
    said = [m.value for m in plan.marks if m.tag is Tag.THREE_D and m in marks]
    in_title = any(
        m.tag is Tag.THREE_D and m.value is ThreeD.UNKNOWN and m.last == plan.end
        for m in plan.marks
    )
    packed = [value for value in said if value is not ThreeD.UNKNOWN]
    if packed:
        return ThreeD(packed[0])
    return ThreeD.UNKNOWN if said or in_title else None


def _first(marks: list[Mark], tag: Tag) -> Any:
    return next((m.value for m in marks if m.tag is tag), None)


def _origin(marks: list[Mark]) -> Origin | None:
    """The first source that is named in earnest; weak words count when nothing else is said."""
    sources = [m for m in marks if m.tag is Tag.SOURCE]
    strong = [m for m in sources if m.strength is Strength.STRONG]
    if not sources:
        return None
    chosen: Origin = (strong or sources)[0].value
    if chosen.modifier is None and chosen.source is Source.BLURAY:
        for other in strong[1:]:
            if other.value.source is Source.DVD:
                continue
            if other.value.modifier is not None:
                return chosen._replace(modifier=other.value.modifier)
    screener = next((m.value for m in sources if m.value.modifier is Modifier.SCREENER), None)
    return chosen if screener is None else chosen._replace(modifier=Modifier.SCREENER)


def _modifier(plan: Outline, marks: list[Mark], origin: Origin | None) -> Modifier | None:
    said = [m.value for m in marks if m.tag is Tag.MODIFIER]
    if Modifier.REMUX in said:
        return Modifier.REMUX
    if origin is not None and origin.modifier is not None:
        return origin.modifier
    if said:
        return Modifier(said[0])
    if origin is None or not _has_disc_video(plan, marks):
        return None
    if origin.source is Source.BLURAY and not _is_rip(plan, marks):
        return Modifier.BRDISK
    return Modifier.RAWHD if origin.source is Source.HDTV else None


def _has_disc_video(plan: Outline, marks: list[Mark]) -> bool:
    """A video word of discs and broadcasts, and none of encoders."""
    videos = [plan.tokens[m.first].key for m in marks if m.tag is Tag.VIDEO]
    return bool(videos) and all(key in UNCOMPRESSED_CODECS for key in videos)


def _is_rip(plan: Outline, marks: list[Mark]) -> bool:
    sources = (m for m in marks if m.tag is Tag.SOURCE)
    return any(
        "rip" in plan.tokens[i].key or plan.tokens[i].key in {"bd", "light"}
        for m in sources
        for i in range(m.first, m.last)
    )


def _resolution(marks: list[Mark], origin: Origin | None) -> int | None:
    """The lowest height said: "4K" or "UHD" beside "1080p" tells of the source."""
    heights = [m.value for m in marks if m.tag is Tag.RESOLUTION]
    heights += [m.value.resolution for m in marks if m.tag is Tag.SOURCE and m.value.resolution]
    if heights:
        return int(min(heights))
    return origin.resolution if origin is not None else None


def _hdr(marks: list[Mark]) -> tuple[Hdr, ...]:
    found = list(dict.fromkeys(m.value for m in marks if m.tag is Tag.HDR))
    if len(found) > 1 and Hdr.HDR in found and found != [Hdr.HDR, Hdr.DOLBY_VISION]:
        exact = {Hdr.HDR10, Hdr.HDR10_PLUS, Hdr.HLG}
        if exact.intersection(found):
            found.remove(Hdr.HDR)
    return tuple(found)


def _audio_codecs(marks: list[Mark]) -> tuple[str, ...]:
    codecs: dict[str, None] = {}
    for found in marks:
        if found.tag is Tag.AUDIO:
            codec = found.value[0] if isinstance(found.value, tuple) else found.value
            if codec is not None:
                codecs[codec] = None
    return tuple(codecs)


def _channels(marks: list[Mark]) -> str | None:
    for found in marks:
        if found.tag is Tag.CHANNELS and found.value is not None:
            return str(found.value)
        if found.tag is Tag.AUDIO and isinstance(found.value, tuple) and found.value[1]:
            return str(found.value[1])
    return None


def _service(plan: Outline, marks: list[Mark]) -> str | None:
    """Who streams it: a known sign, or a word in capitals right before "WEB-DL"."""
    for found in marks:
        if found.tag is Tag.SERVICE and (
            found.strength is Strength.STRONG or _before_web(plan, found.last)
        ):
            return str(found.value)
    for index in range(plan.end, len(plan.tokens) - 1):
        text = plan.tokens[index].text
        if text == ITUNES and _before_web(plan, index + 1):
            return "iTunes"
        is_sign = plan.at[index] is None and 2 <= len(text) <= 6 and text.isupper()
        if is_sign and _before_web(plan, index + 1):
            return text
    return None


def _before_web(plan: Outline, index: int) -> bool:
    following = plan.at[index] if index < len(plan.at) else None
    if following is None or following.tag is not Tag.SOURCE:
        return False
    return following.value.source in {Source.WEBDL, Source.WEBRIP}


def _proper(marks: list[Mark]) -> int:
    said = [m.value for m in marks if m.tag is Tag.PROPER]
    return max(said, default=0)
