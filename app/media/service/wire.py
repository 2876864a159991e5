"""What parent and child say to each other: length-prefixed msgpack, both ways bounded."""

from msgspec import Struct

HEADER = 4  # bytes of the big-endian length
MOST_ANSWER = 4 * 1024 * 1024
MOST_REQUEST = 64 * 1024


class Request(Struct, frozen=True, kw_only=True):
    """`path` as the file system has it, which need not be UTF-8; `seconds` bounds the reads."""

    path: bytes
    seconds: float


class Hello(Struct, frozen=True, kw_only=True):
    """The first frame of a child: it is ready, and these best-effort walls stand around it."""

    pid: int
    walls: list[str]
