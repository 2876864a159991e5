"""From PyAV's streams to ours. Everything that comes out is bounded and clean."""

import math
import re
from fractions import Fraction

from av.audio.stream import AudioStream as AvAudio
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream as AvSubtitle
from av.video.stream import VideoStream as AvVideo
from msgspec import Struct

from app.core.languages import normal_language
from app.media.domain.info import (
    AudioStream,
    DolbyVision,
    DynamicRange,
    SubtitleFormat,
    SubtitleStream,
    VideoStream,
    dolby_vision_fallback,
    dynamic_range_of,
)
from app.media.domain.text import clean_text
from app.media.service import codecs

_MOST = 2**31 - 1
_MUXER_WORDS = re.compile(r".*handler\W*|core media .*|iso media .*", re.IGNORECASE)
_PROGRESSIVE = {0, 1}  # field orders "unknown" and "progressive"


class TrackFacts(Struct, frozen=True, kw_only=True):
    """What the container's own header adds about one stream."""

    language: str | None = None
    rotation: int = 0
    dolby_vision: bytes | None = None


class FrameFacts(Struct, frozen=True, kw_only=True):
    """What only the first picture tells."""

    hdr10_plus: bool = False
    dolby_vision: bool = False


def codec_of(stream: Stream) -> str:
    """FFmpeg's name of the format ("av1", not "libdav1d"); "unknown" without a decoder."""
    return stream.codec_context.codec.canonical_name if has_decoder(stream) else "unknown"


def has_decoder(stream: Stream) -> bool:
    # The stubs promise a context, but a stream nobody can decode has None.
    context: object = stream.codec_context
    return context is not None


def video_stream(stream: AvVideo, track: TrackFacts, frame: FrameFacts) -> VideoStream | None:
    """None for what has no pictures: no decoder, or no size."""
    if not has_decoder(stream):
        return None
    context = stream.codec_context
    if not 0 < context.width <= 65536 or not 0 < context.height <= 65536:
        return None
    codec = codec_of(stream)
    transfer = codecs.TRANSFERS.get(context.color_trc)
    primaries = codecs.PRIMARIES.get(context.color_primaries)
    base = dynamic_range_of(transfer, primaries, hdr10_plus=frame.hdr10_plus)
    vision = dolby_vision(track.dolby_vision, base, seen=frame.dolby_vision)
    depth = context.format.components[0].bits if context.format else None
    square = _square(stream)
    return VideoStream(
        index=stream.index,
        codec=codec,
        codec_name=_codec_name(stream, codec),
        codec_string=_video_string(stream, depth, vision),
        profile=clean_text(context.profile),
        level=codecs.level_name(codec, context.level),
        width=context.width,
        height=context.height,
        sample_aspect_ratio=_ratio(square),
        display_aspect_ratio=_ratio(square * Fraction(context.width, context.height)),
        rotation=track.rotation,
        frame_rate=_rate(stream),
        bitrate=_bitrate(stream),
        pixel_format=context.pix_fmt,
        bit_depth=depth,
        colour_space=codecs.SPACES.get(context.colorspace),
        colour_primaries=primaries,
        colour_transfer=transfer,
        colour_range=codecs.RANGES.get(context.color_range),
        dynamic_range=DynamicRange.DOLBY_VISION if vision else base,
        dolby_vision=vision,
        interlaced=context.field_order not in _PROGRESSIVE,
        language=_language(stream, track),
        title=_title(stream),
        default=_has(stream, Disposition.default),
    )


def audio_stream(stream: AvAudio, track: TrackFacts) -> AudioStream:
    codec, sound = codec_of(stream), _sound(stream)
    return AudioStream(
        index=stream.index,
        codec=codec,
        codec_name=_codec_name(stream, codec),
        codec_string=codecs.audio_string(codec, sound.extradata, sound.profile),
        profile=sound.profile,
        channels=sound.channels,
        layout=sound.layout,
        sample_rate=sound.sample_rate,
        bit_depth=codecs.audio_depth(codec, sound.extradata, sound.sample_format),
        bitrate=_bitrate(stream),
        language=_language(stream, track),
        title=_title(stream),
        default=_has(stream, Disposition.default),
        commentary=_has(stream, Disposition.comment),
        visual_impaired=_has(stream, Disposition.visual_impaired | Disposition.descriptions),
        original=_has(stream, Disposition.original),
        dub=_has(stream, Disposition.dub),
    )


class _Sound(Struct, frozen=True, kw_only=True):
    channels: int = 0
    layout: str | None = None
    sample_rate: int | None = None
    profile: str | None = None
    extradata: bytes = b""
    sample_format: str = ""


def _sound(stream: AvAudio) -> _Sound:
    if not has_decoder(stream):
        return _Sound()
    context = stream.codec_context
    sample_format: object = context.format  # None in a damaged file, whatever the stubs say
    return _Sound(
        channels=min(context.layout.nb_channels, 64),
        layout=clean_text(context.layout.name, 64),
        sample_rate=_positive(context.sample_rate),
        profile=clean_text(context.profile),
        extradata=context.extradata or b"",
        sample_format=getattr(sample_format, "name", ""),
    )


