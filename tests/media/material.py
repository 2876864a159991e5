"""Media made for tests: encoded by PyAV, patched or written byte by byte."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

FRAMES = 6


def make_video(
    path: Path,
    codec: str = "libx264",
    *,
    size: tuple[int, int] = (96, 64),
    colours: tuple[int, int, int] = (1, 1, 1),
    pixels: str = "yuv420p",
    rotation: int = 0,
    first: bytes = b"",
    last: bytes = b"",
    change: Callable[[VideoStream], None] | None = None,
) -> Path:
    """A few grey frames. `colours`: primaries, transfer, matrix; `first` precedes the packets;
    `last` ends the first of them.
    """
    options = {"x265-params": "log-level=none:pools=none"} if codec == "libx265" else {}
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=24, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.color_primaries, stream.color_trc, stream.colorspace = colours
        stream.color_range = 1
        if codec == "libx265":
            stream.codec_context.codec_tag = "hvc1" if path.suffix == ".mp4" else "\0\0\0\0"
        if rotation:
            stream.set_display_rotation(-rotation)
        if change:
            change(stream)
        for number in range(FRAMES):
            frame = av.VideoFrame(*size, pixels)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            for plane in frame.planes:
                plane.update(bytes([number + 1]) * plane.buffer_size)
            for packet in stream.encode(frame):
                if first or last:
                    packet, first, last = _wrapped(packet, first, last), b"", b""  # noqa: PLW2901
                output.mux(packet)
        for packet in stream.encode(None):
            if first or last:
                packet, first, last = _wrapped(packet, first, last), b"", b""  # noqa: PLW2901
            output.mux(packet)
    return path


def _wrapped(packet: "Packet[VideoStream]", first: bytes, last: bytes) -> "Packet[VideoStream]":
    new = cast("Packet[VideoStream]", Packet(first + bytes(packet) + last))
    new.stream, new.pts, new.dts = packet.stream, packet.pts, packet.dts
    new.time_base, new.is_keyframe = packet.time_base, packet.is_keyframe
    return new


def interlaced(stream: VideoStream) -> None:
    stream.options = {"x264-params": "interlaced=1:tff=1"}


def default(stream: VideoStream) -> None:
    stream.disposition = Disposition.default


def hdr10_plus_sei() -> bytes:
    """An Annex B HEVC prefix SEI with dynamic metadata (SMPTE ST 2094-40), one window."""
    bits = f"{1:02b}{4000:027b}0" + 3 * f"{70001:017b}" + f"{50001:017b}{0:04b}{301:010b}" + "000"
    bits = bits.ljust(120, "0")
    payload = bytes.fromhex("B5003C00010401") + int(bits, 2).to_bytes(15, "big")
    nal = b"\x4e\x01" + bytes([4, len(payload)]) + payload + b"\x80"
    escaped = bytearray()
    for byte in nal:
        if byte <= 3 and escaped[-2:] == b"\0\0":
            escaped.append(3)
        escaped.append(byte)
    return b"\0\0\0\1" + bytes(escaped)


def dovi_rpu() -> bytes:
    """An Annex B HEVC unit of the kind that carries Dolby Vision metadata (NAL type 62)."""
    return b"\0\0\0\1\x7c\x01" + bytes(range(1, 60)) + b"\x80"


def dovi_record(profile: int, level: int, compatibility: int, *, enhanced: bool = False) -> bytes:
    flags = profile << 9 | level << 3 | 0b100 | (0b10 if enhanced else 0) | 1
    return bytes([1, 0]) + flags.to_bytes(2, "big") + bytes([compatibility << 4]) + bytes(19)


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def patch_sample_entry(path: Path, entry: bytes, extra: bytes) -> None:
    """Append boxes to the sample entry of an MP4 whose moov is last, correcting the sizes."""
    data = bytearray(path.read_bytes())
    at, end = 0, len(data)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", entry):
        while data[at + 4 : at + 8] != kind:
            at += int.from_bytes(data[at : at + 4], "big")
            assert at < end
        length = int.from_bytes(data[at : at + 4], "big")
        data[at : at + 4] = (length + len(extra)).to_bytes(4, "big")
        end = at + length
        at += 16 if kind == b"stsd" else 8
    data[end:end] = extra
    path.write_bytes(data)


def element(identifier: int, *payload: bytes, size: int | None = None) -> bytes:
    body = b"".join(payload)
    head = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    return head + (1 << 56 | (len(body) if size is None else size)).to_bytes(8, "big") + body


def number(identifier: int, value: int) -> bytes:
    return element(identifier, value.to_bytes(4, "big"))


UNKNOWN_SIZE = (1 << 56) - 1
EBML = element(0x1A45DFA3, element(0x4282, b"matroska"), number(0x4287, 4), number(0x4285, 2))


def matroska_of(source: Path, *track_extras: bytes, segment_extras: bytes = b"") -> bytes:
    """A Matroska file of one packet with the picture track of `source` (Matroska too) and more
    elements in its track entry.
    """
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        private = stream.codec_context.extradata or b""
        packet = bytes(next(container.demux(stream)))
        width, height = stream.width, stream.height
    codec = {"hevc": b"V_MPEGH/ISO/HEVC", "h264": b"V_MPEG4/ISO/AVC"}[stream.codec_context.name]
    track = element(
        0xAE,
        number(0xD7, 1),
        number(0x73C5, 1),
        number(0x83, 1),
        element(0x86, codec),
        element(0x63A2, private),
        element(0xE0, number(0xB0, width), number(0xBA, height)),
        *track_extras,
    )
    cluster = element(0x1F43B675, number(0xE7, 0), element(0xA3, b"\x81\0\0\x80", packet))
    info = element(0x1549A966, number(0x2AD7B1, 1_000_000))
    return EBML + element(0x18538067, info, element(0x1654AE6B, track), segment_extras, cluster)


def dovi_mapping(kind: bytes, record: bytes) -> bytes:
    return element(0x41E4, element(0x41E7, kind), element(0x41ED, record), element(0x41A4, b"DOVI"))
