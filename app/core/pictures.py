"""Pictures that strangers made: recognised by their bytes, decoded in a limited child process, and
made anew in the size that is wanted, so that nothing of what came is ever served.

Every picture gets a child of its own: what one does to a decoder is over before the next one.
"""

import asyncio
import contextlib
import os
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import MsgspecError, Struct

from app.core.children import start_child
from app.core.errors import Invalid, RateLimited, Unavailable
from app.core.logging import get_logger

log = get_logger(__name__)
HEAD: Final = 16  # bytes by which a picture is recognised
LEAST_SIDE: Final = 16
MOST_PIXELS: Final = 40_000_000
MEMORY: Final = 1 << 30  # bytes of address space: the decoder's buffers of 40 megapixels fit
CPU_SECONDS: Final = 15
MOST_ANSWER: Final = 8 << 20
LEAVE: Final = 2.0  # seconds for a child that has answered to end by itself
CHILD: Final = "app.core.picture_child"
UNREADABLE: Final = "This picture cannot be read."


class PictureKind(StrEnum):
    """The kinds of pictures that are taken."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"


class PictureFormat(StrEnum):
    """The formats in which pictures are made, as the subtypes of their media types."""

    AVIF = "avif"
    WEBP = "webp"
    JPEG = "jpeg"


class Look(Struct, frozen=True, kw_only=True):
    """What a picture looks like, upright: pixels, the colour that most of it has (0xRRGGBB), and
    its blur as a ThumbHash.
    """

    kind: str
    width: int
    height: int
    color: int
    thumbhash: bytes


class Rendered(Struct, frozen=True, kw_only=True):
    """A child's answer: squares by the length of their side, one picture, or what is wrong."""

    problem: str | None = None
    squares: dict[int, bytes] = {}
    look: Look | None = None
    scaled: bytes = b""


class Limits(Struct, frozen=True, kw_only=True):
    """What a child may take: bytes of address space, seconds of a processor, seconds at all."""

    memory: int = MEMORY
    cpu_seconds: int = CPU_SECONDS
    timeout: float = 20


# For pictures of other servers and of files: whoever made them gets no more than this.
TIGHT: Final = Limits(memory=256 << 20, cpu_seconds=5)


class BadPicture(Invalid):
    """It is not a picture of a kind that is taken, or it is damaged, too small or too large."""


_RENDERED = msgspec.msgpack.Decoder(Rendered)


def sniff(head: bytes) -> PictureKind | None:
    """What the first bytes of a file say it is; names and declared types are not asked."""
    if head.startswith(b"\xff\xd8\xff"):
        return PictureKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureKind.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return PictureKind.GIF
    if head[:4] == b"RIFF" and head[8:15] == b"WEBPVP8":
        return PictureKind.WEBP
    return None


class Pictures:
    """At most `limit` pictures are decoded at a time, and as many times `queue` wait for that."""

    def __init__(self, limit: int = 2, *, limits: Limits | None = None, queue: int = 8) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._limits = limits or Limits()
        self._most_waiting = limit * queue
        self.waiting = 0

    async def squares(self, data: bytes, sides: Sequence[int]) -> Mapping[int, bytes]:
        """The middle of a picture as WebP files with sides of these many pixels.

        The first frame of an animation, turned as its camera says, without any metadata. Raises
        BadPicture for what cannot be decoded, RateLimited when too many wait, or Unavailable.
        """
        rendered = await self._rendered(data, "squares", ",".join(map(str, sides)))
        if set(rendered.squares) != set(sides):
            raise BadPicture(UNREADABLE)
        return rendered.squares

    async def scaled(self, data: bytes, width: int, form: PictureFormat) -> tuple[bytes, Look]:
        """A whole picture that is no wider than this, and what it looks like; never enlarged.

        For the rest as `squares`.
        """
        rendered = await self._rendered(data, "scaled", f"{width},{form.value}")
        if rendered.look is None or not rendered.scaled:
            raise BadPicture(UNREADABLE)
        return rendered.scaled, rendered.look

    async def look(self, data: bytes) -> Look:
        """What a picture looks like. Raises as `squares`."""
        rendered = await self._rendered(data, "look", "")
        if rendered.look is None:
            raise BadPicture(UNREADABLE)
        return rendered.look

    async def _rendered(self, data: bytes, task: str, how: str) -> Rendered:
        kind = sniff(data[:HEAD])
        if kind is None:
            raise BadPicture("Send a JPEG, PNG, WebP or GIF picture.")
        if self.waiting >= self._most_waiting:
            message = "Too many pictures are being read just now; try again in a moment."
            raise RateLimited(message, retry_after=self._limits.timeout)
        self.waiting += 1
        try:
            async with self._slots:
                rendered = await self._render(data, (kind.value, task, how))
        finally:
            self.waiting -= 1
        if rendered.problem is not None:
            raise BadPicture(rendered.problem)
        return rendered

    async def _render(self, data: bytes, given: Sequence[str]) -> Rendered:
        limits = (str(self._limits.memory), str(self._limits.cpu_seconds), str(os.getpid()))
        try:
            child = await start_child(CHILD, *limits, *given)
        except OSError as error:
            log.warning("pictures.no_child", error=repr(error))
            raise Unavailable("Pictures cannot be read just now.", retry_after=30) from None
        try:
            async with asyncio.timeout(self._limits.timeout):
                return _RENDERED.decode(await _ask(child, data))
        except TimeoutError:
            _kill(child)
            return Rendered(problem="This picture takes too long to read.")
        except (EOFError, ConnectionError, MsgspecError):
            log.info("pictures.child_failed", status=child.returncode)
            return Rendered(problem=UNREADABLE)
        except asyncio.CancelledError:
            _kill(child)
            raise
        finally:
            await _bury(child)


async def _ask(child: Process, data: bytes) -> bytes:
    """Hand over the picture and take the answer. Raises EOFError for none or too much."""
    assert child.stdin is not None  # noqa: S101 - it was started with pipes
    assert child.stdout is not None  # noqa: S101
    child.stdin.write(data)
    await child.stdin.drain()
    child.stdin.close()
    answer = bytearray()
    while piece := await child.stdout.read(1 << 16):
        answer += piece
        if len(answer) > MOST_ANSWER:
            raise EOFError
    if not answer:
        raise EOFError
    return bytes(answer)


async def _bury(child: Process) -> None:
    """Wait for the child's end, and bring it about where it does not come by itself."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(LEAVE):
            await child.wait()
    except TimeoutError:
        _kill(child)
        await asyncio.shield(child.wait())


def _kill(child: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
