"""Names of codecs, levels and colours in the forms that people and players use."""

import re

# Where FFmpeg's own long name is that of a decoder ("dav1d AV1 decoder by VideoLAN") or clumsy.
LONG_NAMES = {
    "aac": "AAC (Advanced Audio Coding)",
    "ac3": "Dolby Digital (AC-3)",
    "alac": "ALAC (Apple Lossless)",
    "ass": "Advanced SubStation Alpha",
    "av1": "AV1 (AOMedia Video 1)",
    "dts": "DTS (Coherent Acoustics)",
    "dvb_subtitle": "DVB subtitles",
    "dvd_subtitle": "VobSub (DVD subtitles)",
    "eac3": "Dolby Digital Plus (E-AC-3)",
    "flac": "FLAC (Free Lossless Audio Codec)",
    "h264": "H.264 / AVC (Advanced Video Coding)",
    "hdmv_pgs_subtitle": "PGS (Blu-ray subtitles)",
    "hevc": "H.265 / HEVC (High Efficiency Video Coding)",
    "mov_text": "MPEG-4 timed text",
    "mp3": "MP3 (MPEG audio layer 3)",
    "mpeg2video": "MPEG-2 video",
    "mpeg4": "MPEG-4 part 2",
    "opus": "Opus",
    "subrip": "SubRip",
    "truehd": "Dolby TrueHD",
    "vc1": "VC-1 (SMPTE 421M)",
    "vorbis": "Vorbis",
    "vp8": "VP8 (On2)",
    "vp9": "VP9 (Google)",
    "webvtt": "WebVTT",
}

TEXT_SUBTITLES = frozenset(
    [
        "subrip",
        "srt",
        "ass",
        "ssa",
        "webvtt",
        "mov_text",
        "text",
        "ttml",
        "microdvd",
        "sami",
        "eia_608",
        "jacosub",
        "mpl2",
        "pjs",
        "realtext",
        "stl",
        "subviewer",
        "subviewer1",
        "vplayer",
        "hdmv_text_subtitle",
        "arib_caption",
        "dvb_teletext",
    ]
)
BITMAP_SUBTITLES = frozenset(["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"])

PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
SPACES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
    15: "ipt-c2",
}
RANGES = {1: "tv", 2: "pc"}


def level_name(codec: str, level: int) -> str | None:
    """The level as its specification writes it; FFmpeg gives the number in the bit stream."""
    if level <= 0 and not (codec == "av1" and level == 0):
        return None
    if codec in {"h264", "vp9"}:
        return "1b" if codec == "h264" and level == 9 else f"{level // 10}.{level % 10}"
    if codec == "hevc":
        return f"{level // 30}.{level % 30 // 3}"
    if codec == "av1":
        return f"{2 + (level >> 2)}.{level & 3}" if level < 24 else None
    if codec == "mpeg2video":
        return {4: "High", 6: "High 1440", 8: "Main", 10: "Low"}.get(level)
    return None


def video_string(codec: str, extradata: bytes, tag: str, depth: int | None) -> str | None:
    """The RFC 6381 string of a video stream, from its decoder configuration; None if unknown."""
    if codec == "h264":
        return _avc(extradata)
    if codec == "hevc":
        return _hevc(extradata, "hev1" if tag in {"hev1", "dvhe"} else "hvc1")
    if codec == "av1":
        return _av1(extradata)
    if codec == "vp9":
        return _vp9(extradata, depth)
    return {"vp8": "vp8", "mpeg4": "mp4v.20.9", "mpeg2video": "mp4v.61"}.get(codec)


def dolby_vision_string(tag: str, codec: str, profile: int, level: int) -> str:
    kind = {"av1": "dav1", "h264": "dvav" if tag in {"dvav", "avc3"} else "dva1"}.get(codec)
    return f"{kind or ('dvhe' if tag in {'dvhe', 'hev1'} else 'dvh1')}.{profile:02}.{level:02}"


def _avc(extradata: bytes) -> str | None:
    if len(extradata) >= 4 and extradata[0] == 1:
        return f"avc1.{extradata[1:4].hex().upper()}"
    sps = re.search(rb"\x00\x00\x01[\x07\x27\x47\x67](.{3})", extradata[:4096], re.DOTALL)
    return f"avc1.{sps[1].hex().upper()}" if sps else None