def subtitle_stream(stream: AvSubtitle, track: TrackFacts) -> SubtitleStream:
    codec = codec_of(stream)
    kind = None
    if codec in codecs.TEXT_SUBTITLES:
        kind = SubtitleFormat.TEXT
    elif codec in codecs.BITMAP_SUBTITLES:
        kind = SubtitleFormat.BITMAP
    return SubtitleStream(
        index=stream.index,
        codec=codec,
        format=kind,
        language=_language(stream, track),
        title=_title(stream),
        default=_has(stream, Disposition.default),
        forced=_has(stream, Disposition.forced),
        hearing_impaired=_has(stream, Disposition.hearing_impaired | Disposition.captions),
    )


def dolby_vision(
    record: bytes | None, base: DynamicRange, *, seen: bool = False
) -> DolbyVision | None:
    """From a container's configuration record (24 bytes, out of a dvcC, dvvC or dvwC box), or from
    what the pictures themselves carry (`seen`). A record that cannot be one is none.
    """
    if record is not None and len(record) >= 5 and record[0] in {1, 2, 3}:
        profile = record[2] >> 1
        if profile <= 10 or profile == 20:
            compatibility = record[4] >> 4
            return DolbyVision(
                profile=profile,
                level=(record[2] & 1) << 5 | record[3] >> 3,
                compatibility_id=compatibility,
                enhancement_layer=bool(record[3] & 2),
                fallback=dolby_vision_fallback(profile, compatibility, base),
            )
    if not seen:
        return None
    # Without a record only a base layer that is HDR by its own description is a safe fallback.
    fallback = None if base is DynamicRange.SDR else base
    return DolbyVision(profile=None, level=None, compatibility_id=None, fallback=fallback)


def carries_dolby_vision(packet: bytes, extradata: bytes) -> bool:
    """Whether an HEVC packet has a unit of type 62, which Dolby Vision uses and nothing else."""
    if len(extradata) < 23 or extradata[0] != 1:  # Annex B: units begin with 00 00 01
        return re.search(rb"\x00\x00\x01[\x7c\x7d].", packet, re.DOTALL) is not None
    width, at = (extradata[21] & 3) + 1, 0
    while at + width < len(packet):
        if packet[at + width] >> 1 & 63 == 62:
            return True
        at += width + int.from_bytes(packet[at : at + width], "big")
    return False


def is_picture(stream: Stream) -> bool:
    """Covers and thumbnails are video streams to FFmpeg."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return _has(stream, still)


def _has(stream: Stream, flag: Disposition) -> bool:
    return bool(stream.disposition & flag)


def _codec_name(stream: Stream, codec: str) -> str | None:
    if codec in codecs.LONG_NAMES or not has_decoder(stream):
        return codecs.LONG_NAMES.get(codec)
    return clean_text(stream.codec_context.codec.long_name)


def _language(stream: Stream, track: TrackFacts) -> str | None:
    return normal_language(track.language) or normal_language(stream.metadata.get("language"))


def _title(stream: Stream) -> str | None:
    # MP4 has no titles but names of handlers; most are what the muxer calls itself.
    title = clean_text(stream.metadata.get("title")) or clean_text(
        stream.metadata.get("handler_name")
    )
    return None if title and _MUXER_WORDS.fullmatch(title) else title


def _video_string(stream: AvVideo, depth: int | None, vision: DolbyVision | None) -> str | None:
    codec, context = codec_of(stream), stream.codec_context
    # Where nothing else can show the picture; otherwise players shall find what they know.
    if vision and vision.profile is not None and vision.fallback is None:
        level = vision.level or 0
        return codecs.dolby_vision_string(context.codec_tag, codec, vision.profile, level)
    return codecs.video_string(codec, context.extradata or b"", context.codec_tag, depth)


def _positive(value: int | None) -> int | None:
    return value if value is not None and 0 < value <= _MOST else None


def _bitrate(stream: AvVideo | AvAudio) -> int | None:
    stated = _positive(stream.bit_rate) if has_decoder(stream) else None
    if stated:
        return stated
    # mkvmerge's statistics, with or without a language suffix
    for key, value in stream.metadata.items():
        if re.fullmatch(r"BPS(-[a-z]{3})?", key) and re.fullmatch(r"[0-9]{1,10}", value):
            return _positive(int(value))
    return None


def _rate(stream: AvVideo) -> float | None:
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    value = float(rate) if rate else 0.0
    return round(value, 3) if math.isfinite(value) and 0 < value <= 1000 else None


def _square(stream: AvVideo) -> Fraction:
    # A Fraction in PyAV 18, a type of its own in 19; 0 is "not said".
    ratio = stream.sample_aspect_ratio
    return Fraction(ratio.numerator, ratio.denominator) if ratio else Fraction(1)


def _ratio(value: Fraction) -> str:
    rounded = value.limit_denominator(1000)
    return f"{rounded.numerator}:{rounded.denominator}"
