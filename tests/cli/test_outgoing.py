"""Answers as they leave: byte by byte what uvicorn itself would write, in fewer pieces."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.cli.connections import HttpConnection

GET: Final = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
BODY: Final = b'{"data":1}'
JSON: Final = (b"content-type", b"application/json")
LENGTH: Final = (b"content-length", b"%d" % len(BODY))
DATE: Final = (b"date", b"Sat, 21 Nov 2026 23:00:00 GMT")
Headers = list[tuple[bytes, bytes]]


class Wire(asyncio.Transport):
    """The client's side of a connection: what arrives there, and in how many pieces."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        super().__init__()
        self.protocol, self.written, self.pieces, self.closed = protocol, b"", 0, False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        known = {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}
        return known.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)
        self.pieces += 1

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def pause_reading(self) -> None:
        """Nothing arrives by itself."""

    def resume_reading(self) -> None:
        """Nothing arrives by itself."""


class Told:
    """An application that sends what it was told, to every request."""

    def __init__(self, *messages: Message, fails: bool = False) -> None:
        self.messages, self.fails, self.done = messages, fails, 0

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            for message in self.messages:
                await send(dict(message))
            if self.fails:
                raise ValueError("The application fails.")
        finally:
            self.done += 1


def start(headers: Headers, status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(piece: bytes = BODY, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}


async def connected(kind: type[HttpToolsProtocol], app: Told) -> Wire:
    config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None)
    config.load()
    state = ServerState()
    state.default_headers = [DATE]
    protocol = kind(config, state, {}, asyncio.get_running_loop())
    wire = Wire(protocol)
    protocol.connection_made(wire)
    return wire


async def answered(
    kind: type[HttpToolsProtocol], app: Told, requests: Sequence[bytes] = (GET,)
) -> Wire:
    """A connection after an application has answered everything that was asked on it."""
    wire = await connected(kind, app)
    for request in requests:
        wire.protocol.data_received(request)
    for _ in range(50):
        await asyncio.sleep(0)
    wire.protocol.connection_lost(None)
    return wire


ANSWERS: Final[dict[str, tuple[Message, ...]]] = {
    "usual": (start([JSON, LENGTH]), body()),
    "empty": (start([(b"content-length", b"0")]), body(b"")),
    "without a body's key": (start([(b"content-length", b"0")]), {"type": "http.response.body"}),
    "names in capitals": (start([(b"Content-Type", b"a/b"), (b"Content-Length", b"10")]), body()),
    "a tab and latin-1": (start([LENGTH, (b"x-text", b"a\tb \xe9")]), body()),
    "refused": (start([LENGTH], 404), body()),
    "of no known status": (start([LENGTH], 299), body()),
    "no content": (start([], 204), body(b"")),
    "not modified": (start([(b"etag", b'"1"')], 304), body(b"")),
    "without a length": (start([JSON]), body()),
    "in pieces": (start([LENGTH]), body(BODY[:4], more=True), body(BODY[4:])),
    "in pieces without a length": (start([]), body(b"ab", more=True), body(b""), body(b"late")),
    "chunked": (start([(b"transfer-encoding", b"chunked")]), body()),
    "for the last time": (start([LENGTH, (b"connection", b"close")]), body()),
    "a length of another": (start([(b"content-length", b"9")]), body()),
    "too long a length": (start([(b"content-length", b"11")]), body()),
    "a length twice": (start([LENGTH, LENGTH]), body()),
    "a length in letters": (start([(b"content-length", b"ten")]), body()),
    "a length with a sign": (start([(b"content-length", b"+10")]), body()),
    "a line in a value": (start([LENGTH, (b"x-text", b"a\r\nset-cookie: b=c")]), body()),
    "a break in a value": (start([LENGTH, (b"x-text", b"a\nb")]), body()),
    "a NUL in a value": (start([LENGTH, (b"x-text", b"a\x00b")]), body()),
    "a space in a name": (start([LENGTH, (b"x text", b"a")]), body()),
    "a line in a name": (start([LENGTH, (b"x\r\ny", b"a")]), body()),
    "said twice": (start([LENGTH]), body(), body()),
    "without headers": ({"type": "http.response.start", "status": 200}, body()),
    "begun twice": (start([LENGTH]), start([LENGTH]), body()),
    "begun twice with nothing": (*[start([(b"content-length", b"0")])] * 2, body(b"")),
    "not begun": (body(),),
}
REQUESTS: Final[dict[str, tuple[bytes, ...]]] = {
    "get": (GET,),
    "head": (GET.replace(b"GET", b"HEAD"),),
    "post": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc",),
    "pipelined": (GET * 3,),
    "the last": (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",),
    "old": (b"GET / HTTP/1.0\r\nhost: x\r\n\r\n",),
    "with patience": (
        b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n",
        b"abc",
    ),
}


@pytest.mark.parametrize("requests", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("messages", ANSWERS.values(), ids=ANSWERS)
async def test_it_writes_what_uvicorn_writes(
    messages: tuple[Message, ...], requests: tuple[bytes, ...]
) -> None:
    theirs = await answered(HttpToolsProtocol, Told(*messages), requests)
    ours = await answered(HttpConnection, Told(*messages), requests)
    assert ours.written == theirs.written
    assert ours.closed == theirs.closed
    assert b"set-cookie" not in ours.written


async def test_the_usual_answer_leaves_in_one_piece() -> None:
    wire = await answered(HttpConnection, Told(*ANSWERS["usual"]), (GET, GET))
    assert wire.pieces == 2
    assert wire.written.count(BODY) == 2
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\ndate: Sat, ")


async def test_who_begins_and_fails_has_not_answered() -> None:
    wire = await answered(HttpConnection, Told(start([LENGTH]), fails=True))
    assert wire.written.startswith(b"HTTP/1.1 500 ")
    assert wire.written.count(b"HTTP/1.1") == 1


async def test_who_fails_afterwards_has_answered() -> None:
    wire = await answered(HttpConnection, Told(*ANSWERS["usual"], fails=True))
    assert wire.written.count(b"HTTP/1.1") == wire.written.count(BODY) == 1


async def test_a_client_that_does_not_read_is_waited_for() -> None:
    app = Told(*ANSWERS["usual"])
    wire = await connected(HttpConnection, app)
    wire.protocol.pause_writing()
    wire.protocol.data_received(GET)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (wire.written, app.done) == (b"", 0)
    wire.protocol.resume_writing()
    for _ in range(20):
        await asyncio.sleep(0)
    assert app.done == 1
    assert wire.written.endswith(BODY)
    wire.protocol.connection_lost(None)


async def test_nothing_is_written_to_a_client_that_is_gone() -> None:
    app = Told(*ANSWERS["usual"])
    wire = await connected(HttpConnection, app)
    wire.protocol.data_received(GET)
    wire.protocol.connection_lost(None)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (wire.written, app.done) == (b"", 1)