def _hevc(extradata: bytes, entry: str) -> str | None:
    if len(extradata) >= 13 and extradata[0] == 1:
        profile_tier_level = extradata[1:13]
    else:
        # A stream without configuration record: the same 12 bytes stand in its parameter set.
        sps = re.search(rb"\x00\x00\x01\x42\x01.(.{1,24})", extradata[:4096], re.DOTALL)
        profile_tier_level = sps[1].replace(b"\x00\x00\x03", b"\x00\x00")[:12] if sps else b""
    if len(profile_tier_level) < 12:
        return None
    first, level = profile_tier_level[0], profile_tier_level[11]
    space = ("", "A", "B", "C")[first >> 6]
    flags = int(f"{int.from_bytes(profile_tier_level[1:5], 'big'):032b}"[::-1], 2)
    constraints = profile_tier_level[5:11].rstrip(b"\0")
    parts = [entry, f"{space}{first & 31}", f"{flags:X}", f"{'H' if first & 32 else 'L'}{level}"]
    return ".".join(parts + [f"{byte:X}" for byte in constraints])


def _av1(extradata: bytes) -> str | None:
    if len(extradata) < 4 or extradata[0] != 0x81:
        return None
    profile, level = extradata[1] >> 5, extradata[1] & 31
    high, twelve = extradata[2] & 0x40, extradata[2] & 0x20
    depth = 12 if high and twelve else 10 if high else 8
    return f"av01.{profile}.{level:02}{'H' if extradata[2] & 0x80 else 'M'}.{depth:02}"


def _vp9(extradata: bytes, depth: int | None) -> str:
    # CodecPrivate of WebM: (id, length, value) triples; most files have none, players take "vp9".
    features = {
        extradata[i]: extradata[i + 2]
        for i in range(0, min(len(extradata), 12) - 2, 3)
        if extradata[i + 1] == 1
    }
    if 1 in features and 2 in features:
        return f"vp09.{features[1]:02}.{features[2]:02}.{features.get(3, depth or 8):02}"
    return "vp9"


def audio_string(codec: str, extradata: bytes, profile: str | None) -> str | None:
    """The RFC 6381 string of an audio stream; None where there is none."""
    if codec == "aac":
        return f"mp4a.40.{_aac_object(extradata, profile or '')}"
    if codec == "dts":
        if profile in {"DTS-HD MA", "DTS-HD MA + DTS:X", "DTS-HD MA + DTS:X IMAX"}:
            return "dtsl"
        return {"DTS-HD HRA": "dtsh", "DTS Express": "dtse"}.get(profile or "", "dtsc")
    return {
        "ac3": "ac-3",
        "eac3": "ec-3",
        "ac4": "ac-4",
        "opus": "opus",
        "flac": "flac",
        "alac": "alac",
        "mp3": "mp4a.6B",
        "mp2": "mp4a.6B",
        "vorbis": "vorbis",
        "truehd": "mlpa",
    }.get(codec)


def _aac_object(extradata: bytes, profile: str) -> int:
    if "HE-AAC" in profile:
        return 29 if "v2" in profile else 5
    if len(extradata) < 2:
        return 2
    bits = int.from_bytes(extradata[:2], "big")
    kind = bits >> 11
    return 32 + (bits >> 5 & 63) if kind == 31 else kind or 2


def audio_depth(codec: str, extradata: bytes, sample_format: str) -> int | None:
    """Bits per sample of a lossless codec; a lossy one has none."""
    if codec == "flac" and len(extradata) >= 18:
        bits = int.from_bytes(extradata[-34:][12:14], "big") if len(extradata) >= 34 else 0
        return (bits >> 4 & 31) + 1
    if codec == "alac" and len(extradata) >= 24:
        return extradata[17] if len(extradata) >= 36 else extradata[5]
    if match := re.fullmatch(r"pcm_[a-z]*(\d+)[a-z_]*", codec):
        return int(match[1])
    if codec in {"truehd", "mlp"}:
        return 16 if sample_format.startswith("s16") else 24
    return None
