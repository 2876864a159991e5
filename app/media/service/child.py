"""The process that touches files: started by `prober`, one request at a time until its input ends.

Whatever a file does to the media library happens here, behind the limits of `sandbox`.
"""

import os
import sys
from typing import TYPE_CHECKING

import msgspec

from app.core.sandbox import confine, own_stdout, write_all
from app.media.service.wire import (
    HEADER,
    MOST_REQUEST,
    AnyRequest,
    CoverRequest,
    FrameRequest,
    Hello,
)

if TYPE_CHECKING:
    from app.media.service.worker import Found


def main(arguments: list[str]) -> int:
    """`arguments`: bytes of memory, seconds of processor time, pid of the parent."""
    memory, cpu_seconds, parent = map(int, arguments)
    answers = own_stdout()
    walls = confine(memory, cpu_seconds)
    if os.getppid() != parent:  # it died before the death signal was asked for
        return 1
    # Imported behind the walls: loading the media library is already its code running.
    from app.media.service.inspection import inspect, silence
    from app.media.service.stills import cover, frame

    def answer(request: AnyRequest) -> "Found":
        if isinstance(request, FrameRequest):
            return frame(request.path, request.seconds)
        if isinstance(request, CoverRequest):
            return cover(request.path, request.seconds, request.name)
        return inspect(request.path, request.seconds)

    silence()
    encoder = msgspec.msgpack.Encoder()
    decoder: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)
    _write(answers, encoder.encode(Hello(pid=os.getpid(), walls=walls)))
    while asked := _read_frame():
        _write(answers, encoder.encode(answer(decoder.decode(asked))))
    return 0


def _read_frame() -> bytes:
    """The next request; empty at the end of the input, or when it makes no sense."""
    size = int.from_bytes(_read(HEADER), "big")
    return _read(size) if 0 < size <= MOST_REQUEST else b""


def _read(size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def _write(descriptor: int, frame: bytes) -> None:
    write_all(descriptor, len(frame).to_bytes(HEADER, "big") + frame)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
