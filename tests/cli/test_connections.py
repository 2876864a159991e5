"""What one connection can make the server hold, over real sockets."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.cli import connections
from app.cli.connections import WebSocketConnection, protocols
from app.cli.processes import run
from app.core.tasks import end

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hello(request: Request) -> Response:
    """Answers a POST with the length of its body."""
    if request.method == "GET":
        return PlainTextResponse("hello")
    return PlainTextResponse(str(len(await request.body())))


async def echo(websocket: WebSocket) -> None:
    """Says what it hears."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server whose patience for heads is short."""
    monkeypatch.setattr(connections, "HEAD_WAIT", 0.4)
    routes = [Route("/", hello, methods=["GET", "POST"]), WebSocketRoute("/ws", echo)]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_config=None, lifespan="off", **protocols()
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield server.servers[0].sockets[0].getsockname()[1]
    while _open:
        writer = _open.pop()
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
    await server.shutdown()


_open: list[asyncio.StreamWriter] = []


async def opened(port: int) -> Streams:
    streams = await asyncio.open_connection("127.0.0.1", port)
    _open.append(streams[1])
    return streams


async def ended(streams: Streams, within: float = 5) -> bytes:
    """Everything the server says until it ends the connection."""
    async with asyncio.timeout(within):
        with suppress(ConnectionError):
            return await streams[0].read()
    return b""


async def upgraded(port: int) -> Streams:
    streams = await opened(port)
    key = base64.b64encode(os.urandom(16)).decode()
    streams[1].write(
        "GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n".encode()
    )
    assert b"101" in await streams[0].readuntil(b"\r\n\r\n")
    return streams


def frame(opcode: int, payload: bytes) -> bytes:
    assert len(payload) < 126
    return bytes([opcode, 0x80 | len(payload)]) + bytes(4) + payload


async def test_ordinary_requests_are_answered(port: int) -> None:
    reader, writer = await opened(port)
    for _ in range(3):  # kept alive, and the patience is per request
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\ncookie: " + b"a" * 20_000 + b"\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(5) == b"hello"
        await asyncio.sleep(0.2)


async def test_a_slow_body_has_all_the_time_its_route_gives(port: int) -> None:
    reader, writer = await opened(port)
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n")
    for _ in range(4):
        await asyncio.sleep(0.2)
        writer.write(b"a")
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(1) == b"4"


@pytest.mark.parametrize("piece", [b"x: " + b"a" * 1000 + b"\r\n", b"a" * 1000])
async def test_an_endless_head_is_refused(piece: bytes, port: int) -> None:
    streams = await opened(port)
    with suppress(ConnectionError):
        streams[1].write(b"GET / HTTP/1.1\r\nhost: x\r\ny: ")
        for _ in range(2000):
            streams[1].write(piece)
            await streams[1].drain()
    answer = await ended(streams)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431")


async def test_an_endless_address_is_refused(port: int) -> None:
    streams = await opened(port)
    with suppress(ConnectionError):
        streams[1].write(b"GET /")
        for _ in range(2000):
            streams[1].write(b"a" * 1000)
            await streams[1].drain()
    answer = await ended(streams)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HT",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n\r\n",
    ],
)
async def test_a_head_that_does_not_come_to_its_end(begin: bytes, port: int) -> None:
    streams = await opened(port)
    streams[1].write(begin)
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(0.1):
            await streams[0].read(1)
    trickle = asyncio.create_task(_trickle(streams[1]))
    await ended(streams, 2)
    await end([trickle])


async def _trickle(writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while True:
            await asyncio.sleep(0.1)
            writer.write(b"\r" if not writer.is_closing() else b"")


async def test_pings_of_a_client_that_does_not_read_are_not_kept(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[WebSocketConnection] = []
    upgrade = WebSocketConnection.connection_made

    def noted(self: WebSocketConnection, transport: asyncio.Transport) -> None:
        made.append(self)
        upgrade(self, transport)

    monkeypatch.setattr(WebSocketConnection, "connection_made", noted)
    _, writer = await upgraded(port)
    most = 0
    for _ in range(300):
        writer.write(frame(0x89, b"x" * 125) * 500)
        await asyncio.wait_for(writer.drain(), 5)
        most = max(most, made[0].transport.get_write_buffer_size())
    assert most < 1 << 20


async def test_messages_and_pings_are_answered(port: int) -> None:
    reader, writer = await upgraded(port)
    writer.write(frame(0x89, b"are you there"))
    assert await reader.readexactly(15) == b"\x8a\x0dare you there"
    writer.write(frame(0x01, b"he") + frame(0x00, b"ll") + frame(0x80, b"o"))
    assert await reader.readexactly(7) == b"\x81\x05hello"


async def test_a_message_in_endless_pieces_is_refused(port: int) -> None:
    streams = await upgraded(port)
    with suppress(ConnectionError):
        streams[1].write(frame(0x01, b""))
        for _ in range(5):
            streams[1].write(frame(0x00, b"") * 1000)
            await streams[1].drain()
    assert (await ended(streams))[2:4] in (b"\x03\xf1", b"")  # 1009


def test_processes_run_on_uvloop_and_httptools() -> None:
    loops: list[str] = []

    async def note() -> None:
        loops.append(type(asyncio.get_running_loop()).__module__)

    run(note)
    assert loops == ["uvloop"]
    assert issubclass(protocols()["http"], HttpToolsProtocol)
