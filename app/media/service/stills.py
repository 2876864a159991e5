"""Pictures out of a file: a frame that shows something, or one that is attached. Runs in the child
only.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from app.media.domain.probe import FailureReason, ProbeFailure, Still
from app.media.domain.text import clean_text
from app.media.service.inspection import failure_of, open_container
from app.media.service.source import Refused, Source, open_regular
from app.media.service.streams import has_decoder, is_picture

if TYPE_CHECKING:
    from PIL import Image

PLACES: Final = (0.2, 0.3, 0.12, 0.45, 0.6)  # shares of the length, until one shows something
WIDEST: Final = 1920
QUALITY: Final = 90
MOST_PACKETS: Final = 600
MOST_COVER: Final = 10 << 20
JUDGED: Final = (64, 36)
DARK, BRIGHT, FLAT = 20, 235, 24  # of 255: means and deviation of what shows nothing
NOTHING: Final = ProbeFailure(reason=FailureReason.NOT_MEDIA, detail="No picture is in it.")


def frame(path: bytes, seconds: float) -> Still | ProbeFailure:
    """A frame of the film at this path, neither black nor empty if there is one; a JPEG file."""
    return _out_of(path, seconds, _frame)


def cover(path: bytes, seconds: float, name: str | None) -> Still | ProbeFailure:
    """The attached picture of this name, or the first of all, as it is."""
    return _out_of(path, seconds, lambda container, _: _cover(container, name))


def _out_of(
    path: bytes, seconds: float, take: Callable[[InputContainer, float], bytes | None]
) -> Still | ProbeFailure:
    try:
        descriptor, size = open_regular(path)
    except Refused as refused:
        return ProbeFailure(reason=refused.reason)
    except (OSError, ValueError) as error:
        return failure_of(error)
    deadline = time.monotonic() + seconds
    try:
        with open_container(Source(descriptor, size, deadline)) as container:
            found = take(container, deadline)
    except MemoryError:
        return ProbeFailure(reason=FailureReason.MEMORY)
    except (av.FFmpegError, OSError, ValueError, ArithmeticError) as error:
        late = time.monotonic() > deadline
        reason = FailureReason.TIMEOUT if late else FailureReason.TRUNCATED
        return ProbeFailure(reason=reason, detail=clean_text(type(error).__name__, 200))
    finally:
        os.close(descriptor)
    return NOTHING if found is None else Still(data=found)


def _frame(container: InputContainer, deadline: float) -> bytes | None:
    streams = (s for s in container.streams.video if not is_picture(s) and has_decoder(s))
    stream = next(streams, None)
    if stream is None:
        return None
    stream.codec_context.thread_count = 1  # each thread is address space
    best: tuple[float, Image.Image] | None = None
    length = container.duration or 0  # in microseconds
    for place in PLACES if length > 0 else (0.0,):
        image = _shown_at(container, stream, int(length * place))
        if image is not None:
            worth = _worth(image)
            if best is None or worth > best[0]:
                best = worth, image
        if (best is not None and best[0] > FLAT) or time.monotonic() > (deadline - 1):
            break
    if best is None:
        return None
    made = BytesIO()
    best[1].save(made, "JPEG", quality=QUALITY)
    return made.getvalue()


def _shown_at(container: InputContainer, stream: VideoStream, offset: int) -> "Image.Image | None":
    """The key frame before this time in microseconds, as wide as it is shown."""
    if offset > 0:
        container.seek(offset)
    for shown in _decoded(container, stream):
        ratio = stream.sample_aspect_ratio or 1
        across = max(1, round(shown.width * float(ratio)))
        width = min(WIDEST, across)
        height = max(1, round(shown.height * width / across))
        image = _as_image(shown.reformat(width=width, height=height, format="rgb24"))
        return image.rotate(shown.rotation, expand=True) if shown.rotation else image
    return None


def _as_image(rgb: av.VideoFrame) -> "Image.Image":
    from PIL import Image

    plane = rgb.planes[0]  # whose lines may be longer than the picture is wide
    size = (rgb.width, rgb.height)
    return Image.frombytes("RGB", size, bytes(plane), "raw", "RGB", plane.line_size, 1)


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    for packet in itertools.islice(container.demux(stream), MOST_PACKETS):
        yield from packet.decode()


def _worth(image: "Image.Image") -> float:
    """How much there is to see: the deviation of its light; none for what is black or white."""
    from PIL import ImageStat

    light = ImageStat.Stat(image.convert("L").resize(JUDGED))
    return light.stddev[0] if DARK < light.mean[0] < BRIGHT else light.stddev[0] / 100


def _cover(container: InputContainer, name: str | None) -> bytes | None:
    for attachment in container.streams.attachments:
        if name is not None and clean_text(attachment.name) == name:
            return bytes(attachment.data)[:MOST_COVER]
    pictures = [s for s in container.streams.video if is_picture(s)]
    named = [s for s in pictures if name in (None, clean_text(s.metadata.get("filename")))]
    for stream in named[:1]:
        for packet in itertools.islice(container.demux(stream), MOST_PACKETS):
            if packet.size:
                return bytes(packet)[:MOST_COVER]
    return None
