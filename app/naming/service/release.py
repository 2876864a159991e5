"""The release words of a name, gathered."""

from typing import Any

from app.naming.domain import Hdr, Modifier, Release, Source, ThreeD
from app.naming.service.groups import release_group
from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.outline import Outline
from app.naming.service.sound import NO_LANGUAGES, read_languages
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
        outside = mark.first >= plan.end or (mark.last <= plan.start and not _is_name(plan, mark))
        if outside and (mark.strength is not Strength.CODE or _is_code(plan, index)):
            found.append(mark)
    return found


def _is_name(plan: Outline, found: Mark) -> bool:
    """A part of a group's name in front: "[ABC-Remux] Title"; languages speak of its releases."""
    group = plan.name.group_of(found.first)
    if group is None or found.tag is Tag.LANGUAGE:
        return False
    before, behind = found.first - 1, found.last
    glued_before = before >= group.first and plan.tokens[found.first].gap == "-"
    glued_behind = behind < group.last and plan.tokens[behind].gap == "-"
    return (glued_before and plan.at[before] is None) or (glued_behind and plan.at[behind] is None)


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


Said = dict[Tag, list[Mark]]
"""The marks of a release by what they speak of."""


def read_release(plan: Outline, marks: list[Mark]) -> Release:
    said: Said = {}
    for mark in marks:
        if mark.tag in said:
            said[mark.tag].append(mark)
        else:
            said[mark.tag] = [mark]
    origin = _origin(said.get(Tag.SOURCE, []))
    spoken = Tag.LANGUAGE in said or Tag.AUDIO_KIND in said or not plan.name.text.isascii()
    languages = read_languages(plan, marks) if spoken else NO_LANGUAGES
    return Release(
        source=origin.source if origin is not None else None,
        modifier=_modifier(plan, said, origin),
        resolution=_resolution(said, origin),
        video_codec=_first(said, Tag.VIDEO),
        bit_depth=_first(said, Tag.DEPTH),
        hdr=_hdr(said[Tag.HDR]) if Tag.HDR in said else (),
        audio_codecs=_audio_codecs(said[Tag.AUDIO]) if Tag.AUDIO in said else (),
        audio_channels=_channels(said),
        languages=languages.audio,
        original_audio=languages.original,
        multi_audio=languages.multi,
        subtitle_languages=languages.subtitles,
        hardcoded_subs=Tag.SUBTITLES in said
        and any(m.value in SUBBED for m in said[Tag.SUBTITLES]),
        streaming_service=_service(plan, said.get(Tag.SERVICE, [])),
        release_group=release_group(plan),
        crc32=_first(said, Tag.HASH),
        proper=max(m.value for m in said[Tag.PROPER]) if Tag.PROPER in said else 0,
    )


def three_d(plan: Outline, marks: list[Mark]) -> ThreeD | None:
    found = [m for m in plan.marks if m.tag is Tag.THREE_D]
    if not found:
        return None
    said = [m.value for m in found if m in marks]
    in_title = any(m.value is ThreeD.UNKNOWN and m.last == plan.end for m in found)
    packed = [value for value in said if value is not ThreeD.UNKNOWN]
    if packed:
        return ThreeD(packed[0])
    return ThreeD.UNKNOWN if said or in_title else None


def _first(said: Said, tag: Tag) -> Any:
    return said[tag][0].value if tag in said else None


def _origin(sources: list[Mark]) -> Origin | None:
    """The first source that is named in earnest; weak words count when nothing else is said."""
    if not sources:
        return None
    strong = [m for m in sources if m.strength is Strength.STRONG]
    chosen: Origin = (strong or sources)[0].value
    if chosen.modifier is None and chosen.source is Source.BLURAY:
        for other in strong[1:]:
            if other.value.source is Source.DVD:
                continue
            if other.value.modifier is not None:
                return chosen._replace(modifier=other.value.modifier)
    screener = any(m.value.modifier is Modifier.SCREENER for m in sources)
    return chosen._replace(modifier=Modifier.SCREENER) if screener else chosen


