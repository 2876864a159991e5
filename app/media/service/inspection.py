"""One file from path to result. Runs in the child only."""

import contextlib
import errno
import itertools
import logging
import math
import os
import time
from collections.abc import Container
from typing import Any, cast

import av
import av.logging
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.stream import Stream
from av.video.stream import VideoStream as AvVideo

from app.media.domain.info import MAX_STREAMS, MediaInfo, VideoStream
from app.media.domain.probe import FailureReason, Probe, Probed, ProbeFailure
from app.media.domain.text import clean_text
from app.media.service.extras import attachments, chapters, tags
from app.media.service.fingerprint import hash_of_open
from app.media.service.isobmff import read_mp4
from app.media.service.matroska import MatroskaAttachment, read_matroska
from app.media.service.source import Refused, Source, open_regular
from app.media.service.streams import (
    FrameFacts,
    TrackFacts,
    audio_stream,
    carries_dolby_vision,
    codec_of,
    has_decoder,
    is_picture,
    subtitle_stream,
    video_stream,
)

# Containers only. Raw streams and bare audio are left out, because noise passes for them; playlists
# (hls, dash, concat, sdp, image2, …) because they open other files.
FORMATS = (
    "matroska,webm,mov,mp4,avi,mpegts,mpeg,asf,flv,ogg,rm,mxf,wtv,nut,nsv,dv,gxf,ivf,nuv,ivr,"
    "av1,obu,live_flv"
)
_OPTIONS = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "none",
    "max_streams": "256",
    "probesize": str(8 * 1024 * 1024),
}
# PyAV 19 always decodes texts this way and has no such parameter any more.
_DECODING: dict[str, Any] = (
    {"metadata_errors": "surrogateescape"} if int(av.__version__.split(".")[0]) < 19 else {}
)
_CONTAINERS = {"mpeg": "mpegps", "asf": "asf", "rm": "realmedia"}
_PROBED_BYTES = 64 * 1024
_HDR_PACKETS = 400
_UNSAID, _PQ, _HLG = 2, 16, 18  # transfers

_SIGNATURES = (
    (0, b"\x1aE\xdf\xa3"),
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (0, b"RIFF"),
    (0, b"OggS"),
    (0, b"FLV\x01"),
    (0, b"0&\xb2u\x8ef\xcf\x11"),
    (0, b"\x00\x00\x01\xba"),
    (0, b".RMF"),
)
_BY_ERRNO = {
    errno.ENOENT: FailureReason.MISSING,
    errno.ENOTDIR: FailureReason.MISSING,
    errno.ENAMETOOLONG: FailureReason.MISSING,
    errno.EACCES: FailureReason.DENIED,
    errno.EPERM: FailureReason.DENIED,
    errno.ESTALE: FailureReason.VANISHED,
    errno.EISDIR: FailureReason.NOT_A_FILE,
    errno.ENXIO: FailureReason.NOT_A_FILE,
    errno.ENOMEM: FailureReason.MEMORY,
}


