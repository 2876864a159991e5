"""Answers as they leave: one that is there as a whole is written as a whole.

uvicorn looks at every header of every answer with two expressions, and writes head and body apart,
each in a system call of its own: as much as a small answer costs otherwise. What is here is for the
usual answer alone, and whatever is not that goes uvicorn's own way.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE, RequestResponseCycle

START: Final = "http.response.start"
BODY: Final = "http.response.body"
END: Final = b"\r\n"
# What no line may hold beside its own end: a value that does would make lines of its own.
CONTROLS: Final = bytes(code for code in (*range(32), 127) if code != 9)
BODILESS: Final = frozenset({204, 304})
# Names that say how the connection goes on: uvicorn has to know.
TELLING: Final = frozenset({b"connection", b"transfer-encoding"})
LENGTH: Final = b"content-length: "
NAMES: Final = 200


class Outgoing:
    """What an application sends as the answer to one request."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Send the start together with the first of the body."""
        start, self._start = self._start, None
        if start is None:
            if message["type"] == START and not self._cycle.response_started:
                self._start = message
                return
        elif self._written(start, message):
            return
        else:
            await self._send(start)
        await self._send(message)

    async def _send(self, message: Any) -> None:
        await self._cycle.send(message)

    def _written(self, start: Message, message: Message) -> bool:
        """Whether all of it could be written now."""
        if message["type"] != BODY or message.get("more_body") or not self._usual(start["status"]):
            return False
        cycle, body = self._cycle, message.get("body", b"")
        head = head_of(
            start["status"], [*cycle.default_headers, *start.get("headers", ())], len(body)
        )
        if head is None:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.transport.writelines((head, body))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _usual(self, status: int) -> bool:
        cycle = self._cycle
        unusual = cycle.disconnected or cycle.flow.write_paused or cycle.waiting_for_100_continue
        whole = status not in BODILESS and cycle.scope["method"] != "HEAD"
        return whole and cycle.keep_alive and not (unusual or cycle.access_log)


def head_of(status: int, headers: Sequence[tuple[bytes, bytes]], length: int) -> bytes | None:
    """The head of an answer of this length; None where uvicorn has to look at it."""
    lines = [STATUS_LINE[status]]
    told = False
    for name, value in headers:
        field = _field(name)
        if field is None:
            return None
        if field == LENGTH:
            if told or value != b"%d" % length:
                return None
            told = True
        lines += (field, value, END)
    if not told:
        return None
    lines.append(END)
    head = b"".join(lines)
    ends = len(END) * (1 + len(headers) + 1)
    return head if len(head) - len(head.translate(None, CONTROLS)) == ends else None


@lru_cache(maxsize=NAMES)
def _field(name: bytes) -> bytes | None:
    """How the line of a header begins."""
    lowered = name.lower()
    return None if HEADER_RE.search(name) or lowered in TELLING else lowered + b": "
