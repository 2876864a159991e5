"""The process that touches files: started by `prober`, one request at a time until its input ends.

Whatever a file does to the media library happens here, behind the limits of `sandbox`.
"""

import os
import sys

import msgspec

from app.media.service.sandbox import confine
from app.media.service.wire import HEADER, MOST_REQUEST, Hello, Request


def main(arguments: list[str]) -> int:
    """`arguments`: bytes of memory, seconds of processor time, pid of the parent."""
    memory, cpu_seconds, parent = map(int, arguments)
    answers = _own_stdout()
    walls = confine(memory, cpu_seconds)
    if os.getppid() != parent:  # it died before the death signal was asked for
        return 1
    # Imported behind the walls: loading the media library is already its code running.
    from app.media.service.inspection import inspect, silence

    silence()
    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Request)
    _write(answers, encoder.encode(Hello(pid=os.getpid(), walls=walls)))
    while frame := _read_frame():
        request = decoder.decode(frame)
        _write(answers, encoder.encode(inspect(request.path, request.seconds)))
    return 0


def _own_stdout() -> int:
    """A private descriptor for answers; what a library prints goes to /dev/null."""
    answers = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    return answers


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
    data = memoryview(len(frame).to_bytes(HEADER, "big") + frame)
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