class _Header:
    """The container's own header, read without FFmpeg."""

    def __init__(self, source: Source) -> None:
        head = source.read_at(0, 16)
        self.known = any(head[at : at + len(mark)] == mark for at, mark in _SIGNATURES)
        self.container: str | None = None
        self.attachments: list[MatroskaAttachment] = []
        self._by_index: list[TrackFacts] = []
        self._by_id: dict[int, TrackFacts] = {}
        if head.startswith(b"\x1aE\xdf\xa3"):
            matroska = read_matroska(source.read_at, source.size)
            self.container, self.attachments = matroska.container, matroska.attachments
            self._by_index = [
                TrackFacts(language=t.language, rotation=t.rotation, dolby_vision=t.dolby_vision)
                for t in matroska.tracks
            ]
        elif head[4:8] in {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"}:
            mp4 = read_mp4(source.read_at, source.size)
            self.container = mp4.container
            self._by_id = {
                t.id: TrackFacts(
                    language=t.language, rotation=t.rotation, dolby_vision=t.dolby_vision
                )
                for t in mp4.tracks.values()
            }

    def track(self, stream: Stream) -> TrackFacts:
        if stream.index < len(self._by_index):
            return self._by_index[stream.index]
        return self._by_id.get(stream.id, TrackFacts())


def silence() -> None:
    """FFmpeg's words about broken files go nowhere."""
    av.logging.set_level(None)
    logging.disable(logging.CRITICAL)


def inspect(path: bytes, seconds: float) -> Probe:
    """Probe the file at an absolute path; `seconds` bounds its reads. Every outcome is a result."""
    try:
        descriptor, size = open_regular(path)
    except Refused as refused:
        return ProbeFailure(reason=refused.reason)
    except (OSError, ValueError) as error:
        return failure_of(error)
    source = Source(descriptor, size, time.monotonic() + seconds)
    try:
        digest = hash_of_open(descriptor, size)
        return _inspect_open(source, digest)
    except OSError as error:
        return failure_of(error)
    except MemoryError:
        return ProbeFailure(reason=FailureReason.MEMORY)
    finally:
        os.close(descriptor)


def _inspect_open(source: Source, digest: bytes) -> Probe:
    header: _Header | None = None
    detail: str | None = None
    try:
        header = _Header(source)
        info = _read(source, header)
        if info.video or info.audio:
            size, mtime_ns = source.state()
            return Probed(info=info, content_hash=digest, size=size, mtime_ns=mtime_ns)
    except MemoryError:
        return ProbeFailure(reason=FailureReason.MEMORY)
    except (av.FFmpegError, OSError, ValueError, ArithmeticError) as error:
        detail = clean_text(getattr(error, "strerror", None) or type(error).__name__, 200)
    except Exception as error:  # noqa: BLE001 - a defect of ours or of PyAV, which must be seen
        return ProbeFailure(reason=FailureReason.CRASHED, detail=clean_text(repr(error), 200))
    if source.late:
        return ProbeFailure(reason=FailureReason.TIMEOUT)
    if source.problem is not None:
        return failure_of(source.problem)
    known = header is not None and header.known
    reason = FailureReason.TRUNCATED if known else FailureReason.NOT_MEDIA
    return ProbeFailure(reason=reason, detail=detail)


def failure_of(error: OSError | ValueError) -> ProbeFailure:
    # ValueError: a NUL in the name, which no file can have
    code = error.errno if isinstance(error, OSError) else errno.ENOENT
    reason = _BY_ERRNO.get(code or 0, FailureReason.UNREADABLE)
    return ProbeFailure(reason=reason, detail=clean_text(os.strerror(code)) if code else None)


def _refuse(*_: object) -> None:
    raise PermissionError(errno.EACCES, "A media file may not open another one.")


def open_container(source: Source) -> InputContainer:
    """The container in these bytes, which may lead to no other file. Raises what PyAV does."""
    container: InputContainer = av.open(
        source,
        "r",
        container_options=_OPTIONS,
        buffer_size=_PROBED_BYTES,
        io_open=_refuse,
        **_DECODING,
    )
    return container


def _read(source: Source, header: _Header) -> MediaInfo:
    with open_container(source) as container:
        pictures = [s for s in container.streams.video if is_picture(s)]
        videos = [s for s in container.streams.video if not is_picture(s)]
        shown = [_video(container, s, header) for s in videos[:MAX_STREAMS]]
        audio = [audio_stream(s, header.track(s)) for s in container.streams.audio[:MAX_STREAMS]]
        return MediaInfo(
            container=header.container or _container_name(container.format.name),
            duration=_duration(container),
            bitrate=container.bit_rate if 0 < container.bit_rate < 2**40 else None,
            video=tuple(video for video in shown if video is not None),
            audio=tuple(a for a in audio if a.sample_rate and a.channels),
            subtitles=tuple(
                subtitle_stream(s, header.track(s))
                for s in container.streams.subtitles[:MAX_STREAMS]
            ),
            chapters=chapters(container),
            attachments=attachments(container, header.attachments),
            tags=tags(container, has_cover=bool(pictures)),
        )


def _container_name(names: str) -> str:
    first = names.split(",", maxsplit=1)[0]
    return _CONTAINERS.get(first, first)


def _duration(container: InputContainer) -> float | None:
    seconds = container.duration / 1_000_000 if container.duration is not None else 0.0
    return round(seconds, 3) if math.isfinite(seconds) and 0 < seconds < 10_000_000 else None


def _video(container: InputContainer, stream: AvVideo, header: _Header) -> VideoStream | None:
    if not has_decoder(stream):
        return None
    frame = FrameFacts()
    codec, transfer = codec_of(stream), stream.codec_context.color_trc
    # Not worth failing for: the first picture may be broken, or too big for the memory limit.
    with contextlib.suppress(av.FFmpegError, MemoryError, ValueError):
        # Only PQ can be HDR10+: ordinary files are never decoded here.
        if transfer == _PQ and codec in {"hevc", "av1", "vp9"}:
            frame = _first_frame(container, stream)
        elif transfer in {_UNSAID, _HLG} and codec == "hevc":
            frame = _first_packet(container, stream)
    return video_stream(stream, header.track(stream), frame)


def _first_packet(container: InputContainer, stream: AvVideo) -> FrameFacts:
    """Dolby Vision stands beside the picture, which need not be decoded to see it."""
    extradata = stream.codec_context.extradata or b""
    for packet in itertools.islice(container.demux(stream), _HDR_PACKETS):
        if packet.size:
            return FrameFacts(dolby_vision=carries_dolby_vision(bytes(packet), extradata))
    return FrameFacts()


def _first_frame(container: InputContainer, stream: AvVideo) -> FrameFacts:
    context = stream.codec_context
    context.thread_count = 1  # each thread is address space, and a picture of its own
    extradata = context.extradata or b""
    vision = False
    for packet in itertools.islice(container.demux(stream), _HDR_PACKETS):
        if codec_of(stream) == "hevc":  # FFmpeg tells only of what it can parse
            vision = vision or carries_dolby_vision(bytes(packet), extradata)
        # The flush gives the picture out at once instead of after the reorder delay.
        for frame in itertools.chain(packet.decode(), context.decode(None)):
            # A mapping by type, which the stubs of PyAV 18 take for one of its values.
            kinds = cast("Container[Type]", frame.side_data)
            return FrameFacts(
                hdr10_plus=Type.DYNAMIC_HDR_PLUS in kinds,
                dolby_vision=vision or Type.DOVI_RPU_BUFFER in kinds or Type.DOVI_METADATA in kinds,
            )
        context.flush_buffers()
    return FrameFacts()
