"""What parent and child say to each other: length-prefixed msgpack, both ways bounded."""

from msgspec import Struct

HEADER = 4  # bytes of the big-endian length
MOST_ANSWER = 12 * 1024 * 1024
MOST_REQUEST = 64 * 1024


class Request(Struct, frozen=True, kw_only=True, tag="probe"):
    """`path` as the file system has it, which need not be UTF-8; `seconds` bounds the reads."""

    path: bytes
    seconds: float


class FrameRequest(Request, frozen=True, kw_only=True, tag="frame"):
    """A frame of the film is wanted."""


class CoverRequest(Request, frozen=True, kw_only=True, tag="cover"):
    """The attached picture of this name is wanted, or the first one."""

    name: str | None = None


AnyRequest = Request | FrameRequest | CoverRequest


class Hello(Struct, frozen=True, kw_only=True):
    """The first frame of a child: it is ready, and these best-effort walls stand around it."""

    pid: int
    walls: list[str]