def _modifier(plan: Outline, said: Said, origin: Origin | None) -> Modifier | None:
    values = [m.value for m in said.get(Tag.MODIFIER, ())]
    if Modifier.REMUX in values:
        return Modifier.REMUX
    if origin is not None and origin.modifier is not None:
        return origin.modifier
    if values:
        return Modifier(values[0])
    if origin is None or not _has_disc_video(plan, said.get(Tag.VIDEO, [])):
        return None
    if origin.source is Source.BLURAY and not _is_rip(plan, said[Tag.SOURCE]):
        return Modifier.BRDISK
    return Modifier.RAWHD if _is_broadcast(plan, said[Tag.VIDEO], origin) else None


def _has_disc_video(plan: Outline, videos: list[Mark]) -> bool:
    """A video word of discs and broadcasts, and none of encoders."""
    return bool(videos) and all(plan.tokens[m.first].key in UNCOMPRESSED_CODECS for m in videos)


def _is_broadcast(plan: Outline, videos: list[Mark], origin: Origin) -> bool:
    """As it was sent; "AVC" is also what encoders call their own."""
    return origin.source is Source.HDTV and any(plan.tokens[m.first].key != "avc" for m in videos)


def _is_rip(plan: Outline, sources: list[Mark]) -> bool:
    return any(
        "rip" in plan.tokens[i].key or plan.tokens[i].key in {"bd", "light"}
        for m in sources
        for i in range(m.first, m.last)
    )


def _resolution(said: Said, origin: Origin | None) -> int | None:
    """The lowest height said: "4K" or "UHD" beside "1080p" tells of the source."""
    heights = [m.value for m in said.get(Tag.RESOLUTION, ())]
    heights += [m.value.resolution for m in said.get(Tag.SOURCE, ()) if m.value.resolution]
    if heights:
        return int(min(heights))
    return origin.resolution if origin is not None else None


def _hdr(marks: list[Mark]) -> tuple[Hdr, ...]:
    found = list(dict.fromkeys(m.value for m in marks))
    if len(found) > 1 and Hdr.HDR in found and found != [Hdr.HDR, Hdr.DOLBY_VISION]:
        exact = {Hdr.HDR10, Hdr.HDR10_PLUS, Hdr.HLG}
        if exact.intersection(found):
            found.remove(Hdr.HDR)
    return tuple(found)


def _audio_codecs(marks: list[Mark]) -> tuple[str, ...]:
    codecs: dict[str, None] = {}
    for found in marks:
        codec = found.value[0] if isinstance(found.value, tuple) else found.value
        if codec is not None:
            codecs[codec] = None
    return tuple(codecs)


def _channels(said: Said) -> str | None:
    """Said apart or glued to the codec, whichever comes first."""
    apart = [(m.first, m.value) for m in said.get(Tag.CHANNELS, ()) if m.value is not None]
    glued = [
        (m.first, m.value[1])
        for m in said.get(Tag.AUDIO, ())
        if isinstance(m.value, tuple) and m.value[1]
    ]
    return str(min(apart + glued)[1]) if apart or glued else None


def _service(plan: Outline, services: list[Mark]) -> str | None:
    """Who streams it: a known sign, or a word in capitals right before "WEB-DL"."""
    for found in services:
        if found.strength is Strength.STRONG or _before_web(plan, found.last):
            return str(found.value)
    for found in plan.marks:
        index = found.first - 1
        if found.tag is not Tag.SOURCE or index < plan.end or not _before_web(plan, found.first):
            continue
        text = plan.tokens[index].text
        if text == ITUNES:
            return "iTunes"
        if plan.at[index] is None and 2 <= len(text) <= 6 and text.isupper():
            return text
    return None


def _before_web(plan: Outline, index: int) -> bool:
    following = plan.at[index] if index < len(plan.at) else None
    if following is None or following.tag is not Tag.SOURCE:
        return False
    return following.value.source in {Source.WEBDL, Source.WEBRIP}
