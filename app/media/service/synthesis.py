"""Small real movies, made with PyAV: moving gradients, quiet tones, subtitles, chapters, tags."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import av.filter
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from msgspec import Struct

RATE = 24
# Any: chapters take a Fraction in PyAV 18 and 19, but the types of 19 do not say so.
_MILLI: Final[Any] = Fraction(1, 1000)


class Sound(Struct, frozen=True, kw_only=True):
    codec: str  # an encoder of FFmpeg: "aac", "ac3", "libopus"
    language: str  # ISO 639-2
    title: str
    layout: str = "stereo"
    pitch: int = 220  # Hz
    disposition: Disposition = Disposition(0)


class Caption(Struct, frozen=True, kw_only=True):
    language: str
    title: str
    lines: tuple[str, ...]  # shown one after the other, evenly over the film
    disposition: Disposition = Disposition(0)


class Film(Struct, frozen=True, kw_only=True):
    """One file to make; its suffix (mkv, mp4) chooses the container. `seconds` is its length."""

    path: str  # relative to the library
    width: int = 320
    height: int = 180
    seconds: int = 4
    codec: str = "libx264"
    hdr: bool = False
    colours: tuple[str, ...] = ("0x10324a", "0x2f7f8f", "0xe9c46a")
    sounds: tuple[Sound, ...] = ()
    captions: tuple[Caption, ...] = ()
    chapters: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    cover: bool = False


def write_film(film: Film, folder: Path) -> Path:
    """Make the file below `folder`, unless it exists: it appears complete or not at all."""
    target = folder / film.path
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    kind = "matroska" if target.suffix == ".mkv" else "mp4"
    try:
        with av.open(str(unfinished), "w", format=kind) as output:
            _fill(output, film, kind)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _fill(output: OutputContainer, film: Film, kind: str) -> None:
    output.metadata.update(film.tags)
    video = _add_video(output, film)
    sounds = [(_add_sound(output, sound), sound) for sound in film.sounds]
    captions = [(_add_caption(output, caption, kind), caption) for caption in film.captions]
    if film.cover:
        output.add_attachment("cover.jpg", "image/jpeg", _still(film))
    output.set_chapters(
        [
            {
                "id": number,
                "start": start,
                "end": end,
                "time_base": _MILLI,
                "metadata": {"title": title},
            }
            for number, (title, start, end) in enumerate(_spans(film.chapters, film.seconds))
        ]
    )
    output.start_encoding()
    # One stream after the other: the muxer holds packets back until each stream has some, so short
    # films come out interleaved all the same.
    streams: list[Iterator[Packet[Any]]] = [_video_packets(video, film)]
    streams += [_sound_packets(stream, sound, film.seconds) for stream, sound in sounds]
    streams += [_caption_packets(stream, c, film.seconds, kind) for stream, c in captions]
    for packets in streams:
        for packet in packets:
            output.mux(packet)


def _add_video(output: OutputContainer, film: Film) -> VideoStream:
    stream = output.add_stream(film.codec, rate=RATE, options=_encoder_options(film))
    assert isinstance(stream, VideoStream)  # noqa: S101 - narrows the union of the stubs
    stream.width, stream.height = film.width, film.height
    stream.pix_fmt = "yuv420p10le" if film.hdr else "yuv420p"
    stream.codec_context.time_base = Fraction(1, RATE)
    stream.gop_size = RATE
    stream.color_range = 1
    colours = (9, 16, 9) if film.hdr else (1, 1, 1)  # BT.2020 with PQ, or BT.709
    stream.color_primaries, stream.color_trc, stream.colorspace = colours
    stream.disposition = Disposition.default
    if film.codec == "libx265":
        stream.codec_context.codec_tag = "hvc1"
    return stream


def _encoder_options(film: Film) -> dict[str, str]:
    if film.codec != "libx265":
        return {"preset": "superfast", "crf": "30"}
    parameters = "log-level=none:pools=2:frame-threads=1"
    if film.hdr:
        parameters += (
            ":hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
            ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
            ":max-cll=1000,400"
        )
    return {"preset": "ultrafast", "crf": "32", "x265-params": parameters}


def _add_sound(output: OutputContainer, sound: Sound) -> AudioStream:
    stream = output.add_stream(sound.codec, rate=48000, layout=sound.layout)
    assert isinstance(stream, AudioStream)  # noqa: S101 - narrows the union of the stubs
    stream.codec_context.bit_rate = 192_000 if "5.1" in sound.layout else 64_000
    stream.metadata.update(_names(sound.language, sound.title))
    stream.disposition = sound.disposition
    return stream


def _add_caption(output: OutputContainer, caption: Caption, kind: str) -> Stream:
    stream = output.add_mux_stream("subrip" if kind == "matroska" else "mov_text")
    stream.time_base = _MILLI
    stream.metadata.update(_names(caption.language, caption.title))
    stream.disposition = caption.disposition
    return stream


def _names(language: str, title: str) -> dict[str, str]:
    # MP4 has no title of a track; players show its handler's name.
    return {"language": language, "title": title, "handler_name": title}


def _video_packets(stream: VideoStream, film: Film) -> "Iterator[Packet[Any]]":
    for frame in _pictures(film, stream.pix_fmt or "yuv420p", film.seconds * RATE):
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _pictures(film: Film, pixel_format: str, count: int) -> Iterator[VideoFrame]:
    colours = ":".join(f"c{i}={colour}" for i, colour in enumerate(film.colours))
    graph = av.filter.Graph()
    # Painted small and enlarged: a gradient stays one, and 1080p costs a quarter.
    source = graph.add(
        "gradients",
        f"size={film.width // 2}x{film.height // 2}:rate={RATE}:n={len(film.colours)}:{colours}"
        f":speed=0.02:seed={len(film.path)}:duration={count / RATE}",
    )
    scale = graph.add("scale", f"{film.width}:{film.height}:flags=fast_bilinear")
    shape = graph.add("format", pixel_format)
    sink = graph.add("buffersink")
    source.link_to(scale)
    scale.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    for number in range(count):
        frame = graph.pull()
        assert isinstance(frame, VideoFrame)  # noqa: S101 - narrows the union of the stubs
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        yield frame


def _still(film: Film) -> bytes:
    """One JPEG picture of the film."""
    encoder = av.VideoCodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 - narrows the union of the stubs
    encoder.width, encoder.height = film.width, film.height
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, RATE)
    frame = next(_pictures(film, "yuvj420p", 1))
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _sound_packets(stream: AudioStream, sound: Sound, seconds: int) -> "Iterator[Packet[Any]]":
    size = stream.codec_context.frame_size or 1024
    position = 0
    for frame in _tones(sound, stream.codec_context.format.name, seconds, size):
        frame.pts, frame.time_base = position, Fraction(1, 48000)
        position += frame.samples
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _tones(sound: Sound, sample_format: str, seconds: int, size: int) -> Iterator[AudioFrame]:
    graph = av.filter.Graph()
    channels = 6 if "5.1" in sound.layout else 2
    waves = "|".join(
        f"0.05*sin(2*PI*{sound.pitch * (4 + i) // 4}*t)*(0.6+0.4*sin(t))" for i in range(channels)
    )
    source = graph.add("aevalsrc", f"exprs={waves}:s=48000:d={seconds}:n={size}:c={sound.layout}")
    shape = graph.add(
        "aformat",
        f"sample_fmts={sample_format}:channel_layouts={sound.layout}:sample_rates=48000",
    )
    sink = graph.add("abuffersink")
    source.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    for _ in range(seconds * 48000 // size):
        frame = graph.pull()
        assert isinstance(frame, AudioFrame)  # noqa: S101 - narrows the union of the stubs
        yield frame


def _caption_packets(
    stream: Stream, caption: Caption, seconds: int, kind: str
) -> "Iterator[Packet[Any]]":
    for line, start, end in _spans(caption.lines, seconds):
        text = line.encode()
        packet = Packet(text if kind == "matroska" else len(text).to_bytes(2, "big") + text)
        packet.stream = stream
        packet.time_base = _MILLI
        packet.pts = packet.dts = start
        packet.duration = end - start
        yield packet


def _spans(texts: tuple[str, ...], seconds: int) -> Iterator[tuple[str, int, int]]:
    """(text, start, end) in milliseconds, evenly over the film."""
    for number, text in enumerate(texts):
        length = seconds * 1000 // len(texts)
        yield text, number * length, (number + 1) * length
